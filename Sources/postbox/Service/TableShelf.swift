internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The tables in memory: those in force, and those that drops in work were claimed with.
///
/// What is in force changes in the service's loop alone, and so does what is claimed: a drop has the tables that its file was let go
/// with.
final class TableShelf: Sendable {
    private struct State {
        var rules: [TableRule]
        /// Those that are taken of each table, by its name.
        var columns: [String: [String]]
        /// By name.
        var inForce: [String: (copy: TableCopy, table: LookupTable)] = [:]
        /// SHA-256 of the bytes that each table had when it was last read, by name: also where it cannot be used as it is to be read now.
        var last: [String: String] = [:]
        var recent = CopiesInUse()
        /// By drop and name, of those that have some.
        var drops: [Int: [String: (copy: TableCopy, table: LookupTable?)]] = [:]

        /// SHA-256 of the copies that must stay.
        var needed: Set<String> {
            var needed = Set(last.values)
            for tables in drops.values { needed.formUnion(tables.values.map(\.copy.sha256)) }
            return recent.needed(needed)
        }
    }

    private let files: TableFiles
    private let state: Mutex<State>
    /// Held while files are written or removed: a copy that has its name, and is not in force yet, is not one that nobody needs.
    private let folder = Mutex(())

    init(_ settings: Settings) {
        state = Mutex(State(rules: settings.tables, columns: Self.columns(settings)))
        files = TableFiles(state: settings.directories.state)
    }

    private static func columns(_ settings: Settings) -> [String: [String]] {
        Dictionary(
            settings.tables.map { ($0.name, settings.columns(ofTable: $0.name)) },
            uniquingKeysWith: { first, _ in first })
    }

    private var rules: [TableRule] { state.withLock { $0.rules } }

    /// Another configuration comes into force. `kept`: tables that are as they were by it. The others are not there before their files
    /// are read.
    func use(_ settings: Settings, kept: Set<String>) {
        state.withLock { state in
            state.rules = settings.tables
            state.columns = Self.columns(settings)
            state.inForce = state.inForce.filter { kept.contains($0.key) }
            let names = Set(settings.tables.map(\.name))
            state.last = state.last.filter { names.contains($0.key) }
        }
    }

    // MARK: - What is in force

    /// Takes the tables that an earlier run read last. Returns those that can be used, and why others cannot. Throws `DiskError`.
    func takeLast() throws -> (good: Set<String>, faults: [String]) {
        var faults: [String] = []
        let (rules, columns) = state.withLock { ($0.rules, $0.columns) }
        let last = rules.isEmpty ? [:] : try files.last()
        for rule in rules {
            guard let sha256 = last[rule.name] else { continue }
            state.withLock { $0.last[rule.name] = sha256 }
            let copy = TableCopy(rule, sha256: sha256)
            do {
                let table = try files.table(copy, columns: columns[rule.name] ?? [])
                state.withLock { $0.inForce[rule.name] = (copy, table) }
            } catch let fault as TableFault {
                faults.append("the last good table \(rule.name) cannot be used: \(fault.text)")
            }
        }
        return (Set(state.withLock { $0.inForce.keys }), faults)
    }

    /// SHA-256 by name of the tables in force.
    var inUse: [(name: String, sha256: String)] {
        state.withLock { $0.inForce.mapValues(\.copy.sha256) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func look() -> [String: TableBook.Look] {
        Dictionary(rules.map { ($0.name, files.look(at: $0.path)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads the files of these tables; good ones are in force from then on.
    func read(_ names: [String]) -> [String: TableBook.Reading] {
        folder.withLock { _ in readAndKeep(names) }
    }

    private func readAndKeep(_ names: [String]) -> [String: TableBook.Reading] {
        let (rules, columns) = state.withLock { ($0.rules, $0.columns) }
        var readings: [String: TableBook.Reading] = [:]
        for rule in rules where names.contains(rule.name) {
            let known = state.withLock { $0.inForce[rule.name]?.copy.sha256 }
            let read = files.read(rule, columns: columns[rule.name] ?? [], unless: known)
            readings[rule.name] = read.reading
            guard let copy = read.copy, let table = read.table else { continue }
            do throws(DiskError) {
                var last = state.withLock { $0.last }
                last[rule.name] = copy.sha256
                try files.keep(last: last)
                state.withLock { state in
                    state.last = last
                    state.inForce[rule.name] = (copy, table)
                    state.recent.use([copy.sha256])
                }
            } catch {
                readings[rule.name] = .failed("\(error)")
            }
        }
        return readings
    }

    /// The ledger is asked what copies are needed for; `remove` follows.
    func beginRemoval() { state.withLock { $0.recent.forget() } }

    /// Removes copies that no table in force and no drop needs. `kept`: those of drops whose files are kept. Throws `DiskError`.
    func remove(besides kept: Set<String>) throws(DiskError) {
        try folder.withLock { _ throws(DiskError) in
            try files.remove(besides: state.withLock { $0.needed }.union(kept))
        }
    }

    // MARK: - Drops

    /// What a file of that rule that is claimed now is contributed with. A table that is not there is left out.
    func copies(for rule: MappingRule) -> [String: TableCopy]? {
        let names = rule.tables.keys
        guard !names.isEmpty else { return nil }
        return state.withLock { state in
            names.reduce(into: [:]) { $0[$1] = state.inForce[$1]?.copy }
        }
    }

    /// A drop was claimed, or goes on, with these tables: their copies stay for as long as it is open.
    func opened(_ drop: Int, _ copies: [String: TableCopy]?) {
        guard let copies, !copies.isEmpty else { return }
        state.withLock { state in
            state.recent.use(copies.values.map(\.sha256))
            state.drops[drop] = copies.reduce(into: [:]) { tables, entry in
                let known = state.inForce[entry.key]
                tables[entry.key] = (entry.value, known?.copy == entry.value ? known?.table : nil)
            }
        }
    }

    /// A drop is closed; may be told again.
    func closed(_ drop: Int) { state.withLock { _ = $0.drops.removeValue(forKey: drop) } }

    /// The tables that a file's values are looked up in. Reads the copies of those that are not in memory. Throws `LedgerError` for
    /// one that it was claimed without, `TableFault` and `DiskError`.
    func tables(of file: ClaimedFile) throws -> [String: LookupTable] {
        var tables: [String: LookupTable] = [:]
        for (name, columns) in file.rule.tables {
            guard let copy = file.snapshot.tables?[name] else {
                throw TableFault("it was claimed when there was no table \(name)")
            }
            tables[name] = try table(name, copy, Array(columns).sorted(), of: file.drop)
        }
        return tables
    }

    private func table(_ name: String, _ copy: TableCopy, _ columns: [String], of drop: Int) throws -> LookupTable {
        let known = state.withLock { state in
            let drops = state.drops[drop].map { [$0] } ?? []
            return (drops + Array(state.drops.values)).lazy.flatMap(\.values)
                .first { $0.copy == copy && $0.table.map { Set($0.columns).isSuperset(of: columns) } ?? false }?.table
        }
        if let known { return known }
        let table: LookupTable
        do {
            table = try files.table(copy, columns: columns)
        } catch let fault as TableFault {
            throw TableFault("the table \(name), as it was when the file was claimed: \(fault.text)")
        }
        state.withLock { $0.drops[drop]?[name] = (copy, table) }
        return table
    }
}
