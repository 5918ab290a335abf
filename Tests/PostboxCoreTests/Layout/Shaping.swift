import PostboxCore

/// Reads a file, shapes its rows and maps them, as a reading of a rule does.
struct Shaping {
    var rule: MappingRule
    var format = PriceFileFormat.csv
    var context = RowContext(file: "eod.csv")
    var tellsAll = false
    var tables: [String: LookupTable] = [:]
    /// Bytes that are read at once.
    var chunk = Int.max

    /// A line for each row: `NUMBER LINE RIC FIELDS`, or `NUMBER LINE reason@COLUMN`, and all its reasons where they are told.
    func rows(_ text: String) throws(FileProblem) -> [String] {
        var rows: [String] = []
        try map(text) { rows.append(line($0, $1)) }
        return rows
    }

    /// What is told of the rows that are rejected, of each what is found first.
    func problems(_ text: String) throws(FileProblem) -> [RowProblem] {
        var problems: [RowProblem] = []
        try map(text) { row, batch in
            if row.problem >= 0 { problems.append(batch.problems[row.problem]) }
        }
        return problems
    }

    private func map(_ text: String, _ body: (MappedRow, PostBatch) -> Void) throws(FileProblem) {
        var sources = RowSources(context: context, tables: tables)
        sources.tellsAll = tellsAll
        let bytes = Array(text.utf8)
        sources.scan = try scan(bytes, inChunksOf: max(bytes.count, 1), rule, format)
        if rule.needsRowScan {
            var scanned: RowScan?
            _ = try read(text, sources, for: .scan) { shaper, _, _ in scanned = shaper.found }
            if sources.scan == nil { sources.scan = FileScan() }
            sources.scan?.rows = scanned
        }
        let fixed = format.traits.hasHeader && rule.shape?.group == nil
        var mapper = RowMapper(
            rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: fixed, mayNest: format.traits.hasPaths)
        mapper.tellsAll = tellsAll
        let columns = try read(text, sources, for: .rows) { shaper, batch, columns in
            var out = PostBatch()
            mapper.map(batch, columns: columns, into: &out)
            for row in out.rows { body(row, out) }
        }
        if let problem = mapper.missingColumn(among: columns) { throw problem }
    }

    /// `NUMBER why` of each row that does not count.
    func skipped(_ text: String) throws(FileProblem) -> [String] {
        var rows: [String] = []
        _ = try read(text, RowSources(context: context), for: .skipped) { shaper, batch, _ in
            for (row, why) in zip(batch.rows, shaper.reasons) { rows.append("\(row.number) \(why)") }
        }
        return rows
    }

    private func read(
        _ text: String, _ sources: RowSources, for purpose: RowShaper.Purpose,
        _ body: (RowShaper, RowBatch, [Column]) -> Void
    ) throws(FileProblem) -> [Column] {
        guard
            var shaper = RowShaper(
                rule: rule, hasHeader: format.traits.hasHeader, sources: sources, for: purpose)
        else { return [] }
        var reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: .optional, rowElement: rule.rowElement,
            layout: rule.layout, usedColumns: rule.usedColumns, namedColumns: rule.namedColumns, scan: sources.scan)
        let bytes = Array(text.utf8)
        var batch = RowBatch()
        var start = 0
        repeat {
            let end = chunk < bytes.count - start ? start + chunk : bytes.count
            let isLast = end == bytes.count
            let piece = Array(bytes[start..<end])
            try piece.span.withUnsafeBytes { (piece) throws(FileProblem) in
                try reader.read(piece, isLast: isLast, into: &batch)
            }
            try shaper.shape(&batch, columns: reader.columns, isLast: isLast)
            body(shaper, batch, shaper.columns)
            start = end
        } while start < bytes.count
        return shaper.columns
    }

    private func line(_ row: MappedRow, _ batch: PostBatch) -> String {
        let place = "\(row.row) \(row.line) "
        if row.problem >= 0 {
            let problem = batch.problems[row.problem]
            return place
                + ([problem] + problem.more).map { "\($0.reason)@\($0.line):\($0.column)" }.joined(separator: " ")
        }
        func text(_ start: Int, _ length: Int) -> String {
            String(decoding: batch.bytes[start..<start + length], as: UTF8.self)
        }
        return place + text(row.ricStart, row.ricLength) + " " + text(row.fieldsStart, row.fieldsLength)
    }
}

/// The same however the file is cut; else what differs is in the result.
func shapedRows(_ text: String, _ shaping: Shaping) -> [String] {
    func run(_ chunk: Int) -> [String] {
        var shaping = shaping
        shaping.chunk = chunk
        do throws(FileProblem) {
            return try shaping.rows(text)
        } catch {
            return ["refused \(error.reason)@\(error.line)"]
        }
    }
    let whole = run(.max)
    for chunk in [1, 7, 50] {
        let cut = run(chunk)
        if cut != whole { return ["cut every \(chunk) bytes:"] + cut + ["whole:"] + whole }
    }
    return whole
}
