/// Reads the growing result file of an earlier run back: which rows are settled, and how far the file can be trusted.
///
/// It ends at its first line that is none of ours: other columns, a row out of range, a row and destination seen before.
package struct ResultJournal {
    /// One line, its texts as bytes that live as long as the call.
    package struct Line {
        package var row: Int
        package var destination: String
        package var outcome: PostOutcome
        package var nakCode: String
        package var reason: String
        package var text: UnsafeRawBufferPointer
        package var ric: UnsafeRawBufferPointer
        package var service: UnsafeRawBufferPointer
        package var post: PostKind
        package var fields: UnsafeRawBufferPointer
        /// `sent_at` as it stands; empty: never sent. RFC 3339 in UTC sorts as text.
        package var sentAt: String
        /// `settled_at` as it stands.
        package var settledAt: String
        /// Where the line begins: bytes from the file's beginning.
        package var offset: Int
    }

    private let drop: Int
    /// nil: any.
    private let destinations: Set<String>?
    private var reader = CSVReader(delimiter: UInt8(ascii: ","), finalNewline: .required)
    private var batch = RowBatch()
    private let names = ResultLines.header.split(whereSeparator: { $0 == "," || $0 == "\n" }).map(String.init)
    /// Bytes up to the end of the last good line.
    package private(set) var goodBytes = 0
    package private(set) var isBroken = false

    package init(drop: Int, destinations: [String]?) {
        self.drop = drop
        self.destinations = destinations.map { Set($0) }
    }

    /// Takes the next chunk. `line` returns false for a line it has seen before; nothing after that counts.
    package mutating func take(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ line: (Line) -> Bool
    ) {
        guard !isBroken else { return }
        do throws(FileProblem) {
            // Never as the last chunk: the reader gives no rows with a problem, and a torn last line must cost only itself.
            try reader.read(chunk, isLast: false, into: &batch)
        } catch {
            isBroken = true
            return
        }
        if goodBytes == 0 {
            if reader.columns.isEmpty, !isLast { return }
            let columns = reader.columns.map(\.name)
            guard columns == names || columns == names + [ResultLines.warningsColumn] else {
                isBroken = true
                return
            }
            goodBytes = reader.frame.prologue.upperBound
        }
        batch.text.withUnsafeBytes { text in
            for row in batch.rows {
                guard row.sourceStart == goodBytes, row.problem < 0, let parsed = parse(row, text), line(parsed) else {
                    isBroken = true
                    return
                }
                goodBytes = row.sourceStart + row.sourceLength
            }
        }
    }

    private func parse(_ row: RowBatch.Row, _ text: UnsafeRawBufferPointer) -> Line? {
        guard row.cellCount >= names.count else { return nil }
        func cell(_ at: Int) -> UnsafeRawBufferPointer {
            let cell = batch.cells[row.firstCell + at]
            return UnsafeRawBufferPointer(rebasing: text[Int(cell.start)..<Int(cell.start + cell.length)])
        }
        func word(_ at: Int) -> String { String(decoding: cell(at), as: UTF8.self) }
        let settledAt = word(15)
        guard Int(word(0)) == drop, let number = Int(word(1)), number > 0, destinations?.contains(word(3)) ?? true,
            let outcome = PostOutcome(word: word(7)), !settledAt.isEmpty
        else { return nil }
        return Line(
            row: number, destination: word(3), outcome: outcome, nakCode: word(8), reason: word(9), text: cell(10),
            ric: cell(4), service: cell(5), post: word(6) == "Refresh" ? .refresh : .update, fields: cell(16),
            sentAt: word(14), settledAt: settledAt, offset: row.sourceStart)
    }

    /// Reads one line by itself; what follows it in `bytes` does not matter. False: there is no whole line of the drop.
    package static func line(_ bytes: [UInt8], drop: Int, _ body: (Line) -> Void) -> Bool {
        line(bytes, below: ResultLines.header, drop: drop, body)
            || line(bytes, below: ResultLines.headerWithWarnings, drop: drop, body)
    }

    private static func line(_ bytes: [UInt8], below header: String, drop: Int, _ body: (Line) -> Void) -> Bool {
        var journal = ResultJournal(drop: drop, destinations: nil)
        var isFound = false
        (Array(header.utf8) + bytes).withUnsafeBytes { text in
            journal.take(text, isLast: false) { line in
                if !isFound { body(line) }
                isFound = true
                return false
            }
        }
        return isFound
    }
}
