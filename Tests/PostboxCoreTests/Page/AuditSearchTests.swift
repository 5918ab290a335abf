import PostboxCore
import Testing

@Suite("The view Audit")
struct AuditSearchTests {
    private static func search(_ query: String) -> AuditSearch? {
        if case .call(.audit(let search)) = PageCall.find(method: "GET", target: "/audit" + query) {
            search
        } else {
            nil
        }
    }

    private static func row(_ ric: String) throws -> AuditRow {
        let line = "7,1,2,cache,\(ric),S,Update,acked,,,,,1,1,2026-11-27T17:00:00Z,2026-11-27T17:00:01Z,{}"
        return try #require(
            Array(line.utf8).withUnsafeBytes { AuditRow(resultLine: $0, drop: 7, file: "a \"b\".csv") })
    }

    @Test("Each field narrows the rows of a RIC; without a RIC nothing is looked for")
    func fields() throws {
        let all = Self.search("?ric=VOD.L&from=2026-11-01&to=2026-11-27&outcome=nacked&value=BID%3D1.2&file=eod&as=csv")
        var query = AuditQuery(ric: "VOD.L")
        query.from = DayText.start("2026-11-01")
        // The last day is meant whole.
        query.to = DayText.start("2026-11-28")
        query.outcomes = ["nacked"]
        query.value = ("BID", "1.2")
        query.file = "*eod*"
        #expect(all?.query == query && all?.isCSV == true)
        #expect(Self.search("?ric=A&file=eod_%3F.csv&outcome=&value=")?.query?.file == "eod_?.csv")
        #expect(Self.search("?ric=A&outcome=skipped")?.query?.outcomes == ["skipped"])
        #expect(Self.search("?ric=A&from=2026-11-27&to=2026-11-27")?.query?.to == DayText.start("2026-11-28"))
        for empty in ["", "?ric=", "?file=eod"] {
            #expect(Self.search(empty) != nil && Self.search(empty)?.query == nil)
        }
    }

    @Test(
        "What cannot be meant is refused, and not passed over",
        arguments: [
            "?ric=A&from=yesterday", "?ric=A&outcome=lost", "?ric=A&value=BID", "?ric=A&as=xml", "?rics=A",
            "?ric=A&from=2026-11-28&to=2026-11-27", "?from=2026-11-27T08:00:00Z&to=2026-11-27T08:00:00Z", "?as=csv",
            "?ric=&file=eod&as=csv",
        ])
    func refused(query: String) {
        guard case .wrongQuery = PageCall.find(method: "GET", target: "/audit" + query) else {
            Issue.record("\(query) is taken")
            return
        }
    }

    @Test("A file of CSV has every row that was looked for, or there is none and it is told why")
    func export() throws {
        var export = AuditExport(most: 2)
        #expect(try export.add(Self.row("VOD.L")))
        let reply = export.reply("VOD.L", unread: [])
        let lines = reply.body.split(separator: "\n")
        #expect(reply.status == 200 && reply.kind == .table && lines.count == 2)
        #expect(lines[0] == AuditRow.csvHeader && lines[1].hasPrefix("\"a \"\"b\"\".csv\",7,1,2,cache,VOD.L,"))
        #expect(reply.headers.contains { $0.value.hasSuffix("audit%20VOD.L.csv") })
        let missing = export.reply("VOD.L", unread: [UnreadResult(drop: 9, file: "b.csv", why: "it is damaged")])
        #expect(missing.status == 503 && missing.body.contains("drop 9"))
        #expect(try export.add(Self.row("A")))
        #expect(export.reply("VOD.L", unread: []).status == 200)
        #expect(try !export.add(Self.row("A")))
        #expect(export.reply("VOD.L", unread: []).status == 400)
    }

    @Test(
        "What is no row stands in the head of the file; where there is no row beside it, there is no file but what there is"
    )
    func unlisted() throws {
        let held = UnlistedDrop(drop: 5, file: "h\n.csv", state: .held, since: 1, why: "too few rows")
        let refused = UnlistedDrop(drop: 9, file: "r.csv", state: .refused, since: 1, why: "")
        var export = AuditExport()
        let none = export.reply("A", unread: [], unlisted: [refused, held])
        let detail = try #require(JSONValue.parse(none.body)?["detail"]?.text)
        #expect(none.status == 404 && detail.hasPrefix("no result has such a row; h\\n.csv (drop 5) is held since "))
        #expect(detail.contains("and it may have rows of A; r.csv (drop 9) was refused as a whole"))
        #expect(export.reply("A", unread: [], gone: [3]).body.contains("results are gone, their rows cannot be shown"))
        #expect(export.reply("A", unread: []).status == 200)
        #expect(try export.add(Self.row("A")))
        let some = export.reply("A", unread: [], unlisted: [refused, held], gone: [3, 2])
        #expect(some.status == 200 && some.body.split(separator: "\n").count == 2)
        #expect(some.headers.contains(.init("Postbox-Unlisted", "9, 5")))
        #expect(some.headers.contains(.init("Postbox-Gone", "3, 2")))
        #expect(export.reply("A", unread: []).headers.count == 1)
        // A row without a line has no outcome and no value that was sent.
        var query = AuditQuery(ric: "A")
        #expect(query.isOfUnlisted)
        query.value = ("BID", "1")
        #expect(!query.isOfUnlisted)
        query = AuditQuery(ric: "A")
        query.outcomes = ["acked"]
        #expect(!query.isOfUnlisted)
        let many = UnlistedDrop.lines([refused] + Array(repeating: held, count: 24), ofRIC: nil)
        #expect(many.count == 21 && many[0].hasPrefix("h\\n.csv") && many[20].hasPrefix("and 5 more files"))
    }

    @Test(
        "No cell of the file is a formula in a spreadsheet; numbers stay numbers, and lines for programs are as they were"
    )
    func formulas() throws {
        let line = "7,-1,+2,@cache,=1+1,-S,Update,unsent,,no,-12 is too low,,1,1,,,\"{\"\"BID\"\":-1.5}\""
        let row = try #require(
            Array(line.utf8).withUnsafeBytes { AuditRow(resultLine: $0, drop: 7, file: "+a.csv") })
        var export = AuditExport()
        _ = export.add(row)
        let lines = export.reply("A", unread: []).body.split(separator: "\n")
        #expect(
            lines.last
                == "'+a.csv,7,-1,+2,'@cache,'=1+1,'-S,Update,unsent,,no,'-12 is too low,,1,1,,,\"{\"\"BID\"\":-1.5}\"")
        #expect(row.csv == "+a.csv," + line)
    }

    @Test("The page leads to the same rows as CSV, once a RIC is named")
    func page() {
        let caller = DeskCaller(person: nil, way: .nobody, rights: [.read], rules: [], formKey: "")
        let board = StatusBoard(
            service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: [], files: [],
            filesInAll: 0, waiting: [], waitingInAll: 0, isInboxHeld: false)
        let facts = PageFacts(caller: caller, board: board, failures: 0, host: "h", now: 1, downAlert: 1)
        let found = Self.search("?ric=A%20B&from=2026-11-01&outcome=acked")
        let page = AuditPage.html(found ?? AuditSearch(), RICFound([]), record: nil, facts)
        #expect(page.contains("href=\"/audit?ric=A%20B&amp;from=2026-11-01&amp;outcome=acked&amp;as=csv\">CSV</a>"))
        #expect(page.contains("value=\"2026-11-01\"") && page.contains("value=\"acked\" selected"))
        #expect(page.contains("<option value=\"skipped\">skipped</option>"))
        // Of others nothing was asked.
        #expect(page.contains("No row of it is like that.") && !page.contains("No row was posted"))
        #expect(!AuditPage.html(AuditSearch(), nil, record: nil, facts).contains("as=csv"))
        // Where the file would have no row, or is not the whole of it, that is said beside the link.
        let held = UnlistedDrop(drop: 5, file: "h.csv", state: .held, since: 1, why: "")
        let post = RICPost(
            drop: 1, name: "a", row: 1, destination: "c", outcome: .acked, settledAt: 1, text: "", fields: [])
        func html(_ found: RICFound) -> String {
            AuditPage.html(AuditSearch(ric: "A"), found, record: nil, facts)
        }
        for found in [RICFound([], unlisted: [held]), RICFound([], gone: [2])] {
            let text = html(found)
            #expect(!text.contains("as=csv") && text.contains("no CSV: there is no row for it"))
            #expect(text.contains("No result has a row of it.") && !text.contains("No row was posted"))
        }
        let both = html(RICFound([post], unlisted: [held], gone: [2]))
        #expect(both.contains(">CSV</a> of the rows alone") && both.contains("their rows cannot be shown: drop 2<"))
        #expect(html(RICFound([post])).contains(">CSV</a></span>"))
        #expect(!html(RICFound([post], fault: "it is damaged")).contains("as=csv"))
    }
}
