/// The names that a rule or a destination may be called by. One that is misspelt is an error: else it would mean nothing, and what was asked
/// for would seem to be done.
package enum KnownNames: Sendable, Equatable {
    /// The rules' `match`.
    case rules([String])
    case destinations([String])

    /// Why a name is none of these, with those that there are; nil: it is one, or nobody gave one.
    package func problem(of name: String?) -> String? {
        let (word, all) =
            switch self {
            case .rules(let names): ("rule", names)
            case .destinations(let names): ("destination", names)
            }
        guard let name, !all.contains(name) else { return nil }
        let named = "there is no \(word) \(VisibleText.line(name))"
        guard !all.isEmpty else { return "\(named): the configuration has none" }
        let nearest = NearestWord.of(name, in: all).map { "; the nearest is \($0)" } ?? ""
        return "\(named)\(nearest); the configuration has \(all.joined(separator: ", "))"
    }
}

extension Settings {
    package var ruleNames: KnownNames { .rules(rules.map(\.match)) }
    package var destinationNames: KnownNames { .destinations(destinations.map(\.name)) }
}
