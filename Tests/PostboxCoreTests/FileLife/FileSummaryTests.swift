import PostboxCore
import Testing

@Suite("A file's summary")
struct FileSummaryTests {
    private var summary: FileSummary {
        var outcomes = OutcomeCounts()
        outcomes.add(.acked, count: 15)
        outcomes.add(.nacked, word: "SymbolUnknown", count: 5)
        return FileSummary(
            drop: 12, file: "a \"b\"\n.csv", size: 1234, sha256: "ab", format: "csv", rule: "*.csv",
            destinations: ["cache", "rcc"], login: [("cache", [("user", "x\\y"), ("url", "ws://a")]), ("rcc", [])],
            verdict: .partial, reason: "", text: "", rows: 20, outcomes: outcomes, sent: 20, claimedAt: 1_000_000,
            firstSentAt: 2_000_000, settledAt: 5_000_000, version: "1.0", configSHA256: "cd")
    }

    private func parse(_ summary: FileSummary) throws -> JSONValue {
        try #require(JSONValue.parse(summary.json))
    }

    @Test("It is one JSON object with the keys of the contract")
    func keys() throws {
        guard case .object(let members) = try parse(summary) else {
            Issue.record("no object")
            return
        }
        let contract: Set = [
            "schema", "drop", "file", "size", "sha256", "format", "rule", "destinations", "login", "verdict", "reason",
            "rows", "outcomes", "reasons", "claimed_at", "first_sent_at", "settled_at", "rows_per_second", "postbox",
            "config_sha256",
        ]
        #expect(contract.isSubset(of: members.map(\.key)))
        #expect(Set(members.map(\.key)).count == members.count)
        #expect(summary.json.hasSuffix("}\n"))
    }

    @Test("Its values are the file's")
    func values() throws {
        let tree = try parse(summary)
        #expect(tree["schema"] == .number("1"))
        #expect(tree["file"]?.text == "a \"b\"\n.csv")
        #expect(tree["destinations"] == .array([.string("cache"), .string("rcc")]))
        #expect(tree["login"]?["cache"]?["user"]?.text == "x\\y")
        #expect(tree["login"]?["rcc"] == .object([]))
        #expect(tree["verdict"]?.text == "partial")
        #expect(tree["outcomes"]?["acked"]?.integer == 15)
        #expect(tree["outcomes"]?["nacked"]?.integer == 5)
        #expect(tree["outcomes"]?["unknown"]?.integer == 0)
        #expect(tree["first_sent_at"]?.text == "1970-01-01T00:00:02.000000Z")
        #expect(tree["rows_per_second"] == .number("6.7"))
        #expect(tree["warnings"] == nil)
    }

    @Test("Its counts can be read back from its bytes; bytes that are no summary have none")
    func counts() {
        let counts = FileSummary.outcomes(in: Array(summary.json.utf8))
        #expect(counts[.acked] == 15 && counts[.nacked] == 5 && counts.total == 20)
        #expect(FileSummary.outcomes(in: Array("{".utf8)).total == 0)
    }

    @Test("It counts what was wrong by NakCode or reason, the most frequent first, and very many words together")
    func reasons() throws {
        var summary = summary
        summary.outcomes.add(.rejected, word: "not_a_decimal", count: 12)
        #expect(summary.json.contains(#""reasons": {"not_a_decimal": 12, "SymbolUnknown": 5}"#))
        let bytes = Array(summary.json.utf8)
        #expect(FileSummary.reasons(in: bytes) == ["not_a_decimal": 12, "SymbolUnknown": 5])
        #expect(FileSummary.reasons(in: Array("{}".utf8)).isEmpty)
        for number in 0..<1000 { summary.outcomes.add(.nacked, word: "odd \(number)\n") }
        let many = FileSummary.reasons(in: Array(summary.json.utf8))
        #expect(many.count == 100 && many["not_a_decimal"] == 12)
        #expect(many.values.reduce(0, +) == 1017)
        #expect(FileSummary(drop: 1, file: "x").json.contains(#""reasons": {}"#))
    }

    @Test("What was never sent has no time and no rate")
    func never() throws {
        let tree = try parse(FileSummary(drop: 1, file: "x", claimedAt: 1_000_000, settledAt: 2_000_000))
        #expect(tree["first_sent_at"] == .null)
        #expect(tree["claimed_at"]?.text == "1970-01-01T00:00:01.000000Z")
        #expect(tree["rows_per_second"] == .number("0.0"))
    }

    @Test("Its rate is of rows that were sent: what was rejected or given up took no time")
    func rate() throws {
        var summary = summary
        summary.sent = 6
        #expect(try parse(summary)["rows_per_second"] == .number("2.0"))
        summary.sent = 0
        #expect(try parse(summary)["rows_per_second"] == .number("0.0"))
    }

    @Test("How a destination was logged in is read back from its text, in order")
    func login() {
        let facts = [("url", "ws://a\"b"), ("at", "x"), ("server", "")]
        let back = FileSummary.login(ofText: FileSummary.text(ofLogin: facts))
        #expect(back.map(\.0) == facts.map(\.0) && back.map(\.1) == facts.map(\.1))
        #expect(FileSummary.login(ofText: "").isEmpty && FileSummary.login(ofText: "{}").isEmpty)
        #expect(FileSummary.login(ofText: "[1]").isEmpty)
    }

    @Test("Warnings stand in it when there are some")
    func warnings() throws {
        var warned = summary
        warned.warnings = ["tls verification is off"]
        #expect(try parse(warned)["warnings"] == .array([.string("tls verification is off")]))
    }
}
