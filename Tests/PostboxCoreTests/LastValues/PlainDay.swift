import PostboxCore
import TestSupport

/// A RIC at one service, and a desk that does what it likes. Each value is followed from the file that said it first; which files count is
/// found by going through all acts again.
struct PlainDay: SeededChoices {
    var state: UInt64

    /// Who said a value first.
    enum Speaker: Equatable {
        /// The file's drop, or the withdrawal's that blanked the field.
        case drop(Int)
        /// A Refresh of the file had not the field.
        case silent(Int)
        case nobody

        var drop: Int? {
            switch self {
            case .drop(let drop), .silent(let drop): drop
            case .nobody: nil
            }
        }
    }

    /// What holds a field.
    struct Holder: Equatable {
        var json: String
        var speaker: Speaker
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
        var speaker: Speaker
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
        var act: Int64
    }

    /// A field that a withdrawal blanked, and no file had said so.
    struct Blank {
        var number: Int
        var field: String
        var place: DropPlace
    }

    /// What the files that count had come to.
    struct Image {
        var values: [String: (json: String, drop: Int)] = [:]
        /// By field without a value: the newest file whose Refresh has it not.
        var silent: [String: DropPlace] = [:]
    }

    private(set) var withdrawals = 0
    private(set) var broughtBack = 0
    private(set) var blanksAgain = 0
    private(set) var undone = 0
    private var last = 0
    private var clock: Int64 = 100
    private var files: [File] = []
    private var acts: [Withdrawal] = []
    private var makers: [DropLineage.Drop] = []
    private var posts: [AcceptedPost] = []
    private var log: [Said] = []
    private var holders: [String: Holder] = [:]
    private var blanks: [Blank] = []
    /// The newest Refresh of a file.
    private var refresh: AcceptedPost?
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
            return (whole(Set((0...number(2)).map { _ in pick(numbers) })), number(2) == 0)
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
                refresh = posts.last
                for field in Self.fields where !row.fields.contains(where: { $0.0 == field }) {
                    holders[field] = nil
                    log.append(
                        Said(
                            field: field, json: "null", speaker: .silent(file.number), place: place, at: clock,
                            isBlanking: true))
                }
            }
            for (field, json) in row.fields {
                holders[field] = Holder(json: json, speaker: .drop(file.number), place: place, at: clock)
                log.append(Said(field: field, json: json, speaker: .drop(file.number), place: place, at: clock))
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
        acts.append(Withdrawal(number: last, of: drop, isInForce: isInForce, act: act))
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
        var counting = asked.map { Withdrawal(number: .max, of: $0, isInForce: true, act: 0) }
        for act in acts.reversed() where act.isInForce {
            if !counting.contains(where: { $0.of == act.number }) { counting.append(act) }
        }
        return counting
    }

    private func isWithdrawn(_ drop: Int, _ inForce: [Withdrawal]) -> Bool {
        inForce.contains { $0.number > drop && origins(drop).contains($0.of) }
    }

    /// A withdrawal, by its drop's number.
    private func isWithdrawal(_ drop: Int) -> Bool { acts.contains { $0.number == drop } }

    /// With what is withdrawn together with it, and what withdrawals have left that count no more.
    private func whole(_ asked: Set<Int>) -> Set<Int> {
        let counting = Set(inForce([]).map(\.number))
        var all = asked
        for act in acts where act.isInForce && asked.contains(act.number) {
            for other in acts where other.isInForce && other.of == act.of {
                if other.act == act.act || !counting.contains(other.number) { all.insert(other.number) }
            }
        }
        return all
    }

    /// `before`: as it was below that place.
    private func image(_ asked: Set<Int>, before: DropPlace? = nil) -> Image {
        let inForce = inForce(asked)
        var image = Image()
        for file in files where !isWithdrawn(file.number, inForce) {
            let place = DropPlace(drop: file.number, age: file.age)
            if let before, !before.isNewer(than: place) { continue }
            for row in file.rows {
                if row.kind == .refresh {
                    image.values = [:]
                    for field in Self.fields { image.silent[field] = place }
                }
                for (field, json) in row.fields {
                    image.values[field] = (json, file.number)
                    image.silent[field] = nil
                }
            }
        }
        return image
    }

    /// The newest withdrawal that counts and blanked a field after the Refresh without it.
    private func blanker(_ field: String, _ image: Image, _ asked: Set<Int>) -> Int? {
        let counting = Set(inForce(asked).map(\.number))
        return blanks.filter { blank in
            blank.field == field && counting.contains(blank.number)
                && image.silent[field].map { blank.place.isNewer(than: $0) } ?? true
        }.max { $1.place.isNewer(than: $0.place) }?.number
    }

    /// What a field gets in place of a wrong value of `one`; nil: it had no value.
    private func replacement(_ field: String, _ one: Int, _ image: Image, _ asked: Set<Int>) -> String? {
        if let value = image.values[field] { return value.json }
        if isWithdrawal(one), image.silent[field] != nil { return "null" }
        return blanker(field, image, asked) == nil ? nil : "null"
    }

    /// Which of what is asked for a value is of, and who is told to have said it.
    private func wrong(
        _ field: String, _ json: String, _ speaker: Speaker, _ place: DropPlace, _ asked: Set<Int>
    ) -> (asked: Int, drop: Int)? {
        var found: (asked: Int, drop: Int)?
        if let one = origins(place.drop).first(where: asked.contains) {
            found = (one, place.drop)
        } else if let drop = speaker.drop, let one = origins(drop).first(where: asked.contains) {
            found = (one, drop)
        }
        guard let found else { return nil }
        let before = image(asked, before: place).values[field]
        if isWithdrawal(found.asked) {
            let isRight = before.map { $0.json == json && speaker == .drop($0.drop) } ?? (json == "null")
            return isRight ? nil : found
        }
        if case .silent = speaker { return before.map { $0.json == "null" } ?? true ? nil : found }
        return found
    }

    func expected(withdrawing asked: Set<Int>) -> [Wrong] {
        let image = image(asked)
        var found: [Wrong] = []
        for (index, said) in log.enumerated() {
            guard let (one, speaker) = wrong(said.field, said.json, said.speaker, said.place, asked) else { continue }
            let end: String
            let holder = holders[said.field]
            let isHeld =
                said.isBlanking
                ? holder == nil && refresh?.place == said.place && refresh?.acceptedAt == said.at
                : holder.map { $0.place == said.place && $0.at == said.at } ?? false
            if isHeld {
                let json = replacement(said.field, one, image, asked)
                end = "by \(said.place.drop) of \(said.place.age), \(json ?? "nothing")"
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
    mutating func withdraw(_ asked: Set<Int>, blanks isBlanking: Bool) {
        withdrawals += 1
        act += 1
        let image = image(asked)
        var parts: [Int: [Int64: [(field: String, json: String, speaker: Speaker)]]] = [:]
        for one in asked { parts[one] = [:] }
        func speaker(_ field: String) -> Speaker {
            if let value = image.values[field] { return .drop(value.drop) }
            if let number = blanker(field, image, asked) { return .drop(number) }
            return image.silent[field].map { .silent($0.drop) } ?? .nobody
        }
        for field in Self.fields.sorted() {
            let age: Int64
            let one: Int
            if let holder = holders[field] {
                guard let found = wrong(field, holder.json, holder.speaker, holder.place, asked) else { continue }
                (one, age) = (found.asked, holder.place.age)
            } else {
                guard let place = refresh?.place,
                    let found = wrong(field, "null", .silent(place.drop), place, asked)
                else { continue }
                (one, age) = (found.asked, place.age)
                broughtBack += 1
            }
            let known = replacement(field, one, image, asked)
            guard let json = known ?? (isBlanking ? "null" : nil) else { continue }
            if image.values[field] == nil, known != nil { blanksAgain += 1 }
            if isWithdrawal(one) { undone += 1 }
            parts[one, default: [:]][age, default: []].append((field, json, speaker(field)))
        }
        for (one, ages) in parts.sorted(by: { $0.key < $1.key }) {
            if ages.isEmpty { note(one, age: 1, isInForce: true) }
            for (age, fields) in ages.sorted(by: { $0.key < $1.key }) {
                let place = note(one, age: age, isInForce: true)
                clock += 1
                accept(place, row: 1, .update, fields.map { ($0.field, $0.json) })
                for (field, json, speaker) in fields {
                    holders[field] = Holder(json: json, speaker: speaker, place: place, at: clock)
                    log.append(Said(field: field, json: json, speaker: speaker, place: place, at: clock))
                    if image.values[field] == nil {
                        blanks.append(Blank(number: place.drop, field: field, place: place))
                    }
                }
            }
        }
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
        var image = refresh
        image?.row = 0
        image?.fields = []
        guard stopsEarly else {
            for post in posts { story.take([post]) }
            story.takeHolding(holding, image: image)
            return story
        }
        let drops = Dictionary(grouping: posts, by: \.place).sorted { $0.key.isNewer(than: $1.key) }
        let wrong = drops.map(\.key).filter { lineage.wrong($0.drop) != nil }
        let first = wrong.map(\.drop).min() ?? .max
        let oldest = wrong.min { $1.isNewer(than: $0) } ?? DropPlace(drop: .max, age: .max)
        func isRecent(_ place: DropPlace) -> Bool { place.drop >= first || !oldest.isNewer(than: place) }
        for (place, posts) in drops where isRecent(place) { story.take(posts) }
        story.takeHolding(holding, image: image)
        for (place, posts) in drops where !isRecent(place) && story.needsOlder { story.take(posts) }
        return story
    }
}
