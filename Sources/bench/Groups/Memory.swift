internal import PostboxCore

/// The most memory that files of different sizes take.
struct Memory {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        var table = Table("The program's peak memory", ["format", "MB of file", "rows", "peak MB", "rows/s"])
        table.note = "One run each, window 1,000."
        let server = try Server(.fast, desk)
        for format in [PriceFileFormat.csv, .json, .jsonLines, .xml] {
            for bytes in desk.sizes.bytes {
                let file = try desk.scratch.priceFile(format, bytes: bytes)
                let run = try PostboxRun.measure(desk, [file.path], rows: file.rows, port: server.port)
                table.add(
                    format.rawValue.uppercased(), Figure.megabytes(file.bytes), Figure.count(file.rows),
                    Figure.megabytes(run.end.peakBytes), Figure.count(Double(run.rows) / run.end.seconds))
                try desk.scratch.removePriceFile(file)
            }
        }
        try server.stop()
        show(table)
    }
}
