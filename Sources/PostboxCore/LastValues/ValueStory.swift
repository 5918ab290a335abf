/// All that is known of a RIC at one service of a destination: which drop said which value and when. Who said a value first, whether it
/// was withdrawn, and what takes its place follow from this alone.
package struct ValueStory: Sendable {
    /// What a field gets in place of a wrong value.
    package enum Replacement: Sendable, Equatable {
        /// JSON, as it went on the wire.
        case value([UInt8])
        /// It had no value.
        case nothing
        /// The result that would tell is gone.
        case gone

        /// What is posted, as JSON (nil: nothing), and what becomes of the wrong value. `blanks`: what had no value is blanked.
        package func answer(blanks: Bool) -> (json: [UInt8]?, fate: ReplacedValue.Fate) {
            switch self {
            case .value(let json): (json, .replaced)
            case .nothing: blanks ? (ValueStory.blank, .blanked) : (nil, .left)
            case .gone: (nil, .unknown)
            }
        }
    }

    /// A value of a drop that is being withdrawn, from one Ack on. A Refresh blanks fields that it does not name: where they had a value,
    /// that is a wrong one, too.
    package struct WrongValue: Sendable, Equatable {
        /// `ValueStory.anyField` where nobody can tell which fields a Refresh blanked.
        package var field: String
        package var json: [UInt8]
        /// The drop that is being withdrawn.
        package var asked: Int
        /// The drop that said the value first; of a withdrawal that is withdrawn itself, that one.
        package var drop: Int
        /// Microseconds since 1970.
        package var from: Int64
        package var end: End

        package enum End: Sendable, Equatable {
            /// `at`: when what replaced it was accepted; microseconds since 1970. `by`: JSON; a Refresh without the field blanks it.
            case replaced(at: Int64, by: [UInt8])
            /// It holds. `holder`: the drop by which it does so.
            case holds(holder: DropPlace, by: Replacement)
            /// It holds no more, and nobody can tell since when.
            case unknown
        }

        package var holds: Bool { if case .holds = end { true } else { false } }
    }

    /// All that a story tells of what is being withdrawn.
    package struct Wrong: Sendable, Equatable {
        /// In the order of their Acks.
        package var values: [WrongValue]
        /// Fields that hold something of which nobody can tell any more whether it is such a value.
        package var doubtful: Int
    }

    /// What stands for fields whose names nobody knows.
    package static let anyField = "*"

    enum Entry: Sendable {
        case post(AcceptedPost)
        /// Its result is gone: it may have said anything.
        case gone(DropPlace)

        var place: DropPlace {
            switch self {
            case .post(let post): post.place
            case .gone(let place): place
            }
        }
    }

    let destination: String
    let lineage: DropLineage
    /// The newest first.
    private(set) var entries: [Entry] = []
    /// What holds, by field.
    private(set) var standing: [String: AcceptedPost] = [:]
    /// The Refresh by which all other fields are blank; nil: there is none.
    private var image: AcceptedPost?

    package init(at destination: String, _ lineage: DropLineage) {
        self.destination = destination
        self.lineage = lineage
    }

    // MARK: - What is known

    /// Takes accepted rows of a drop.
    package mutating func take(_ posts: [AcceptedPost]) {
        for post in posts {
            let at = entries.firstIndex { entry in
                switch entry {
                case .post(let other): post.isNewer(than: other)
                case .gone(let place): post.place.isNewer(than: place)
                }
            }
            entries.insert(.post(post), at: at ?? entries.count)
        }
    }

    /// The result of a drop is gone that may have had rows of the RIC.
    package mutating func takeGone(_ place: DropPlace) {
        let at = entries.firstIndex { place.isNewer(than: $0.place) }
        entries.insert(.gone(place), at: at ?? entries.count)
    }

    /// Takes what holds by the store of last values. To be called when all results are taken that tell of these drops.
    ///
    /// - Parameters:
    ///   - holding: one post for each field, with that field alone.
    ///   - image: the newest Refresh, without its fields; nil: there was none.
    package mutating func takeHolding(_ holding: [AcceptedPost], image: AcceptedPost? = nil) {
        for post in holding {
            guard let field = post.fields.first else { continue }
            let known = posts.first { $0.place.drop == post.place.drop && $0.json(of: field.name) == field.json }
            standing[field.name] = known ?? post
            if known == nil { take([post]) }
        }
        // By another one nothing wrong is blank.
        guard var image, lineage.wrong(image.place.drop) != nil else { return }
        if let known = posts.first(where: { $0.place.drop == image.place.drop && $0.post == .refresh }) {
            self.image = known
            return
        }
        // Its result is gone. What it blanked is known all the same: whatever does not hold.
        func isOfImage(_ post: AcceptedPost) -> Bool {
            post.row == 0 && post.place == image.place && post.acceptedAt == image.acceptedAt
        }
        image.fields = holding.filter(isOfImage).flatMap(\.fields)
        entries.removeAll { if case .post(let post) = $0 { isOfImage(post) } else { false } }
        take([image])
        for field in image.fields { standing[field.name] = image }
        self.image = image
    }

    /// What changed a value: a republication says what held already.
    private var told: [AcceptedPost] {
        posts.filter { post in
            guard case .republication? = lineage.copy(post.place.drop) else { return true }
            return standing.values.contains(post)
        }
    }

    var posts: some Sequence<AcceptedPost> {
        entries.lazy.compactMap { entry -> AcceptedPost? in
            if case .post(let post) = entry { post } else { nil }
        }
    }

    /// Older results may tell what these do not.
    package var needsOlder: Bool {
        for post in posts {
            let drop = post.place.drop
            let isCopy = lineage.copy(drop) != nil
            for field in post.fields {
                if isCopy, case .end = speaker(of: field, in: post, isAll: false) { return true }
                guard let asked = source(of: field, in: post)?.asked else { continue }
                // Whether it is wrong at all depends on what was there before.
                if isCopy || isUndone(asked), case .end = before(post, field.name) { return true }
                if standing[field.name] == post, case .end = newest(field.name, { _ in true }, where: isGood) {
                    return true
                }
            }
            if post.post == .refresh, !isCopy, lineage.wrong(drop) != nil, case .end = before(post, Self.anyField) {
                return true
            }
        }
        return false
    }

    // MARK: - What follows

    /// Every value of the drops that are being withdrawn, and what took its place or is to take it.
    package func wrongValues() -> Wrong {
        let inTime = told.sorted { $1.isLater(than: $0) }
        let names = Set(inTime.flatMap { $0.fields.map(\.name) }).sorted()
        var values: [WrongValue] = []
        for (index, post) in inTime.enumerated() {
            func next(_ name: String) -> WrongValue.End {
                guard let next = inTime[(index + 1)...].first(where: { $0.says(name) }) else { return .unknown }
                return .replaced(at: next.acceptedAt, by: next.json(of: name) ?? Self.blank)
            }
            func add(_ name: String, _ json: [UInt8], _ source: (asked: Int, drop: Int), _ end: WrongValue.End) {
                values.append(
                    WrongValue(
                        field: name, json: json, asked: source.asked, drop: source.drop, from: post.acceptedAt,
                        end: end))
            }
            for field in post.fields {
                guard let source = wrong(field, in: post) else { continue }
                let holds = standing[field.name] == post
                add(
                    field.name, field.json, source,
                    holds
                        ? .holds(holder: post.place, by: replacement(of: field.name, for: source.asked))
                        : next(field.name))
            }
            guard post.post == .refresh, lineage.copy(post.place.drop) == nil,
                let asked = lineage.wrong(post.place.drop)
            else { continue }
            let source = (asked, post.place.drop)
            for name in names where post.json(of: name) == nil {
                let holds = standing[name] == nil && image == post
                switch before(post, name) {
                case .found(_, Self.blank), .blanked, .end: continue
                case .found:
                    add(
                        name, Self.blank, source,
                        holds ? .holds(holder: post.place, by: replacement(of: name, for: asked)) : next(name))
                case .gone:
                    guard holds else { continue }
                    let replacement = replacement(of: name, for: asked)
                    guard replacement != .value(Self.blank) else { continue }
                    add(name, Self.blank, source, .holds(holder: post.place, by: replacement))
                }
            }
            if image == post, case .gone = before(post, Self.anyField) {
                add(Self.anyField, Self.blank, source, .holds(holder: post.place, by: .gone))
            }
        }
        return Wrong(values: values, doubtful: standing.count { isDoubtful($0.key, $0.value) })
    }

    /// What a field got first after a time (microseconds since 1970), and when; nil: nothing. `besides`: a drop that does not count.
    package func next(_ field: String, after time: Int64, besides drop: Int) -> (at: Int64, json: [UInt8])? {
        let later = told.filter { $0.acceptedAt > time && $0.place.drop != drop && $0.says(field) }
        guard let first = later.min(by: { $1.isLater(than: $0) }) else { return nil }
        return (first.acceptedAt, first.json(of: field) ?? Self.blank)
    }

    static let blank = Array("null".utf8)

    /// Which drop that is being withdrawn a value is of, and which one is told to have said it; nil: it is of none, nobody can tell, or
    /// nothing else would stand there.
    private func wrong(_ field: AcceptedPost.Field, in post: AcceptedPost) -> (asked: Int, drop: Int)? {
        guard let source = source(of: field, in: post), !isRight(field, in: post, source.asked) else { return nil }
        return source
    }

    /// The same, whether it is right or not.
    private func source(of field: AcceptedPost.Field, in post: AcceptedPost) -> (asked: Int, drop: Int)? {
        let drop = post.place.drop
        if let asked = lineage.wrong(drop) { return (asked, drop) }
        guard lineage.copy(drop) != nil, let first = speaker(of: field, in: post).drop,
            let asked = lineage.wrong(first)
        else { return nil }
        return (asked, first)
    }

    /// What a withdrawal had posted that is withdrawn itself is no wrong value where it would be taken from the same file today: another
    /// withdrawal counts still. And a blank that is blank because a Refresh named no such field is none where there was nothing before.
    private func isRight(_ field: AcceptedPost.Field, in post: AcceptedPost, _ asked: Int) -> Bool {
        let speaker = speaker(of: field, in: post)
        let isUndone = isUndone(asked)
        guard isUndone || speaker.isSilent else { return false }
        let isBlank = field.json == Self.blank
        switch before(post, field.name) {
        case .found(let found, let json):
            return isUndone
                ? json == field.json && speaker == .drop(found.place.drop) : json == Self.blank
        case .blanked, .end: return isBlank
        case .gone: return false
        }
    }

    /// What is being withdrawn is a withdrawal.
    private func isUndone(_ asked: Int) -> Bool {
        if case .withdrawal? = lineage.copy(asked) { true } else { false }
    }

    /// What the files that count had said of a field before a post.
    private func before(_ post: AcceptedPost, _ field: String) -> Look {
        newest(field, { post.place.isNewer(than: $0) }, where: isGood)
    }

    /// A copy holds whose values may be of a drop that is being withdrawn: that one's result is gone.
    private func isDoubtful(_ field: String, _ post: AcceptedPost) -> Bool {
        guard let copy = lineage.copy(post.place.drop), lineage.wrong(post.place.drop) == nil,
            let json = post.json(of: field),
            case .gone = speaker(of: AcceptedPost.Field(name: field, json: json), in: post)
        else { return false }
        return gone.contains { $0.drop < copy.base && lineage.wrong($0.drop) != nil }
    }

    private var gone: some Sequence<DropPlace> {
        entries.lazy.compactMap { entry -> DropPlace? in
            if case .gone(let place) = entry { place } else { nil }
        }
    }

    /// The last value from a drop that nobody has withdrawn. A field that a withdrawal had blanked is blanked again; and so is one that was
    /// blank by a Refresh before `asked`, a withdrawal, brought a value back.
    private func replacement(of field: String, for asked: Int) -> Replacement {
        func counts(_ drop: Int) -> Bool { !lineage.isWithdrawn(drop, at: destination) }
        switch newest(field, { _ in true }, where: isGood) {
        case .found(_, let json): return .value(json)
        case .blanked(let refresh):
            let isBlank = isUndone(asked) || blanker(of: field, above: refresh, { _ in true }, where: counts) != nil
            return isBlank ? .value(Self.blank) : .nothing
        case .end: return blanker(of: field, { _ in true }, where: counts) != nil ? .value(Self.blank) : .nothing
        case .gone(let place): return replacement(of: field, newerThan: place)
        }
    }

    /// What the result of the drop there would tell is gone. A newer withdrawal may have it still: it posted the value again, and that is no
    /// wrong one where every drop that was withdrawn can be asked.
    private func replacement(of field: String, newerThan place: DropPlace) -> Replacement {
        for post in posts where post.place.isNewer(than: place) {
            let drop = post.place.drop
            guard case .withdrawal(let base, _)? = lineage.copy(drop), lineage.wrong(drop) == nil,
                !lineage.isWithdrawn(drop, at: destination), let json = post.json(of: field),
                case .gone = speaker(of: AcceptedPost.Field(name: field, json: json), in: post),
                !gone.contains(where: { $0.drop < base && lineage.isWithdrawn($0.drop, at: destination) })
            else { continue }
            return .value(json)
        }
        return .gone
    }

    /// A drop that says values of its own, or rows of another such one, and that nobody has withdrawn.
    func isGood(_ drop: Int) -> Bool {
        lineage.copy(drop) == nil && !lineage.isWithdrawn(drop, at: destination)
    }
}
