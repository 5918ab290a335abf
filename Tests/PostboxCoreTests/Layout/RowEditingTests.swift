import PostboxCore
import TestSupport
import Testing

@Suite("Shaped rows in a file of rejects", .computing)
struct RowEditingTests {
    /// The rejects of these rows, however the file is cut.
    private static func rejects(
        _ text: String, _ rule: MappingRule, _ format: PriceFileFormat = .csv, bad: [Int]
    ) throws -> [String] {
        var rows = RowSet(rows: 100)
        for row in bad { rows.insert(row) }
        let bytes = Array(text.utf8)
        let sources = RowSources(scan: try scan(bytes, inChunksOf: bytes.count, rule, format))
        return try [Int.max, 1, 9].map { chunk in
            var reading = RejectsReading(
                rule, format: format, sources: sources, editing: RowEditing(rule, format: format, bad: rows))
            var rejects = RejectsText(endsLines: format.traits.isByLine)
            var out: [UInt8] = []
            try pieces(bytes, chunk) { piece, isLast throws(FileProblem) in
                rejects.note(piece)
                try reading.read(piece, isLast: isLast)
                rejects.copy(
                    reading.batch, reading.frame, readTo: reading.readTo, heldFrom: reading.heldFrom,
                    isBad: rows.contains, into: &out)
            }
            rejects.finish(reading.frame, into: &out)
            if case .zip(let paths)? = rule.layout?.rows {
                var copy = try JSONZipCopy(paths: paths)
                out.removeAll()
                try pieces(bytes, chunk) { piece, isLast throws(FileProblem) in
                    let edits = reading.entries
                    try copy.copy(
                        piece, isLast: isLast,
                        fate: { edits?.fate(of: $0, at: $1) ?? (rows.contains($0) ? .copied : .dropped) }, into: &out)
                }
            }
            return String(decoding: out, as: UTF8.self)
        }
    }

    /// The rows that the rejects of these rows have.
    private static func rowsWritten(
        _ text: String, _ rule: MappingRule, _ format: PriceFileFormat, bad: [Int]
    ) throws -> RowNumbers {
        var rows = RowSet(rows: 100)
        for row in bad { rows.insert(row) }
        let bytes = Array(text.utf8)
        let sources = RowSources(scan: try scan(bytes, inChunksOf: bytes.count, rule, format))
        var reading = RejectsReading(
            rule, format: format, sources: sources, editing: RowEditing(rule, format: format, bad: rows))
        try pieces(bytes, bytes.count) { piece, isLast throws(FileProblem) in try reading.read(piece, isLast: isLast) }
        return RowNumbers(try #require(reading.rowsWritten))
    }

    private static func pieces(
        _ bytes: [UInt8], _ size: Int, _ body: (UnsafeRawBufferPointer, Bool) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        var start = 0
        while start < bytes.count {
            let end = size < bytes.count - start ? start + size : bytes.count
            let piece = Array(bytes[start..<end])
            try piece.span.withUnsafeBytes { (piece) throws(FileProblem) in try body(piece, end == bytes.count) }
            start = end
        }
    }

    /// A file whose bad rows hold `1e5`, or `x11` where that is a number.
    struct File: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var format: PriceFileFormat
        var rule: MappingRule
        var text: String
        /// What the rejects hold; nil: that is not looked at.
        var rejects: String?
        var bad = "1e5"

        init(
            _ name: String, _ format: PriceFileFormat, _ text: String, rejects: String? = nil,
            _ change: (inout MappingRule) -> Void = { _ in }
        ) {
            testDescription = name
            self.format = format
            self.text = text
            self.rejects = rejects
            rule = MappingRule(
                destinations: ["d"], post: .update, ric: .column("$ccy"),
                fields: [
                    FieldRule(name: "BID", source: .column("$rate"), type: .real),
                    FieldRule(name: "DAY", source: .column("Date"), type: .text, isOptional: true),
                ])
            var shape = RowShape()
            shape.unpivot = Unpivot(
                keep: ["Date"], name: "$ccy", value: "$rate",
                columns: format.traits.hasHeader ? .others : .named(["USD", "JPY", "GBP"]))
            rule.shape = shape
            change(&rule)
            guard rule.fields?[0].type != nil else { return }
            bad = "x11"
            self.text = text.replacing("1e5", with: bad)
            self.rejects = rejects?.replacing("1e5", with: bad)
        }
    }

    private static func lines(_ change: (inout LineLayout) -> Void) -> FileLayout {
        var lines = LineLayout()
        change(&lines)
        return FileLayout(lines: lines)
    }

    private static let fixed = lines { lines in
        lines.fixed = [
            .init(name: "Date", first: 1, last: 4), .init(name: "USD", first: 6, last: 9),
            .init(name: "JPY", first: 11, last: 14), .init(name: "GBP", first: 15, last: 17),
        ]
    }

    private static func carries(_ rule: inout MappingRule) { rule.shape?.carried = ["Date"] }

    static let files = [
        File(
            "CSV with quotes", .csv, "Date,USD,JPY,GBP\nm,\"a \"\"b\"\", c\",\"2\",1e5\nn,1,2,3\n",
            rejects: "Date,USD,JPY,GBP\nm,\"\",\"\",1e5\n"
        ) { $0.fields?[0].type = nil },
        File("CSV with Excel's line", .csv, "sep=;\nDate;USD;JPY;GBP\nm;ab;1e5;x\n;3;1e5;4\n") { rule in
            rule.fields?[0].type = nil
            carries(&rule)
        },
        File("single quotes", .csv, "Date,USD,JPY,GBP\n'm,n','1''5',2,1e5\n,1e5,'a,b',5\n") { rule in
            rule.layout = lines { $0.quote = .single }
            rule.fields?[0].type = nil
            carries(&rule)
        },
        File("a workbook's short rows", .xlsx, "Date,USD,JPY,GBP\nm,1,2,3\nn,1e5\n"),
        File(
            "fixed columns", .fixed, "Mär  1.55 1e5 2.5\nn    1    \n\no    4.00 5   1e5\n",
            rejects: "Mär       1e5    \no             1e5\n"
        ) { $0.layout = fixed },
        File(
            "fixed columns with carried values", .fixed, "Mär  1.55 1e5 2.5\n     1e5  33  \n          4.5 1e5\n",
            rejects: "Mär       1e5    \nMär  1e5      \nMär           1e5\n"
        ) { rule in
            rule.layout = fixed
            carries(&rule)
        },
        File(
            "blanks", .csv, "Date USD  JPY\tGBP\n m 1.5 \"2 \"\"5\"  1e5 \n",
            rejects: "Date USD  JPY\tGBP\n m \"\" \"\"  1e5 \n"
        ) { rule in
            rule.layout = lines { $0.partsAtBlanks = true }
            rule.fields?[0].type = nil
        },
        File(
            "blanks without quotes", .csv, "Date USD JPY GBP\nm 1.5 2 1e5\n- 1e5 3 4\n",
            rejects: "Date USD JPY GBP\nm \"\" \"\" 1e5\nm 1e5 \"\" \"\"\n"
        ) { rule in
            var layout = lines { lines in
                lines.partsAtBlanks = true
                lines.quote = LineLayout.Quote.none
            }
            layout.blanks = BlankValues(nulls: ["-"])
            rule.layout = layout
            carries(&rule)
        },
        File(
            "JSON", .json,
            #"[{"Date": "m", "USD": 1.5, "JPY": "\u0031", "GBP":"1e5"}, {"Date":"n","USD":1}, {"USD":"1e5" ,"JPY":null}]"#,
            rejects: "[\n" + #"{"Date": "m", "USD": null, "JPY": null, "GBP":"1e5"},"# + "\n"
                + #"{"Date": "n", "USD":"1e5" ,"JPY":null}"# + "\n]\n"
        ) { carries(&$0) },
        File(
            "cells that become rows and are carried", .csv,
            "Date,USD,JPY,GBP\nm,1,1e5,3\nn,,,1e5\no,1e5,4,\np,,,5\n",
            rejects: "Date,USD,JPY,GBP\nm,,1e5,\nn,,,1e5\no,1e5,,1e5\np,1e5,,\n"
        ) { $0.shape?.carried = ["USD", "GBP"] },
        File(
            "JSON whose cells become rows and are carried", .json,
            #"[{"Date":"m","USD":1,"JPY":"1e5","GBP":3},{"Date":"n","JPY":2},{"Date":"o","USD":"1e5"},{"Date":"p"}]"#
        ) { $0.shape?.carried = ["USD"] },
        File("JSON lines", .jsonLines, #"{"USD":1,"JPY":"1e5","Date":"a\"b"}"# + "\n{}\n" + #"{"GBP":"1e5"}"# + "\n") {
            rule in
            carries(&rule)
        },
        File("JSON of paths", .json, #"[{"d":"m","p":{"u":[1,"1e5"]}, "q":[{"n":"G","v":"\u0031"}]}]"#) { rule in
            rule.fields?[1].source = .column("d")
            rule.shape?.unpivot?.keep = ["d"]
            rule.shape?.unpivot?.columns = .named(["p.u[0]", "p.u[1]", "q[n=G].v"])
        },
        File(
            "JSON deeper in a document", .json, #"{"a":{"r":[{"Date":"m","USD":1,"JPY":"1e5"},{"USD":"1e5","JPY":2}]}}"#
        ) {
            rule in
            rule.layout = FileLayout(rows: .path("a.r"))
            rule.shape?.unpivot?.columns = .named(["USD", "JPY"])
            carries(&rule)
        },
        File("JSON of members", .json, #"{"a":{"k\"{1":{"USD":1,"JPY":"1e5"},"k2":{ },"k3":{"USD":"1e5"}}}"#) { rule in
            rule.layout = FileLayout(rows: .path("a.*"))
            rule.fields?[1].source = .column("$key")
            rule.shape?.unpivot?.keep = ["$key"]
            rule.shape?.unpivot?.columns = .named(["USD", "JPY"])
        },
        File("JSON of arrays", .json, #"{"n":["Date","USD","JPY"],"r":[["m",1,"1e5"],[null,"1e5","2"],["o",1,2]]}"#) {
            rule in
            rule.layout = FileLayout(rows: .arrays(rows: "r", names: "n", columns: nil))
            rule.shape?.unpivot?.columns = .named(["USD", "JPY"])
            carries(&rule)
        },
        File(
            "JSON of columns", .json, #"{"Date":["m",null,"o",""],"USD":[1,"1e5",2,1],"JPY":["1e5",3,4,"1e5"]}"#,
            rejects: #"{"Date":["m","m","o"],"USD":[null,"1e5",null],"JPY":["1e5",null,"1e5"]}"#
        ) { rule in
            rule.layout = FileLayout(rows: .zip(["Date", "USD", "JPY"]))
            rule.shape?.unpivot?.columns = .named(["USD", "JPY"])
            carries(&rule)
        },
        File(
            "XML", .xml,
            "<r><q GBP='3' Date='m'><USD>1.5</USD><JPY>1e5</JPY></q><q Date='o'><USD/></q><q Date='n' GBP='1e5'><JPY>&#49;</JPY></q></r>",
            rejects:
                "<r><q GBP='' Date='m'><USD></USD><JPY>1e5</JPY></q>\n<q Date='n' GBP='1e5'><JPY></JPY></q>\n</r>\n"
        ),
        File(
            "XML with carried values", .xml,
            "<r><q><Date> a&amp;b </Date><USD>1</USD></q><q><Date/><USD>1e5</USD></q><q JPY='1' GBP='1e5'/>"
                + "<q Date='' JPY='1e5'>\n</q></r>"
        ) { carries(&$0) },
        File(
            "XML of paths", .xml,
            "<a><b t='m'><q><x k='U' v = '1' w='1e5'/><x k='J'><![CDATA[1]]></x><y>1e5</y></q>\n<q><y>1</y></q></b></a>"
        ) { rule in
            rule.layout = FileLayout(rows: .path("/a/b/q"))
            rule.fields?[1].source = .column("/a/b@t")
            rule.shape?.unpivot?.keep = ["/a/b@t"]
            rule.shape?.unpivot?.columns = .named(["x[@k=U]@v", "x[@k=U]@w", "x[@k=J]", "y"])
        },
    ]

    @Test("Dropped again the rejects give the bad rows alone, each as it was", arguments: files)
    func again(_ file: File) throws { try Self.check(file) }

    private static func check(_ file: File) throws {
        let rows = shapedRows(file.text, Shaping(rule: file.rule, format: file.format))
        let bad = rows.filter { !$0.contains("{") }
        #expect(rows.allSatisfy { !$0.hasPrefix("refused") && !$0.hasPrefix("cut") }, "\(rows) of \(file.text)")
        func numbers(_ rows: [String]) -> [Int] {
            rows.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        }
        let texts = try rejects(file.text, file.rule, file.format, bad: numbers(bad))
        #expect(texts == Array(repeating: texts[0], count: 3))
        guard !bad.isEmpty else { return }
        if let expected = file.rejects { #expect(texts[0] == expected) }
        let rule = file.rule.forRejects()
        let again = shapedRows(texts[0], Shaping(rule: rule, format: file.format))
        #expect(again.count == bad.count { $0.contains("not_a_decimal@") }, "\(again) of \(texts[0])")
        #expect(again.allSatisfy { $0.contains("not_a_decimal@") }, "\(again) of \(texts[0])")
        // Cells that are left out are rows there, too.
        var wrong = RowSet(rows: 100)
        for row in numbers(bad.filter { $0.contains("not_a_decimal@") }) { wrong.insert(row) }
        let written = try rowsWritten(file.text, file.rule, file.format, bad: numbers(bad))
        #expect(numbers(again) == written.places(of: wrong).sorted, "\(again) of \(texts[0])")
        // What a correction sends is what the file would have sent.
        let right = shapedRows(
            file.text.replacing(file.bad, with: "777"), Shaping(rule: file.rule, format: file.format))
        let corrected = shapedRows(texts[0].replacing(file.bad, with: "777"), Shaping(rule: rule, format: file.format))
        func values(_ rows: [String]) -> [String] {
            rows.map { $0.split(separator: " ", maxSplits: 2).last.map(String.init) ?? $0 }
        }
        #expect(values(corrected) == values(right.filter { $0.contains("777") }), "\(texts[0])")
    }

    /// Makes wide files of all forms, some of whose cells are wrong, empty, or written oddly.
    private struct WideFiles: SeededChoices {
        var state: UInt64

        mutating func file() -> File {
            // The first has all columns.
            let table =
                [["m", "1.5", "1.5", "1.5"]]
                + (0...number(4)).map { row in
                    [pick(["", "m", "n\(row)"])] + (0..<3).map { _ in pick(["", "1.5", "22", "1e5", "1e5"]) }
                }
            let carries = number(2) == 0
            let change = { (rule: inout MappingRule) in if carries { RowEditingTests.carries(&rule) } }
            switch number(4) {
            case 0:
                let lines = table.map { row in row.map { cell in csv(cell) }.joined(separator: ",") }
                return File(
                    "CSV", .csv, (["Date,USD,JPY,GBP"] + lines).joined(separator: "\n") + pick(["", "\n"]), change)
            case 1:
                let lines = table.map { row in
                    let line = row[0].padded(5) + row[1].padded(5) + row[2].padded(4) + row[3].padded(3)
                    return pick([true, false]) ? line : line.trimmedAtEnd(of: [4, 9, 14, 17])
                }
                return File("fixed", .fixed, lines.joined(separator: "\n") + pick(["", "\n"])) { rule in
                    rule.layout = RowEditingTests.fixed
                    change(&rule)
                }
            case 2:
                let rows = table.map { row in
                    let members = zip(["Date", "USD", "JPY", "GBP"], row).compactMap { name, cell in
                        cell.isEmpty && pick([true, false]) ? nil : "\"\(name)\"\(gap()):\(gap())\(json(cell))"
                    }
                    return "{" + gap() + members.joined(separator: gap() + "," + gap()) + gap() + "}"
                }
                return File("JSON", .json, "[" + rows.joined(separator: ",") + "]", change)
            default:
                let rows = table.map { row in
                    var (attributes, children) = ("", "")
                    for (name, cell) in zip(["Date", "USD", "JPY", "GBP"], row) {
                        if cell.isEmpty, number(3) > 0 { continue }
                        if pick([true, false]) {
                            attributes += " " + gap() + "\(name)=\(gap())" + pick(["'\(cell)'", "\"\(cell)\""])
                        } else {
                            children += gap() + (cell.isEmpty ? "<\(name)/>" : "<\(name)>\(xml(cell))</\(name) >")
                        }
                    }
                    return children.isEmpty ? "<r\(attributes)/>" : "<r\(attributes)\(gap())>\(children)</r>"
                }
                return File("XML", .xml, "<d>" + rows.joined(separator: gap()) + "</d>", change)
            }
        }

        private mutating func gap() -> String { pick(["", "", " ", "\n  "]) }
        private mutating func csv(_ cell: String) -> String { number(3) == 0 ? "\"\(cell)\"" : cell }

        private mutating func json(_ cell: String) -> String {
            if cell.isEmpty { return pick(["null", "\"\""]) }
            if cell.allSatisfy({ $0.isNumber || $0 == "." }), number(2) == 0 { return cell }
            return cell == "22" ? pick(["\"22\"", #""\u0032\u0032""#]) : "\"\(cell)\""
        }

        private mutating func xml(_ cell: String) -> String {
            cell == "22" ? pick(["22", "&#50;2", "<![CDATA[22]]>"]) : cell
        }
    }

    @Test("Wide files of all forms, however they are written, give their bad rows alone", arguments: [1, 2, 3, 4])
    func random(_ seed: UInt64) throws {
        var files = WideFiles(state: seed)
        for _ in 0..<60 { try Self.check(files.file()) }
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
        "Of lines whose cells are grouped the cells of the bad groups are left, also where a group goes over two lines",
        arguments: [
            ([1], "k,a,b,c\nX,1,,\n"), ([2], "k,a,b,c\nX,,2,3\nX,4,,\n"), ([3], "k,a,b,c\nX,,5,6\n"),
            ([1, 2], "k,a,b,c\nX,1,2,3\nX,4,,\n"), ([2, 3], "k,a,b,c\nX,,2,3\nX,4,5,6\n"),
            ([1, 2, 3], "k,a,b,c\nX,1,2,3\nX,4,5,6\n"), ([], ""),
        ])
    func groups(bad: [Int], expected: String) throws {
        var mapped = ValueRule()
        mapped.map = WordMap(words: ["1": "u", "5": "w", "6": "w"], otherwise: .value("v"))
        let rule = Self.rule { shape in
            shape.unpivot = Unpivot(keep: ["k"], name: "$n", value: "$v")
            // Groups: the first `a`; `b`, `c` and the second `a`; the last two.
            shape.lets = [
                DerivedColumn(name: "$g", source: .column("$v"), value: mapped)
            ]
            shape.group = RowGroup(by: ["$g"], field: "$n", value: "$v")
        }
        let texts = try Self.rejects("k,a,b,c\nX,1,2,3\nX,4,5,6\n", rule, bad: bad)
        #expect(texts == Array(repeating: expected, count: 3))
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

    @Test("A line in which nothing is left is no line of the rejects")
    func blankLine() throws {
        let rule = Self.rule { $0.unpivot = Unpivot(keep: ["Date"], name: "$ccy", value: "$rate") }
        var again = rule.forRejects()
        again.ric = .column("$ccy")
        again.fields = [FieldRule(name: "BID", source: .column("$rate"), type: .real)]
        let text = "Date,USD,JPY\n,1,\nn,2,x\n"
        let written = try Self.rowsWritten(text, rule, .csv, bad: [2, 4])
        #expect(written.count == 2)
        var wrong = RowSet(rows: 4)
        wrong.insert(4)
        #expect(written.places(of: wrong).sorted == [2])
        let rejects = try Self.rejects(text, rule, bad: [2, 4])[0]
        #expect(shapedRows(rejects, Shaping(rule: again)) == ["2 3 not_a_decimal@3:4"])
    }

    @Test(
        "So it is of a line in which one of them is no text",
        arguments: [
            ([2], "Date,USD,JPY,GBP,\nm,,\0,,\n"), ([2, 3], "Date,USD,JPY,GBP,\nm,,\0,x,\n"),
            ([2, 5], "Date,USD,JPY,GBP,\nm,,\0,,\nn,\"\",y,,\n"),
        ])
    func unpivotBadByte(_ bad: [Int], _ expected: String) throws {
        let rule = Self.rule { $0.unpivot = Unpivot(keep: ["Date"], name: "$ccy", value: "$rate") }
        let text = "Date,USD,JPY,GBP,\nm,1.5,\0,x,\nn,\"2.5\",y,3,\n"
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

    @Test("A heading between the lines of a group comes with them, once")
    func headingInGroup() throws {
        var rule = Self.rule { $0.group = RowGroup(by: ["RIC"], field: "F", value: "V") }
        rule.layout = Self.lines { $0.headings = [.init(patterns: ["* FUT"], name: "$product")] }
        let text = "RIC,F,V\nA.T,Bid,1\nTIN FUT\nB.T,Bid,x\nLEAD FUT\nB.T,Ask,2\nC.T,Bid,3\nD.T,Bid,4\n"
        let expected = "RIC,F,V\nTIN FUT\nB.T,Bid,x\nLEAD FUT\nB.T,Ask,2\n"
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

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Without the blanks at its end, as far as it then ends where a column does.
    fileprivate func trimmedAtEnd(of ends: [Int]) -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text.padded(ends.first { $0 >= text.count } ?? text.count)
    }
}
