internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The dictionaries in memory: those that the configuration names, as they were when it was loaded, and those that drops in work
/// were claimed with.
final class DictionaryShelf: Sendable {
    private struct State {
        @Shared var settings: Settings
        var inForce: [DictionaryFiles: DictionaryCopy]
        var known: [DictionaryCopy: FieldDictionary]
        /// By drop, of those that have one.
        var drops: [Int: DictionaryCopy] = [:]
    }

    private let store: DictionaryStore
    private let state: Mutex<State>

    init(_ settings: Settings, _ loaded: [DictionaryFiles: LoadedDictionary]) {
        store = DictionaryStore(state: settings.directories.state)
        state = Mutex(State(settings: settings, inForce: loaded.mapValues(\.copy), known: Self.known(loaded)))
    }

    private static func known(_ loaded: [DictionaryFiles: LoadedDictionary]) -> [DictionaryCopy: FieldDictionary] {
        Dictionary(loaded.values.map { ($0.copy, $0.dictionary) }, uniquingKeysWith: { one, _ in one })
    }

    /// Keeps copies of these, before they are in force. Throws `DictionaryFault` and `DiskError`.
    func keep(_ loaded: [DictionaryFiles: LoadedDictionary]) throws {
        for (files, one) in loaded { try store.keep(one.copy, of: files) }
    }

    /// Another configuration comes into force, with its dictionaries, of which copies are kept.
    func use(_ settings: Settings, _ loaded: [DictionaryFiles: LoadedDictionary]) {
        state.withLock { state in
            state.settings = settings
            state.inForce = loaded.mapValues(\.copy)
            state.known.merge(Self.known(loaded)) { known, _ in known }
        }
    }

    /// What is in use: SHA-256 by the file's path, as the configuration names it.
    var inUse: [(name: String, sha256: String)] {
        state.withLock { $0.inForce }.flatMap { files, copy in
            DictionaryPart.allCases.map { (name: files.path(of: $0), sha256: copy.sha256(of: $0)) }
        }.sorted { $0.name < $1.name }
    }

    /// Removes copies that nobody needs, and forgets what no drop has any more. Throws `DiskError`.
    func removeUnneeded() throws(DiskError) {
        let needed = state.withLock { state in
            let needed = Set(state.inForce.values).union(state.drops.values)
            state.known = state.known.filter { needed.contains($0.key) }
            return needed
        }
        try store.remove(besides: needed)
    }

    /// What a file of that rule that is claimed now is held to.
    func copy(for rule: MappingRule) -> DictionaryCopy? {
        state.withLock { state in state.settings.dictionary(of: rule).flatMap { state.inForce[$0] } }
    }

    /// A drop was claimed, or goes on, with this dictionary: its copies stay for as long as it is open.
    func opened(_ drop: Int, _ copy: DictionaryCopy?) {
        guard let copy else { return }
        state.withLock { $0.drops[drop] = copy }
    }

    /// A drop is closed. Throws `DiskError`; may be called again.
    func closed(_ drop: Int) throws(DiskError) {
        let isOld = state.withLock { state in
            state.drops.removeValue(forKey: drop).map { !state.inForce.values.contains($0) } ?? false
        }
        if isOld { try removeUnneeded() }
    }

    /// The dictionary that a file's values are held to; nil: there is none. Reads the copies of one that is not in memory. Throws
    /// `DictionaryFault` and `DiskError`.
    func dictionary(of file: ClaimedFile) throws -> FieldDictionary? {
        guard let copy = file.snapshot.dictionary else { return nil }
        if let known = state.withLock({ $0.known[copy] }) { return known }
        let dictionary = try store.dictionary(copy)
        state.withLock { $0.known[copy] = dictionary }
        return dictionary
    }
}

/// What drops are claimed with besides their rules, and keep to their ends.
struct Shelves: Sendable {
    let tables: TableShelf
    let dictionaries: DictionaryShelf

    /// Gives a drop that is claimed now what is in force.
    func fill(_ snapshot: inout DropSnapshot) {
        snapshot.tables = tables.copies(for: snapshot.rule)
        snapshot.dictionary = dictionaries.copy(for: snapshot.rule)
    }

    /// A drop was claimed, or goes on.
    func opened(_ drop: Int, _ snapshot: DropSnapshot) {
        tables.opened(drop, snapshot.tables)
        dictionaries.opened(drop, snapshot.dictionary)
    }

    /// A drop is closed. Throws `DiskError`; may be called again.
    func closed(_ drop: Int) throws(DiskError) {
        try tables.closed(drop)
        try dictionaries.closed(drop)
    }

    /// Removes copies that nobody needs. Throws `DiskError`.
    func removeUnneeded() throws(DiskError) {
        try tables.removeUnneeded()
        try dictionaries.removeUnneeded()
    }
}
