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
    }

    /// A value of a drop that is being withdrawn, from one Ack on.
    package struct WrongValue: Sendable, Equatable {
        package var field: String
        package var json: [UInt8]
        /// The drop that is being withdrawn.
        package var asked: Int
        /// The drop that said the value first.
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

    private enum Entry: Sendable {
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

    /// What a look for the newest value of a field comes to.
    private enum Look {
        case found(AcceptedPost, [UInt8])
        case blanked
        case gone(DropPlace)
        /// Nothing older is known here.
        case end
    }

    /// Who said a value first.
    private enum Speaker {
        case drop(Int)
        /// A withdrawal blanked the field, or nothing tells.
        case nobody
        case gone
        /// Nothing older is known here.
        case end
    }

    private let destination: String
    private let lineage: DropLineage
    /// The newest first.
    private var entries: [Entry] = []
    /// What holds, by field.
    private var standing: [String: AcceptedPost] = [:]

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

    /// Takes what holds by the store of last values: one post for each field, with that field alone. To be called when all results are
    /// taken that tell of these drops.
    package mutating func takeHolding(_ holding: [AcceptedPost]) {
        for post in holding {
            guard let field = post.fields.first else { continue }
            let known = posts.first { $0.place.drop == post.place.drop && $0.json(of: field.name) == field.json }
            standing[field.name] = known ?? post
            if known == nil { take([post]) }
        }
    }

    /// What changed a value: a republication says what held already.
    private var told: [AcceptedPost] {
        posts.filter { post in
            guard case .republication? = lineage.copy(post.place.drop) else { return true }
            return standing.values.contains(post)
        }
    }

    private var posts: some Sequence<AcceptedPost> {
        entries.lazy.compactMap { entry -> AcceptedPost? in
            if case .post(let post) = entry { post } else { nil }
        }
    }

    /// Older results may tell what these do not.
    package var needsOlder: Bool {
        for post in posts {
            for field in post.fields {
                if lineage.copy(post.place.drop) != nil, case .end = speaker(of: field, in: post, isAll: false) {
                    return true
                }
            }
        }
        for (name, post) in standing {
            guard let json = post.json(of: name), wrong(AcceptedPost.Field(name: name, json: json), in: post) != nil
            else { continue }
            if case .end = newest(name, { _ in true }, where: isGood) { return true }
        }
        return false
    }

    // MARK: - What follows

    /// Every value of the drops that are being withdrawn, in the order of its Acks, and how many fields hold something of which nobody can
    /// tell any more whether it is such a value.
    package func wrongValues() -> (values: [WrongValue], unknown: Int) {
        let inTime = told.sorted { $1.isLater(than: $0) }
        var values: [WrongValue] = []
        for (index, post) in inTime.enumerated() {
            for field in post.fields {
                guard let (asked, drop) = wrong(field, in: post) else { continue }
                let end: WrongValue.End
                if standing[field.name] == post {
                    end = .holds(holder: post.place, by: replacement(of: field.name))
                } else if let next = inTime[(index + 1)...].first(where: { $0.says(field.name) }) {
                    end = .replaced(at: next.acceptedAt, by: next.json(of: field.name) ?? Self.blank)
                } else {
                    end = .unknown
                }
                values.append(
                    WrongValue(
                        field: field.name, json: field.json, asked: asked, drop: drop, from: post.acceptedAt, end: end))
            }
        }
        return (values, standing.count { isDoubtful($0.key, $0.value) })
    }

    /// What a field got first after a time (microseconds since 1970), and when; nil: nothing. `besides`: a drop that does not count.
    package func next(_ field: String, after time: Int64, besides drop: Int) -> (at: Int64, json: [UInt8])? {
        let later = told.filter { $0.acceptedAt > time && $0.place.drop != drop && $0.says(field) }
        guard let first = later.min(by: { $1.isLater(than: $0) }) else { return nil }
        return (first.acceptedAt, first.json(of: field) ?? Self.blank)
    }

    private static let blank = Array("null".utf8)

    private static func isBlank(_ field: AcceptedPost.Field) -> Bool { field.json.elementsEqual(blank) }

    /// Which drop that is being withdrawn a value is of, and which one said it first; nil: it is of none, or nobody can tell.
    private func wrong(_ field: AcceptedPost.Field, in post: AcceptedPost) -> (asked: Int, drop: Int)? {
        let drop = post.place.drop
        if let asked = lineage.wrong(drop) {
            if case .drop(let first) = speaker(of: field, in: post) { return (asked, first) }
            return (asked, drop)
        }
        guard lineage.copy(drop) != nil, case .drop(let first) = speaker(of: field, in: post),
            let asked = lineage.wrong(first)
        else { return nil }
        return (asked, first)
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

    /// The last value from a drop that nobody has withdrawn.
    private func replacement(of field: String) -> Replacement {
        switch newest(field, { _ in true }, where: isGood) {
        case .found(_, let json): return .value(json)
        case .blanked, .end: return .nothing
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
            return json == Self.blank ? .nothing : .value(json)
        }
        return .gone
    }

    /// A drop that says values of its own, or rows of another such one, and that nobody has withdrawn.
    private func isGood(_ drop: Int) -> Bool {
        lineage.copy(drop) == nil && !lineage.isWithdrawn(drop, at: destination)
    }

    /// Who said a value first that a post has. `isAll`: nothing older is to be had than what is here.
    private func speaker(of field: AcceptedPost.Field, in post: AcceptedPost, isAll: Bool = true) -> Speaker {
        let drop = post.place.drop
        guard let copy = lineage.copy(drop) else { return .drop(drop) }
        let look: Look
        let isOlder: (DropPlace) -> Bool
        switch copy {
        case .withdrawal(let base, let through):
            isOlder = { post.place.isNewer(than: $0) }
            look = newest(field.name, isOlder) { drop in
                drop < base && lineage.copy(drop) == nil
                    && !lineage.isWithdrawn(drop, at: destination, through: through)
            }
        case .republication(let base):
            isOlder = { _ in true }
            look = newest(
                field.name, isOlder,
                where: { drop in
                    guard drop < base else { return false }
                    if case .republication? = lineage.copy(drop) { return false }
                    return true
                })
        }
        switch look {
        case .found(let found, let json) where json == field.json:
            return speaker(of: AcceptedPost.Field(name: field.name, json: json), in: found, isAll: isAll)
        case .end where !isAll: return .end
        case .blanked where Self.isBlank(field), .end where Self.isBlank(field): return .nobody
        case .gone, .found, .blanked, .end: break
        }
        // Looked up otherwise than would be done today: it is the newest one that said the same.
        for other in posts where other.place.drop < copy.base && isOlder(other.place) {
            if lineage.copy(other.place.drop) == nil, other.json(of: field.name) == field.json {
                return .drop(other.place.drop)
            }
        }
        if case .gone = look { return .gone }
        return .nobody
    }

    private func newest(
        _ field: String, _ isOlder: (DropPlace) -> Bool, where counts: (Int) -> Bool
    ) -> Look {
        for entry in entries where isOlder(entry.place) && counts(entry.place.drop) {
            switch entry {
            case .gone(let place): return .gone(place)
            case .post(let post):
                if let json = post.json(of: field) { return .found(post, json) }
                if post.post == .refresh { return .blanked }
            }
        }
        return .end
    }
}
