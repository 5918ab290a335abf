internal import PostboxCore
internal import Synchronization

/// The configuration that is in force. A service that runs may come to another one.
final class InForce: Sendable {
    /// A configuration, and since when.
    struct Configuration: Sendable {
        @Shared var settings: Settings
        /// Of the file's bytes.
        var sha256: String
        /// Microseconds since 1970.
        var since: Int64
    }

    private let state: Mutex<Configuration>

    init(_ first: Configuration) { state = Mutex(first) }

    /// The one of now.
    var now: Configuration { state.withLock { $0 } }

    /// Another one comes into force.
    func change(to new: Configuration) { state.withLock { $0 = new } }
}
