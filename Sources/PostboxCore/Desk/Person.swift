/// Somebody who acts, as the record writes him: `unix:alice`.
package struct Person: Sendable, Hashable {
    package var text: String
    /// False: an account that nobody in particular stands behind (root, the service's own, one of the system). It counts as
    /// nobody where two people are wanted.
    package var isNamed: Bool

    package init(text: String, isNamed: Bool) {
        self.text = text
        self.isNamed = isNamed
    }

    /// Accounts below this number are the system's.
    static let firstPerson: UInt32 = 1000
    /// `nobody`, and what stands for an account that this machine does not know.
    static let nobody: Set<UInt32> = [65534, .max]

    /// Whoever speaks from an account of this machine. `name`: of the account; nil: it has none. `service`: the account that the
    /// service runs under.
    package init(uid: UInt32, name: String?, service: UInt32) {
        // A name could pass for a number, or for somebody else's with what is not seen in it.
        let isUsable = name.map { !$0.isEmpty && VisibleText.isVisible($0) && UInt32($0) == nil } ?? false
        text = "unix:" + (isUsable ? name ?? "" : "\(uid)")
        isNamed = isUsable && uid >= Self.firstPerson && !Self.nobody.contains(uid) && uid != service
    }
}
