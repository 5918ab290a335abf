internal import PostboxCore

/// What a lane's login of now, or the last one, was like.
struct LastLogin {
    /// For summaries, in this order: names and values.
    private(set) var facts: [(String, String)] = []
    /// What its server allows: until a login is open, what the one before allowed.
    private(set) var limits = LoginStream.Limits()

    /// A connection to that server is there, and the login of that user on its way.
    mutating func began(at url: Destination.URL, as user: String) { facts = [("url", url.text), ("user", user)] }

    /// The login is open. `server`: what it calls itself; `rate`: posts a second, where they are limited; `now`: microseconds since
    /// 1970.
    mutating func opened(
        _ limits: LoginStream.Limits, at url: Destination.URL, as user: String, server: String?, rate: Int?, now: Int64
    ) {
        began(at: url, as: user)
        facts.append(("at", TimeText.text(now)))
        if let server { facts.append(("server", server)) }
        if let rate { facts.append(("posts_per_second", "\(rate)")) }
        self.limits = limits
    }
}
