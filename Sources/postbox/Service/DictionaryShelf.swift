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
        var recent = CopiesInUse()
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
        state.withLock { $0.recent.use(loaded.values.flatMap { [$0.copy.fields, $0.copy.enums] }) }
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

    /// The ledger is asked what copies are needed for; `remove` follows.
    func beginRemoval() { state.withLock { $0.recent.forget() } }

    /// Removes copies that nobody needs. `kept`: those of drops whose files are kept. Throws `DiskError`.
    func remove(besides kept: Set<String>) throws(DiskError) {
        let needed = state.withLock { state in
            state.recent.needed(
                (Array(state.inForce.values) + state.drops.values).reduce(into: Set()) {
                    $0.formUnion([$1.fields, $1.enums])
                })
        }
        try store.remove(besides: needed.union(kept))
    }

    /// What a file of that rule that is claimed now is held to.
    func copy(for rule: MappingRule) -> DictionaryCopy? {
        state.withLock { state in state.settings.dictionary(of: rule).flatMap { state.inForce[$0] } }
    }

    /// A drop was claimed, or goes on, with this dictionary: its copies stay for as long as it is open.
    func opened(_ drop: Int, _ copy: DictionaryCopy?) {
        guard let copy else { return }
        state.withLock { state in
            state.drops[drop] = copy
            state.recent.use([copy.fields, copy.enums])
        }
    }

    /// A drop is closed; may be told again. What no drop has any more leaves the memory.
    func closed(_ drop: Int) {
        state.withLock { state in
            guard state.drops.removeValue(forKey: drop) != nil else { return }
            let needed = Set(state.inForce.values).union(state.drops.values)
            state.known = state.known.filter { needed.contains($0.key) }
        }
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
    let configurations: ConfigurationShelf

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

    /// A drop is closed; may be told again.
    func closed(_ drop: Int) {
        tables.closed(drop)
        dictionaries.closed(drop)
    }

    /// Removes copies that are neither in use nor of a drop whose files are kept. `claimedWith`: asks the ledger for what those drops were
    /// claimed with. Throws what it throws, and `DiskError`.
    func removeUnneeded(_ claimedWith: () throws -> ClaimedWith) throws {
        tables.beginRemoval()
        dictionaries.beginRemoval()
        configurations.beginRemoval()
        let kept = try claimedWith()
        try tables.remove(besides: kept.tables)
        try dictionaries.remove(besides: kept.dictionaries)
        try configurations.remove(besides: kept.configurations)
    }
}

/// The texts of configurations that are or were in force.
final class ConfigurationShelf: Sendable {
    private struct State {
        var inForce: String
        var recent = CopiesInUse()
    }

    private let files: ConfigurationFiles
    private let state: Mutex<State>

    /// `inForce`: SHA-256 of the configuration that is in force.
    init(state folder: String, inForce: String) {
        files = ConfigurationFiles(state: folder)
        state = Mutex(State(inForce: inForce))
    }

    /// Keeps a copy before the configuration is in force. Throws `DiskError`.
    func keep(_ loaded: LoadedSettings, of sha256: String) throws {
        state.withLock { $0.recent.use([sha256]) }
        try files.keep(loaded.keptText, of: sha256)
    }

    /// What a configuration changes of the one in force, line by line; without passwords. Throws `DiskError`.
    func difference(to sha256: String) throws(DiskError) -> [String] {
        let old = try files.text(state.withLock { $0.inForce }) ?? ""
        return LineDiff.lines(from: old, to: try files.text(sha256) ?? "")
    }

    /// Another one comes into force.
    func use(_ sha256: String) {
        state.withLock { state in
            state.inForce = sha256
            state.recent.use([sha256])
        }
    }

    /// The ledger is asked what copies are needed for; `remove` follows.
    func beginRemoval() { state.withLock { $0.recent.forget() } }

    /// Removes copies that nobody needs. `kept`: those of drops whose files are kept. Throws `DiskError`.
    func remove(besides kept: Set<String>) throws(DiskError) {
        try files.remove(besides: state.withLock { $0.recent.needed([$0.inForce]) }.union(kept))
    }
}
