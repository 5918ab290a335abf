internal import PostboxCore
internal import PostboxIO

/// Who stands behind an account: looked up once a minute at most, on a thread of its own, since a directory service may be slow.
actor People {
    /// Accounts that are kept in mind.
    private static let most = 1000
    /// Nanoseconds.
    private static let kept: Int64 = 60_000_000_000

    private let thread = DiskThreads(label: "names", count: 1)
    private var known: [UInt32: (person: Person, at: Int64)] = [:]

    func person(_ uid: UInt32) async -> Person {
        let now = Clock.monotonic()
        if let known = known[uid], now - known.at < Self.kept { return known.person }
        let name = await thread.run { Accounts.name(of: uid) }
        let person = Person(uid: uid, name: name, service: Accounts.own)
        if known.count >= Self.most { known = [:] }
        known[uid] = (person, now)
        return person
    }
}
