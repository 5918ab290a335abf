import PostboxCore
import TestSupport
import Testing

@Suite("Who said a value first, and what takes its place", .computing)
struct ValueStoryTests {
    private static func post(
        _ drop: Int, _ fields: [(String, String)], at time: Int64? = nil, row: Int = 1, age: Int64? = nil,
        _ kind: PostKind = .update
    ) -> AcceptedPost {
        AcceptedPost(
            place: DropPlace(drop: drop, age: age ?? Int64(drop)), row: row, acceptedAt: time ?? Int64(drop),
            post: kind,
            fields: fields.map { AcceptedPost.Field(name: $0.0, json: Array($0.1.utf8)) })
    }

    private static func bid(_ drop: Int, _ value: String, age: Int64? = nil, row: Int = 1) -> AcceptedPost {
        post(drop, [("BID", value)], row: row, age: age)
    }

    /// What holds by the last of these.
    private static func holding(_ post: AcceptedPost) -> [AcceptedPost] {
        var post = post
        post.row = 0
        return [post]
    }

    private static func withdrawal(_ number: Int, of drop: Int, isInForce: Bool = true) -> DropLineage.Drop {
        DropLineage.Drop(
            number: number, maker: .withdrawal(of: drop, act: Int64(number), isInForce: isInForce), destinations: ["a"])
    }

    /// Each wrong value as `VALUE of DROP FROM-UNTIL REPLACEMENT`.
    /// `image`: the newest Refresh; nil: there was none.
    private static func wrong(
        _ asked: Set<Int>, _ posts: [AcceptedPost], holding: AcceptedPost?, image: AcceptedPost? = nil,
        gone: [Int] = [], _ drops: [DropLineage.Drop] = []
    ) -> (values: [String], unknown: Int) {
        var story = ValueStory(at: "a", DropLineage(drops, withdrawing: asked))
        story.take(posts)
        for drop in gone { story.takeGone(DropPlace(drop: drop, age: Int64(drop))) }
        var blank = image
        blank?.fields = []
        story.takeHolding(holding.map { Self.holding($0) } ?? [], image: blank)
        let wrong = story.wrongValues()
        return (
            wrong.values.map { value in
                let end =
                    switch value.end {
                    case .replaced(let at, let json): "\(at) \(String(decoding: json, as: UTF8.self))"
                    case .holds(let holder, .value(let json)):
                        "holds by \(holder.drop): \(String(decoding: json, as: UTF8.self))"
                    case .holds(let holder, .nothing): "holds by \(holder.drop): nothing"
                    case .holds(let holder, .gone): "holds by \(holder.drop): gone"
                    case .unknown: "?"
                    }
                return "\(String(decoding: value.json, as: UTF8.self)) of \(value.drop) \(value.from)-\(end)"
            }, wrong.doubtful
        )
    }

    @Test("A value that a withdrawal posted again is that of the file that said it, and goes with it")
    func again() {
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "3"), Self.bid(4, "2", age: 3)]
        let drops = [Self.withdrawal(4, of: 3)]
        #expect(
            Self.wrong([2], posts, holding: posts[3], drops).values == ["2 of 2 2-3 3", "2 of 2 4-holds by 4: 1"])
        // Of others it says nothing wrong.
        #expect(Self.wrong([1], posts, holding: posts[3], drops).values == ["1 of 1 1-2 2"])
    }

    @Test("What was withdrawn before is posted again by nobody, also where nothing of it held then")
    func before() {
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "3")]
        #expect(
            Self.wrong([3], posts, holding: posts[2], [Self.withdrawal(4, of: 2)]).values == ["3 of 3 3-holds by 3: 1"])
        // A withdrawal that was refused, or waits for a second person, counts for nothing.
        #expect(
            Self.wrong([3], posts, holding: posts[2], [Self.withdrawal(4, of: 2, isInForce: false)]).values
                == ["3 of 3 3-holds by 3: 2"])
        // One that was withdrawn itself counts no more.
        #expect(
            Self.wrong([3], posts, holding: posts[2], [Self.withdrawal(4, of: 2), Self.withdrawal(5, of: 4)]).values
                == ["3 of 3 3-holds by 3: 2"])
    }

    @Test("A republication says nothing of its own: its values are no older ones, and no newer ones")
    func republished() {
        let drops = [DropLineage.Drop(number: 3, maker: .republication, destinations: ["a"])]
        let posts = [Self.bid(2, "2"), Self.post(3, [("BID", "2")], age: 0, .refresh)]
        #expect(
            Self.wrong([2], posts, holding: posts[0], drops).values == ["2 of 2 2-holds by 2: nothing"])
        #expect(Self.wrong([3], posts, holding: posts[0], drops).values == [])
    }

    @Test("A withdrawal that is withdrawn gives back what it had replaced")
    func undone() {
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "1", age: 2)]
        #expect(
            Self.wrong([3], posts, holding: posts[2], [Self.withdrawal(3, of: 2)]).values == ["1 of 3 3-holds by 3: 2"])
    }

    @Test("A withdrawal that is withdrawn while another one of the same file counts takes nothing back")
    func undoneInPart() {
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "1", age: 2)]
        let drops = [Self.withdrawal(3, of: 2), Self.withdrawal(4, of: 2)]
        #expect(Self.wrong([3], posts, holding: posts[2], drops).values == [])
        #expect(Self.wrong([3, 4], posts, holding: posts[2], drops).values == ["1 of 3 3-holds by 3: 2"])
        // The other one was withdrawn before.
        #expect(
            Self.wrong([3], posts, holding: posts[2], drops + [Self.withdrawal(5, of: 4)]).values
                == ["1 of 3 3-holds by 3: 2"])
    }

    @Test("What a wrong Refresh had blanked comes back, and is told; what had no value before it is no loss")
    func blanked() {
        let posts = [
            Self.post(1, [("BID", "1"), ("ASK", "2"), ("TRDPRC_1", "null")], .refresh),
            Self.post(2, [("BID", "10")], .refresh),
        ]
        #expect(
            Self.wrong([2], posts, holding: posts[1], image: posts[1]).values == [
                "10 of 2 2-holds by 2: 1", "null of 2 2-holds by 2: 2",
            ])
        // What came by Updates before comes back as well, and what a Refresh before had blanked does not.
        let updates = [
            Self.post(1, [("ASK", "3")]), Self.post(2, [("BID", "1")], .refresh), Self.post(3, [("TRDPRC_1", "4")]),
            Self.post(4, [("BID", "10")], .refresh),
        ]
        #expect(
            Self.wrong([4], updates, holding: updates[3], image: updates[3]).values == [
                "10 of 4 4-holds by 4: 1", "null of 4 4-holds by 4: 4",
            ])
        // A good Refresh has not the field either: what was blank until then is told, and nothing is posted.
        let newer = posts + [Self.post(3, [("BID", "3")], .refresh)]
        #expect(
            Self.wrong([2], newer, holding: newer[2], image: newer[2]).values == [
                "10 of 2 2-3 3", "null of 2 2-3 null",
            ])
    }

    @Test("Where the result before a wrong Refresh is gone, it is told that nobody knows what was blanked")
    func blankedGone() {
        let wrong = Self.post(2, [("BID", "10")], .refresh)
        #expect(
            Self.wrong([2], [wrong], holding: wrong, image: wrong, gone: [1]).values == [
                "10 of 2 2-holds by 2: gone", "null of 2 2-holds by 2: gone",
            ])
        // A later result tells the rest.
        let posts = [Self.post(2, [("BID", "1"), ("ASK", "2")], .refresh), Self.post(3, [("BID", "10")], .refresh)]
        #expect(
            Self.wrong([3], posts, holding: posts[1], image: posts[1], gone: [1]).values == [
                "10 of 3 3-holds by 3: 1", "null of 3 3-holds by 3: 2",
            ])
        // Its own result is gone: the store tells what it left.
        #expect(
            Self.wrong([3], [posts[0]], holding: Self.bid(3, "10"), image: posts[1], gone: [3]).values == [
                "10 of 3 3-holds by 3: 1", "null of 3 3-holds by 3: 2",
            ])
    }

    @Test("What a withdrawal brought back goes again with it, and the blank is the Refresh's")
    func blankedAgain() {
        let posts = [
            Self.post(1, [("ASK", "2")], .refresh), Self.post(2, [("BID", "10")], .refresh),
            Self.post(3, [("ASK", "2")], age: 2), Self.post(4, [("ASK", "null")], age: 2),
        ]
        let drops = [Self.withdrawal(3, of: 2), Self.withdrawal(4, of: 3)]
        #expect(
            Self.wrong([3], Array(posts[..<3]), holding: posts[2], image: posts[1], Array(drops[..<1])).values
                == ["2 of 3 3-holds by 3: null"])
        let again = Self.wrong([2], posts, holding: posts[3], image: posts[1], drops).values
        #expect(again.last == "null of 2 4-holds by 4: 2", "\(again)")
    }

    @Test("A field that a withdrawal had blanked is blanked again, until that withdrawal is withdrawn")
    func blankedByWithdrawal() {
        let posts = [Self.bid(1, "1"), Self.bid(2, "null", age: 1), Self.bid(3, "3"), Self.bid(4, "null", age: 3)]
        let drops = [Self.withdrawal(2, of: 1), Self.withdrawal(4, of: 3)]
        #expect(
            Self.wrong([3], Array(posts[..<3]), holding: posts[2], Array(drops[..<1])).values
                == ["3 of 3 3-holds by 3: null"])
        #expect(
            Self.wrong([3], Array(posts[..<3]), holding: posts[2], Array(drops[..<1]) + [Self.withdrawal(5, of: 2)])
                .values == ["3 of 3 3-holds by 3: 1"])
        // The blank that was posted again goes with it.
        #expect(
            Self.wrong([2], posts, holding: posts[3], drops).values.last == "null of 2 4-holds by 4: 1")
    }

    @Test("Who said first what holds is found through withdrawals, and whether it was withdrawn since")
    func holders() {
        var story = ValueStory(
            at: "a", DropLineage([Self.withdrawal(3, of: 2), Self.withdrawal(4, of: 1)]))
        story.take([Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "1", age: 2)])
        story.takeHolding(Self.holding(Self.bid(3, "1", age: 2)))
        let holder = story.holder(of: "BID")
        #expect(holder?.drop == 1 && holder?.isWithdrawn == true)
        #expect(story.holder(of: "ASK") == nil)
    }

    @Test("Rows that were sent again are the file's; sent after its withdrawal they stay")
    func sentAgain() {
        let again = DropLineage.Drop(number: 3, maker: .rows(of: 2), destinations: ["a"])
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "2")]
        #expect(
            Self.wrong([2], posts, holding: posts[2], [again]).values == ["2 of 2 2-3 2", "2 of 3 3-holds by 3: 1"])
        let later = DropLineage.Drop(number: 4, maker: .rows(of: 2), destinations: ["a"])
        let more = [
            Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "1", age: 2), Self.bid(4, "2"), Self.bid(5, "5"),
        ]
        #expect(
            Self.wrong([5], more, holding: more[4], [Self.withdrawal(3, of: 2), later]).values
                == ["5 of 5 5-holds by 5: 2"])
    }

    @Test(
        "Two rows of a file, and what newer files have replaced, each with its time; a Refresh blanks what it has not")
    func each() {
        let posts = [
            Self.post(1, [("BID", "1"), ("ASK", "2")]), Self.post(2, [("BID", "10"), ("ASK", "20")], at: 10, row: 1),
            Self.post(2, [("BID", "11")], at: 11, row: 2), Self.post(3, [("BID", "3")], at: 13, .refresh),
        ]
        #expect(
            Self.wrong([2], posts, holding: posts[3]).values == [
                "10 of 2 10-11 11", "20 of 2 10-13 null", "11 of 2 11-13 3",
            ])
    }

    @Test(
        "Where a result is gone, a value is told to be unknown and not guessed, unless a later withdrawal has it still")
    func gone() {
        #expect(
            Self.wrong([2], [Self.bid(2, "2")], holding: Self.bid(2, "2"), gone: [1]).values == [
                "2 of 2 2-holds by 2: gone"
            ])
        // The wrong drop's own result is gone: the store tells what holds by it.
        #expect(
            Self.wrong([2], [Self.bid(1, "1")], holding: Self.bid(2, "2"), gone: [2]).values == [
                "2 of 2 2-holds by 2: 1"
            ])
        // What held by a withdrawal may be of it, or not.
        let copy = Self.wrong(
            [2], [Self.bid(3, "3"), Self.bid(4, "2", age: 3)], holding: Self.bid(4, "2", age: 3), gone: [2],
            [Self.withdrawal(4, of: 3)])
        #expect(copy.values == [] && copy.unknown == 1)
        // Drop 3 was withdrawn by 4, which posted what drop 1 had said, whose result is gone since.
        let posts = [Self.bid(3, "3"), Self.bid(4, "1", age: 3), Self.bid(5, "5")]
        #expect(
            Self.wrong([5], posts, holding: posts[2], gone: [1], [Self.withdrawal(4, of: 3)]).values
                == ["5 of 5 5-holds by 5: 1"])
    }

    @Test("What an earlier version had taken from a withdrawn file is found to be of that one")
    func ofEarlierVersions() {
        // Drop 4 replaced 3 by the value of 2, although 2 was withdrawn before.
        let posts = [Self.bid(1, "1"), Self.bid(2, "2"), Self.bid(3, "3"), Self.bid(5, "2", age: 3)]
        let drops = [Self.withdrawal(4, of: 2), Self.withdrawal(5, of: 3)]
        #expect(Self.wrong([2], posts, holding: posts[3], drops).values.last == "2 of 2 5-holds by 5: 1")
        // The wrong value replaced itself, out of a republication.
        let own = [Self.bid(2, "2"), Self.post(3, [("BID", "2")], age: 0, .refresh), Self.bid(4, "2", age: 2)]
        let makers = [
            DropLineage.Drop(number: 3, maker: .republication, destinations: ["a"]), Self.withdrawal(4, of: 2),
        ]
        #expect(Self.wrong([2], own, holding: own[2], makers).values.last == "2 of 2 4-holds by 4: nothing")
    }

    // MARK: - Against a plain model

    @Test(
        "Random days: each withdrawal finds what a model does that follows every value from its beginning",
        arguments: 0..<60)
    func days(_ seed: Int) throws {
        var day = PlainDay(state: UInt64(seed))
        for step in 0..<40 {
            guard let (asked, blanks) = day.step() else { continue }
            for stopsEarly in [false, true] {
                let wrong = day.story(withdrawing: asked, stopsEarly: stopsEarly).wrongValues()
                let told = wrong.values.map { PlainDay.Wrong($0) }.sorted()
                #expect(told == day.expected(withdrawing: asked), "seed \(seed), step \(step), \(asked)")
            }
            day.withdraw(asked, blanks: blanks)
        }
        // Else nothing was looked at.
        #expect(day.withdrawals > 0)
    }

    @Test("Random days have what is told of: blanks by a Refresh and by withdrawals, and withdrawals of withdrawals")
    func daysAreFull() {
        var losses = 0
        var blanks = 0
        var undone = 0
        for seed in 0..<60 {
            var day = PlainDay(state: UInt64(seed))
            for _ in 0..<40 {
                guard let (asked, isBlanking) = day.step() else { continue }
                day.withdraw(asked, blanks: isBlanking)
            }
            losses += day.broughtBack
            blanks += day.blanksAgain
            undone += day.undone
        }
        #expect(losses > 10 && blanks > 5 && undone > 10, "\(losses), \(blanks), \(undone)")
    }
}
