import PostboxCore
import Testing

/// A rule that takes one field from each of the columns.
func ruleOf(_ columns: [String], rows: RowsPath?, rowElement: String? = nil) -> MappingRule {
    var rule = MappingRule(
        destinations: ["d"], ric: .template([.text("X")]),
        fields: columns.map { FieldRule(name: "F", source: .column($0)) }, rowElement: rowElement)
    rule.layout = FileLayout(rows: rows)
    return rule
}

/// What a scan of the document finds, if the rule needs one, in chunks of this many bytes.
func scan(
    _ bytes: [UInt8], inChunksOf size: Int, _ rule: MappingRule, _ format: PriceFileFormat
) throws(FileProblem) -> FileScan? {
    guard var scan = try PriceFileReaders.documentScan(rule, format: format) else { return nil }
    var start = 0
    repeat {
        let end = min(start + size, bytes.count)
        try bytes[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
            try scan.take(UnsafeRawBufferPointer(chunk), isLast: end == bytes.count)
        }
        start = end
    } while start < bytes.count
    return FileScan(document: try scan.finish())
}

/// Scans and reads a document whole and in chunks of 1, 2, 3 and 7 bytes, and expects the same each time.
func readDocument(
    _ text: String, _ format: PriceFileFormat, _ rule: MappingRule, takesAll: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) -> ReadFile {
    let bytes = Array(text.utf8)
    var found: FileScan?
    var problems: [FileProblem?] = []
    for size in [max(bytes.count, 1), 1, 2, 3, 7] {
        do throws(FileProblem) {
            found = try scan(bytes, inChunksOf: size, rule, format)
            problems.append(nil)
        } catch {
            problems.append(error)
        }
    }
    #expect(problems.allSatisfy { $0 == problems[0] }, sourceLocation: sourceLocation)
    if let problem = problems[0] {
        var file = ReadFile()
        file.problem = problem
        return file
    }
    let scan = found
    return readInEveryWay(bytes, sourceLocation: sourceLocation) {
        PriceFileReaders.make(
            format: format, finalNewline: .optional, rowElement: rule.rowElement, layout: rule.layout,
            usedColumns: takesAll ? nil : rule.usedColumns, namedColumns: rule.namedColumns, scan: scan)
    }
}
