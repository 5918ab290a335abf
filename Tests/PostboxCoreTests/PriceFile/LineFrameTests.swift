import PostboxCore
import TestSupport
import Testing

/// Files of any layout, read whole, in pieces, and as the rejects that are made of them.
@Suite("Lines of any layout", .computing)
struct LineFrameTests {
    @Test("Where a file is cut into chunks changes nothing")
    func everySplit() {
        for sample in LineSamples.all {
            let bytes = Array(sample.text.utf8)
            let whole = read(bytes, inChunksOf: bytes.count, with: sample.reader)
            #expect(whole.problem == nil, "\(sample)")
            #expect(!whole.rows.isEmpty, "\(sample)")
            for size in 1..<bytes.count {
                #expect(read(bytes, inChunksOf: size, with: sample.reader) == whole, "in chunks of \(size): \(sample)")
            }
        }
    }

    @Test(
        "Any rows of a file, with what must stand around them, read as they did before",
        arguments: [1, 2, 3] as [UInt64])
    func rejects(_ seed: UInt64) {
        var generator = LineFiles(state: seed)
        var rowsSeen = 0
        for _ in 0..<300 {
            let sample = generator.next()
            let bytes = Array(sample.text.utf8)
            let whole = read(bytes, inChunksOf: bytes.count + 1, with: sample.reader)
            #expect(whole.problem == nil, "seed \(seed): \(sample)")
            rowsSeen += whole.rows.count
            let chosen = whole.rows.filter { _ in generator.number(2) == 0 }
            guard !chosen.isEmpty else { continue }
            let again = read(rejects(of: whole, chosen, bytes), inChunksOf: 1 << 20, with: sample.reader)
            #expect(again.problem == nil, "seed \(seed): \(sample)")
            #expect(again.columns == whole.columns)
            #expect(again.cells == chosen.map(\.cells), "seed \(seed): \(sample)")
            #expect(again.rows.map { $0.problem?.reason } == chosen.map { $0.problem?.reason })
        }
        #expect(rowsSeen > 500)
    }

    /// As `RejectsWriter` puts a file together.
    private func rejects(of file: ReadFile, _ rows: [ReadFile.Row], _ bytes: [UInt8]) -> [UInt8] {
        let ranges = rows.map { $0.sourceStart..<$0.sourceStart + $0.source.utf8.count } + file.kept
        var out = Array(file.prologue.utf8)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            out += bytes[range]
            if let last = out.last, last != 0x0A, last != 0x0D { out.append(0x0A) }
        }
        return out + Array(file.frame.closing.utf8)
    }

    @Test("Whatever the bytes are, a reader comes to an end, and chunks change nothing")
    func fuzz() throws {
        let samples = LineSamples.all
        // The first byte says which layout reads the rest.
        let seeds = samples.indices.map { [UInt8($0)] + Array(samples[$0].text.utf8) }
        let words = ["\n", "\r\n", "\"", "'", "BEGIN\n", "END\n", "sep=;\n", "#", "\u{FEFF}", "X FUT\n", "\t", ",,"]
        try Fuzz.run("line reader", seeds: seeds, words: words.map { Array($0.utf8) }, rounds: 1500) { input in
            guard let first = input.first else { return nil }
            let bytes = Array(input.dropFirst())
            let make = samples[Int(first) % samples.count].reader
            let whole = try outcome(bytes, chunk: max(bytes.count, 1), make)
            for size in [1, 7, 64] where try outcome(bytes, chunk: size, make) != whole {
                return "chunks of \(size) change the outcome"
            }
            return nil
        }
    }

    private struct Broken: Error {
        let what: String
    }

    /// What came of the bytes, or of their beginning: rows before a file's problem do not count.
    private func outcome(_ bytes: [UInt8], chunk: Int, _ make: () -> any PriceFileReader) throws -> [String] {
        var reader = make()
        var batch = RowBatch()
        var seen: [String] = []
        var kept: [Range<Int>] = []
        var start = 0
        repeat {
            let end = min(start + chunk, bytes.count)
            do throws(FileProblem) {
                try bytes[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                    try reader.read(UnsafeRawBufferPointer(chunk), isLast: end == bytes.count, into: &batch)
                }
            } catch {
                return [error.text]
            }
            for row in batch.rows {
                guard row.sourceStart >= 0, row.sourceStart + row.sourceLength <= bytes.count else {
                    throw Broken(what: "a row lies outside of the file")
                }
                if row.problem >= 0 {
                    seen.append("\(row.number) \(row.line) \(batch.problems[row.problem].text)")
                    continue
                }
                guard row.cellCount == reader.columns.count else { throw Broken(what: "a row lacks cells") }
                let cells = batch.cells[row.firstCell..<row.firstCell + row.cellCount].enumerated().map { index, cell in
                    "\(Int(cell.column) == index) \(batch.text[Int(cell.start)..<Int(cell.start + cell.length)])"
                }
                seen.append("\(row.number) \(row.line) \(row.sourceStart) \(row.sourceLength) \(cells)")
            }
            kept += batch.kept
            start = end
        } while start < bytes.count
        return seen + ["\(kept) \(reader.frame)"]
    }
}

/// A file and how it lies.
struct LineSample: CustomStringConvertible {
    var layout: LineLayout
    var delimiter: UInt8 = UInt8(ascii: ",")
    var text: String

    var description: String { "\(layout) \(text.debugDescription)" }
    func reader() -> any PriceFileReader {
        LineReader(layout, delimiter: delimiter, finalNewline: .optional)
    }
}

/// One file of each kind.
enum LineSamples {
    static let all: [LineSample] = [
        LineSample(
            layout: lines { ($0.skipped, $0.comment, $0.quote) = (1, "%", .single) },
            text: "x 'y\r\nRIC,bid\r\n% a\r\nA,'1,\r\n''5'\r\n\r\nB,2"),
        LineSample(
            layout: lines {
                ($0.partsAtBlanks, $0.columns, $0.header) = (true, ["a", "b"], LineLayout.Header.none)
            }, text: "\u{FEFF}1 \t 2  \n \"3 3\"\t\"\"\r"),
        LineSample(
            layout: lines {
                $0.header = .between(after: "START-OF-F*", before: "END-OF-F*")
                ($0.columns, $0.after, $0.before, $0.ragged) = (["S"], "BEGIN", "END", .blankTail)
            }, text: "x\nSTART-OF-FIELDS\nA\n B \nEND-OF-FIELDS\ny\nBEGIN\n1,2,3,\n4,5,6,,\nEND\nz\nBEGIN\n7,8,9\nEND"),
        LineSample(
            layout: lines {
                ($0.header, $0.dropped) = (.firstCell("d"), ["TOTAL*", "*--*"])
                $0.headings = [
                    .init(patterns: ["* FUT", "* OPT"], name: "$p"), .init(patterns: ["[A-Z]X"], name: "$v"),
                ]
            }, text: "TX\n\"a\n\"d\",é\n1,2\n--,--\nSI FUT\n3,\"4\n\"\nTOTAL,1\nUX\nGO OPT\n5,6\n"),
        LineSample(
            layout: lines {
                $0.fixed = [.init(name: "A", first: 1, last: 4), .init(name: "B", first: 6, last: 8)]
                ($0.headings, $0.comment) = ([.init(patterns: ["* FUT"], name: "$p")], "#")
            }, text: "Aé    12\nSI FUT\n# x\nBBBB   3  é\r\nC  \n"),
        LineSample(layout: lines { $0.ragged = .blankTail }, text: "sep=;\na;b;\n1;2;;\n\n3;4\n"),
    ]
}

/// Files of any layout, whose rows are mostly right.
struct LineFiles: SeededChoices {
    var state: UInt64

    mutating func next() -> LineSample {
        var layout = LineLayout()
        var text = pick(["", "", "\u{FEFF}"])
        let isFixed = number(5) == 0
        let delimiter = pick([",", ";", "\t"])
        let end = pick(["\n", "\r\n", "\r"])
        layout.hasOwnDelimiter = true
        if number(3) == 0 { layout.quote = pick(LineLayout.Quote.allCases) }
        if !isFixed, number(4) == 0 { layout.partsAtBlanks = true }
        if number(2) == 0 { layout.comment = "#" }
        if number(2) == 0 { layout.dropped = ["TOTAL*", "*==*"] }
        if number(2) == 0 { layout.headings = [.init(patterns: ["* FUT", "[O-Q] OPT"], name: "$p")] }
        if number(3) == 0 { layout.ragged = .blankTail }
        for _ in 0..<number(4) {
            layout.skipped = (layout.skipped ?? 0) + 1
            text += pick(["", "a \"b", "'", "G FUT", "BEGINNING"]) + end
        }
        if number(2) == 0 { layout.after = "BEGIN" }
        if number(2) == 0 { layout.before = "END*" }
        if isFixed {
            layout.fixed = [.init(name: "A", first: 1, last: 4), .init(name: "B", first: 6, last: 9)]
        } else {
            text += header(&layout, delimiter: layout.partsAtBlanks == true ? " " : delimiter, end)
        }
        for _ in 0..<(1 + number(2)) {
            if layout.after != nil { text += pick(["", "junk" + end]) + "BEGIN" + pick(["", " "]) + end }
            for _ in 0..<number(8) { text += line(layout, delimiter) + end }
            if layout.before != nil {
                text += "END OF DATA" + end + pick(["", "behind" + end])
                if layout.after == nil { break }
            } else if layout.after != nil {
                break
            }
        }
        return LineSample(layout: layout, delimiter: Array(delimiter.utf8)[0], text: text)
    }

    private mutating func header(_ layout: inout LineLayout, delimiter: String, _ end: String) -> String {
        let names = ["A", "B"].joined(separator: delimiter) + end
        switch number(5) {
        case 0:
            layout.header = LineLayout.Header.none
            layout.columns = ["A", "B"]
            return ""
        case 1:
            layout.header = .firstCell("A")
            return pick(["", "x" + end]) + names
        case 2:
            layout.header = .after("TABLE*")
            return "x" + end + "TABLE 1" + end + names
        case 3:
            layout.header = .between(after: "FIELDS", before: "DONE")
            layout.columns = ["A"]
            return "FIELDS" + end + "B" + end + "DONE" + end
        default: return names
        }
    }

    private mutating func line(_ layout: LineLayout, _ delimiter: String) -> String {
        switch number(9) {
        case 0: return pick(["# a, b\"", "TOTAL 1", "== ==", "", "  "])
        case 1, 2: return pick(["G FUT", "O OPT", " S FUT "])
        case 3: return pick(["1", "1,2;3\t4 5,,;;x"])
        default: break
        }
        let values = [pick(["a", "bc", "é", "12"]), pick(["1.5", "x", "0"])]
        if layout.fixed != nil {
            return values[0] + String(repeating: " ", count: 5 - values[0].count) + values[1] + "   "
        }
        if layout.partsAtBlanks == true { return values.joined(separator: pick([" ", "\t \t"])) }
        return values.joined(separator: delimiter) + (layout.ragged == .blankTail ? pick(["", delimiter]) : "")
    }
}
