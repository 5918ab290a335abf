extension ValueStory {
    /// What a look for the newest value of a field comes to.
    enum Look {
        case found(AcceptedPost, [UInt8])
        /// A Refresh that does not name it.
        case blanked(AcceptedPost)
        case gone(DropPlace)
        /// Nothing older is known here.
        case end
    }

    /// Who said a value first.
    enum Speaker: Equatable {
        /// A file; or a withdrawal, which blanked what had no value before.
        case drop(Int)
        /// The field is blank because a Refresh of the drop did not name it.
        case silent(Int)
        /// Nothing tells.
        case nobody
        case gone
        /// Nothing older is known here.
        case end

        /// nil: there is none, or it is not known.
        var drop: Int? {
            switch self {
            case .drop(let drop), .silent(let drop): drop
            case .nobody, .gone, .end: nil
            }
        }

        var isSilent: Bool { if case .silent = self { true } else { false } }
    }

    /// Who said first what holds a field, and whether somebody has withdrawn it; nil: the field holds nothing that the store told of.
    package func holder(of field: String) -> (drop: Int?, isWithdrawn: Bool)? {
        guard let post = standing[field], let json = post.json(of: field) else { return nil }
        let drop = speaker(of: AcceptedPost.Field(name: field, json: json), in: post).drop
        // A blank is no price that somebody could want back.
        let isWithdrawn = json != Self.blank && drop.map { lineage.isWithdrawn($0, at: destination) } ?? false
        return (drop, isWithdrawn)
    }

    /// Who said a value first that a post has. `isAll`: nothing older is to be had than what is here.
    func speaker(of field: AcceptedPost.Field, in post: AcceptedPost, isAll: Bool = true) -> Speaker {
        let drop = post.place.drop
        guard let copy = lineage.copy(drop) else { return .drop(drop) }
        let isOlder: (DropPlace) -> Bool
        let counted: (Int) -> Bool
        let counts: (Int) -> Bool
        switch copy {
        case .withdrawal(let base, let through):
            isOlder = { post.place.isNewer(than: $0) }
            counted = { $0 < base && !lineage.isWithdrawn($0, at: destination, through: through) }
            counts = { lineage.copy($0) == nil && counted($0) }
        case .republication(let base):
            isOlder = { _ in true }
            counted = { $0 < base }
            counts = { drop in
                guard drop < base else { return false }
                if case .republication? = lineage.copy(drop) { return false }
                return true
            }
        }
        let isBlank = field.json == Self.blank
        let look = newest(field.name, isOlder, where: counts)
        switch look {
        case .found(let found, let json) where json == field.json:
            return speaker(of: AcceptedPost.Field(name: field.name, json: json), in: found, isAll: isAll)
        case .end where !isAll: return .end
        case .blanked(let refresh) where isBlank:
            if let blanker = blanker(of: field.name, above: refresh, isOlder, where: counted) { return .drop(blanker) }
            return lineage.copy(refresh.place.drop) == nil ? .silent(refresh.place.drop) : .nobody
        case .end where isBlank:
            return blanker(of: field.name, isOlder, where: counted).map { .drop($0) } ?? .nobody
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

    /// The newest withdrawal that blanked a field without a file that had said so; nil: none did. `refresh`: it is newer than that one.
    func blanker(
        of field: String, above refresh: AcceptedPost? = nil, _ isOlder: (DropPlace) -> Bool,
        where counts: (Int) -> Bool
    ) -> Int? {
        for post in posts {
            if let refresh, !post.place.isNewer(than: refresh.place) { return nil }
            let drop = post.place.drop
            guard isOlder(post.place), counts(drop), case .withdrawal? = lineage.copy(drop),
                let json = post.json(of: field), json == Self.blank
            else { continue }
            let speaker = speaker(of: AcceptedPost.Field(name: field, json: json), in: post)
            if case .drop(let first) = speaker, lineage.copy(first) == nil { continue }
            return drop
        }
        return nil
    }

    /// The newest that was said of a field, by drops that count.
    func newest(
        _ field: String, _ isOlder: (DropPlace) -> Bool, where counts: (Int) -> Bool
    ) -> Look {
        for entry in entries where isOlder(entry.place) && counts(entry.place.drop) {
            switch entry {
            case .gone(let place): return .gone(place)
            case .post(let post):
                if let json = post.json(of: field) { return .found(post, json) }
                if post.post == .refresh { return .blanked(post) }
            }
        }
        return .end
    }
}
