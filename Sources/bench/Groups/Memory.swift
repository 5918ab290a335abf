internal import PostboxCore

/// The most memory that files of different sizes take.
struct Memory {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        var table = Table("The program's peak memory", ["format", "MB of file", "rows", "peak MB", "rows/s"])
        table.note = "One run each, window 1,000."
        let server = try Server(.fast, desk)
        for format in [PriceFileFormat.csv, .json, .jsonLines, .xml, .fixed] {
            for bytes in desk.sizes.bytes {
                let file = try desk.scratch.priceFile(format, bytes: bytes)
                try add(format.rawValue.uppercased(), file, server, &table)
                try desk.scratch.removePriceFile(file)
            }
        }
        try addPacked(server, &table)
        try server.stop()
        show(table)
        show(guarded())
    }

    private func add(_ name: String, _ file: PriceFile, _ server: Server, _ table: inout Table) throws {
        let rules = name == "FIXED" ? "files: [{match: '*', format: fixed, columns: \(PriceText.places)}]" : ""
        let run = try PostboxRun.measure(desk, [file.path], rows: file.rows, port: server.port, rules: rules)
        table.add(
            name, Figure.megabytes(file.bytes), Figure.count(file.rows), Figure.megabytes(run.end.peakBytes),
            Figure.count(Double(run.rows) / run.end.seconds))
    }

    /// The same rows as in the largest file of CSV, packed in each way; what unpacks them has a window of its own.
    private func addPacked(_ server: Server, _ table: inout Table) throws {
        let plain = try desk.scratch.priceFile(.csv, bytes: desk.sizes.bytes.max() ?? 0)
        for ending in ["gz", "zst", "bz2", "xz", "zip"] {
            let file = try Packer.pack(plain, ending)
            try add("CSV, \(ending)", file, server, &table)
            try desk.scratch.remove(file)
        }
        // A sheet has 1,048,576 rows at most.
        let workbook = try Packer.workbook(desk.scratch.path + "/rows.xlsx", rows: min(plain.rows, 1_000_000))
        try desk.scratch.removePriceFile(plain)
        try add("xlsx", workbook, server, &table)
        try desk.scratch.remove(workbook)
    }

    /// What it takes to know every row of drops that overtook another one.
    private func guarded() -> Table {
        var table = Table("Rows that stand against older ones", ["rows, each of its own RIC", "MB", "bytes / row"])
        table.note = "Held while an older drop that they overtook is open; the rows themselves stay in their journals."
        for rows in [desk.sizes.rows, desk.sizes.rows * 5] {
            let before = Usage.residentBytes
            var index = StaleGuard(destination: "server", services: ["NIPROV"])
            let drop = DropPlace(drop: 2, age: 2)
            _ = index.begin(drop)
            var journal = ResultJournal(drop: drop.drop, destinations: nil)
            var text = ResultLines.header
            for row in 1...rows {
                text += "2,\(row),,server,RIC\(row).X,NIPROV,Update,acked,,,,,\(row),1,,2026-01-01T00:00:00.000000Z,\n"
                guard row % 10_000 == 0 || row == rows else { continue }
                Array(text.utf8).withUnsafeBytes { bytes in
                    journal.take(bytes, isLast: row == rows) { line in
                        index.take(line) { _ in true }
                        return true
                    }
                }
                text = ""
            }
            index.seal()
            let bytes = max(0, Usage.residentBytes - before)
            table.add(
                Figure.count(index.count), Figure.megabytes(bytes), Figure.short(Double(bytes) / Double(rows)))
        }
        return table
    }
}
