import Foundation
import TestSupport
import Testing

/// Files as desks have them, some of whose values are wrong: their rejects, corrected and dropped again, say the rest, and no price
/// twice.
@Suite("Corrections of files of every form, end to end", .serialized, .ownThreads)
struct CorrectionTests {
    /// A file whose wrong values are `x11`, and `777` when they are right.
    struct File: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name: String
        /// Its rule's keys below `match`.
        var rule: String
        var text: String
        /// RIC and fields of each post.
        var posts: [String]
        /// Packs it; nil: it is dropped as it is.
        var packing: String?
    }

    private static let wide =
        "unpivot: {keep: [Date], name: $ccy, value: $rate}\nric: {template: \"{$ccy}{Date}.TST\"}\n"
        + "fields: {BID: {column: $rate, type: real}, GEN_TEXT16: {column: Date, type: text}}\n"
    private static let named = wide.replacing("value: $rate}\n", with: "value: $rate, columns: [USD, JPY, GBP]}\n")
    private static let widePosts = [
        "USDm.TST m 1.5", "JPYm.TST m 777", "GBPm.TST m 3", "USDn.TST n 4", "JPYn.TST n 5", "GBPn.TST n 777",
    ]
    /// With a date that stands once for several lines.
    private static let merged =
        wide.replacing("keep: [Date]", with: "keep: [Date, T]").replacing("{Date}", with: "{T}") + "carry: [Date]"
    private static let mergedText = "Date,T,USD,JPY,GBP\nm,m,1.5,x11,3\n,n,4,5,x11\n"
    private static let mergedPosts = widePosts.map { $0.replacing(" n ", with: " m ") }
    /// Two columns an instrument.
    private static let wideGroups =
        "unpivot: {keep: [Date], name: $n, value: $v}\n"
        + "let: {$item: {column: $n, extract: '^(.)_'}, $field: {column: $n, extract: '_(.*)$'}}\n"
        + "where: [{column: $v, empty: false}]\n"
        + "group: {by: [$item, Date], field: $field, value: $v}\nric: {template: \"{$item}{Date}.TST\"}\n"
        + "fields: {BID: {column: BID, type: real}, ASK: {column: ASK, type: real}}\n"
    private static let rows = "ric: RIC\nfields: {BID: {column: bid, type: real}}\n"
    private static let rowPosts = ["A.TST 1", "B.TST 777", "C.TST 3"]

    static let files = [
        File(
            testDescription: "a wide CSV with a merged cell", name: "w.csv", rule: merged, text: mergedText,
            posts: mergedPosts),
        File(
            testDescription: "wide fixed columns", name: "w.txt",
            rule: wide + "format: fixed\ncolumns: {Date: 1-2, USD: 4-6, JPY: 8-10, GBP: 12-14}",
            text: "m  1.5 x11 3  \nn    4 5   x11\n", posts: widePosts),
        File(
            testDescription: "wide between blanks", name: "w.csv", rule: wide + "delimiter: blanks\nquote: none",
            text: "Date USD JPY GBP\nm 1.5 x11 3\nn 4 5  x11\n", posts: widePosts),
        File(
            testDescription: "wide JSON", name: "w.json", rule: named,
            text: #"[{"Date":"m","USD":1.5,"JPY":"x11","GBP":3},{"Date":"n","USD":4,"JPY":5,"GBP":"x11"}]"#,
            posts: widePosts),
        File(
            testDescription: "wide JSON lines", name: "w.jsonl", rule: named,
            text: #"{"Date":"m","USD":1.5,"JPY":"x11","GBP":3}"# + "\n" + #"{"Date":"n","USD":4,"JPY":5,"GBP":"x11"}"#
                + "\n", posts: widePosts),
        File(
            testDescription: "wide XML", name: "w.xml", rule: named,
            text: "<d><r Date='m' USD='1.5'><JPY>x11</JPY><GBP>3</GBP></r><r Date='n' USD='4' JPY='5' GBP='x11'/></d>",
            posts: widePosts),
        File(
            testDescription: "wide JSON of arrays", name: "w.json", rule: named + "arrays: {rows: data, names: cols}",
            text: #"{"cols":["Date","USD","JPY","GBP"],"data":[["m",1.5,"x11",3],["n",4,5,"x11"]]}"#, posts: widePosts),
        File(
            testDescription: "wide arrays side by side", name: "w.json",
            rule: named + "arrays: {zip: [Date, USD, JPY, GBP]}",
            text: #"{"Date":["m","n"],"USD":[1.5,4],"JPY":["x11",5],"GBP":[3,"x11"]}"#, posts: widePosts),
        File(
            testDescription: "nested JSON", name: "n.json",
            rule:
                "rows: g.items\nric: id\nfields: {BID: {column: p.b, type: real}, GEN_TEXT16: {column: /g/d, type: text}}",
            text: #"{"g":[{"d":"m","items":[{"id":"A.TST","p":{"b":1}},{"id":"B.TST","p":{"b":"x11"}}]},"#
                + #"{"d":"n","items":[{"id":"C.TST","p":{"b":"x11"}},{"id":"D.TST","p":{"b":4}}]}]}"#,
            posts: ["A.TST m 1", "B.TST m 777", "C.TST n 777", "D.TST n 4"]),
        File(
            testDescription: "arrays side by side", name: "z.json",
            rule: "arrays: {zip: [id, q.bid]}\nric: id\nfields: {BID: {column: q.bid, type: real}}",
            text: #"{"id":["A.TST","B.TST","C.TST"],"q":{"bid":[1,"x11",3]},"other":[0]}"#, posts: rowPosts),
        File(
            testDescription: "grouped lines", name: "g.csv",
            rule:
                "group: {by: [T], field: F, value: V}\nric: T\nfields: {BID: {column: B, type: real}, ASK: {column: A, type: real}}",
            text: "T,F,V\nA.TST,B,1\nA.TST,A,2\nB.TST,B,x11\nB.TST,A,4\nC.TST,B,5\nC.TST,A,6\n",
            posts: ["A.TST 1 2", "B.TST 777 4", "C.TST 5 6"]),
        File(
            testDescription: "grouped arrays side by side", name: "g.json",
            rule: "arrays: {zip: [t, f, v]}\ngroup: {by: [t], field: f, value: v}\nric: t\n"
                + "fields: {BID: {column: B, type: real}, ASK: {column: A, type: real}}",
            text: #"{"t":["A.TST","A.TST","B.TST","B.TST"],"f":["B","A","B","A"],"v":[1,2,3,"x11"]}"#,
            posts: ["A.TST 1 2", "B.TST 3 777"]),
        File(
            testDescription: "wide lines whose cells are grouped", name: "g.csv", rule: wideGroups,
            text: "Date,A_BID,A_ASK,B_BID,B_ASK\nm,1,2,x11,4\nn,5,6,7,8\n",
            posts: ["Am.TST 1 2", "Bm.TST 777 4", "An.TST 5 6", "Bn.TST 7 8"]),
        File(
            testDescription: "wide JSON whose cells are grouped", name: "g.json",
            rule: wideGroups.replacing(
                "name: $n, value: $v}", with: "name: $n, value: $v, columns: [A_BID, A_ASK, B_BID, B_ASK]}"),
            text: #"[{"Date":"m","A_BID":1,"A_ASK":2,"B_BID":"x11","B_ASK":4},{"Date":"n","A_BID":"x11","A_ASK":6}]"#,
            posts: ["Am.TST 1 2", "Bm.TST 777 4", "An.TST 777 6"]),
        File(
            testDescription: "a gz", name: "p.csv.gz", rule: rows, text: "RIC,bid\nA.TST,1\nB.TST,x11\nC.TST,3\n",
            posts: rowPosts, packing: "gz"),
        File(
            testDescription: "a member of a zip", name: "p.zip", rule: rows + "format: csv\nmember: \"*.csv\"",
            text: "RIC,bid\nA.TST,1\nB.TST,x11\nC.TST,3\n", posts: rowPosts, packing: "zip"),
        File(
            testDescription: "a wide workbook", name: "w.xlsx", rule: merged, text: mergedText, posts: mergedPosts,
            packing: "xlsx"),
    ]

    /// A workbook of one sheet, whose cells are these.
    private static let workbook = """
        import zipfile, io, html
        def cell(v, name):
            if v == '': return ''
            try:
                float(v)
                return '<c r="%s"><v>%s</v></c>' % (name, v)
            except ValueError:
                return '<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (name, html.escape(v))
        rows = i.read().decode().splitlines()
        sheet = ''.join('<row r="%d">%s</row>' % (n + 1, ''.join(cell(v, chr(65 + k) + str(n + 1))
            for k, v in enumerate(line.split(',')))) for n, line in enumerate(rows))
        main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
        office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
        package = 'http://schemas.openxmlformats.org/package/2006/relationships'
        parts = {
            '_rels/.rels': '<Relationships xmlns="%s"><Relationship Id="r1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>' % (package, office),
            'xl/workbook.xml': '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>' % (main, office),
            'xl/_rels/workbook.xml.rels': '<Relationships xmlns="%s"><Relationship Id="r1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/></Relationships>' % (package, office),
            'xl/worksheets/sheet1.xml': '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (main, sheet),
            '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        }
        b = io.BytesIO()
        z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED)
        for name, text in parts.items(): z.writestr(name, text)
        z.close()
        o.write(b.getvalue())
        """

    private static func bytes(_ file: File) throws -> Data {
        switch file.packing {
        case nil: Data(file.text.utf8)
        case "xlsx": try PackingTool.python(workbook, Data(file.text.utf8))
        case let packing?: try PackingTool.pack(Data(file.text.utf8), packing)
        }
    }

    private static func configure(_ desk: Desk, _ url: String, _ file: File) throws {
        let keys = file.rule.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        try desk.configure(
            [url], files: "  - match: \"\(file.name)\"\n    final_newline: optional\n" + keys)
    }

    /// RIC and values of each post, in the order of the letters.
    private static func posts(_ simulator: RunningSimulator) throws -> [String] {
        try simulator.posts().map { post in
            let fields = try JSONDecoder().decode([String: Value].self, from: Data((post.fields ?? "{}").utf8))
            let names = ["GEN_TEXT16", "BID", "ASK"]
            return ([post.ric] + names.compactMap { fields[$0]?.text }).joined(separator: " ")
        }.sorted()
    }

    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? "\(container.decode(Decimal.self))"
        }
    }

    private static func rejects(_ desk: Desk, _ drop: Int) throws -> (name: String, text: String) {
        let name = try #require(
            desk.names(in: .failed).first { $0.contains(".rejects-\(drop).") && !$0.contains(".rejects-\(drop).csv.") },
            "\(desk.names(in: .failed)) \(desk.log())")
        let text = try String(contentsOf: desk.path(.failed).appendingPathComponent(name), encoding: .utf8)
        return (name, text)
    }

    @Test(
        "Rejects, corrected and dropped again, go by the file's rule, and every price arrives exactly once",
        arguments: files)
    func onceEach(_ file: File) async throws {
        guard file.packing == nil || PackingTool.endings.contains("gz") else { return }
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.configure(desk, simulator.url, file)
        try desk.drop(file.name, try Self.bytes(file))
        #expect(try await desk.once() == 2, "\(desk.log())")
        let rejects = try Self.rejects(desk, 1)
        #expect(rejects.text.contains("x11"))
        // `check` maps them as the service is going to.
        let corrected = rejects.text.replacing("x11", with: "777")
        try Data(corrected.utf8).write(to: desk.folder.appendingPathComponent(rejects.name))
        let check = try await desk.command(["check", "--json", "--config", "postbox.yaml", rejects.name])
        #expect(check.code == 0, "\(check.errorOutput)")
        #expect(check.output.split(separator: "\n").count == rejects.text.split(separator: "x11").count - 1)
        try desk.drop(rejects.name, corrected)
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try Self.posts(simulator) == file.posts.sorted(), "\(rejects.text)")
    }

    @Test(
        "A correction of a correction of a correction finds its rule, and goes over nothing that the first file said later"
    )
    func threeTimes() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let file = File(
            testDescription: "", name: "w.csv", rule: Self.wide.replacing("{Date}", with: "") + "corrections: skip",
            text: "", posts: [])
        try Self.configure(desk, simulator.url, file)
        try desk.drop("w.csv", "Date,USD,JPY,GBP\nm,x11,x11,1\nn,2,x11,x11\n")
        #expect(try await desk.once() == 2)
        var name = try Self.rejects(desk, 1).name
        // Each time one value more is right.
        for (drop, text) in [
            (2, "Date,USD,JPY,GBP\nm,x11,x11,\nn,,x11,9\n"), (3, "Date,USD,JPY,GBP\nm,x11,x11,\nn,,8,\n"),
            (4, "Date,USD,JPY,GBP\nm,6,7,\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == (drop == 4 ? 3 : 2), "\(desk.log())")
            name = drop < 4 ? try Self.rejects(desk, drop).name : name
        }
        // What the first file, and the second correction, said of the same RICs stood behind it.
        let last = try desk.finished(name.replacing("rejects-3.csv", with: "rejects-3.2.csv"), in: .failed)
        #expect(last.column("outcome") == ["unsent", "unsent"] && last.column("reason") == ["overtaken", "overtaken"])
        #expect(
            try Self.posts(simulator) == ["GBP.TST m 1", "GBP.TST n 9", "JPY.TST n 8", "USD.TST n 2"], "\(desk.log())")
    }

    @Test("check refuses rejects that name no drop of the ledger; without a ledger it goes by the rule of today")
    func checkUnknown() async throws {
        let (desk, _) = try await Desk.withSimulator()
        try Data("RIC,BID\nA.TST,1\n".utf8).write(to: desk.folder.appendingPathComponent("a.csv.rejects-9.csv"))
        let arguments = ["check", "--config", "postbox.yaml", "a.csv.rejects-9.csv"]
        let before = try await desk.command(arguments)
        #expect(before.code == 0 && before.output.contains("is not looked up"))
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once() == 0)
        let after = try await desk.command(arguments)
        #expect(after.code == 3 && after.output.contains("unknown_original"))
    }

    @Test(
        "Killed at every step, a file some of whose rows do not count lists each of them once, and nothing is left over",
        arguments: [
            "claimed", "skipped_noted", "planned", "advanced", "offered", "outcomes_written", "skipped_listed",
            "rejects_written", "summary_written", "result_complete", "settled", "guarded", "placed", "moved", "closed",
        ])
    func skipped(label: String) async throws {
        let (desk, _) = try await Desk.withSimulator(
            destination: "window: 10",
            files: """
                  - match: "s.csv"
                    where: [{column: Kind, not: [TEST]}]
                    skipped: list
                    ric: RIC
                    fields: {BID: {column: bid, type: real}}
                """)
        let lines = (1...100).map { "R\($0).TST,\($0 == 50 ? "x" : "\($0)"),\($0 % 3 == 0 ? "TEST" : "FX")\n" }
        try desk.drop("s.csv", "RIC,bid,Kind\n" + lines.joined())
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        _ = try await desk.once()
        let file = try desk.finished("s.csv", in: .failed)
        let counting = (1...100).filter { $0 % 3 != 0 }
        #expect(file.column("row") == counting.map(String.init))
        #expect(file.summary.rows == 100 && file.summary.skipped == 33)
        #expect(file.summary.outcomes["acked"] == 66 && file.summary.outcomes["rejected"] == 1)
        let list = try String(contentsOf: file.folder.appendingPathComponent("s.csv.skipped.csv"), encoding: .utf8)
        let why = "\"Kind is one of TEST\""
        #expect(
            list.replacing("\r\n", with: "\n").split(separator: "\n").map { String($0).replacing("\"", with: "") }
                == ["row,line,ric,why"]
                + (1...33).map { "\($0 * 3),\($0 * 3 + 1),R\($0 * 3).TST,\(why.replacing("\"", with: ""))" })
        #expect(
            desk.names(in: .failed) == [
                "s.csv", "s.csv.rejects-1.csv", "s.csv.result.csv", "s.csv.skipped.csv", "s.csv.summary.json",
            ])
        for folder in [Desk.Folder.work, .inbox] { #expect(desk.names(in: folder).isEmpty) }
    }
}
