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
    private static func wrong(
        _ asked: Set<Int>, _ posts: [AcceptedPost], holding: AcceptedPost?, gone: [Int] = [],
        _ drops: [DropLineage.Drop] = []
    ) -> (values: [String], unknown: Int) {
        var story = ValueStory(at: "a", DropLineage(drops, withdrawing: asked))
        story.take(posts)
        for drop in gone { story.takeGone(DropPlace(drop: drop, age: Int64(drop))) }
        story.takeHolding(holding.map { Self.holding($0) } ?? [])
        let (values, unknown) = story.wrongValues()
        return (
            values.map { value in
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
            }, unknown
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
            Self.wrong([3], posts, holding: posts[2], [Self.withdrawal(3, of: 2)]).values == ["1 of 1 3-holds by 3: 2"])
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
                let (values, _) = day.story(withdrawing: asked, stopsEarly: stopsEarly).wrongValues()
                let told = values.map { PlainDay.Wrong($0) }.sorted()
                #expect(told == day.expected(withdrawing: asked), "seed \(seed), step \(step), \(asked)")
            }
            day.withdraw(asked, blanks: blanks)
        }
        // Else nothing was looked at.
        #expect(day.withdrawals > 0)
    }
}

/// A RIC at one service, and a desk that does what it likes. Each value is followed from the file that said it first; which files count is
/// found by going through all acts again.
private struct PlainDay: SeededChoices {
    var state: UInt64

    /// What holds a field.
    struct Holder: Equatable {
        var json: String
        /// The file's drop; nil: a withdrawal blanked it.
        var speaker: Int?
        var place: DropPlace
        var at: Int64
    }

    struct Wrong: Equatable, Comparable {
        var text: String

        static func < (one: Wrong, other: Wrong) -> Bool { one.text < other.text }

        init(
            _ field: String, _ json: String, asked: Int, speaker: Int, from: Int64, end: String
        ) { text = "\(from) \(field)=\(json) of \(speaker) for \(asked): \(end)" }

        init(_ value: ValueStory.WrongValue) {
            let end =
                switch value.end {
                case .replaced(let at, let json): "\(at) \(String(decoding: json, as: UTF8.self))"
                case .holds(let holder, .value(let json)):
                    "by \(holder.drop) of \(holder.age), \(String(decoding: json, as: UTF8.self))"
                case .holds(let holder, let none): "by \(holder.drop) of \(holder.age), \(none)"
                case .unknown: "?"
                }
            self.init(
                value.field, String(decoding: value.json, as: UTF8.self), asked: value.asked, speaker: value.drop,
                from: value.from, end: end)
        }
    }

    /// An accepted field of a post, or one that a Refresh blanked.
    struct Said {
        var field: String
        var json: String
        var speaker: Int?
        var place: DropPlace
        var at: Int64
        var isBlanking = false
    }

    struct File {
        var number: Int
        var age: Int64
        /// The drop that its rows were in.
        var original: Int?
        var rows: [(kind: PostKind, fields: [(String, String)])]
    }

    struct Withdrawal {
        var number: Int
        var of: Int
        var isInForce: Bool
    }

    private(set) var withdrawals = 0
    private var last = 0
    private var clock: Int64 = 100
    private var files: [File] = []
    private var acts: [Withdrawal] = []
    private var makers: [DropLineage.Drop] = []
    private var posts: [AcceptedPost] = []
    private var log: [Said] = []
    private var holders: [String: Holder] = [:]
    private var act: Int64 = 0

    private static let fields = ["BID", "ASK", "TRDPRC_1"]
    private static let values = ["1", "2", "3", "null"]

    init(state: UInt64) { self.state = state }

    /// Does something; a withdrawal is left to the caller.
    mutating func step() -> (asked: Set<Int>, blanks: Bool)? {
        switch number(10) {
        case 0..<4:
            last += 1
            clock += 10
            let rows = (0...number(2)).map { _ in (kind: kind(), fields: someFields()) }
            post(File(number: last, age: clock, original: nil, rows: rows))
        case 4:
            // Rows of a file once more, as new ones.
            guard !files.isEmpty else { return nil }
            let original = pick(files)
            last += 1
            clock += 10
            makers.append(
                DropLineage.Drop(number: last, maker: .rows(of: original.number), destinations: ["a"], age: clock))
            post(File(number: last, age: clock, original: original.number, rows: [pick(original.rows)]))
        case 5:
            last += 1
            let place = DropPlace(drop: last, age: 0)
            makers.append(DropLineage.Drop(number: last, maker: .republication, destinations: ["a"]))
            let image = holders.sorted { $0.key < $1.key }
            guard !image.isEmpty else { return nil }
            clock += 1
            accept(place, row: 1, .refresh, image.map { ($0.key, $0.value.json) })
        case 6:
            // One that was refused.
            guard !files.isEmpty else { return nil }
            let drop = pick(files).number
            note(drop, age: 1, isInForce: false)
        default:
            let numbers = files.map(\.number) + acts.filter(\.isInForce).map(\.number)
            guard !numbers.isEmpty else { return nil }
            return (Set((0...number(2)).map { _ in pick(numbers) }), number(3) == 0)
        }
        return nil
    }

    private mutating func kind() -> PostKind { number(3) == 0 ? .refresh : .update }

    private mutating func someFields() -> [(String, String)] {
        var chosen = Self.fields.filter { _ in number(2) == 0 }
        if chosen.isEmpty { chosen = ["BID"] }
        return chosen.map { ($0, pick(Self.values)) }
    }

    private mutating func post(_ file: File) {
        files.append(file)
        let place = DropPlace(drop: file.number, age: file.age)
        for (index, row) in file.rows.enumerated() {
            clock += 1
            accept(place, row: index + 1, row.kind, row.fields)
            if row.kind == .refresh {
                for field in Self.fields where !row.fields.contains(where: { $0.0 == field }) {
                    holders[field] = nil
                    log.append(
                        Said(field: field, json: "null", speaker: nil, place: place, at: clock, isBlanking: true))
                }
            }
            for (field, json) in row.fields {
                holders[field] = Holder(json: json, speaker: file.number, place: place, at: clock)
                log.append(Said(field: field, json: json, speaker: file.number, place: place, at: clock))
            }
        }
    }

    private mutating func accept(_ place: DropPlace, row: Int, _ kind: PostKind, _ fields: [(String, String)]) {
        posts.append(
            AcceptedPost(
                place: place, row: row, acceptedAt: clock, post: kind,
                fields: fields.map { AcceptedPost.Field(name: $0.0, json: Array($0.1.utf8)) }))
    }

    @discardableResult
    private mutating func note(_ drop: Int, age: Int64, isInForce: Bool) -> DropPlace {
        last += 1
        acts.append(Withdrawal(number: last, of: drop, isInForce: isInForce))
        makers.append(
            DropLineage.Drop(
                number: last, maker: .withdrawal(of: drop, act: isInForce ? act : Int64(-last), isInForce: isInForce),
                destinations: ["a"], age: age))
        return DropPlace(drop: last, age: age)
    }

    // MARK: - The model

    private func origins(_ drop: Int) -> [Int] {
        var found = [drop]
        while let original = files.first(where: { $0.number == found[found.count - 1] })?.original {
            found.append(original)
        }
        return found
    }

    /// Withdrawals that count, with what is asked for now as if it were done: the last ones are settled first.
    private func inForce(_ asked: Set<Int>) -> [Withdrawal] {
        var counting = asked.map { Withdrawal(number: .max, of: $0, isInForce: true) }
        for act in acts.reversed() where act.isInForce {
            if !counting.contains(where: { $0.of == act.number }) { counting.append(act) }
        }
        return counting
    }

    private func isWithdrawn(_ drop: Int, _ inForce: [Withdrawal]) -> Bool {
        inForce.contains { $0.number > drop && origins(drop).contains($0.of) }
    }

    /// What the files that count had come to.
    private func image(_ asked: Set<Int>) -> [String: String] {
        let inForce = inForce(asked)
        var image: [String: String] = [:]
        for file in files where !isWithdrawn(file.number, inForce) {
            for row in file.rows {
                if row.kind == .refresh { image = [:] }
                for (field, json) in row.fields { image[field] = json }
            }
        }
        return image
    }

    /// Which of what is asked for a value is of, and who is said to have said it.
    private func wrong(_ speaker: Int?, _ poster: Int, _ asked: Set<Int>) -> (asked: Int, speaker: Int)? {
        if let one = origins(poster).first(where: asked.contains) { return (one, speaker ?? poster) }
        guard let speaker, let one = origins(speaker).first(where: asked.contains) else { return nil }
        return (one, speaker)
    }

    func expected(withdrawing asked: Set<Int>) -> [Wrong] {
        let image = image(asked)
        var found: [Wrong] = []
        for (index, said) in log.enumerated() where !said.isBlanking {
            guard let (one, speaker) = wrong(said.speaker, said.place.drop, asked) else { continue }
            let end: String
            let holder = holders[said.field]
            if let holder, holder.place == said.place, holder.at == said.at {
                end = "by \(said.place.drop) of \(said.place.age), \(image[said.field] ?? "nothing")"
            } else if let next = log[(index + 1)...].first(where: { $0.field == said.field }) {
                end = "\(next.at) \(next.json)"
            } else {
                end = "?"
            }
            found.append(Wrong(said.field, said.json, asked: one, speaker: speaker, from: said.at, end: end))
        }
        return found.sorted()
    }

    /// Posts what the model wants in place of what is wrong.
    mutating func withdraw(_ asked: Set<Int>, blanks: Bool) {
        withdrawals += 1
        act += 1
        let image = image(asked)
        let before = files
        var parts: [Int: [Int64: [(String, String)]]] = [:]
        for one in asked { parts[one] = [:] }
        for (field, holder) in holders.sorted(by: { $0.key < $1.key }) {
            guard let (one, _) = wrong(holder.speaker, holder.place.drop, asked) else { continue }
            guard let json = image[field] ?? (blanks ? "null" : nil) else { continue }
            parts[one, default: [:]][holder.place.age, default: []].append((field, json))
        }
        let speakers = speakers(asked, before)
        for (one, ages) in parts.sorted(by: { $0.key < $1.key }) {
            if ages.isEmpty { note(one, age: 1, isInForce: true) }
            for (age, fields) in ages.sorted(by: { $0.key < $1.key }) {
                let place = note(one, age: age, isInForce: true)
                clock += 1
                accept(place, row: 1, .update, fields)
                for (field, json) in fields {
                    let speaker = image[field] == nil ? nil : speakers[field]
                    holders[field] = Holder(json: json, speaker: speaker, place: place, at: clock)
                    log.append(Said(field: field, json: json, speaker: speaker, place: place, at: clock))
                }
            }
        }
    }

    private func speakers(_ asked: Set<Int>, _ files: [File]) -> [String: Int] {
        let inForce = inForce(asked)
        var speakers: [String: Int] = [:]
        for file in files where !isWithdrawn(file.number, inForce) {
            for row in file.rows {
                if row.kind == .refresh { speakers = [:] }
                for (field, _) in row.fields { speakers[field] = file.number }
            }
        }
        return speakers
    }

    // MARK: - What is asked

    /// `stopsEarly`: drops are given the newest first, and older ones only as long as they are wanted.
    func story(withdrawing asked: Set<Int>, stopsEarly: Bool) -> ValueStory {
        let lineage = DropLineage(makers, withdrawing: asked)
        var story = ValueStory(at: "a", lineage)
        let holding = holders.map { field, holder in
            AcceptedPost(
                place: holder.place, row: 0, acceptedAt: holder.at, post: .update,
                fields: [AcceptedPost.Field(name: field, json: Array(holder.json.utf8))])
        }
        guard stopsEarly else {
            for post in posts { story.take([post]) }
            story.takeHolding(holding)
            return story
        }
        let drops = Dictionary(grouping: posts, by: \.place).sorted { $0.key.isNewer(than: $1.key) }
        let wrong = drops.map(\.key).filter { lineage.wrong($0.drop) != nil }
        let first = wrong.map(\.drop).min() ?? .max
        let oldest = wrong.min { $1.isNewer(than: $0) } ?? DropPlace(drop: .max, age: .max)
        func isRecent(_ place: DropPlace) -> Bool { place.drop >= first || !oldest.isNewer(than: place) }
        for (place, posts) in drops where isRecent(place) { story.take(posts) }
        story.takeHolding(holding)
        for (place, posts) in drops where !isRecent(place) && story.needsOlder { story.take(posts) }
        return story
    }
}
