internal import Foundation
internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Drops that are made of rows of others: held rows, and rows that are sent again. Their files are written where nobody looks, the
/// ledger gets them in one transaction, and then they lie where drops do: whatever is killed, each is there once and whole or not
/// at all.
struct MadeDrops: Sendable {
    let context: Context

    private var work: String { context.settings.directories.work }

    private static let prefix = ".new-"

    /// Where a drop's file lies until the ledger has the drop. `original`: the one that its rows were in.
    func directory(_ number: Int, of original: Int) -> String { "\(work)/\(Self.prefix)\(original)-\(number)" }

    /// The drops whose files lie there, by the names of their directories.
    private func found() throws(DiskError) -> [(name: String, original: Int, number: Int)] {
        try Disk.names(in: work).names.compactMap { name in
            guard name.hasPrefix(Self.prefix) else { return nil }
            let parts = name.dropFirst(Self.prefix.count).split(separator: "-").map { Int($0) }
            guard parts.count == 2, let original = parts[0], let number = parts[1] else { return nil }
            return (name, original, number)
        }
    }

    /// Somebody else had drops made of the same ones meanwhile: there are no new ones.
    struct TooLate: Error {}

    /// Makes these drops, all or none, with what a person did to have them made: `write` puts a drop's file into its directory, synced.
    /// Returns what that returned, drop by drop. Throws on a fault of ledger or disk; then there is no new drop, or the next start goes on
    /// with it. Throws `TooLate` too. `seen`: see `Ledger.make`.
    @discardableResult
    func make<Written: Sendable>(
        _ drops: [MadeDrop], by act: RecordAct, seen: Set<Int>? = nil,
        _ write: @escaping @Sendable (MadeDrop, String) throws -> Written
    ) async throws -> [Written] {
        let written: [Written]
        do {
            written = try await context.disk.run {
                let written = try drops.map { drop in
                    try write(drop, try begin(drop.number, of: drop.snapshot.original ?? 0))
                }
                try finish(drops)
                return written
            }
        } catch {
            await forget(drops)
            throw error
        }
        FailPoint.reach("asked_written")
        guard try await context.ledger.make(drops, by: act, seen: seen, at: Clock.wall()) else {
            await forget(drops)
            throw TooLate()
        }
        FailPoint.reach("asked_recorded")
        try await place(drops)
        return written
    }

    /// Removes what was written for drops that are not made; what cannot be removed the next start removes.
    private func forget(_ drops: [MadeDrop]) async {
        try? await context.disk.run {
            for drop in drops {
                let directory = directory(drop.number, of: drop.snapshot.original ?? 0)
                if try Disk.exists(directory) { try MadeDrops.remove(directory) }
            }
        }
    }

    /// Makes the directory for a drop's file; what is written into it is the caller's, and synced by `finish`. Waits for the disk.
    func begin(_ number: Int, of original: Int) throws(DiskError) -> String {
        let directory = directory(number, of: original)
        try Disk.makeDirectory(directory, syncing: false)
        return directory
    }

    /// All that was written for these drops is durable when it returns. Waits for the disk.
    func finish(_ drops: [MadeDrop]) throws(DiskError) {
        guard !drops.isEmpty else { return }
        for drop in drops { try Disk.syncDirectory(directory(drop.number, of: drop.snapshot.original ?? 0)) }
        try Disk.syncDirectory(work)
    }

    /// The ledger has these drops: their files go to where drops lie. Throws on a fault of the disk; may be called again.
    func place(_ drops: [MadeDrop]) async throws {
        guard !drops.isEmpty else { return }
        for drop in drops { context.shelves.opened(drop.number, drop.snapshot) }
        try await context.disk.run {
            for drop in drops {
                try place(directory(drop.number, of: drop.snapshot.original ?? 0), as: drop.number)
            }
            try Disk.syncDirectory(work)
        }
        FailPoint.reach("made_placed")
    }

    private func place(_ directory: String, as number: Int) throws(DiskError) {
        let path = "\(work)/\(number)"
        do throws(DiskError) {
            guard try Disk.renameNew(directory, path) else {
                throw DiskError(code: EEXIST, call: "renameat2", path: path)
            }
        } catch {
            // Somebody who looked after it went first.
            guard error.code == ENOENT, try Disk.exists(path) else { throw error }
        }
    }

    /// Places what an earlier try left and the ledger has. `removing`: what the ledger does not have is removed; only where nobody is
    /// about to make it. `original`: of rows of that drop alone. Throws on a fault of ledger or disk.
    func placeLeft(of original: Int? = nil, removing: Bool) async throws {
        let left = try await context.disk.run { try found() }.filter { original == nil || $0.original == original }
        guard !left.isEmpty else { return }
        for drop in left {
            let path = work + "/" + drop.name
            if let record = try await context.ledger.record(of: drop.number) {
                context.shelves.opened(drop.number, record.snapshot)
                try await context.disk.run { try place(path, as: drop.number) }
            } else if removing {
                try await context.disk.run { try Self.remove(path) }
            }
        }
        try await context.disk.run { try Disk.syncDirectory(work) }
    }

    /// Removes a directory of ours with all that is in it. Waits for the disk.
    static func remove(_ directory: String) throws(DiskError) {
        for name in try Disk.names(in: directory).names { try Disk.remove(directory + "/" + name) }
        try Disk.removeDirectory(directory)
    }

    /// The snapshot of a drop that holds rows of a finished one, in its own bytes.
    ///
    /// - Parameters:
    ///   - original: What that one was claimed under, its tables and its dictionary included.
    ///   - claimedAt: When it was claimed; microseconds since 1970.
    ///   - rows: Those that its file has, by their numbers in the finished one (`RejectsWriter.rowsWritten`).
    ///   - destination: The one that the rows go to; nil: all.
    static func snapshot(
        _ original: DropSnapshot, of drop: Int, claimedAt: Int64, rows: RowSet, destination: String?
    ) -> DropSnapshot {
        var snapshot = original
        snapshot.numbers = original.originalNumbers(of: rows)
        snapshot.rejected = nil
        snapshot.rule = snapshot.rule.forRejects(at: destination)
        snapshot.age = snapshot.age ?? snapshot.arrivedAt ?? claimedAt
        snapshot.original = drop
        snapshot.isNew = nil
        snapshot.isMade = true
        snapshot.asked = nil
        return snapshot
    }
}

/// Rows of a held drop that need a look, as they lie beside its file.
enum HeldFiles {
    /// A file of ours: how many rows of the drop are held, and those that need a look.
    private struct Held: Codable {
        var rows: Int
        var numbers: RowSet?
        var examples: [HeldRow]
    }

    /// Writes them, and how many rows are held, with their numbers as in `Hold`, durably. That the file is there, and no note of a release
    /// (`ClaimedFile.note`), says that the drop is held, should the ledger be lost. Waits for the disk. Throws `DiskError`.
    static func write(
        _ examples: [HeldRow], ofRows rows: Int, numbered numbers: RowSet? = nil, to directory: String, mode: UInt32
    ) throws {
        let bytes = Array(
            try JSONEncoder().encode(
                Held(rows: rows, numbers: numbers, examples: Array(examples.prefix(HeldDrop.examplesMax)))))
        try FileMover().write(bytes, to: directory + "/" + FileMover.Part.heldRows, mode: mode)
        try Disk.syncDirectory(directory)
    }

    /// Whether the drop in that directory was held when the ledger was lost. Waits for the disk.
    static func tellsHeld(_ directory: String) throws(DiskError) -> Bool {
        guard try Disk.exists(directory + "/" + FileMover.Part.heldRows) else { return false }
        return try !Disk.exists(directory + "/" + FileMover.Part.checkedRows)
    }

    /// Reads them; none where there are none, or where nobody can read them. Waits for the disk.
    static func read(in directory: String) -> [HeldRow] { held(in: directory)?.examples ?? [] }

    /// How many rows of the drop are held, and their numbers as in `Hold`; nil: nobody can tell. Waits for the disk.
    static func rows(in directory: String) -> (count: Int, numbers: RowSet?)? {
        held(in: directory).map { ($0.rows, $0.numbers) }
    }

    private static func held(in directory: String) -> Held? {
        guard let bytes = try? Disk.contents(directory + "/" + FileMover.Part.heldRows) else { return nil }
        return try? JSONDecoder().decode(Held.self, from: Data(bytes))
    }

    /// Writes which rows of a drop checks hold while the others go, by destination, durably. Waits for the disk. Throws `DiskError`.
    static func write(checked held: [String: HeldRows], to directory: String, mode: UInt32) throws {
        let bytes = Array(try JSONEncoder().encode(held))
        try FileMover().write(bytes, to: directory + "/" + FileMover.Part.checkedRows, mode: mode)
        try Disk.syncDirectory(directory)
    }

    /// Reads them; none where none were written. Waits for the disk. Throws when they cannot be read.
    static func checked(in directory: String) throws -> [String: HeldRows] {
        let path = directory + "/" + FileMover.Part.checkedRows
        guard try Disk.exists(path) else { return [:] }
        return try JSONDecoder().decode([String: HeldRows].self, from: Data(try Disk.contents(path)))
    }
}

extension Alert {
    /// A drop of a rule is held for release.
    static func held(_ name: String, drop: Int, of rule: MappingRule, _ hold: Hold) -> Alert {
        Alert(
            event: .heldForRelease, isError: false,
            message:
                "\(name) is held until \(TimeText.text(hold.until)): \(hold.text); postbox release \(drop) sends it, postbox refuse \(drop) ends it",
            facts: [
                "drop": "\(drop)", "file": name, "rows": "\(hold.rows)", "why": hold.reason,
                "until": TimeText.text(hold.until),
            ]
        ).of(heldRule: rule.match, at: rule.destinations)
    }
}
