import Foundation
import PostboxCore
import Testing

@Suite("What is held, and what people decide about it")
struct HoldTests {
    private static let alice = Person(text: "unix:alice", isNamed: true)
    private static let bob = Person(text: "page:bob", isNamed: true)
    private static let service = Person(text: "unix:postbox", isNamed: false)

    private func hold(rows: Int = 5) -> Hold {
        Hold(reason: Hold.overtaken, text: "why", rows: rows, since: 1_000_000, within: .seconds(60))
    }

    /// A wish to release, what stood before it, and what it comes to.
    struct Wish: Sendable, CustomTestStringConvertible {
        var rule: ReleaseRule
        var before: (by: String, rows: RowChoice)?
        var person: Person
        var rows: RowChoice = .all
        var answer: String
        var testDescription: String { "\(person.text) \(rows.words) after \(before?.by ?? "nobody"): \(answer)" }
    }

    private static let wishes = [
        Wish(rule: ReleaseRule(), person: alice, answer: "released"),
        Wish(rule: ReleaseRule(), person: service, answer: "released"),
        Wish(rule: ReleaseRule(by: ["alice"]), person: alice, answer: "released"),
        Wish(rule: ReleaseRule(by: ["alice"]), person: bob, answer: "refused"),
        Wish(rule: ReleaseRule(by: ["postbox"]), person: service, answer: "released"),
        Wish(rule: ReleaseRule(fourEyes: true), person: alice, answer: "proposed"),
        Wish(rule: ReleaseRule(fourEyes: true), person: service, answer: "refused"),
        Wish(rule: ReleaseRule(fourEyes: true), before: ("unix:alice", .all), person: alice, answer: "proposed"),
        // The same person on another way is no second one.
        Wish(rule: ReleaseRule(fourEyes: true), before: ("page:alice", .all), person: alice, answer: "proposed"),
        Wish(
            rule: ReleaseRule(fourEyes: true), before: ("unix:alice", .all), person: bob,
            answer: "released after unix:alice"),
        Wish(
            rule: ReleaseRule(fourEyes: true), before: ("unix:alice", .all), person: bob, rows: .only([1...2]),
            answer: "proposed"),
        Wish(
            rule: ReleaseRule(fourEyes: true), before: ("unix:alice", .except([3...3])), person: bob,
            rows: .except([3...3]), answer: "released after unix:alice"),
        Wish(rule: ReleaseRule(fourEyes: true), before: ("unix:alice", .all), person: service, answer: "refused"),
        Wish(
            rule: ReleaseRule(by: ["alice", "carol"], fourEyes: true), before: ("unix:alice", .all), person: bob,
            answer: "refused"),
    ]

    @Test("Who may release: one named person proposes, another one releases the same rows", arguments: wishes)
    func release(_ wish: Wish) {
        let proposal = wish.before.map { Hold.Proposal(by: $0.by, at: 1, rows: $0.rows) }
        let answer =
            switch wish.rule.answer(proposal, by: wish.person, rows: wish.rows) {
            case .released(nil): "released"
            case .released(let by?): "released after \(by)"
            case .proposed: "proposed"
            case .refused: "refused"
            }
        #expect(answer == wish.answer)
    }

    @Test("Rows that are named in another way are the rows that were proposed")
    func sameRows() {
        var hold = hold(rows: 3)
        let rule = ReleaseRule(fourEyes: true)
        for (proposed, wanted, isSame) in [
            (RowChoice.all, RowChoice.only([1...3]), true), (.only([1...3]), .all, true),
            (.except([9...9]), .all, true), (.except([2...2]), .only([1...1, 3...9]), true),
            (.only([1...1, 2...2]), .except([3...3]), true), (.all, .only([1...2]), false),
            (.except([2...2]), .only([2...2]), false),
        ] {
            hold.proposal = Hold.Proposal(by: "unix:alice", at: 1, rows: proposed)
            let answer = hold.answer(by: Self.bob, rows: wanted, under: rule)
            #expect(answer == (isSame ? .released(proposedBy: "unix:alice") : .proposed), "\(proposed) \(wanted)")
        }
    }

    @Test(
        "A choice of rows is kept as it is", arguments: [RowChoice.all, .only([3...3, 17...20]), .except([1...1])])
    func choices(_ choice: RowChoice) throws {
        let text = try JSONEncoder().encode([choice])
        #expect(try JSONDecoder().decode([RowChoice].self, from: text) == [choice])
    }

    @Test("A text that is no choice of rows is none", arguments: ["", "only", "only x", "except 0", "some"])
    func noChoice(_ text: String) throws {
        let encoded = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([RowChoice].self, from: encoded) }
    }

    @Test("A story is kept with its proposal and its end")
    func kept() throws {
        var hold = hold()
        hold.proposal = Hold.Proposal(by: "unix:alice", at: 7, rows: .only([1...2]))
        for decision in [
            nil, .released(by: "a", proposedBy: "b", at: 9, rows: .except([4...4]), isNew: true),
            .refused(by: "a", at: 9, why: "wrong"), .timedOut(at: 9),
        ] as [Hold.Decision?] {
            hold.decision = decision
            #expect(try JSONDecoder().decode(Hold.self, from: JSONEncoder().encode(hold)) == hold)
        }
    }

    @Test("Rows that are held may have others between them: a choice counts those that are held")
    func numbers() throws {
        var hold = hold()
        #expect(hold.count(of: .all) == hold.rows && hold.highestRow == hold.rows)
        var numbers = RowSet(rows: 9)
        for row in [2, 3, 7] { numbers.insert(row) }
        hold.rows = 3
        hold.numbers = numbers
        #expect(hold.count(of: .all) == 3 && hold.highestRow == 7)
        #expect(hold.count(of: .only([3...6])) == 1 && hold.count(of: .only([4...6])) == 0)
        #expect(hold.count(of: .except([1...2])) == 2)
        #expect(try JSONDecoder().decode(Hold.self, from: JSONEncoder().encode(hold)) == hold)
    }

    @Test("Rows that a release leaves out have their line, and all others go")
    func leftOut() {
        var hold = hold()
        #expect(hold.leftOut(rows: 5) == nil && hold.refusal == nil)
        hold.decision = .released(by: "unix:alice", proposedBy: nil, at: 9, rows: .only([2...3, 9...9]), isNew: false)
        let left = hold.leftOut(rows: 5)
        #expect((1...5).filter { left?.detail(of: $0, in: PostBatch())?.reason == "left_out" } == [1, 4, 5])
        #expect(hold.refusal == nil && hold.released?.count(of: 5) == 2)
        hold.decision = .released(by: "unix:alice", proposedBy: nil, at: 9, rows: .except([9...9]), isNew: false)
        #expect(hold.leftOut(rows: 5) == nil && hold.released?.count(of: 5) == 5)
    }

    @Test("What was refused, or not released in time, says why nothing is sent")
    func refused() {
        var hold = hold()
        hold.decision = .refused(by: "unix:alice", at: 9, why: "wrong day")
        #expect(hold.refusal == FileTrouble(.refusedByDesk, "unix:alice refused it: wrong day"))
        hold.decision = .timedOut(at: 61_000_000)
        #expect(hold.refusal?.reason == .notReleased && hold.refusal?.text.contains("1970-01-01T00:01:01") == true)
    }

    @Test("What a held row's line says names the newer row")
    func text() {
        let newer = HeldText.newer(in: "row 12:7, which is newer, was accepted before this one was sent")
        #expect(newer?.drop == 12 && newer?.row == 7)
        for other in ["", "row 12:7", "row x:7, which is newer, was accepted before this one was sent"] {
            #expect(HeldText.newer(in: other) == nil)
        }
    }
}
