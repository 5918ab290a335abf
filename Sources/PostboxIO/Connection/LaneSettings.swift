internal import PostboxCore

/// What a lane goes by; and, while other settings wait for the end of its connection, what it will go by.
struct LaneSettings: Sendable {
    /// A destination's settings, and where its credentials come from.
    struct Choice: Sendable {
        var destination: Destination
        var credentials: CredentialSource
    }

    private(set) var now: Choice
    /// nil: none wait.
    private var next: Choice?

    init(_ now: Choice) { self.now = now }

    /// What it goes by as soon as none wait.
    var wanted: Destination { (next ?? now).destination }

    /// Others wait.
    var isChanging: Bool { next != nil }

    /// These wait from now on, in place of others that did.
    mutating func change(to new: Choice) { next = new }

    /// Goes by those that wait, and returns them; nil: none do.
    mutating func takeNext() -> Destination? {
        guard let next else { return nil }
        now = next
        self.next = nil
        return now.destination
    }
}
