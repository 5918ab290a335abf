import Foundation
import TestSupport
import Testing

/// What `check` says of a file, `run` does with it.
@Suite("check and run agree", .serialized, .ownThreads)
struct CheckAgreesTests {
    struct File: Sendable, CustomTestStringConvertible {
        var what: String
        var name: String
        var content: String
        /// Keys of the rule; nil: there is no rule, the plain mapping.
        var rule: String?
        /// Reason of each row in order, empty for a row that is posted; nil: the file is refused as a whole.
        var rows: [String]?
        /// The reason of a refusal.
        var refusal = ""
        /// The Fields that are posted.
        var fields: [String] = []

        var testDescription: String { what }
        var code: Int32 {
            guard let rows else { return 3 }
            if rows.allSatisfy(\.isEmpty) { return 0 }
            return rows.allSatisfy { !$0.isEmpty } ? 3 : 2
        }
    }

    private static let refresh = "post: refresh\n    ric: {column: ric}\n    fields: {BID: bid, ASK: ask}"
    private static let bidPrice: [(String, String)] = [
        ("csv", "ric,bidPrice,ask\nA.TST,1.5,2\n"), ("json", #"[{"ric":"A.TST","bidPrice":1.5,"ask":2}]"# + "\n"),
        ("jsonl", #"{"ric":"A.TST","bidPrice":1.5,"ask":2}"# + "\n"),
        ("xml", "<d><r><ric>A.TST</ric><Bid>1.5</Bid><ask>2</ask></r></d>\n"),
    ]

    static let files: [File] =
        bidPrice.map { format, content in
            File(
                what: "A field renamed upstream refuses the file: \(format)", name: "a.\(format)", content: content,
                rule: refresh, refusal: "unknown_column")
        } + [
            File(
                what: "A header without RIC refuses the file once", name: "a.csv",
                content: "Code,BID\nA.TST,1.5\nB.TST,1.6\n", refusal: "unknown_column"),
            File(
                what: "A trailer's members are no columns of the rows", name: "a.json",
                content: #"[{"ric":"A.TST","bidPrice":1,"ask":2},{"end":1,"count":1,"bid":5}]"# + "\n",
                rule: refresh + "\n    format: json\n    trailer: {match: end, count: count}", refusal: "unknown_column"
            ),
            File(
                what: "Where no row can be read, no column is missing", name: "a.jsonl",
                content: "{\"RIC\":A}\nA.TST\n",
                rows: ["bad_json", "bad_json"]),
            File(
                what: "An optional column may be missing", name: "a.json",
                content: #"[{"ric":"A.TST","bid":1.5},{"ric":"B.TST","bid":1.6}]"# + "\n",
                rule:
                    "post: refresh\n    ric: {column: ric}\n    fields: {BID: bid, ASK: {column: ask, optional: true}}",
                rows: ["", ""], fields: [#"{"BID":1.5}"#, #"{"BID":1.6}"#]),
            File(
                what: "An object where a value is wanted rejects its row: JSON", name: "a.json",
                content: #"[{"ric":"A.TST","bid":{"px":1},"ask":2},{"ric":"B.TST","bid":1.6,"ask":2}]"# + "\n",
                rule: refresh, rows: ["nested_value", ""], fields: [#"{"BID":1.6,"ASK":2}"#]),
            File(
                what: "An element with others in it where a value is wanted rejects its row: XML", name: "a.xml",
                content:
                    "<d><r ric='A.TST'><bid><px>1</px></bid><ask>2</ask></r><r ric='B.TST'><bid ccy='USD'>1.6</bid><ask>2</ask></r></d>\n",
                rule: refresh, rows: ["nested_value", ""], fields: [#"{"BID":1.6,"ASK":2}"#]),
            File(
                what: "A column with two decimal marks refuses the file: CSV", name: "a.csv",
                content: "RIC;BID\nA.TST;1,0845\nB.TST;24.150\n", rule: "delimiter: \";\"",
                refusal: "mixed_decimal_marks"),
            File(
                what: "A column with two decimal marks refuses the file: XML", name: "a.xml",
                content: "<d><r RIC='A.TST' BID='24.150'/><r RIC='B.TST' BID='1,0845'/></d>\n",
                refusal: "mixed_decimal_marks"),
            File(
                what: "A column with two decimal marks refuses the file: JSON", name: "a.json",
                content: #"[{"ric":"A.TST","bid":"24.150","ask":1},{"ric":"B.TST","bid":"1,0845","ask":1}]"# + "\n",
                rule: "ric: {column: ric}\n    fields: {BID: {column: bid, type: real}, ASK: ask}",
                refusal: "mixed_decimal_marks"),
            File(
                what: "Rows that are no data are rejected", name: "a.csv",
                content: "RIC,BID,ASK\nA.TST,1.5,2\nRIC,BID,ASK\nB.TST,,\nFile Creation Time: 20:31,,\n",
                rule: "post: refresh", rows: ["", "repeated_header", "no_fields", "no_fields"],
                fields: [#"{"BID":1.5,"ASK":2}"#]),
            File(
                what: "A Refresh of nulls goes where the rule says blank", name: "a.csv",
                content: "RIC,BID\nA.TST,\n", rule: "post: refresh\n    empty: blank\n    fields: {BID: BID}",
                rows: [""], fields: [#"{"BID":null}"#]),
            File(
                what: "A stray quote rejects the row that it makes of several", name: "a.csv",
                content: "RIC,DSPLY_NAME,BID\nA.TST,\"x\nB.TST,y,2\nC.TST,z\",3\nD.TST,w,4\n",
                rows: ["line_break", ""],
                fields: [#"{"DSPLY_NAME":"w","BID":4}"#]),
            File(
                what:
                    "A stray quote in a column that no rule uses hides no rows, and a note of two lines may stand there",
                name: "a.csv",
                content: "RIC,BID,note\nA.TST,1,\"stray\nB.TST,2,x\nC.TST,3,y\"\nD.TST,4,\"two\nlines, of\na note\"\n",
                rule: "fields: {BID: BID}", rows: ["line_break", ""], fields: [#"{"BID":4}"#]),
            File(
                what: "A line break stays where the rule keeps it", name: "a.csv",
                content: "RIC,DSPLY_NAME\nA.TST,\"x\ny\"\n", rule: "line_breaks: keep", rows: [""],
                fields: [#"{"DSPLY_NAME":"x\ny"}"#]),
            File(
                what: "Dates that can be read in two ways are rejected, and no others", name: "a.csv",
                content: "RIC,D\nA.TST,05/11/2026\nB.TST,13.11.2026\nC.TST,5-Nov-2026\nD.TST,20261105\n",
                rule: "fields: {TRADE_DATE: {column: D, type: date}}",
                rows: ["ambiguous_date", "ambiguous_date", "", ""],
                fields: [#"{"TRADE_DATE":"05 NOV 2026"}"#, #"{"TRADE_DATE":"20261105"}"#]),
            File(
                what: "What a spreadsheet left behind is rejected wherever it stands", name: "a.csv",
                content:
                    "isin,BID,NAME\n#N/A,1,x\n9.13E+13,1,x\n\"=\"\"912828XY1\"\"\",1,x\nX,#REF!,x\nX,1,#NAME?\nX,1,ok\n",
                rule: "ric: {template: \"{isin}.TST\"}\n    fields: {BID: BID, DSPLY_NAME: {column: NAME, type: text}}",
                rows: [
                    "spreadsheet_error", "spoiled_identifier", "spreadsheet_error", "spreadsheet_error",
                    "spreadsheet_error", "",
                ], fields: [#"{"BID":1,"DSPLY_NAME":"ok"}"#]),
            File(
                what: "Texts that a server would store otherwise", name: "a.csv",
                content: "RIC,DSPLY_NAME,BID\nA.TST,Info,1\nB.TST,a\u{1b}[0m,1\nC.TST,a\\\\b,1\nD.TST,x\u{7f},1\n",
                rows: ["like_no_number", "control_in_text", "", ""],
                fields: [
                    #"{"DSPLY_NAME":"\u001b%0a\\\\b","BID":1}"#, "{\"DSPLY_NAME\":\"\\u001b%0x\u{7f}\",\"BID\":1}",
                ]),
            File(
                what: "An enum's text goes as its number or not at all", name: "a.json",
                content:
                    #"[{"RIC":"A.TST","C":"USD"},{"RIC":"B.TST","C":840},{"RIC":"C.TST","C":"431"}]"# + "\n",
                rule: "fields: {CURRENCY: {column: C, type: enum}}", rows: ["unchecked_enum", "", "unchecked_enum"],
                fields: [#"{"CURRENCY":840}"#]),
        ]

    @Test("What check says of a file, run does with it", arguments: files)
    func agree(_ file: File) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rule = file.rule.map { "  - match: \"a.*\"\n    \($0)" } ?? ""
        try desk.configure([simulator.url], files: rule)
        let path = desk.folder.appendingPathComponent(file.name)
        try Data(file.content.utf8).write(to: path)
        let check = try await desk.command(["check", "--json", "--config", "postbox.yaml", file.name])
        // The first of each row, as the result has it.
        var rows: Set<Substring> = []
        let (problem, posted) = (#/"row": ([0-9]+|null).*"reason": "([a-z_]+)"/#, #/"Fields":(\{.*\})\}\}$/#)
        let reasons = check.errorOutput.split(separator: "\n").compactMap { line -> String? in
            guard let found = line.firstMatch(of: problem),
                found.1 == "null" || rows.insert(found.1).inserted
            else { return nil }
            return String(found.2)
        }
        #expect(reasons == (file.rows?.filter { !$0.isEmpty } ?? [file.refusal]), "\(check.errorOutput)")
        #expect(check.code == (file.rows == nil ? 3 : file.rows?.allSatisfy(\.isEmpty) == true ? 0 : 2))
        let shown = check.output.split(separator: "\n").compactMap { $0.firstMatch(of: posted) }
        #expect(shown.map { String($0.1) } == file.fields)

        try desk.drop(file.name, file.content)
        #expect(try await desk.once() == file.code, "\(desk.log())")
        let finished = try desk.finished(file.name, in: file.code == 0 ? .done : .failed)
        #expect(try simulator.posts().map(\.fields) == file.fields)
        if let rows = file.rows {
            #expect(finished.column("reason") == rows)
        } else {
            #expect(finished.summary.verdict == "refused")
            #expect(finished.summary.reason == file.refusal)
            #expect(finished.rejects == nil)
            #expect(finished.rows.isEmpty)
        }
    }
}
