import PostboxCore
import Testing

/// All that a reader made of a file, in a form that can be compared.
struct ReadFile: Equatable {
    struct Row: Equatable {
        var number: Int
        var line: Int
        var source: String
        var sourceStart: Int
        /// `column=kind:value`; empty for a row with a problem, whose cells do not count.
        var cells: [String]
        var problem: RowProblem?
    }

    var columns: [Column] = []
    var rows: [Row] = []
    /// See `RowBatch.kept`.
    var kept: [Range<Int>] = []
    var frame = RowFrame()
    /// Bytes of the frame's prologue.
    var prologue = ""
    var problem: FileProblem?

    var cells: [[String]] { rows.map(\.cells) }
    var values: [[String]] { rows.map { row in row.cells.map { String($0[$0.index(after: colon(in: $0))...]) } } }
    var sources: [String] { rows.map(\.source) }

    private func colon(in cell: String) -> String.Index { cell.firstIndex(of: ":") ?? cell.startIndex }
}

/// Reads the bytes in chunks of this many.
func read(_ bytes: [UInt8], inChunksOf size: Int, with make: () -> any PriceFileReader) -> ReadFile {
    var reader = make()
    var batch = RowBatch()
    var file = ReadFile()
    var start = 0
    repeat {
        let end = min(start + size, bytes.count)
        do throws(FileProblem) {
            try bytes[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                try reader.read(UnsafeRawBufferPointer(chunk), isLast: end == bytes.count, into: &batch)
            }
        } catch {
            file.problem = error
            file.columns = reader.columns
            return file
        }
        for range in batch.kept {
            if let last = file.kept.last, last.upperBound == range.lowerBound {
                file.kept[file.kept.count - 1] = last.lowerBound..<range.upperBound
            } else {
                file.kept.append(range)
            }
        }
        for row in batch.rows { file.rows.append(readable(row, of: batch, reader.columns, bytes)) }
        start = end
    } while start < bytes.count
    file.columns = reader.columns
    file.frame = reader.frame
    file.prologue = String(decoding: bytes[reader.frame.prologue], as: UTF8.self)
    #expect(reader.rowCount == file.rows.count)
    return file
}

private func readable(_ row: RowBatch.Row, of batch: RowBatch, _ columns: [Column], _ bytes: [UInt8]) -> ReadFile.Row {
    let count = row.problem < 0 ? row.cellCount : 0
    let cells = batch.cells[row.firstCell..<row.firstCell + count].map { cell in
        let value = batch.text[Int(cell.start)..<Int(cell.start + cell.length)]
        return "\(columns[Int(cell.column)].name)=\(cell.kind):\(String(decoding: value, as: UTF8.self))"
    }
    return ReadFile.Row(
        number: row.number, line: row.line,
        source: String(decoding: bytes[row.sourceStart..<row.sourceStart + row.sourceLength], as: UTF8.self),
        sourceStart: row.sourceStart, cells: cells, problem: row.problem < 0 ? nil : batch.problems[row.problem])
}

/// Reads the bytes whole and in chunks of 1, 2, 3 and 7 bytes, and expects the same each time. Rows before a file's problem
/// are left out of the comparison: how many were delivered until then depends on the chunks.
func readInEveryWay(
    _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation, with make: () -> any PriceFileReader
) -> ReadFile {
    let whole = read(bytes, inChunksOf: max(bytes.count, 1), with: make)
    for size in [1, 2, 3, 7] {
        let part = read(bytes, inChunksOf: size, with: make)
        #expect(part.problem == whole.problem, "in chunks of \(size)", sourceLocation: sourceLocation)
        if whole.problem == nil { #expect(part == whole, "in chunks of \(size)", sourceLocation: sourceLocation) }
    }
    return whole
}

func readInEveryWay(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation, with make: () -> any PriceFileReader
) -> ReadFile {
    readInEveryWay(Array(text.utf8), sourceLocation: sourceLocation, with: make)
}

/// The place of a problem, for short: `reason@line:column`.
func summary(_ problem: FileProblem?) -> String {
    problem.map { "\($0.reason)@\($0.line):\($0.column)" } ?? "none"
}

func summary(_ problem: RowProblem?) -> String {
    problem.map { "\($0.reason)@\($0.line):\($0.column)" } ?? "none"
}
