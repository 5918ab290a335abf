internal import Logging
internal import PostboxCore
internal import PostboxIO

/// A file of corrected rows counts as old as the file that they were in: what newer files had accepted since then stands against
/// it, also where those are done with long ago.
struct Correction: Sendable {
    let context: Context
    let file: ClaimedFile

    /// Keeps the results of newer finished drops as long as this one is open. To be called before its first row is handed over,
    /// and again after every start. Throws on a fault of ledger or disk.
    func keepNewerResults() throws {
        for sent in try newer() { _ = try context.guardBook.keepAgain(sent.place, from: places(of: sent)) }
    }

    /// Why nothing of it may be sent: nobody can know any more what newer files had accepted. Throws as `keepNewerResults`.
    func missingResults() throws -> String? {
        let missing = try newer().filter { sent in try !places(of: sent).contains { try Disk.exists($0) } }
        guard let first = missing.first else { return nil }
        return
            "the results of \(missing.count) newer files (\(first.target) the first) are no longer where Postbox put them, "
            + "so that nobody can tell which of these rows are older than what was accepted since; put the results back, or drop "
            + "the rows under another name to post them as new"
    }

    /// Newer finished drops that sent something to a destination of this one, by number.
    private func newer() throws -> [LedgerReading.Sent] {
        guard file.snapshot.original != nil,
            let ledger = try LedgerReading(path: context.settings.directories.state + "/ledger.sqlite")
        else { return [] }
        // Whatever is newer was finished after the values of this one arrived.
        return try ledger.sent(since: file.place.age).filter { sent in
            sent.place.drop != file.drop && sent.place.isNewer(than: file.place)
                && !Set(sent.destinations).isDisjoint(with: file.snapshot.rule.destinations)
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
