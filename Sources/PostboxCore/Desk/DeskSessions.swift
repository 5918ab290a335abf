/// Logins that stand, each known by a secret that only its browser has. They end with the service, and with the right of the user.
package struct DeskSessions: Sendable {
    /// Somebody who logged in.
    package struct Session: Sendable, Equatable {
        /// The user's name.
        package var user: String
        /// What his forms bring along.
        package var formKey: String
        /// What became of his last act, to be shown once.
        package var said: Said?
    }

    /// A sentence that a page shows once.
    package struct Said: Sendable, Equatable {
        package var text: String
        package var isFault: Bool

        package init(_ text: String, isFault: Bool = false) {
            self.text = text
            self.isFault = isFault
        }
    }

    /// Logins that stand at once; the oldest makes room.
    package static let most = 1000

    private var sessions: [String: Session] = [:]
    /// In the order of their logins.
    private var order: [String] = []

    package init() {}

    package subscript(secret: String) -> Session? { sessions[secret] }

    /// Somebody logged in. `secret`, `formKey`: chance that nobody can guess.
    package mutating func begin(_ user: String, secret: String, formKey: String) {
        if order.count >= Self.most { end(order[0]) }
        sessions[secret] = Session(user: user, formKey: formKey, said: nil)
        order.append(secret)
    }

    /// He logged out.
    package mutating func end(_ secret: String) {
        sessions[secret] = nil
        order.removeAll { $0 == secret }
    }

    /// Ends the logins of users of whom `isOver` is true.
    package mutating func end(where isOver: (_ user: String) -> Bool) {
        for (secret, session) in sessions where isOver(session.user) { end(secret) }
    }

    /// Notes what he is to be told next.
    package mutating func say(_ said: Said, to secret: String) { sessions[secret]?.said = said }

    /// What he is to be told; once.
    package mutating func takeSaid(_ secret: String) -> Said? {
        defer { sessions[secret]?.said = nil }
        return sessions[secret]?.said
    }
}
