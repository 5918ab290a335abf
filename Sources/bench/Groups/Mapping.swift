internal import PostboxCore

/// What it costs to make posts of files that are not tidy: by rule on one core, and of packed files in whole runs.
struct Mapping {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let (table, rics) = try identifiers()
        show(try rules(rics))
        show(table)
        show(try packed())
    }

    // MARK: - One core

    /// Reader, shaper and mapper together, file in memory.
    private func rules(_ rics: LookupTable) throws -> Table {
        var table = Table("A row from the file's bytes to its post, on one core", ["rule", "ns / row", "rows/s"])
        table.note = """
            Reader, rule and mapper together, CPU time of their thread. Seven columns, semicolons between them; the look-up is in \
            \(Figure.count(rics.count)) keys. The rule in bold must map 1,500,000 rows a second.
            """
        let rows = desk.sizes.rows / 10
        let plain = PriceBytes.make(.csv, rows: rows)
        try add("plain CSV, five columns", &table, plain, MappingRule(destinations: ["server"]), rows: rows)
        let text = DeskText.rows(rows, keys: rics.count)
        for (name, rule) in DeskRules.all {
            try add(name, &table, text, rule, rows: rows, tables: ["rics": rics])
        }
        let columns = 500
        let lines = max(1, rows / columns)
        let wide = DeskText.wide(lines: lines, columns: columns)
        try add("unpivot of \(columns) columns", &table, wide, DeskRules.wide, rows: lines * columns)
        return table
    }

    private func add(
        _ name: String, _ table: inout Table, _ bytes: [UInt8], _ rule: MappingRule, rows: Int,
        tables: [String: LookupTable] = [:]
    ) throws {
        var seconds: [Double] = []
        for _ in 0..<desk.runs {
            var reading = RuleReading(rule, tables: tables)
            let start = Usage.ownThread()
            let posts = try reading.posts(of: bytes)
            seconds.append(Usage.ownThread() - start)
            guard posts == rows else { throw BenchError("\(name): of \(rows) rows \(posts) are posts") }
        }
        let time = seconds.median
        table.add(name, Figure.short(time / Double(rows) * 1e9), Figure.count(Double(rows) / time))
    }

    /// What a table of identifiers takes to be read and to be kept.
    private func identifiers() throws -> (Table, LookupTable) {
        let before = Usage.residentBytes
        let start = Usage.ownThread()
        var reader = LookupTableReader(key: "ISIN", columns: ["RIC"], delimiter: UInt8(ascii: ","))
        try DeskText.table(keys: desk.sizes.rows) { bytes in
            try bytes.withUnsafeBytes { try reader.take($0, isLast: false) }
        }
        try reader.take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
        let rics = reader.finish(sha256: "")
        let seconds = Usage.ownThread() - start
        let bytes = max(0, Usage.residentBytes - before)
        var table = Table("A table in memory", ["keys", "MB", "bytes / key", "s to read"])
        table.note = "Keys of 12 bytes, values of about 10."
        table.add(
            Figure.count(rics.count), Figure.megabytes(bytes), Figure.short(Double(bytes) / Double(rics.count)),
            Figure.short(seconds))
        return (table, rics)
    }

    // MARK: - Whole runs

    /// Whole runs of packed files beside the same file unpacked, and what the library alone takes of it.
    private func packed() throws -> Table {
        var table = Table(
            "Packed files, from the program's start to its exit",
            ["file", "MB", "rows/s", "CPU s / 10⁶ rows", "unpacking alone, CPU s / 10⁶ rows"])
        table.note = """
            The same rows in each. Every file is read twice, so it is unpacked twice; the last column is of once, by zlib (gz) or \
            libarchive.
            """
        let plain = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let server = try Server(.fast, desk)
        try addRuns("CSV", plain, unpacking: nil, port: server.port, &table)
        for ending in ["gz", "zst"] {
            let file = try Packer.pack(plain, ending)
            let alone = try (0..<desk.runs).map { _ in try Packer.secondsToUnpack(file.path) }.median
            try addRuns("CSV, \(ending)", file, unpacking: alone, port: server.port, &table)
        }
        let workbook = try Packer.workbook(desk.scratch.path + "/rows.xlsx", rows: desk.sizes.rows)
        try addRuns("xlsx", workbook, unpacking: nil, port: server.port, &table)
        try server.stop()
        return table
    }

    private func addRuns(
        _ name: String, _ file: PriceFile, unpacking: Double?, port: Int, _ table: inout Table
    ) throws {
        let runs = try (0..<desk.runs).map { _ in
            try PostboxRun.measure(desk, [file.path], rows: file.rows, port: port)
        }
        table.add(
            name, Figure.megabytes(file.bytes), Figure.count(runs.rowsPerSecond.median),
            Figure.short(runs.cpuSecondsPerMillion),
            unpacking.map { Figure.short($0 / Double(file.rows) * 1e6) } ?? "")
    }
}
