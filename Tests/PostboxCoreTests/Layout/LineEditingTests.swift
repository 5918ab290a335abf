import PostboxCore
import Testing

@Suite("Lines of shaped rows in a file of rejects")
struct LineEditingTests {
    /// The rejects of these rows, however the file is cut.
    private static func rejects(_ text: String, _ rule: MappingRule, bad: [Int]) throws -> [String] {
        var rows = RowSet(rows: 100)
        for row in bad { rows.insert(row) }
        return try [Int.max, 1, 9].map { chunk in
            var reader = PriceFileReaders.make(
                format: .csv, finalNewline: .optional, layout: rule.layout, usedColumns: rule.usedColumns)
            var shaper = RowShaper(rule: rule, hasHeader: true, sources: RowSources())
            shaper?.editing = LineEditing(rule, format: .csv, bad: rows)
            var rejects = RejectsText(endsLines: true)
            var batch = RowBatch()
            var out: [UInt8] = []
            let bytes = Array(text.utf8)
            var start = 0
            while start < bytes.count {
                let end = chunk < bytes.count - start ? start + chunk : bytes.count
                let piece = Array(bytes[start..<end])
                try piece.span.withUnsafeBytes { (piece) throws(FileProblem) in
                    rejects.note(piece)
                    try reader.read(piece, isLast: end == bytes.count, into: &batch)
                }
                let read = batch.rows.last.map { $0.sourceStart + $0.sourceLength }
                try shaper?.shape(&batch, columns: reader.columns, isLast: end == bytes.count)
                rejects.copy(
                    batch, reader.frame, readTo: read, heldFrom: shaper?.heldStart, isBad: rows.contains, into: &out)
                start = end
            }
            rejects.finish(reader.frame, into: &out)
            return String(decoding: out, as: UTF8.self)
        }
    }

    private static func rule(_ change: (inout RowShape) -> Void) -> MappingRule {
        var rule = MappingRule(
            destinations: ["d"], post: .update, ric: .column("RIC"),
            fields: [FieldRule(name: "BID", source: .column("Bid"))])
        var shape = RowShape()
        change(&shape)
        rule.shape = shape
        return rule
    }

    @Test(
        "Of an unpivoted line the bad cells alone are left, and what is kept",
        arguments: [
            ([3], "Date,USD,JPY,GBP,\nm,,,x,\n"), ([1, 3], "Date,USD,JPY,GBP,\nm,1.5,,x,\n"),
            ([5], "Date,USD,JPY,GBP,\nn,\"\",y,,\n"), ([], ""),
        ])
    func unpivot(_ bad: [Int], _ expected: String) throws {
        let rule = Self.rule { $0.unpivot = Unpivot(keep: ["Date"], name: "$ccy", value: "$rate") }
        let text = "Date,USD,JPY,GBP,\nm,1.5,2,x,\nn,\"2.5\",y,3,\n"
        #expect(try Self.rejects(text, rule, bad: bad) == [expected, expected, expected])
    }

    @Test("Carried values stand in the lines of their rows, quoted where they must be")
    func carry() throws {
        let rule = Self.rule { $0.carried = ["Desk"] }
        let text = "Desk,RIC,Bid\n\"R,1\",A.T,1\n,B.T,x\nS,C.T,2\n\"\",D.T,y\n"
        let expected = "Desk,RIC,Bid\n\"R,1\",B.T,x\n\"S\",D.T,y\n"
        #expect(try Self.rejects(text, rule, bad: [2, 4]) == [expected, expected, expected])
    }

    @Test("All lines of a group have their carried values")
    func group() throws {
        let rule = Self.rule {
            $0.carried = ["RIC"]
            $0.group = RowGroup(by: ["RIC"], field: "F", value: "V")
        }
        let text = "RIC,F,V\nA.T,Bid,1\nB.T,Bid,x\n,Ask,2\nC.T,Bid,3\n"
        let expected = "RIC,F,V\nB.T,Bid,x\nB.T,Ask,2\n"
        #expect(try Self.rejects(text, rule, bad: [2]) == [expected, expected, expected])
    }

    @Test("A file of rejects carries nothing from one line to the next")
    func carriesNothing() {
        var rule = Self.rule { $0.carried = ["Desk"] }
        rule.fields?.append(FieldRule(name: "DESK", source: .column("Desk")))
        rule.isForRejects = true
        #expect(
            shapedRows("Desk,RIC,Bid\nR,A.T,1\n,B.T,2\n", Shaping(rule: rule)) == [
                #"1 2 A.T {"BID":1,"DESK":"R"}"#, #"2 3 B.T {"BID":2}"#,
            ])
    }
}
