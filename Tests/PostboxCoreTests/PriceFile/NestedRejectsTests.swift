import PostboxCore
import TestSupport
import Testing

@Suite("Rejects of nested documents", .computing)
struct NestedRejectsTests {
    /// Makes documents whose rows lie deeper, with all kinds of things around them.
    private struct Documents: SeededChoices {
        var state: UInt64

        mutating func json() -> (text: String, rows: String) {
            let path = pick(["r", "a.r", "a.*", "g.r", "m.*.r"])
            let row = { (me: inout Documents) in
                "{" + me.gap() + "\"v\"" + me.gap() + ":" + me.gap() + me.pick(["1", "\"x,]}\"", "null", "[1, 2]"])
                    + ",\"w\":{\"k\":[" + me.pick(["", "7", "{\"u\":8}"]) + "]}" + me.gap() + "}"
            }
            func list(_ me: inout Documents) -> String {
                let items = (0..<me.number(5)).map { _ in row(&me) }
                return "[" + me.gap() + items.joined(separator: me.gap() + "," + me.gap()) + me.gap() + "]"
            }
            func members(_ me: inout Documents, _ value: (inout Documents) -> String) -> String {
                let items = (0..<me.number(4)).map { "\"k\($0)\":" + me.gap() + value(&me) }
                return "{" + me.gap() + items.joined(separator: "," + me.gap()) + me.gap() + "}"
            }
            let other = #""o": [1, {"r": [{"v": 9}]}], "s": "r""#
            switch path {
            case "r": return ("{\(gap())\(other), \"r\": \(list(&self)), \"z\": 1\(gap())}\n", path)
            case "a.r": return ("{\"a\": {\"x\": 1, \"r\":\(list(&self)), \"asof\": \"d\"}, \(other)}", path)
            case "a.*": return ("{\"a\":\(members(&self, row)), \(other)}", path)
            case "g.r":
                let groups = (0..<number(4)).map { "{\"d\": \($0), \"r\":\(list(&self)), \"e\": 2}" }
                return ("{\"g\": [\(groups.joined(separator: ", "))], \"n\": {}, \"g2\": []}", path)
            default: return ("{\(other), \"m\":\(members(&self) { "{\"r\":\(list(&$0)),\"q\":1}" })}", path)
            }
        }

        mutating func xml() -> (text: String, rows: String) {
            let rows = (0..<number(5)).map { n in
                let groups = (0..<number(4)).map { _ in
                    gap() + "<r a='\(number(9))'>" + pick(["", "<b t='1'>x &amp; y</b>", "<b><c> 1 </c></b>"]) + "</r>"
                        + pick(["", "<!-- c -->", "<o>text</o>", gap()])
                }
                return pick(["", "<x/>", gap()]) + "<g t='\(n)'>" + groups.joined() + gap() + "</g>"
            }
            let head = pick(["", "<?xml version=\"1.0\"?>\n", "\u{FEFF}", "<!-- first -->"])
            return (
                head + "<d>" + pick(["", "<h>é</h>"]) + rows.joined(separator: gap()) + "<z/></d>" + pick(["", "\n"]),
                "/d/g/r"
            )
        }

        mutating func gap() -> String { pick(["", "", " ", "\n", "\n  "]) }
    }

    /// The rejects of the document with these rows, in pieces of so many bytes.
    private func rejects(
        _ text: String, _ format: PriceFileFormat, _ rule: MappingRule, size: Int, isBad: (Int) -> Bool
    ) throws -> String {
        let bytes = Array(text.utf8)
        let found = try scan(bytes, inChunksOf: bytes.count, rule, format)
        var reader = PriceFileReaders.make(
            format: format, layout: rule.layout, usedColumns: rule.usedColumns, namedColumns: rule.namedColumns,
            scan: found)
        var rejects = RejectsText(endsLines: format.traits.isByLine)
        var batch = RowBatch()
        var out: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + size, bytes.count)
            try bytes[start..<end].withUnsafeBytes { piece in
                rejects.note(piece)
                try reader.read(piece, isLast: end == bytes.count, into: &batch)
            }
            rejects.copy(
                batch, reader.frame, readTo: batch.rows.last.map { $0.sourceStart + $0.sourceLength }, isBad: isBad,
                into: &out)
            start = end
        }
        rejects.finish(reader.frame, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test("The same rule reads the bad rows again, each with the values around it", arguments: [1, 2, 3])
    func again(_ seed: UInt64) throws {
        var documents = Documents(state: seed)
        for round in 0..<60 {
            let format = round % 2 == 0 ? PriceFileFormat.json : .xml
            let (text, rows) = format == .json ? documents.json() : documents.xml()
            let columns =
                format == .json
                ? ["v", "w.k[0]", "w.k[0].u", "$key", "/s", "/a/asof", "/g/d"]
                : ["@a", "b", "b@t", "b.c", "/d/h", "/d/g@t"]
            let rule = ruleOf(columns, rows: .path(rows))
            let file = readDocument(text, format, rule)
            guard file.problem == nil else {
                #expect(file.problem?.reason == "rows_missing" || file.problem?.reason == "ambiguous_path", "\(text)")
                continue
            }
            let mask = documents.number(1 << 16)
            func isBad(_ row: Int) -> Bool { mask >> (row % 16) & 1 == 1 }
            let wanted = file.rows.filter { isBad($0.number) }
            // Without a bad row there is no such file.
            guard !wanted.isEmpty else { continue }
            let written = try rejects(text, format, rule, size: 1 + documents.number(40), isBad: isBad)
            let again = readDocument(written, format, rule)
            #expect(again.problem == nil, "seed \(seed): \(text) became \(written)")
            #expect(again.rows.map(\.cells) == wanted.map(\.cells), "seed \(seed): \(text) became \(written)")
            #expect(again.sources == wanted.map(\.source), "seed \(seed): \(text) became \(written)")
            #expect(again.rows.map { $0.problem?.reason } == wanted.map { $0.problem?.reason })
        }
    }

    @Test("Arrays side by side keep the entries of the bad rows alone, and all else of the document")
    func entries() throws {
        let text = #"{"s":"A", "t":[1, 2 ,3],"x":[ 1,2], "q":{"b":["a,]",{"k":[1,2]},null ]}, "z":[[0]]}"#
        let bytes = Array(text.utf8)
        for (wanted, expected) in [
            ([2], #"{"s":"A", "t":[2],"x":[ 1,2], "q":{"b":[{"k":[1,2]}]}, "z":[[0]]}"#),
            ([1, 3], #"{"s":"A", "t":[1,3],"x":[ 1,2], "q":{"b":["a,]",null]}, "z":[[0]]}"#),
            ([], #"{"s":"A", "t":[],"x":[ 1,2], "q":{"b":[]}, "z":[[0]]}"#),
        ] {
            for size in 1...bytes.count {
                var copy = try JSONZipCopy(paths: ["t", "q.b"])
                var out: [UInt8] = []
                var start = 0
                while start < bytes.count {
                    let end = min(start + size, bytes.count)
                    try bytes[start..<end].withUnsafeBytes {
                        try copy.copy(
                            $0, isLast: end == bytes.count,
                            fate: { row, _ in wanted.contains(row) ? .copied : .dropped }, into: &out)
                    }
                    start = end
                }
                #expect(String(decoding: out, as: UTF8.self) == expected)
            }
        }
    }
}
