import PostboxCore
import Testing

/// Handovers and journals that result tests share.
enum ResultSamples {
    static let sentAt: Int64 = 1_795_000_000_000_001
    static let settledAt: Int64 = 1_795_000_000_250_000
    static let header = ResultLines.header

    /// A journal of one settled row: `RIC` with these fields.
    static func line(
        ric: String = "EUR=", fields: String = #"{"BID":1.5}"#, post: PostKind = .update, row: Int = 7, line: Int = 8,
        service: Int = 0, outcome: PostOutcome = .acked, detail: OutcomeDetail? = nil, hasLines: Bool = true,
        drop: Int = 12, destination: String = "cache", attempts: Int = 1, sentAt: Int64 = sentAt
    ) -> String {
        var batch = PostBatch()
        batch.bytes = Array((ric + fields).utf8)
        batch.rows = [
            MappedRow(
                row: row, line: line, post: post, service: service, ricStart: 0, ricLength: ric.utf8.count,
                fieldsStart: ric.utf8.count, fieldsLength: fields.utf8.count, keyHash: 0)
        ]
        let run = SettledRun(
            handover: Handover(drop: drop, batch: batch, rows: batch.rows, postIDBase: 100),
            rows: [
                SettledRow(
                    index: 0, outcome: outcome, attempts: attempts, sentAt: sentAt, settledAt: settledAt,
                    detail: detail == nil ? -1 : 0)
            ], details: detail.map { [$0] } ?? [])
        var lines = ResultLines(drop: drop, destination: destination, services: ["NIPROV", "A,B"], hasLines: hasLines)
        var out = LineBuffer()
        lines.append(run, to: &out)
        return String(decoding: out.bytes, as: UTF8.self)
    }
}

@Suite("Result lines")
struct ResultLineTests {
    @Test("The header names the columns of the contract")
    func header() {
        #expect(
            ResultLines.header
                == "drop,row,line,destination,ric,service,post,outcome,nak_code,reason,text,superseded_by,post_id,"
                + "attempts,sent_at,settled_at,fields\n")
    }

    @Test("Where the rule has checks a column more says what they warn of, and the journal reads it back")
    func warnings() {
        var batch = PostBatch()
        batch.bytes = Array(#"A{"BID":1}B{"BID":2}"#.utf8)
        batch.rows = [1, 2].map { row in
            MappedRow(
                row: row, line: row, post: .update, service: 0, ricStart: (row - 1) * 10, ricLength: 1,
                fieldsStart: (row - 1) * 10 + 1, fieldsLength: 9, keyHash: 0)
        }
        batch.warnings[2] = [
            RowProblem(reason: "above_max", line: 2, what: "BID: 2 is \"more\", much."),
            RowProblem(reason: "no_last_value", line: 2, what: String(repeating: "x", count: 400)),
        ]
        let run = SettledRun(
            handover: Handover(drop: 7, batch: batch, rows: batch.rows, postIDBase: 100),
            rows: [0, 1].map {
                SettledRow(index: $0, outcome: .acked, attempts: 1, sentAt: 1, settledAt: ResultSamples.settledAt)
            })
        var lines = ResultLines(drop: 7, destination: "cache", services: ["S"], hasLines: true, hasWarnings: true)
        #expect(lines.header == ResultLines.header.dropLast() + ",check_warnings\n")
        var out = LineBuffer()
        out.append(contentsOf: lines.header.utf8)
        lines.append(run, to: &out)
        lines.append(
            batch.rows[1], in: batch, outcome: .unsent, detail: OutcomeDetail(reason: "cancelled"),
            settledAt: ResultSamples.settledAt, to: &out)
        let text = String(decoding: out.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        let warning =
            #""above_max: BID: 2 is ""more"", much. no_last_value: "# + String(repeating: "x", count: 400) + "\""
        #expect(text.count == 4)
        #expect(text[1].hasSuffix(#""{""BID"":1}","#))
        #expect(text[2].hasSuffix(#""{""BID"":2}","# + warning))
        #expect(text[3].hasSuffix(#""{""BID"":2}","# + warning))

        var journal = ResultJournal(drop: 7, destinations: nil)
        var rows: [Int] = []
        out.bytes.withUnsafeBytes { bytes in
            journal.take(bytes, isLast: true) { line in
                rows.append(line.row)
                return true
            }
        }
        #expect(rows == [1, 2, 2] && journal.goodBytes == out.bytes.count)
        // One line by itself, as it is looked up later.
        for (index, row) in [(1, 1), (2, 2)] {
            var found: [Int] = []
            #expect(ResultJournal.line(Array((text[index] + "\n").utf8), drop: 7) { found.append($0.row) })
            #expect(found == [row])
        }
    }

    @Test("An acked row")
    func acked() {
        #expect(
            ResultSamples.line()
                == "12,7,8,cache,EUR=,NIPROV,Update,acked,,,,,107,1,2026-11-18T11:06:40.000001Z,"
                + #"2026-11-18T11:06:40.250000Z,"{""BID"":1.5}""# + "\n")
    }

    @Test("A refused row says code and text")
    func nacked() {
        let detail = OutcomeDetail(nakCode: "SymbolUnknown", text: "F44: Unable to find item on post update.")
        #expect(
            ResultSamples.line(post: .refresh, outcome: .nacked, detail: detail, attempts: 3)
                == "12,7,8,cache,EUR=,NIPROV,Refresh,nacked,SymbolUnknown,,F44: Unable to find item on post update.,,"
                + "107,3,2026-11-18T11:06:40.000001Z,2026-11-18T11:06:40.250000Z,\"{\"\"BID\"\":1.5}\"\n")
    }

    @Test("A superseded row names its successor")
    func superseded() {
        let line = ResultSamples.line(
            outcome: .superseded, detail: OutcomeDetail(reason: "may_have_been_sent", supersededBy: "13:4"))
        #expect(line.contains(",superseded,,may_have_been_sent,,13:4,107,1,"))
    }

    @Test("Commas, quotes and line ends are quoted as RFC 4180 says")
    func quoting() {
        let line = ResultSamples.line(
            ric: #"A,"B""#, fields: "{}", service: 1, outcome: .nacked,
            detail: OutcomeDetail(nakCode: "x,y", reason: "a_word", text: #"say "no", please"#), destination: "a,b")
        #expect(
            line
                == #"12,7,8,"a,b","A,""B""","A,B",Update,nacked,"x,y",a_word,"say ""no"", please",,107,1,"#
                + "2026-11-18T11:06:40.000001Z,2026-11-18T11:06:40.250000Z,{}\n")
    }

    @Test("Nothing in a code or a text breaks a line or moves the cursor: it is escaped")
    func controls() {
        let line = ResultSamples.line(
            outcome: .nacked,
            detail: OutcomeDetail(nakCode: "X\nY", text: "a\nb\r\nc\td\u{0}e\u{1b}[2Jf\u{85}g é\u{2028}\u{202e}"))
        #expect(line.contains(#",X\nY,,a\nb\r\nc\td\u0000e\u001b[2Jf\u0085g é\u2028\u202e,,"#))
        #expect(line.filter { $0 == "\n" }.count == 1)
    }

    @Test(
        "A text that a spreadsheet would take for a formula is kept from it",
        arguments: [
            ("=1+2", "'=1+2"), ("+CMD|x", "'+CMD|x"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"), ("F44: a=b", "F44: a=b"), ("'=1", "'=1"), ("", ""),
        ])
    func formula(text: String, expected: String) {
        let line = ResultSamples.line(outcome: .nacked, detail: OutcomeDetail(nakCode: "X", text: text))
        #expect(line.contains(",nacked,X,,\(expected),,"))
        // What was sent stands as it was sent.
        let fields = #"{"N":"=1+2"}"#
        #expect(ResultSamples.line(fields: fields).hasSuffix(#""{""N"":""=1+2""}""# + "\n"))
    }

    @Test("A rejected row's RIC that would break its line is escaped, and so is nothing else of it")
    func rejectedRIC() {
        var batch = PostBatch()
        let ric = "A\nB\u{202e}"
        batch.bytes = Array((ric + "{}").utf8)
        let row = MappedRow(
            row: 3, line: 4, post: .update, service: 0, ricStart: 0, ricLength: ric.utf8.count,
            fieldsStart: ric.utf8.count, fieldsLength: 2, keyHash: 0)
        var lines = ResultLines(drop: 1, destination: "cache", services: ["S"], hasLines: true)
        var out = LineBuffer()
        lines.append(
            row, in: batch, outcome: .rejected, detail: OutcomeDetail(reason: "bad_ric", text: "no"), settledAt: 1,
            to: &out)
        let line = String(decoding: out.bytes, as: UTF8.self)
        #expect(line.hasPrefix(#"1,3,4,cache,A\nB\u202e,S,Update,rejected,,bad_ric,no,,,0,,"#), "\(line)")
        #expect(line.hasSuffix("Z,{}\n") && line.filter { $0 == "\n" }.count == 1)
    }

    @Test("What was never sent has no PostID and no time of sending; a row without a line has none")
    func blanks() {
        let line = ResultSamples.line(
            outcome: .unsent, detail: OutcomeDetail(reason: "cancelled"), hasLines: false, attempts: 0, sentAt: 0)
        #expect(line.hasPrefix("12,7,,cache,"))
        #expect(line.contains(",unsent,,cancelled,,,,0,,2026-11-18T11:06:40.250000Z,"))
    }

    @Test("A row that an earlier run may have sent has its PostID and one attempt, one that was never sent neither")
    func inDoubt() {
        var batch = PostBatch()
        batch.bytes = Array("X".utf8)
        let row = MappedRow(
            row: 10, line: 11, post: .update, service: 0, ricStart: 0, ricLength: 1, fieldsStart: 0, fieldsLength: 0,
            keyHash: 0)
        func line(_ outcome: PostOutcome, _ reason: String) -> String {
            var lines = ResultLines(drop: 1, destination: "d", services: ["S"], hasLines: true)
            var out = LineBuffer()
            let detail = OutcomeDetail(reason: reason, supersededBy: outcome == .superseded ? "2:1" : "")
            lines.append(row, in: batch, outcome: outcome, detail: detail, settledAt: 0, postIDBase: 100, to: &out)
            return String(decoding: out.bytes, as: UTF8.self)
        }
        #expect(
            line(.superseded, OutcomeDetail.mayHaveBeenSent).contains(",superseded,,may_have_been_sent,,2:1,110,1,"))
        #expect(line(.superseded, OutcomeDetail.neverSent).contains(",superseded,,never_sent,,2:1,,0,"))
        #expect(line(.unknown, "in_doubt").contains(",unknown,,in_doubt,,,110,1,"))
        #expect(line(.unsent, "overtaken").contains(",unsent,,overtaken,,,,0,"))
        #expect(line(.rejected, "no_fields").contains(",rejected,,no_fields,,,,0,"))
    }

    @Test("A rejected row has no PostID, and no post where nothing is known of it")
    func rejected() {
        var batch = PostBatch()
        batch.bytes = Array("X".utf8)
        let row = MappedRow(
            row: 10, line: 11, post: .update, service: 0, ricStart: 0, ricLength: 1, fieldsStart: 0, fieldsLength: 0,
            keyHash: 0, problem: 0)
        var unread = row
        unread.row = 11
        unread.line = 0
        unread.service = -1
        unread.ricLength = 0
        var lines = ResultLines(drop: 1, destination: "d", services: ["S"], hasLines: true)
        var out = LineBuffer()
        let detail = OutcomeDetail(reason: "no_fields", text: "no field has a value")
        lines.append(row, in: batch, outcome: .rejected, detail: detail, settledAt: 0, to: &out)
        lines.append(unread, in: batch, outcome: .unsent, detail: detail, settledAt: 0, to: &out)
        #expect(
            String(decoding: out.bytes, as: UTF8.self) == """
                1,10,11,d,X,S,Update,rejected,,no_fields,no field has a value,,,0,,1970-01-01T00:00:00.000000Z,
                1,11,,d,,,,unsent,,no_fields,no field has a value,,,0,,1970-01-01T00:00:00.000000Z,

                """)
    }

    private struct Choices: SeededChoices {
        var state: UInt64
    }

    @Test("Quotes at all places of texts of all lengths are doubled, also where nothing lies behind the text")
    func quotes() {
        var choices = Choices(state: 7)
        var wrong: [String] = []
        for length in 0..<50 {
            for _ in 0..<40 {
                let share = choices.pick([1, 2, 5, 20])
                let value = String(
                    (0..<length).map { _ in
                        choices.number(share) == 0 ? "\"" : choices.pick(["a", ":", "ü", "!", "#", "¢"])
                    }
                    .joined())
                let fields = "{" + value + "}"
                let doubled = "\"" + fields.replacing("\"", with: "\"\"") + "\"\n"
                // The fields end the batch, and then other bytes follow them.
                let ends = ResultSamples.line(fields: fields)
                if length > 0, !ends.hasSuffix("Z," + doubled) { wrong.append("\(fields): \(ends)") }
                var (batch, lines) = (
                    PostBatch(), ResultLines(drop: 1, destination: "d", services: ["S"], hasLines: true)
                )
                batch.bytes = Array((value + fields + "\"\"\"\"\"\"\"\"").utf8)
                let row = MappedRow(
                    row: 1, line: 2, post: .update, service: 0, ricStart: 0, ricLength: value.utf8.count,
                    fieldsStart: value.utf8.count, fieldsLength: fields.utf8.count, keyHash: 0)
                var out = LineBuffer(offset: choices.number(5000))
                lines.append(row, in: batch, outcome: .unsent, detail: OutcomeDetail(), settledAt: 0, to: &out)
                let text = String(decoding: out.bytes, as: UTF8.self)
                let ric = value.contains("\"") ? "\"" + value.replacing("\"", with: "\"\"") + "\"" : value
                if !text.hasPrefix("1,1,2,d,\(ric),S,Update,unsent,") || length > 0 && !text.hasSuffix("Z," + doubled) {
                    wrong.append("\(value): \(text)")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(3))")
    }

    @Test("Every outcome has a word that reads back", arguments: PostOutcome.allCases)
    func words(outcome: PostOutcome) {
        #expect(PostOutcome(word: outcome.word) == outcome)
        #expect(PostOutcome(word: outcome.word + "x") == nil)
    }
}

@Suite("Result journal")
struct ResultJournalTests {
    private struct Reading: Equatable {
        var rows: [Int] = []
        var words: [String] = []
        var goodBytes = 0
        var isBroken = false
    }

    /// Reads a text in pieces of so many bytes. `seen` says whether a row number may come twice.
    private func read(
        _ text: String, piece: Int = 4096, drop: Int = 12, destinations: [String]? = ["cache"],
        refusing refused: Int = -1
    ) -> Reading {
        var journal = ResultJournal(drop: drop, destinations: destinations)
        var reading = Reading()
        var seen: Set<Int> = []
        let bytes = Array(text.utf8)
        var at = 0
        repeat {
            let end = min(at + piece, bytes.count)
            bytes.withUnsafeBytes { raw in
                journal.take(UnsafeRawBufferPointer(rebasing: raw[at..<end]), isLast: end == bytes.count) { line in
                    guard line.row != refused, seen.insert(line.row).inserted else { return false }
                    reading.rows.append(line.row)
                    reading.words.append(
                        [
                            line.destination, line.outcome.word, line.nakCode, line.reason,
                            String(decoding: line.ric, as: UTF8.self), String(decoding: line.service, as: UTF8.self),
                            line.post.word, String(decoding: line.fields, as: UTF8.self), line.sentAt,
                        ].joined(separator: "|"))
                    return true
                }
            }
            at = end
        } while at < bytes.count
        reading.goodBytes = journal.goodBytes
        reading.isBroken = journal.isBroken
        return reading
    }

    private let three =
        ResultLines.header + ResultSamples.line(row: 1)
        + ResultSamples.line(
            ric: "A,\"é\"", fields: #"{"X":"a,b"}"#, post: .refresh, row: 3, service: 1, outcome: .nacked,
            detail: OutcomeDetail(nakCode: "SymbolUnknown", reason: "r", text: "say \"no\"\n"))
        + ResultSamples.line(row: 2)

    @Test("What was written reads back, in pieces of any size", arguments: [1, 2, 3, 7, 64, 1000, 4096])
    func readsBack(piece: Int) {
        let reading = read(three, piece: piece)
        #expect(reading.rows == [1, 3, 2])
        #expect(reading.goodBytes == three.utf8.count)
        #expect(!reading.isBroken)
        #expect(
            reading.words.dropFirst().first
                == #"cache|nacked|SymbolUnknown|r|A,"é"|A,B|Refresh|{"X":"a,b"}|2026-11-18T11:06:40.000001Z"#)
    }

    @Test("A last line that is torn anywhere does not count, and all before it does")
    func torn() {
        let last = ResultSamples.line(row: 4)
        for length in 0..<last.utf8.count {
            let text = three + String(decoding: Array(last.utf8.prefix(length)), as: UTF8.self)
            let reading = read(text)
            #expect(reading.rows == [1, 3, 2], "\(length) bytes")
            #expect(reading.goodBytes == three.utf8.count, "\(length) bytes")
        }
    }

    @Test("A torn header leaves nothing")
    func tornHeader() {
        for length in 0..<ResultLines.header.utf8.count {
            let reading = read(String(ResultLines.header.prefix(length)))
            #expect(reading.goodBytes == 0)
            #expect(reading.rows.isEmpty)
        }
        #expect(read(ResultLines.header).goodBytes == ResultLines.header.utf8.count)
    }

    @Test(
        "It ends before the first line that is none of ours",
        arguments: [
            "\n", "hello\n", "12,9,8,cache\n", ResultSamples.line(row: 9, drop: 13),
            ResultSamples.line(row: 9, destination: "other"),
            ResultSamples.line(row: 9).replacing("acked", with: "aced"), ResultSamples.line(row: 0),
            ResultSamples.line(row: 9).replacing("2026-11-18T11:06:40.250000Z", with: ""), ResultSamples.line(row: 3),
            String(repeating: "\u{0}", count: 300) + "\n",
        ])
    func foreign(line: String) {
        let reading = read(three + line + ResultSamples.line(row: 5))
        #expect(reading.rows == [1, 3, 2])
        #expect(reading.goodBytes == three.utf8.count)
        #expect(reading.isBroken)
    }

    @Test("After a line that the caller refuses nothing counts")
    func callerRefuses() {
        let reading = read(three, refusing: 3)
        #expect(reading.rows == [1])
        #expect(reading.goodBytes == (ResultLines.header + ResultSamples.line(row: 1)).utf8.count)
        #expect(reading.isBroken)
    }

    @Test("Without a list any destination is ours")
    func anyDestination() {
        let text = ResultLines.header + ResultSamples.line(row: 1, destination: "a,b")
        #expect(read(text, destinations: nil).rows == [1])
        #expect(read(text, destinations: ["a,b"]).rows == [1])
        #expect(read(text, destinations: []).rows == [])
    }

    @Test("Another program's header is not ours")
    func otherHeader() {
        let reading = read("row,drop\n1,2\n")
        #expect(reading.goodBytes == 0)
        #expect(reading.isBroken)
    }
}
