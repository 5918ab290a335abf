internal import PostboxCore
internal import Synchronization

/// Why nothing more of a drop is sent, from the moment that it is so: cancelled, or too old. The first reason stands.
final class GivenUp: Sendable {
    private let state = Mutex<OutcomeDetail?>(nil)

    func set(_ detail: OutcomeDetail) {
        state.withLock { if $0 == nil { $0 = detail } }
    }

    /// nil: it goes on.
    var detail: OutcomeDetail? { state.withLock { $0 } }
}
