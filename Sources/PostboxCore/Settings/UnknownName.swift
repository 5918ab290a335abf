/// What is told to whoever names a destination or a rule that the configuration does not have.
package enum UnknownName {
    /// `known`: the names of the configuration's destinations.
    package static func words(ofDestination name: String, among known: [String]) -> String {
        words("destination", name, among: known)
    }

    /// `known`: the `match` of each of the configuration's rules.
    package static func words(ofRule match: String, among known: [String]) -> String {
        known.isEmpty ? "the configuration has no rules" : words("rule", match, among: known)
    }

    private static func words(_ kind: String, _ name: String, among known: [String]) -> String {
        "there is no \(kind) \(VisibleText.line(name)); the configuration has \(known.joined(separator: ", "))"
    }
}
