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
        guard file.snapshot.original != nil else { return }
        let directories = context.settings.directories
        guard let ledger = try LedgerReading(path: directories.state + "/ledger.sqlite") else { return }
        var missing = 0
        // Whatever is newer was finished after the values of this one arrived.
        for sent in try ledger.sent(since: file.place.age) {
            guard sent.place.drop != file.drop, sent.place.isNewer(than: file.place),
                !Set(sent.destinations).isDisjoint(with: file.snapshot.rule.destinations)
            else { continue }
            let isKept = try context.guardBook.keepAgain(
                sent.place,
                from: [
                    directories.work + "/\(sent.place.drop)/" + FileMover.Part.result,
                    sent.folder + "/" + FileNames.result(sent.target),
                ])
            if !isKept { missing += 1 }
        }
        guard missing > 0 else { return }
        context.alerts.send(
            Alert(
                event: "results_missing", isError: false,
                message:
                    "\(file.name): results of \(missing) newer files are no longer where Postbox put them; a row of this file may be older than what they had accepted",
                facts: ["drop": "\(file.drop)", "file": file.name, "missing": "\(missing)"]))
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
