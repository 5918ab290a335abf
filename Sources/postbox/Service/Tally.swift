internal import Synchronization

/// Counts the rows of one drop at one destination on their way: offered by the reading side, settled by the answering side.
final class Tally: Sendable {
    private struct State {
        var offered = 0
        var settled = 0
        var isComplete = false
        var isFaulty = false
        var lost = 0
        var waiter: (limit: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func offered(_ count: Int) {
        state.withLock { $0.offered += count }
    }

    /// No more rows will be offered, for now when the reading side met a fault. True: all of them are settled.
    func complete(isFaulty: Bool) -> Bool {
        state.withLock {
            $0.isComplete = true
            $0.isFaulty = isFaulty
            return $0.settled == $0.offered
        }
    }

    /// True: that was the last one.
    func settled(_ count: Int) -> Bool {
        let (isLast, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            state.settled += count
            var wake: CheckedContinuation<Void, Never>?
            if let waiter = state.waiter, state.offered - state.settled <= waiter.limit {
                wake = waiter.continuation
                state.waiter = nil
            }
            return (state.isComplete && state.settled == state.offered, wake)
        }
        waiter?.resume()
        return isLast
    }

    /// The answering side ends: nobody may wait for it.
    func stop() {
        let waiter = state.withLock { state in
            let waiter = state.waiter?.continuation
            state.waiter = nil
            state.lost = state.offered - state.settled
            state.offered = state.settled
            return waiter
        }
        waiter?.resume()
    }

    /// Waits until at most `limit` rows are offered and not settled: memory stays bounded when results are slow to write.
    func wait(untilOpen limit: Int) async {
        await withCheckedContinuation { continuation in
            let isNow = state.withLock { state in
                if state.offered - state.settled <= limit { return true }
                state.waiter = (limit, continuation)
                return false
            }
            if isNow { continuation.resume() }
        }
    }

    /// The reading side met a fault: there are rows that it did not offer.
    var isFaulty: Bool { state.withLock { $0.isFaulty } }

    /// Rows that were offered and will not be settled by this run.
    var lost: Int { state.withLock { $0.lost } }
}
