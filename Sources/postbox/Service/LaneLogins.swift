internal import PostboxCore
internal import PostboxIO

/// How each destination logs in, and what keeps its token fresh.
struct LaneLogins: Sendable {
    private var credentials: [String: Credentials]
    private var freshening: [String: Task<Void, Never>] = [:]

    init(_ credentials: [String: Credentials]) { self.credentials = credentials }

    /// The destination logs in with these from now on.
    mutating func use(_ own: Credentials, of name: String) { credentials[name] = own }

    mutating func keepFresh(_ lane: PostingLane, of name: String) {
        freshening[name]?.cancel()
        freshening[name] = credentials[name].map { own in Task { await own.keepFresh(lane) } }
    }

    /// The destination is left.
    mutating func forget(_ name: String) {
        freshening.removeValue(forKey: name)?.cancel()
        credentials[name] = nil
    }

    /// The service ends.
    func cancel() {
        for task in freshening.values { task.cancel() }
    }

    /// When each token ends, microseconds since 1970; destinations that log in without one are not in it.
    func tokensEnd() async -> [String: Int64] {
        var ends: [String: Int64] = [:]
        for (name, own) in credentials { ends[name] = await own.tokenEnds }
        return ends
    }
}
