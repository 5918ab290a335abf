internal import PostboxCore

/// Readers on one core, file in memory, rows thrown away.
struct Readers {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        var table = Table("Readers on one core", ["format", "MB", "MB/s", "ns / row", "rows/s"])
        table.note = "Chunks as large as in the program, CPU time of the thread that reads."
        for format in [PriceFileFormat.csv, .json, .jsonLines, .xml] {
            let bytes = PriceBytes.make(format, rows: desk.sizes.rows / 10)
            var rows = 0
            let seconds = try (0..<desk.runs).map { _ in
                let start = Usage.ownThread()
                rows = try ChunkedReading.read(bytes, format) { _, _ in }
                return Usage.ownThread() - start
            }.median
            table.add(
                format.rawValue.uppercased(), Figure.megabytes(bytes.count),
                Figure.count(Double(bytes.count) / 1e6 / seconds), Figure.short(seconds / Double(rows) * 1e9),
                Figure.count(Double(rows) / seconds))
        }
        show(table)
    }
}

/// A price file in memory, read as the program reads it from the disk.
enum ChunkedReading {
    /// Hands over each chunk's rows and the columns known by then. Returns how many rows there were.
    static func read(
        _ bytes: [UInt8], _ format: PriceFileFormat, _ body: (borrowing RowBatch, [Column]) throws -> Void
    ) throws -> Int {
        var reader = PriceFileReaders.make(format: format)
        var batch = RowBatch()
        try bytes.withUnsafeBytes { all in
            var at = 0
            while at < all.count {
                let end = min(all.count, at + format.traits.chunkBytes)
                let chunk = UnsafeRawBufferPointer(rebasing: all[at..<end])
                try reader.read(chunk, isLast: end == all.count, into: &batch)
                try body(batch, reader.columns)
                at = end
            }
        }
        return reader.rowCount
    }
}
