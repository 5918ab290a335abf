internal import Logging
internal import PostboxCore
internal import PostboxIO

/// How a destination's logins get their credentials.
struct Credentials: Sendable {
    private let destination: Destination
    private let client: TokenClient?

    init(for destination: Destination, logger: Logger) {
        self.destination = destination
        var logger = logger
        logger[metadataKey: "destination"] = "\(destination.name)"
        let own = logger
        client = destination.token.map {
            TokenClient(token: $0, tls: destination.tls, proxy: destination.proxy, logger: own)
        }
    }

    var source: CredentialSource {
        let user = destination.user
        guard let client else { return { _, _ in .user(user) } }
        return { wereRefused, trouble in
            .token(try await client.current(isRefused: wereRefused, trouble: trouble))
        }
    }

    /// When the token of now ends, microseconds since 1970; nil: there is none.
    var tokenEnds: Int64? {
        get async {
            guard let end = await client?.expiresAt else { return nil }
            let now = Clock.now()
            return now.wall + (end - now.monotonic) / 1000
        }
    }

    /// Keeps the lane's token fresh until the task is cancelled.
    func keepFresh(_ lane: PostingLane) async {
        await client?.run { token in await lane.reissue(.token(token)) }
    }
}
