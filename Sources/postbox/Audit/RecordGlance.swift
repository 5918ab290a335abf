internal import PostboxCore
internal import PostboxIO

/// Takes a short look at the end of the record.
struct RecordGlance {
    let directories: Settings.Directories

    /// nil: there is no record. Reads a bounded part of the file. Throws `LedgerError`, `DiskError`.
    func look() throws -> RecordLook? {
        let file = RecordFile(folder: directories.recordFolder)
        // The ledger first: what it knows at this time is in the file, or among the lines that wait for it.
        let state = try LedgerReading(in: directories)?.recordState()
        let isThere = try Disk.exists(file.path)
        guard isThere || state.map({ $0.number > 0 }) == true else { return nil }
        var look = RecordLook(end: state.map { RecordTail(number: $0.number, sha256: $0.sha256) })
        if isThere {
            try file.eachLastLine(within: RecordLook.bytes) { text, sha256 in
                look.take(text, sha256: sha256, isSigned: RecordKey.isSigned)
            }
        }
        // Without the file the first line has to be among those that wait for it, or lines are gone.
        let hasBeginning = isThere || state?.pending.first?.number == 1
        for pending in hasBeginning ? state?.pending ?? [] : [] where pending.number > look.last {
            look.take(pending.line, sha256: pending.sha256, isSigned: RecordKey.isSigned)
        }
        look.finish()
        return look
    }
}
