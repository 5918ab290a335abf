internal import PostboxCore
internal import PostboxIO

/// Result lines for rows of which nothing but the number is known.
struct BareRows: Sendable {
    let results: ResultFile
    let destination: String
    let settled: RowSet?
    /// Rows that do not count: they have no line.
    let skipped: RowSet?
    let postedThrough: Int
    /// Rows that were certainly not sent.
    var keptBack: [KeptBack] = []
    /// Told how many rows ended how, by `PostOutcome`, and at which destination.
    let count: @Sendable ([Int], String) -> Void

    /// Ends the rows after `handled` that are not settled: unknown where they may have been sent, else unsent.
    func end(after handled: Int, rows: Int, reason: String, text: String) async {
        var batch: [RowEnd] = []
        guard handled < rows else { return }
        let detail = OutcomeDetail(reason: reason, text: text)
        for number in handled + 1...rows
        where settled?.contains(number) != true && skipped?.contains(number) != true {
            let row = MappedRow(
                row: number, line: 0, post: .update, service: -1, ricStart: 0, ricLength: 0, fieldsStart: 0,
                fieldsLength: 0, keyHash: 0)
            let mayBeSent = number <= postedThrough && !keptBack.contains { $0.rows.contains(number) }
            batch.append(RowEnd(row, mayBeSent ? .unknown : .unsent, detail))
            if batch.count == 4096 {
                await write(batch)
                batch = []
            }
        }
        await write(batch)
    }

    private func write(_ batch: [RowEnd]) async {
        await results.append(batch, in: PostBatch(), of: destination, at: Clock.wall())
        count(Progress.counts(batch), destination)
    }
}
