internal import Logging
internal import PostboxCore
internal import PostboxIO

/// A file of corrected rows counts as old as the file that they were in, and one that waited as old as it was when others passed it: what
/// newer files had accepted since then stands against it, also where those are done with long ago.
struct Correction: Sendable {
    let context: Context
    let file: ClaimedFile

    /// Keeps the results of newer finished drops as long as this one is open. To be called before its first row is handed over,
    /// and again after every start. Throws on a fault of ledger or disk.
    func keepNewerResults() async throws {
        guard isOne else { return }
        try await context.disk.run { try keepResults() }
    }

    private var isOne: Bool { file.snapshot.isCorrection || file.snapshot.wasPassed == true }

    private func keepResults() throws {
        for sent in try newer() { _ = try context.guardBook.keepAgain(sent.place, from: places(of: sent)) }
    }

    /// Names of newer finished files whose results are gone: nobody can know any more what they had accepted. Throws as
    /// `keepNewerResults`.
    func missingResults() async throws -> [String] {
        guard isOne else { return [] }
        return try await context.disk.run { try findMissingResults() }
    }

    private func findMissingResults() throws -> [String] {
        try newer().filter { sent in try !places(of: sent).contains { try ResultBytes(path: $0) != nil } }.map(\.target)
    }

    /// Drops that sent something and were finished after the values of this one arrived, by number: all newer ones, and those that
    /// its rows were in before.
    private func finished() throws -> [LedgerReading.Sent] {
        let known = file.snapshot.known
        let sent = try ledger()?.sent(since: max(file.place.age, known?.endedSince ?? .min)) ?? []
        return sent.filter { known?.firstUnknown(of: $0.place.drop) != nil || known == nil }
    }

    private func ledger() throws -> LedgerReading? {
        isOne ? try LedgerReading(in: context.settings.directories) : nil
    }

    /// Newer finished drops that sent something to a destination of this one, by number.
    private func newer() throws -> [LedgerReading.Sent] {
        try finished().filter { sent in
            sent.place.drop != file.drop && sent.place.isNewer(than: file.place)
                && !Set(sent.destinations).isDisjoint(with: file.snapshot.rule.destinations)
        }
    }

    /// Rows of the original file, and of corrections of it that this one corrects, that were accepted, or may have been, and stood behind the bad rows of their RIC: their values
    /// are newer than what is corrected. By the hash of RIC and service; `services`: names by their index in mapped rows. Throws as
    /// `keepNewerResults`.
    func newerRowsOfOriginal(at destination: String, services: [String]) async throws -> [UInt64: Guarded.Own] {
        guard isOne else { return [:] }
        return try await context.disk.run { try findNewerRows(at: destination, services: services) }
    }

    private func findNewerRows(at destination: String, services: [String]) throws -> [UInt64: Guarded.Own] {
        let originals = Set(try ledger()?.originals(of: file.drop) ?? [])
        var newer: [UInt64: Guarded.Own] = [:]
        for sent in try finished() where originals.contains(sent.place.drop) {
            var rows = OriginalRows(destination: destination, services: services)
            try eachLine(of: sent) { rows.noteBad($0) }
            try eachLine(of: sent) { rows.noteLater($0) }
            for (key, row) in rows.later {
                newer[key] = Guarded.Own(ric: row.ric, name: "\(sent.place.drop):\(row.number)")
            }
        }
        return newer
    }

    private func eachLine(of sent: LedgerReading.Sent, _ body: (ResultJournal.Line) -> Void) throws {
        var found: ResultBytes?
        for path in places(of: sent) where found == nil { found = try ResultBytes(path: path) }
        guard let result = found else { return }
        var journal = ResultJournal(drop: sent.place.drop, destinations: nil)
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                body(line)
                return true
            }
        }
    }

    /// Where a finished drop's result may lie.
    private func places(of sent: LedgerReading.Sent) -> [String] {
        [
            context.settings.directories.work + "/\(sent.place.drop)/" + FileMover.Part.result,
            sent.folder + "/" + FileNames.result(sent.target),
        ]
    }

    /// RIC and service of every row that would be sent, by hash. Throws as the reading does.
    static func keys(_ pass: PriceFilePass, _ reading: SecondReading) throws -> Set<UInt64> {
        var keys: Set<UInt64> = []
        while let (chunk, isLast) = try reading.next() {
            for row in try pass.mapped(chunk, isLast: isLast).rows where row.problem < 0 { keys.insert(row.keyHash) }
        }
        return keys
    }
}
