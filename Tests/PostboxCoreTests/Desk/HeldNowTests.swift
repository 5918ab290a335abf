import PostboxCore
import Testing

@Suite("What holds now in place of held rows")
struct HeldNowTests {
    private static let held = [
        HeldRow(row: 1, ric: "A", field: "BID", old: "1", new: "100", reason: "moved_too_far", service: 0),
        HeldRow(
            row: 2, ric: "B", field: "", old: "{}", new: #"{"BID":5,"ASK":6,"X":7}"#, reason: "overtaken", service: 1),
        HeldRow(row: 3, ric: "C", field: "BID", old: "9", new: "8", reason: "moved_too_far"),
    ]

    /// Answers with `RIC SERVICE FIELD`, where there is something.
    private static func answers(_ known: [String: String]) -> LastAnswers {
        LastAnswers { questions, body in
            for (index, question) in questions.questions.enumerated() {
                var answer = LastAnswer(fields: questions.fields.count)
                let ric = String(decoding: questions.bytes[question.ric], as: UTF8.self)
                for (at, field) in questions.fields.enumerated() {
                    let json = known["\(ric) \(questions.targets[question.target].service) \(field)"]
                    answer.seen[at] = json.map { LastSeen(json: Array($0.utf8), drop: 1, acceptedAt: 0, run: 1) }
                }
                try body(index, answer)
            }
        }
    }

    @Test(
        "The value that was accepted last stands in the place of the one that held then; of a whole row, all that it would change"
    )
    func now() throws {
        let now = HeldNow(Self.held, at: "cache", services: ["S", "T"])
        let rows = try now.rows(Self.answers(["A S BID": "7", "B T ASK": "3", "B T BID": "2", "C S BID": "4"]))
        #expect(rows.map(\.old) == ["7", #"{"BID":2,"ASK":3}"#, "9"])
        #expect(rows.map(\.new) == Self.held.map(\.new))
        // With one service it is the one.
        let one = try HeldNow([Self.held[2]], at: "cache", services: ["S"]).rows(Self.answers(["C S BID": "4"]))
        #expect(one.map(\.old) == ["4"])
    }

    @Test("What is not known is not told as what holds")
    func unknown() throws {
        let now = HeldNow(Self.held, at: "cache", services: ["S", "T"])
        #expect(try now.rows(Self.answers([:])).map(\.old) == [nil, nil, "9"])
        #expect(now.unknown.allSatisfy { $0.old == nil })
        #expect(HeldNow([], at: "cache", services: ["S"]).questions == nil)
    }
}
