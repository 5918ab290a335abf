internal import PostboxCore
internal import Synchronization

/// How a lane's destination stands, and each change of that, for one reader, who needs the newest one only.
final class LaneStates: Sendable {
    /// Ends with the lane.
    let changes: AsyncStream<LaneState>
    private let told: AsyncStream<LaneState>.Continuation
    private let state = Mutex(LaneState.untried)

    init() {
        (changes, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var now: LaneState { state.withLock { $0 } }

    /// It stands like that from now on. To be called in one place at a time, so that changes are told in their order.
    func set(_ new: LaneState) {
        let isNew = state.withLock { state in
            defer { state = new }
            return state != new
        }
        if isNew { told.yield(new) }
    }

    /// The lane is stopped, and nothing more comes.
    func finish() {
        set(.stopped)
        told.finish()
    }
}
