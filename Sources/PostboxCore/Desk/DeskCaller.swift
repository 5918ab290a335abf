/// Who asks, and what he may have.
package struct DeskCaller: Sendable, Equatable {
    /// How he showed who he is.
    package enum Way: Sendable, Equatable {
        /// By his account on the control socket.
        case account
        /// By a token that came with the request; its SHA-256.
        case token(sha256: String)
        /// By the cookie of his login.
        case session(String)
        /// The sign-on proxy vouches for the user of that name.
        case proxy(user: String)
        /// Not at all.
        case nobody
    }

    /// nil: nobody said who he is.
    package var person: Person?
    package var way: Way
    package var rights: Set<DeskRight>
    /// Patterns of rules whose files he may act on; empty: all.
    package var rules: [String]
    /// What forms have to bring along that he sends from the page; empty: he has no page.
    package var formKey = ""

    package init(person: Person?, way: Way, rights: Set<DeskRight>, rules: [String] = [], formKey: String = "") {
        self.person = person
        self.way = way
        self.rights = rights
        self.rules = rules
        self.formKey = formKey
    }

    /// Whether he may act on files of a rule, as `HTTPSettings.User.mayAct(onRule:)` has it.
    package func mayAct(onRule rule: String?) -> Bool {
        HTTPSettings.User(name: "", tokenSHA256: nil, may: [], rules: rules).mayAct(onRule: rule)
    }

    /// As it stands in the bar of the page: `alice, may act`.
    package var words: String {
        let name = person.map { ReleaseRule.name($0.text) } ?? "not logged in"
        let acts = rights.contains(.stop) || rights.contains(.release) || rights.contains(.correct)
        return name + (acts ? ", may act" : ", read only")
    }
}
