internal import Logging
internal import PostboxCore
internal import PostboxIO

/// How a destination's logins get their credentials.
enum Credentials {
    static func source(
        for destination: Destination, environment: [String: String], logger: Logger
    ) -> CredentialSource {
        let user = destination.user
        return { .user(user) }
    }
}
