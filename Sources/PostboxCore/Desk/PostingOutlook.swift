/// What keeps drops from being posted that somebody has just made or released, or would make; and how people are told. Nothing of them
/// is posted by then, whatever comes next.
package struct PostingOutlook: Sendable, Equatable {
    package enum Obstacle: Sendable, Hashable {
        /// A second person has to release the drop.
        case secondPerson
        /// The desk holds the drop's rule, by its `match`.
        case ruleHeld(String)
        /// The desk holds the destination.
        case destinationHeld
        /// Nothing can be posted to the destination for now; why.
        case notReady(String)
        /// The destination only rehearses.
        case rehearsal
    }

    /// Drops that stand alike.
    private struct Group: Sendable, Equatable {
        /// nil: they stand so wherever they go.
        var destination: String?
        /// nil: nothing keeps them.
        var obstacle: Obstacle?
        var drops: [Int]
    }

    private var groups: [Group] = []

    package init() {}

    /// Takes in how a drop stands at a destination. `drop`: nil: there is none yet, it is only asked what would be.
    package mutating func add(_ drop: Int?, at destination: String, _ obstacle: Obstacle?) {
        let place: String? =
            switch obstacle {
            case .secondPerson, .ruleHeld: nil
            case .destinationHeld, .notReady, .rehearsal, nil: destination
            }
        let drops = drop.map { [$0] } ?? []
        guard let at = groups.firstIndex(where: { $0.destination == place && $0.obstacle == obstacle }) else {
            return groups.append(Group(destination: place, obstacle: obstacle, drops: drops))
        }
        for drop in drops where !groups[at].drops.contains(drop) { groups[at].drops.append(drop) }
    }

    /// Sentences for people about drops that are there, each with a large letter, without a point behind the last one; empty: there are
    /// no drops.
    package var text: String {
        let numbers = Set(groups.flatMap(\.drops)).sorted()
        guard let first = numbers.first else { return "" }
        let look =
            numbers.count == 1
            ? "See how far it is: postbox show \(first)"
            : "See how far each is: postbox show \(first), and so on"
        return (groups.map(Self.sentence) + [look]).joined(separator: ". ")
    }

    /// The same about what would be, where something would keep it; empty: nothing would.
    package var preview: String { groups.compactMap(Self.possibility).joined(separator: ". ") }

    private static func sentence(_ group: Group) -> String {
        let (destination, drops) = (group.destination ?? "", group.drops)
        let isOne = drops.count == 1
        let (those, them) = (words(drops), isOne ? "it" : "them")
        let wait = isOne ? "waits" : "wait"
        switch group.obstacle {
        case .secondPerson:
            let number = isOne ? drops.map { " \($0)" }.joined() : ""
            return
                "Nothing of \(those) is posted yet: a second person has to release \(them) (postbox release\(number)), or ends \(them) (postbox refuse\(number)). See what waits: postbox held, or Held on the page"
        case .ruleHeld(let rule):
            return
                "The rule \(VisibleText.line(rule)) is held: \(those) \(wait), and nothing of \(them) is posted before somebody resumes that rule (postbox resume rule)"
        case .destinationHeld:
            return
                "The destination \(destination) is held: \(those) \(wait), and nothing of \(them) is posted there before somebody resumes it (postbox resume destination \(destination))"
        case .notReady(let why):
            return
                "Nothing can be posted to \(destination) now (\(VisibleText.line(why))): \(those) \(wait) until that is over, and nothing of \(them) is posted there yet"
        case .rehearsal:
            return "The destination \(destination) only rehearses (rehearse: true): nothing of \(those) is posted there"
        case nil:
            let lead = those.prefix(1).uppercased() + those.dropFirst()
            return "\(lead) \(isOne ? "is" : "are") on the way to \(destination)"
        }
    }

    private static func possibility(_ group: Group) -> String? {
        let destination = group.destination ?? ""
        switch group.obstacle {
        case .secondPerson: return "Two people are needed: nothing would be posted before another person releases it"
        case .ruleHeld(let rule):
            return
                "The rule \(VisibleText.line(rule)) is held: nothing would be posted before somebody resumes that rule"
        case .destinationHeld:
            return
                "The destination \(destination) is held: nothing would be posted there before somebody resumes it"
        case .notReady(let why):
            return
                "Nothing can be posted to \(destination) now (\(VisibleText.line(why))): it would wait until that is over"
        case .rehearsal:
            return "The destination \(destination) only rehearses (rehearse: true): nothing would be posted there"
        case nil: return nil
        }
    }

    /// `drop 3`, `drops 3, 4 and 5`, `drops 3, 4, 5, 6, 7 and 12 more`
    private static func words(_ drops: [Int]) -> String {
        guard drops.count > 1 else { return "drop " + drops.map(String.init).joined() }
        let named = drops.prefix(namedMax).map(String.init)
        let more = drops.count - named.count
        let last = more > 0 ? "\(PageWords.count(more)) more" : named.last ?? ""
        return "drops \((more > 0 ? named : named.dropLast()).joined(separator: ", ")) and \(last)"
    }

    private static let namedMax = 5
}
