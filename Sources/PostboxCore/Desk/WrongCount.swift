/// What a withdrawal posts, or would post, counted; and how people are told.
package struct WrongCount: Sendable, Equatable {
    /// RICs at a service of a destination of which something is posted.
    package var rics = 0
    /// Of these, those of which a field gets what was there before.
    package var replacedRICs = 0
    /// Fields that are posted.
    package var fields = 0
    /// Fields that had no value before.
    package var withoutValue = 0
    /// Of these, those that are posted blank.
    package var blanked = 0
    /// Fields of which nobody can tell any more what they held.
    package var unknown = 0
    /// RICs that a Refresh replaced whole, and nobody can tell any more which other fields they had.
    package var images = 0
    /// RICs of services and destinations that the configuration no longer has.
    package var leftOut = 0
    /// What of it goes where. A RIC is another one at each place.
    private var places: [Place: Share] = [:]
    /// Wrong drops by destination of which nothing is posted, but that count as withdrawn from now on.
    package var noted = 0

    private struct Place: Sendable, Hashable {
        var destination: String
        var service: String
    }

    /// What of the counts falls to a place.
    private struct Share: Sendable, Equatable {
        var rics = 0
        var replacedRICs = 0
        var replaced = 0
        var blanked = 0
    }

    package init() {}

    /// Counts what becomes of the wrong values that hold a RIC's fields at a service of a destination.
    package mutating func add(_ fates: [ReplacedValue.Fate], at destination: String, _ service: String) {
        let replaced = fates.count { $0 == .replaced }
        let blank = fates.count { $0 == .blanked }
        fields += replaced + blank
        blanked += blank
        withoutValue += blank + fates.count { $0 == .left }
        guard replaced + blank > 0 else { return }
        rics += 1
        var share = places[Place(destination: destination, service: service)] ?? Share()
        share.rics += 1
        share.replaced += replaced
        share.blanked += blank
        if replaced > 0 {
            replacedRICs += 1
            share.replacedRICs += 1
        }
        places[Place(destination: destination, service: service)] = share
    }

    /// Destinations that something is posted to, or would be.
    package var destinations: [String] { Set(places.keys.map(\.destination)).sorted() }

    /// Whether it comes to that, or only would. When people are told, nothing is posted yet.
    package enum Mood: Sendable {
        case willBe, wouldBe

        fileprivate var verb: String { self == .wouldBe ? "would be" : "will be" }
    }

    /// Counts by stable words.
    package var facts: [String: Int] {
        [
            "rics": rics, "fields": fields, "without_value": withoutValue, "blanked": blanked,
            "results_gone": unknown, "images_gone": images, "left_out": leftOut,
        ].filter { $0.value > 0 || $0.key == "fields" }
    }

    /// Nothing is to be posted, and nothing is to be noted.
    package var isNothing: Bool { fields == 0 && noted == 0 }

    /// For people.
    ///
    /// - Parameters:
    ///   - files: what is withdrawn: `drop 9 (a.csv)`.
    ///   - isUndoing: withdrawals alone are withdrawn.
    ///   - still: drops that stay withdrawn by others, by number.
    ///   - besides: drops that the same act has withdrawn and that stay so, by number.
    package func text(
        of files: String, _ mood: Mood, isUndoing: Bool = false, still: [(drop: Int, by: [Int])] = [],
        besides: [(drop: Int, by: [Int])] = []
    ) -> String {
        let standing = still.map { stays($0.drop, $0.by) } + (besides.isEmpty ? [] : [alsoStays(besides)])
        let tail = (rest + standing).map { "; " + $0 }.joined()
        let replaced = fields - blanked
        if replaced > 0 {
            return
                "\(files): \(shares { ($0.replaced, $0.replacedRICs) }) \(mood.verb) replaced by what was there before"
                + (blanked == 0
                    ? ""
                    : "; \(PageWords.count(blanked, "field")) had no value before and \(mood.verb) blanked")
                + tail
        }
        if blanked > 0 {
            return
                "\(files): \(shares { ($0.blanked, $0.rics) }) had no value before and \(mood.verb) blanked"
                + tail
        }
        let nothing =
            !isUndoing && withoutValue + unknown + images + leftOut == 0
            ? "\(files): no field holds one of the values any more" : "\(files): there is nothing to post"
        guard noted > 0 else { return nothing + tail }
        return isUndoing
            ? "\(nothing)\(tail); the withdrawal \(mood == .wouldBe ? "would count" : "counts") no more"
            : "\(nothing)\(tail); the values \(mood == .wouldBe ? "would be" : "are") withdrawn, so that none of them is posted again in place of others"
    }

    /// `3 fields of 2 RICs`; where they go to several places, those of each: `1 field of 1 RIC at a and 2 fields of 2 RICs at b`.
    private func shares(_ part: (Share) -> (fields: Int, rics: Int)) -> String {
        func words(_ part: (fields: Int, rics: Int)) -> String {
            "\(PageWords.count(part.fields, "field")) of \(PageWords.count(part.rics, "RIC"))"
        }
        let parts = places.map { (place: $0.key, part: part($0.value)) }.filter { $0.part.fields > 0 }
        let all = parts.reduce((fields: 0, rics: 0)) { ($0.fields + $1.part.fields, $0.rics + $1.part.rics) }
        guard places.count > 1 else { return words(all) }
        let hasServices = destinations.count < places.count
        guard parts.count <= Self.namedMax else {
            let (many, one) =
                hasServices ? ("\(parts.count) services", "service") : ("\(parts.count) destinations", "destination")
            return "\(words(all)) at \(many) (a RIC counts once for each \(one))"
        }
        let each = parts.sorted {
            ($0.place.destination, $0.place.service) < ($1.place.destination, $1.place.service)
        }.map {
            "\(words($0.part)) at \($0.place.destination)" + (hasServices ? " (service \($0.place.service))" : "")
        }
        guard let last = each.last, each.count > 1 else { return each.joined() }
        return each.dropLast().joined(separator: ", ") + " and " + last
    }

    /// What stays as it is, and why.
    private var rest: [String] {
        var found: [String] = []
        func stay(_ count: Int) -> String { count == 1 ? "stays as it is" : "stay as they are" }
        let left = withoutValue - blanked
        if left > 0 {
            found.append(
                "\(PageWords.count(left)) had no value before and \(stay(left)) (\(Plural.word(left, "it", "they")) can be blanked instead)"
            )
        }
        if unknown > 0 {
            found.append(
                "\(PageWords.count(unknown)) \(stay(unknown)): the result that tells what \(unknown == 1 ? "it" : "they") held before is gone"
            )
        }
        if images > 0 {
            found.append(
                "a Refresh replaced all that \(PageWords.count(images, "RIC")) had, and which other fields \(images == 1 ? "it" : "they") had nobody can tell: the result is gone"
            )
        }
        if leftOut > 0 {
            found.append(
                "\(PageWords.count(leftOut, "RIC")) \(leftOut == 1 ? "is" : "are") left out: the configuration no longer has \(leftOut == 1 ? "its" : "their") destination or service"
            )
        }
        return found
    }

    private func stays(_ drop: Int, _ by: [Int]) -> String {
        let others = by.count == 1 ? "drop \(by[0])" : "drops " + by.map { "\($0)" }.joined(separator: ", ")
        return
            "drop \(drop) stays withdrawn by \(others): withdraw \(by.count == 1 ? "that one" : "those"), too, if it is to count again"
    }

    private func alsoStays(_ others: [(drop: Int, by: [Int])]) -> String {
        // A rule may have had thousands of files: each is found with `postbox files`.
        let named = others.prefix(Self.namedMax).map { "drop \($0.drop) by drop \($0.by[0])" }
        let more = others.count > Self.namedMax ? " and \(PageWords.count(others.count - Self.namedMax)) more" : ""
        let those = others.count == 1 ? "drop \(others[0].by[0])" : "those"
        return
            "the same act has also withdrawn \(named.joined(separator: ", "))\(more): withdraw \(those), too, if the whole act is to be undone"
    }

    private static let namedMax = 5
}
