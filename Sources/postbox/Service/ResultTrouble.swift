internal import PostboxIO
internal import Synchronization

/// Result files that cannot be written for now.
final class ResultTrouble: Sendable {
    private let state = Mutex((files: 0, since: Int64(0)))

    /// One more fails, or one fails no longer.
    func changed(_ isFailing: Bool) {
        state.withLock {
            if isFailing, $0.files == 0 { $0.since = Clock.monotonic() }
            $0.files += isFailing ? 1 : -1
        }
    }

    /// Since when, nanoseconds of the monotonic clock; nil: all can be written.
    var since: Int64? { state.withLock { $0.files > 0 ? $0.since : nil } }
}
