internal import Logging
internal import PostboxCore
internal import PostboxIO

/// How a destination's logins get their credentials.
struct Credentials: Sendable {
    private let destination: Destination
    private let client: TokenClient?

    init(for destination: Destination, logger: Logger) {
        self.destination = destination
        client = destination.token.map {
            TokenClient(token: $0, tls: destination.tls, proxy: destination.proxy, logger: logger)
        }
    }

    var source: CredentialSource {
        let user = destination.user
        guard let client else { return { _ in .user(user) } }
        return { wereRefused in .token(try await client.current(isRefused: wereRefused)) }
    }

    /// Keeps the lane's token fresh until the task is cancelled.
    func keepFresh(_ lane: PostingLane) async {
        await client?.run { token in await lane.reissue(.token(token)) }
    }
}
