import PostboxCore
import TestSupport
import Testing

/// What was accepted last, by hand: of each RIC one value of BID.
private struct Accepted {
    var json: String
    var drop = 4
    var age: Int64 = 4
    var run = 1
}

/// Rows of RIC and BID at each of the destinations, judged by what was accepted there; as `judged` tells them. `texts`: what is said,
/// too.
private func compared(
    _ checks: [CheckRule], _ rows: [[TestCell]], _ accepted: [String: [String: Accepted]],
    destinations: [String] = ["cache"], at destination: String = "cache", place: DropPlace = DropPlace(drop: 9, age: 9),
    texts: Bool = false
) throws -> [String] {
    var rule = MappingRule(destinations: destinations)
    rule.checks = checks
    let sources = RowSources(context: RowContext(claimedAt: 0))
    var batch = rowBatch(rows)
    batch.text += Array(repeating: UInt8(ascii: "7"), count: 16)
    let columns = testColumns(["RIC", "BID"])
    func mapped() -> PostBatch {
        var mapper = RowMapper(rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true)
        var posts = PostBatch()
        mapper.map(batch, columns: columns, into: &posts)
        return posts
    }
    var judge = try #require(
        LastJudge(rule, services: destinations.map { _ in ["S"] }, place: place, sources: sources))
    for index in destinations.indices { judge.take(mapped(), destination: index) }
    var writer = LastFindingsWriter()
    let answers = LastAnswers { questions, body in
        // In another order than asked.
        for (index, question) in questions.questions.enumerated().reversed() {
            let target = questions.targets[question.target]
            #expect(target.service == "S")
            let ric = String(decoding: questions.bytes[question.ric], as: UTF8.self)
            var answer = LastAnswer(fields: questions.fields.count)
            if let known = accepted[target.destination]?[ric] {
                answer.seen[0] = LastSeen(
                    json: Array(known.json.utf8), drop: known.drop, acceptedAt: 1_790_000_000_000_000, run: known.run)
                answer.isNewer[0] = !questions.place.isNewer(than: DropPlace(drop: known.drop, age: known.age))
            }
            try body(index, answer)
        }
    }
    try judge.judge(by: answers, into: &writer)
    var bytes = writer.take()
    bytes += writer.finish(sha256: String(repeating: "a", count: 64))
    let findings = try LastFindings(destinations: destinations, bytes: bytes)
    try findings.check()
    var posts = mapped()
    var checked = RowChecks(rule, sources: sources, findings: findings)
    checked?.judge(&posts, from: 0, batch, columns: columns)
    #expect(checked?.fault == nil)
    return posts.rows.map { row in
        func told(_ problem: RowProblem) -> String { texts ? problem.reason + ": " + problem.what : problem.reason }
        if row.problem >= 0 { return told(posts.problems[row.problem]) }
        let warnings = posts.warnings[row.row] ?? []
        return warnings.isEmpty ? "posted" : warnings.map { "!" + told($0) }.joined(separator: " ")
    }
}

@Suite("Checks against what was accepted last")
struct LastChecksTests {
    private func of(_ bid: TestCell, _ kind: CheckRule.Kind, _ accepted: Accepted?) throws -> String {
        try compared([CheckRule(kind)], [["A.TST", bid]], ["cache": ["A.TST": accepted].compactMapValues { $0 }])[0]
    }

    @Test(
        "A move is told exactly, in per cent of the old value's size; of one that is not above zero the sign must stay",
        arguments: [
            ("100", "110", "posted"), ("100", "110.00000000000", "posted"), ("100", "110.00000000001", "moved_too_far"),
            ("100", "90", "posted"), ("100", "89.99999999999", "moved_too_far"), ("1.50", "1.65", "posted"),
            ("1.5", "1.650000000001", "moved_too_far"), ("100", "-100", "moved_too_far"), ("100", "0", "moved_too_far"),
            ("-100", "-110", "posted"), ("-100", "-110.01", "moved_too_far"), ("-100", "-90", "posted"),
            ("-100", "100", "moved_too_far"), ("-100", "0", "moved_too_far"), ("-0.00001", "0.00001", "moved_too_far"),
            ("0", "0", "posted"), ("0", "-0.00", "posted"), ("0", "0.01", "moved_too_far"),
            ("0.0", "-1", "moved_too_far"),
            ("3", "3.3", "posted"), ("3", "3.30000000000001", "moved_too_far"), ("3", "2.7", "posted"),
            ("0.00000000000001", "0.00000000000001", "posted"),
            ("9223372036854775807", "9223372036854775807", "posted"),
            ("1", "", "no_fields"), ("1", "abc", "not_a_decimal"),
        ] as [(String, TestCell, String)])
    func move(_ old: String, _ new: TestCell, _ reason: String) throws {
        let kind = CheckRule.Kind.lastMove(field: "BID", percent: "10", first: .reject)
        #expect(try of(new, kind, Accepted(json: old)) == reason)
    }

    @Test(
        "A factor is told in both directions, between half of it and its double, of one sign alone",
        arguments: [
            ("1", "100", "off_by_factor"), ("100", "1", "off_by_factor"), ("1", "50", "off_by_factor"),
            ("1", "49.999", "posted"), ("1", "200", "off_by_factor"), ("1", "200.001", "posted"),
            ("100", "2", "off_by_factor"), ("100", "2.001", "posted"), ("100", "0.5", "off_by_factor"),
            ("100", "0.4999", "posted"), ("-1", "-100", "off_by_factor"), ("-1", "100", "posted"),
            ("0", "100", "posted"),
            ("100", "0", "posted"), ("1", "1", "posted"), ("1.234", "123.4", "off_by_factor"),
        ] as [(String, TestCell, String)])
    func factor(_ old: String, _ new: TestCell, _ reason: String) throws {
        let kind = CheckRule.Kind.lastFactor(field: "BID", factor: "100", first: .reject)
        #expect(try of(new, kind, Accepted(json: old)) == reason)
    }

    @Test(
        "A value is stale in the file that brings it for the fifth time in a row, however it is written",
        arguments: [
            (3, "1.5", "posted"), (4, "1.5", "unchanged"), (4, "1.50", "unchanged"), (4, "1.51", "posted"),
            (4, "-1.5", "posted"), (7, "1.5", "unchanged"), (1, "1.5", "posted"), (4, "", "no_fields"),
        ] as [(Int, TestCell, String)])
    func unchanged(_ run: Int, _ new: TestCell, _ reason: String) throws {
        #expect(try of(new, .unchanged(field: "BID", files: 5), Accepted(json: "1.5", run: run)) == reason)
    }

    @Test("A text can be stale, too; what has no last value cannot")
    func unchangedText() throws {
        let kind = CheckRule.Kind.unchanged(field: "BID", files: 2)
        #expect(try of("SAME", kind, Accepted(json: "\"SAME\"")) == "unchanged")
        #expect(try of("SAME", kind, Accepted(json: "\"same\"")) == "posted")
        #expect(try of("SAME", kind, nil) == "posted")
    }

    @Test("A value that came with the drop itself, or with a newer one, is none that it repeats; it is still compared")
    func newer() throws {
        let old = ["cache": ["A.TST": Accepted(json: "1", drop: 12, age: 12, run: 9)]]
        #expect(try compared([CheckRule(.unchanged(field: "BID", files: 2))], [["A.TST", "1"]], old) == ["posted"])
        let move = CheckRule(.lastMove(field: "BID", percent: "10", first: .warn))
        #expect(try compared([move], [["A.TST", "2"]], old) == ["moved_too_far"])
    }

    @Test("Of a RIC that nothing is known of the row goes with a warning, or does not where the rule is strict")
    func first() throws {
        let kinds: [(CheckRule.Action) -> CheckRule.Kind] = [
            { .lastMove(field: "BID", percent: "10", first: $0) },
            { .lastFactor(field: "BID", factor: "100", first: $0) },
        ]
        for kind in kinds {
            #expect(try of("1", kind(.warn), nil) == "!no_last_value")
            #expect(try of("1", kind(.reject), nil) == "no_last_value")
            // What was accepted and is no number tells nothing either.
            #expect(try of("1", kind(.warn), Accepted(json: "\"abc\"")) == "!no_last_value")
            #expect(try of("1", kind(.warn), Accepted(json: "null")) == "!no_last_value")
            #expect(try of("", kind(.reject), nil) == "no_fields")
        }
    }

    @Test("What is said names both values, how far they are apart, and when and where the old one was accepted")
    func texts() throws {
        let checks = [
            CheckRule(.lastMove(field: "BID", percent: "10", first: .warn)),
            CheckRule(.lastFactor(field: "BID", factor: "100", first: .warn), .warn),
            CheckRule(.unchanged(field: "BID", files: 3)),
        ]
        let old = ["cache": ["A.TST": Accepted(json: "1.50"), "B.TST": Accepted(json: "2", run: 2)]]
        let told = try compared(checks, [["A.TST", "150"], ["B.TST", "2.0"], ["C.TST", "3"]], old, texts: true)
        #expect(
            told == [
                "moved_too_far: BID: 150 is 9900 % away from the old value 1.50, more than 10 %; that is from drop 4, accepted by cache at 2026-09-21T14:13:20.000000Z.",
                "unchanged: BID: 2.0 is the same in 3 files in a row, and the rule allows it in fewer than 3; the last one is from drop 4, accepted by cache at 2026-09-21T14:13:20.000000Z.",
                "!no_last_value: BID cannot be compared: no value of it was accepted of \"C.TST\" at cache so far.",
            ])
    }

    @Test("A row that fails at one of several destinations fails at all; one that is new at one is told of at all")
    func destinations() throws {
        let check = CheckRule(.lastMove(field: "BID", percent: "10", first: .warn))
        let old = [
            "a": ["A.TST": Accepted(json: "100"), "B.TST": Accepted(json: "100"), "C.TST": Accepted(json: "100")],
            "b": ["A.TST": Accepted(json: "100"), "B.TST": Accepted(json: "200")],
        ]
        for at in ["a", "b"] {
            let rows: [[TestCell]] = [["A.TST", "100"], ["B.TST", "101"], ["C.TST", "100"], ["C.TST", "300"]]
            let told = try compared([check], rows, old, destinations: ["a", "b"], at: at, texts: true)
            #expect(told[0] == "posted")
            #expect(told[1].hasPrefix("moved_too_far: BID: 101 is 49.5 % away from the old value 200"))
            #expect(told[1].contains("accepted by b at"))
            #expect(
                told[2]
                    == "!no_last_value: BID cannot be compared: no value of it was accepted of \"C.TST\" at b so far.")
            // What fails somewhere stands before what is unknown elsewhere.
            #expect(told[3].hasPrefix("moved_too_far: BID: 300 is 200 % away from the old value 100"))
        }
    }
}

@Suite("What checks against last accepted values found")
struct LastFindingsTests {
    /// So many rows, every third of which is new and every fifth of which moved.
    private func written(_ rows: Int) throws -> (bytes: [UInt8], told: [Int: String]) {
        let cells = (1...rows).map { row -> [TestCell] in [.plain("R\(row).TST"), .plain(row % 5 == 0 ? "7" : "1")] }
        var accepted: [String: Accepted] = [:]
        for row in 1...rows where row % 3 != 0 { accepted["R\(row).TST"] = Accepted(json: "1") }
        let check = CheckRule(.lastMove(field: "BID", percent: "10", first: .warn))
        let told = try compared([check], cells, ["cache": accepted])
        return ([], Dictionary(uniqueKeysWithValues: told.enumerated().map { ($0 + 1, $1) }))
    }

    @Test("However many rows fail, each keeps its own", .computing)
    func many() throws {
        let told = try written(30_000).told
        for (row, what) in told {
            let wanted = row % 3 == 0 ? "!no_last_value" : row % 5 == 0 ? "moved_too_far" : "posted"
            #expect(what == wanted, "row \(row)")
        }
    }

    private func empty() -> [UInt8] {
        var writer = LastFindingsWriter()
        return writer.take() + writer.finish(sha256: String(repeating: "0", count: 64))
    }

    @Test("What is cut off or changed at any byte is not taken for what was written", .computing)
    func damaged() throws {
        let bytes = empty()
        try LastFindings(destinations: [], bytes: bytes).check()
        for count in 0..<bytes.count {
            #expect(throws: (any Error).self, "\(count) bytes") {
                try LastFindings(destinations: [], bytes: Array(bytes[..<count])).check()
            }
        }
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(throws: (any Error).self, "byte \(index)") {
                try LastFindings(destinations: [], bytes: other).check()
            }
        }
    }
}
