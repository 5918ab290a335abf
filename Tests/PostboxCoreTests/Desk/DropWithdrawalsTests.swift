import PostboxCore
import Testing

@Suite("What a drop's story tells of withdrawals")
struct DropWithdrawalsTests {
    private static func file(_ number: Int, at destinations: Set<String> = ["a"]) -> DropWithdrawals.Link {
        DropWithdrawals.Link(
            number: number, name: "f\(number).csv", lineage: nil, destinations: destinations, stage: .closed,
            verdict: .done, rows: 2)
    }

    private static func withdrawal(
        _ number: Int, of drop: Int, at destination: String = "a", stage: FileStage = .closed,
        verdict: Verdict? = .done, rows: Int = 2, isRehearsed: Bool = false, why: String? = "wrong"
    ) -> DropWithdrawals.Link {
        let isInForce = stage != .held && verdict != .refused && !isRehearsed
        return DropWithdrawals.Link(
            number: number, name: "withdraw-\(destination)-\(number).jsonl",
            lineage: DropLineage.Drop(
                number: number, maker: .withdrawal(of: drop, act: Int64(number), isInForce: isInForce),
                destinations: [destination]),
            destinations: [destination], stage: stage, verdict: verdict, rows: rows, isRehearsed: isRehearsed,
            by: "unix:alice", at: Int64(number), why: why)
    }

    private static func rows(_ number: Int, of drop: Int) -> DropWithdrawals.Link {
        var link = file(number)
        link.lineage = DropLineage.Drop(number: number, maker: .rows(of: drop), destinations: ["a"])
        return link
    }

    @Test("A drop that nobody withdraws says nothing of it")
    func nothing() {
        for one in [DropWithdrawals(), DropWithdrawals(of: 2, in: [Self.file(2)])] {
            #expect(one.sentences.isEmpty && one.own == nil && !one.isWithdrawn && one.numbers.isEmpty)
            #expect(one.members == ["\"withdrawals\":[]"])
        }
    }

    @Test("Each withdrawal is told with who wanted it and why, and how it stands")
    func states() {
        func told(_ link: DropWithdrawals.Link) -> (words: [String], state: String?, isWithdrawn: Bool) {
            let found = DropWithdrawals(of: 2, in: [Self.file(2), link])
            return (found.sentences.map(\.text), found.withdrawals.first?.state.rawValue, found.isWithdrawn)
        }
        let start = "Withdrawn at a by drop 3, as alice wanted: wrong. "
        let posted = told(Self.withdrawal(3, of: 2))
        #expect(posted.words == [start + "It is through."] && posted.state == "posted" && posted.isWithdrawn)
        let posting = told(Self.withdrawal(3, of: 2, stage: .posting, verdict: nil))
        #expect(posting.words == [start + "It is not through yet: drop 3 tells how far it is."])
        #expect(posting.state == "posting" && posting.isWithdrawn)
        let none = told(Self.withdrawal(3, of: 2, rows: 0))
        #expect(none.words == [start + "Nothing had to be posted for that."] && none.isWithdrawn)
        let partial = told(Self.withdrawal(3, of: 2, verdict: .partial))
        #expect(partial.words == [start + "It ended partial: not everything of it was posted and accepted."])
        #expect(partial.state == "incomplete" && partial.isWithdrawn)
        let held = told(Self.withdrawal(3, of: 2, stage: .held, verdict: nil))
        #expect(
            held.words == [
                "To be withdrawn at a by drop 3, as alice wants: wrong. Nothing of it is posted before a second person releases it."
            ])
        #expect(held.state == "held" && !held.isWithdrawn)
        let refused = told(Self.withdrawal(3, of: 2, verdict: .refused, why: nil))
        #expect(
            refused.words == [
                "Was to be withdrawn at a by drop 3, as alice wanted. It was refused: nothing of it was posted."
            ])
        #expect(!refused.isWithdrawn)
        let rehearsed = told(Self.withdrawal(3, of: 2, isRehearsed: true))
        #expect(rehearsed.state == "rehearsed" && !rehearsed.isWithdrawn)
    }

    @Test("A withdrawal says what it withdraws, and what undoes it; undone, the file counts again")
    func undone() throws {
        let links = [Self.file(2), Self.withdrawal(3, of: 2), Self.withdrawal(5, of: 3, stage: .posting, verdict: nil)]
        let file = DropWithdrawals(of: 2, in: links)
        #expect(
            file.sentences.map(\.text) == [
                "Withdrawn at a by drop 3, as alice wanted: wrong. It counts no more.",
                "The withdrawal by drop 3 is undone at a by drop 5, as alice wanted: wrong. It is not through yet: drop 5 tells how far it is.",
            ])
        #expect(!file.isWithdrawn && file.own == nil && file.numbers == [3, 5])
        let withdrawal = DropWithdrawals(of: 3, in: links)
        #expect(withdrawal.own?.text == "Withdraws what drop 2 (f2.csv) said, as alice wanted: wrong.")
        #expect(
            withdrawal.sentences.map(\.text) == [
                "This withdrawal is undone at a by drop 5, as alice wanted: wrong. It is not through yet: drop 5 tells how far it is."
            ])
        #expect(withdrawal.isWithdrawn && withdrawal.members.last == "\"withdraws\":2")
        let undoing = DropWithdrawals(of: 5, in: links)
        #expect(
            undoing.own?.text == "Undoes drop 3, which withdrew what drop 2 (f2.csv) said, as alice wanted: wrong.")
        #expect(undoing.members.last == "\"undoes\":3" && undoing.sentences.isEmpty)
        let again = links + [Self.withdrawal(7, of: 5)]
        #expect(DropWithdrawals(of: 2, in: again).isWithdrawn)
        #expect(
            DropWithdrawals(of: 7, in: again).own?.text
                == "Undoes drop 5, which undid drop 3, which withdrew what drop 2 (f2.csv) said, as alice wanted: wrong."
        )
        let list = try #require(JSONValue.parse("{\(file.members.joined(separator: ","))}")?["withdrawals"]?.items)
        #expect(list.count == 1 && list[0]["drop"]?.integer == 3 && list[0]["state"]?.text == "undone")
        #expect(list[0]["by"]?.text == "unix:alice" && list[0]["why"]?.text == "wrong")
        #expect(list[0]["withdrawals"]?.items.map { $0["state"]?.text } == ["posting"])
    }

    @Test(
        "Rows that were sent again before a withdrawal are withdrawn with their file, and at the same destination alone"
    )
    func origins() {
        let links = [
            Self.file(2, at: ["a", "b"]), Self.rows(4, of: 2), Self.withdrawal(5, of: 2),
            Self.withdrawal(6, of: 2, at: "b"), Self.rows(8, of: 2),
        ]
        #expect(DropWithdrawals(of: 2, in: links).withdrawals.map(\.drop) == [5, 6])
        #expect(DropWithdrawals(of: 4, in: links).withdrawals.map(\.drop) == [5])
        #expect(DropWithdrawals(of: 8, in: links).withdrawals.isEmpty)
    }

    @Test("A reason of several lines stays on one")
    func reasons() {
        let found = DropWithdrawals(of: 2, in: [Self.file(2), Self.withdrawal(3, of: 2, why: "a\nb")])
        #expect(found.sentences.allSatisfy { $0.text.contains("a\\nb") && !$0.text.contains("\n") })
    }
}
