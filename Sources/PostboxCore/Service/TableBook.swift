/// The tables of the configuration: when the file of one is read, which ones can be used, and what is told of them.
///
/// A file is read once it has been quiet for a while. What is wrong with it is told once, and the last good table stands.
package struct TableBook: Sendable {
    /// How a table's file lies there. Another file, or other bytes, give another one.
    package struct Stamp: Sendable, Equatable {
        package var inode: UInt64
        /// Bytes.
        package var size: Int
        /// Nanoseconds since 1970.
        package var modifiedAt: Int64
        package var changedAt: Int64

        package init(inode: UInt64, size: Int, modifiedAt: Int64, changedAt: Int64) {
            self.inode = inode
            self.size = size
            self.modifiedAt = modifiedAt
            self.changedAt = changedAt
        }
    }

    /// What was found where a table's file is to be.
    package enum Look: Sendable, Equatable {
        case file(Stamp)
        /// No file that can be read; why.
        case nothing(String)
    }

    /// What came of reading a file.
    package enum Reading: Sendable, Equatable {
        /// The table is in force from now on: so many rows, of these bytes.
        case read(Stamp, rows: Int, sha256: String)
        /// It has the bytes of the table that is in force.
        case same(Stamp)
        /// It is none; why.
        case broken(Stamp, String)
        /// It was written to meanwhile.
        case changed
        /// The disk is at fault; why. It is tried again.
        case failed(String)
    }

    private struct Table: Sendable {
        /// There is one to use.
        var isThere: Bool
        /// What was read last, whatever came of it.
        var read: Stamp?
        /// What is there instead, and since when, nanoseconds.
        var seen: Look?
        var since: Int64 = 0
        /// What is wrong with the file; nil: nothing.
        var fault: String?
    }

    /// Nanoseconds after which a file is read that the disk did not let be read.
    private static let retry: Int64 = 2_000_000_000

    /// Nanoseconds.
    private var quiet: Int64
    private let start: Int64
    private var paths: [String: String]
    private var tables: [String: Table]
    /// The least difference of both clocks so far: the time of day may be set forward.
    private var leastWall: Int64?
    /// The files were looked at since it was last asked for.
    package private(set) var isFresh = false

    /// `good`: tables of which an earlier run left one that can be used. `now`: nanoseconds.
    package init(_ settings: Settings, good: Set<String> = [], at now: Int64) {
        start = now
        quiet = settings.settle.nanoseconds
        paths = Self.paths(settings)
        tables = paths.keys.reduce(into: [:]) { $0[$1] = Table(isThere: good.contains($1)) }
    }

    private static func paths(_ settings: Settings) -> [String: String] {
        Dictionary(settings.tables.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
    }

    /// Another configuration came into force. `kept`: tables that are as they were by it. `good`: others that can be used at once.
    package mutating func use(_ settings: Settings, kept: Set<String>, good: Set<String>) {
        quiet = settings.settle.nanoseconds
        paths = Self.paths(settings)
        tables = paths.keys.reduce(into: [:]) { new, name in
            new[name] = kept.contains(name) ? tables[name] : Table(isThere: good.contains(name))
        }
        isFresh = false
    }

    package var isEmpty: Bool { tables.isEmpty }

    /// Tables that cannot be used, as there never was a good one.
    package var missing: Set<String> { Set(tables.filter { !$0.value.isThere }.keys) }

    /// Whether a table is missing that nobody waits for any longer: no one came for `patience` nanoseconds.
    func isHopeless(at now: Int64, patience: Int64) -> Bool {
        now - start >= patience && tables.values.contains { !$0.isThere }
    }

    /// The first of these tables, in order, that cannot be used.
    package func missing(of names: some Sequence<String>) -> String? {
        names.filter { tables[$0]?.isThere != true }.min()
    }

    /// Why a table cannot be used, for people.
    package func why(_ name: String) -> String {
        guard let table = tables[name] else { return "the configuration no longer has the table \(name)" }
        return "the table \(name): " + (table.fault ?? "its file has not been quiet for as long as settle says")
    }

    /// When a file may have been quiet for long enough; nil: none is waited for. Nanoseconds.
    package var nextDeadline: Int64? {
        tables.values.filter { table in
            switch table.seen {
            case .file: true
            case .nothing(let why): table.fault != why
            case nil: false
            }
        }.map { $0.since + quiet }.min()
    }

    /// The files are to be looked at anew before the next claim.
    package mutating func forgetLook() { isFresh = false }

    // MARK: - Events

    /// The files were looked at. Returns the tables that are to be read now, in order, and what is told.
    package mutating func looked(_ looks: [String: Look], at now: TwoClocks) -> (read: [String], told: [Told]) {
        isFresh = true
        let least = min(leastWall ?? .max, now.wall &- now.monotonic)
        leastWall = least
        var due: [String] = []
        var told: [Told] = []
        for (name, look) in looks.sorted(by: { $0.key < $1.key }) {
            guard var table = tables[name] else { continue }
            defer { tables[name] = table }
            if case .file(let stamp) = look, stamp == table.read {
                table.seen = nil
                continue
            }
            if table.seen != look {
                table.seen = look
                table.since = now.monotonic
                if case .file(let stamp) = look {
                    // It may have been quiet for long before it was looked at.
                    table.since -= max(0, now.monotonic &+ least &- stamp.changedAt)
                }
            }
            guard now.monotonic - table.since >= quiet else { continue }
            switch look {
            case .file: due.append(name)
            case .nothing(let why):
                table.read = nil
                if let one = tell(why, of: name, &table) { told.append(one) }
            }
        }
        return (due, told)
    }

    /// A table's file was read.
    package mutating func read(_ name: String, _ reading: Reading, at now: Int64) -> Told? {
        guard var table = tables[name] else { return nil }
        defer { tables[name] = table }
        if case .failed(let why) = reading {
            table.since = now + max(0, Self.retry - quiet)
            return tell(why, of: name, &table)
        }
        table.seen = nil
        switch reading {
        case .read(let stamp, let rows, let sha256):
            table.read = stamp
            table.isThere = true
            table.fault = nil
            return .line(
                LogLine(
                    .info, event: .tableRead, "the table \(name) is in force as it was read",
                    facts: ["table": name, "rows": "\(rows)", "sha256": sha256, "path": paths[name] ?? ""]))
        case .same(let stamp):
            table.read = stamp
            table.isThere = true
            guard table.fault != nil else { return nil }
            table.fault = nil
            return .line(
                LogLine(
                    .info, event: .tableRead, "the table \(name) is whole again",
                    facts: ["table": name, "path": paths[name] ?? ""]))
        case .broken(let stamp, let why):
            table.read = stamp
            return tell(why, of: name, &table)
        case .changed:
            table.read = nil
            return nil
        case .failed: return nil
        }
    }

    /// Tells what is wrong, once as long as it is the same.
    private func tell(_ why: String, of name: String, _ table: inout Table) -> Told? {
        guard table.fault != why else { return nil }
        table.fault = why
        let rest =
            table.isThere ? "the last good one stays in force" : "files of rules that need it wait until it is good"
        return .alert(
            Alert(
                event: .tableFault, message: "the table \(name) cannot be used: \(why); \(rest)",
                facts: ["table": name, "path": paths[name] ?? ""]))
    }
}
