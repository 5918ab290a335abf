import Foundation
import TestSupport
import Testing

/// Files as other programs write them: what is no data is no row, and what cannot be whole is not sent.
@Suite("What is read of a file, end to end", .serialized, .ownThreads)
struct ReadingTests {
    private static let bidRule = """
          - match: "*"
            post: refresh
            ric: {column: Code}
            fields: {BID: Bid, ASK: Ask}
        """

    private static let document = """
        { "withdrawn": [
          {"RIC":"OLD.TST","BID":1.00}
        ],
          "prices": [
          {"RIC":"A.TST","BID":1.10}
        ]
        }

        """

    @Test(
        "A file that cannot be whole, or whose rows are not where they should be, is refused and nothing of it is sent",
        arguments: [
            ("a.json", document, "not_an_array"), ("a.jsonl", document, "not_json_lines"),
            ("a.json", "{\n  \"RIC\": \"A.TST\",\n  \"BID\": 1.10\n}\n", "not_an_array"),
            ("a.csv", "RIC,BID\nA.TST,1.10\n\0\0\0\0\0\0", "padded_with_nuls"),
            ("a.csv", "\0\0\0\0\0\0\0\0", "padded_with_nuls"),
            ("a.json", "[{\"RIC\":\"A.TST\",\"BID\":1.10},{\"RI\0\0\0\0", "padded_with_nuls"),
            ("a.jsonl", "{\"RIC\":\"A.TST\",\"BID\":1.10}\n\0\0", "padded_with_nuls"),
            ("a.xml", "<d><row RIC='A.TST'><BID>1.10</BID></row></d>\n\0\0\0", "padded_with_nuls"),
        ])
    func refused(_ name: String, _ text: String, _ reason: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop(name, text)
        let check = try await desk.command(
            ["check", "--config", "postbox.yaml", desk.path(.inbox).appendingPathComponent(name).path])
        #expect(check.code == 3)
        #expect((check.output + check.errorOutput).contains(reason))
        #expect(try await desk.once() == 3)
        let file = try desk.finished(name, in: .failed)
        #expect(file.summary.verdict == "refused")
        #expect(file.summary.reason.contains(reason))
        #expect(try simulator.posts().isEmpty)
    }

    @Test(
        "What DOS and spreadsheets leave around the rows is none",
        arguments: [
            (
                "a.csv",
                "\u{FEFF},,\r\nCode,Bid,Ask\r\n,,\r\nA.TST,1.10,1.20\r\n\"\",\"\",\"\"\r\nB.TST,1.10,1.20\r\n,,\r\n\u{1A}"
            ),
            ("a.csv", "Code,x,,Bid,x,Ask,\nA.TST,1,,1.10,3,1.20,\nB.TST,1,,1.10,3,1.20,\n,,,,,,\n"),
            (
                "a.json",
                "[{\"Code\":\"A.TST\",\"Bid\":1.10,\"Ask\":1.20},{\"Code\":\"B.TST\",\"x\":{\"y\":1},\"x\":2,\"Bid\":1.10,\"Ask\":1.20}]\u{1A}"
            ),
            (
                "a.xml",
                "<d><r><Code>\n  A.TST\n</Code><Bid>\r\n 1.10\r\n</Bid><Ask>1.20</Ask></r><r Code=' B.TST'><x/><x/><Bid>\n1.10</Bid><Ask> 1.20 </Ask></r></d>\u{1A}"
            ),
        ])
    func done(_ name: String, _ text: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.bidRule)
        try desk.drop(name, text)
        #expect(try await desk.once() == 0, "\(desk.log())")
        let file = try desk.finished(name, in: .done)
        #expect(file.summary.rows == 2)
        #expect(file.column("ric") == ["A.TST", "B.TST"])
        #expect(file.column("fields") == Array(repeating: #"{"BID":1.10,"ASK":1.20}"#, count: 2))
        #expect(try simulator.posts().count == 2)
    }

    @Test("A nil element of XML is an empty value: null in a Refresh, left out of an Update")
    func nilElement() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop(
            "a.xml",
            """
            <d xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="d.xsd">
            <r><RIC>A.TST</RIC><Post>Refresh</Post><BID>1.10</BID><ASK xsi:nil="true"/></r>
            <r xml:lang="en"><RIC>B.TST</RIC><BID>1.10</BID><ASK xsi:nil="true"/></r>
            </d>
            """)
        #expect(try await desk.once() == 0, "\(desk.log())")
        let file = try desk.finished("a.xml", in: .done)
        #expect(file.column("fields") == [#"{"BID":1.10,"ASK":null}"#, #"{"BID":1.10}"#])
    }
}
