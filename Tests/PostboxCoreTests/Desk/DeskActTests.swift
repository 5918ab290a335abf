import PostboxCore
import Testing

@Suite("What a person may ask for, as values")
struct DeskActTests {
    @Test(
        "A person is named by the account that speaks; an account that nobody in particular stands behind is no named person",
        arguments: [
            (1000, "alice", 990, "unix:alice", true), (65533, "bob", 990, "unix:bob", true),
            (0, "root", 990, "unix:root", false), (999, "postbox", 990, "unix:postbox", false),
            (1001, "postbox", 1001, "unix:postbox", false), (65534, "nobody", 990, "unix:nobody", false),
            (1002, nil, 990, "unix:1002", false), (1002, "", 990, "unix:1002", false),
            // A name that passes for another account's number, and one that shows as another name.
            (1002, "1000", 990, "unix:1002", false), (1002, "al\u{200b}ice", 990, "unix:1002", false),
            (4_294_967_295, "odd", 990, "unix:odd", false),
        ] as [(UInt32, String?, UInt32, String, Bool)])
    func people(uid: UInt32, name: String?, service: UInt32, text: String, isNamed: Bool) {
        #expect(Person(uid: uid, name: name, service: service) == Person(text: text, isNamed: isNamed))
    }

    @Test(
        "A list of rows is read in any order, and written in its own",
        arguments: [
            ("3", "3"), ("3,17-20", "3,17-20"), ("17-20,3", "3,17-20"), ("1,2,3", "1-3"), ("5-9,7-12", "5-12"),
            ("1-9,3-4,20", "1-9,20"), (" 3 , 17 - 20 ", "3,17-20"), ("007", "7"),
            ("999999999999999", "999999999999999"),
        ])
    func lists(text: String, written: String) {
        #expect(RowChoice.ranges(text).map { RowChoice.text($0) } == written)
    }

    @Test(
        "What is no list of rows is none",
        arguments: [
            "", ",", "3,", "0", "-3", "3-", "20-17", "1-2-3", "+3", "3.0", "a", "3;4", "3 4", "٣", "9999999999999999",
            "3,,4", "1–3",
        ])
    func noLists(text: String) {
        #expect(RowChoice.ranges(text) == nil)
    }

    @Test("A list of more than 10,000 parts is none")
    func longLists() {
        #expect(RowChoice.ranges(Array(repeating: "3", count: 10_000).joined(separator: ",")) == [3...3])
        #expect(RowChoice.ranges(Array(repeating: "3", count: 10_001).joined(separator: ",")) == nil)
    }

    @Test("A choice of rows holds what its words say")
    func choices() throws {
        let ranges = try #require(RowChoice.ranges("3,17-20,100"))
        let held: Set = [3, 17, 18, 19, 20, 100]
        for row in 1...130 {
            #expect(RowChoice.all.contains(row))
            #expect(RowChoice.only(ranges).contains(row) == held.contains(row))
            #expect(RowChoice.except(ranges).contains(row) != held.contains(row))
        }
        #expect(!RowChoice.only([]).contains(1) && RowChoice.except([]).contains(1))
        #expect(RowChoice.all.words == "all rows")
        #expect(RowChoice.only(ranges).words == "rows 3,17-20,100")
        #expect(RowChoice.except([3...3]).words == "all rows but 3")
        for choice in [RowChoice.all, .only(ranges), .except(ranges)] {
            #expect(RowChoice(words: choice.words) == choice)
        }
        for words in ["", "rows", "rows x", "all rows but", "all", "all rows but all"] {
            #expect(RowChoice(words: words) == nil)
        }
    }

    @Test("Each act knows its drop, its word, why, and which rows it is about")
    func acts() {
        let all: [(DeskAct, DeskVerb, String?, String)] = [
            (.release(drop: 7, .all), .release, nil, ""),
            (.release(drop: 7, .except([3...4])), .release, nil, "all rows but 3-4"),
            (.release(drop: 7, .all, why: "checked"), .release, "checked", ""),
            (.noAction(drop: 7, why: "a holiday"), .noAction, "a holiday", ""),
            (.refuse(drop: 7, why: "wrong day"), .refuse, "wrong day", ""),
            (.retry(drop: 7, why: nil), .retry, nil, ""),
            (
                .resend(drop: 7, outcomes: [.unsent, .nacked], why: "fixed", force: true), .resend, "fixed",
                "nacked,unsent as new"
            ),
        ]
        for (act, verb, why, rows) in all {
            #expect(act.drop == 7)
            #expect((act.verb, act.why ?? "-", act.rows) == (verb, why ?? "-", rows))
        }
        #expect(DeskAct.resent.isDisjoint(with: PostOutcome.allCases.filter(\.isGood)))
    }

    @Test("A held drop is an object with its rows, old value beside new")
    func held() {
        var drop = HeldDrop(
            drop: 8, name: "a \"b\".csv", original: 7, rule: "*.csv", why: "2 rows", rows: 2, since: 0,
            until: 86_400_000_000, proposedBy: Person(text: "unix:alice", isNamed: true),
            examples: [
                HeldRow(row: 3, ric: "VOD.L", field: "BID", old: "1.20", new: "12.0", reason: "moved_too_far"),
                HeldRow(row: 4, ric: "BP.L", field: "", old: nil, new: nil, reason: "overtaken"),
            ])
        #expect(
            drop.json
                == #"{"drop":8,"file":"a \"b\".csv","original":7,"rule":"*.csv","why":"2 rows","rows":2,"#
                + #""since":"1970-01-01T00:00:00.000000Z","until":"1970-01-02T00:00:00.000000Z","#
                + #""proposed_by":"unix:alice","examples":["#
                + #"{"row":3,"ric":"VOD.L","field":"BID","old":"1.20","new":"12.0","reason":"moved_too_far"},"#
                + #"{"row":4,"ric":"BP.L","field":"","old":null,"new":null,"reason":"overtaken"}]}"#)
        let row = drop.examples[0]
        drop = HeldDrop(
            drop: 8, name: "a", why: "all", rows: 5000, since: 0, until: 0,
            examples: Array(repeating: row, count: 5000))
        #expect(drop.examples.count == HeldDrop.examplesMax)
        #expect(JSONValue.parse(drop.json)?["original"] == nil)
    }

    @Test("Whoever asks only what would be posted looks, and does not act")
    func looks() {
        let republication = Republication(destination: "a", why: "lost")
        var look = republication
        look.isPreview = true
        #expect(DeskAct.republish(look).isPreview && !DeskAct.republish(republication).isPreview)
        for act in [
            DeskAct.withdraw(Withdrawal(.drop(1), isPreview: true)),
            .withdraw(Withdrawal(.rule("eod_*", since: 1), isPreview: true)),
        ] {
            #expect(act.isPreview)
        }
        for act in [
            DeskAct.withdraw(Withdrawal(.drop(1), why: "wrong")), .release(drop: 1, .all), .refuse(drop: 1, why: "x"),
            .retry(drop: 1, why: nil), .resend(drop: 1, outcomes: DeskAct.resent, why: nil, force: false),
            .noAction(drop: 1, why: "x"),
        ] {
            #expect(!act.isPreview)
        }
    }
}
