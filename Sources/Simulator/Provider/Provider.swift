import Synchronization

/// The one place where what connections share is read and changed.
final class Provider: Sendable {
    private struct Guarded {
        var state: ProviderState
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private struct Waiter {
        let id: Int
        let condition: @Sendable (SimulatorReport) -> Bool
        let continuation: CheckedContinuation<SimulatorReport?, Never>
    }

    private let guarded: Mutex<Guarded>

    init(_ state: sending ProviderState) {
        guarded = Mutex(Guarded(state: state))
    }

    /// Runs `body` on the state; writes out the record and wakes those whose condition came true.
    func withState<Result: Sendable>(_ body: (inout ProviderState) -> sending Result) -> sending Result {
        guarded.withLock { guarded in
            let result = body(&guarded.state)
            guarded.state.record?.flush()
            if !guarded.waiters.isEmpty {
                let report = guarded.state.report
                guarded.waiters.removeAll { waiter in
                    guard waiter.condition(report) else { return false }
                    waiter.continuation.resume(returning: report)
                    return true
                }
            }
            return result
        }
    }

    /// Waits until the report meets a condition; nil when that took too long.
    func report(_ limit: Duration, _ condition: @escaping @Sendable (SimulatorReport) -> Bool) async -> SimulatorReport?
    {
        let id = guarded.withLock { guarded in
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        let timeout = Task {
            try await Task.sleep(for: limit)
            guarded.withLock { guarded in
                guarded.waiters.removeAll { waiter in
                    guard waiter.id == id else { return false }
                    waiter.continuation.resume(returning: nil)
                    return true
                }
            }
        }
        defer { timeout.cancel() }
        return await withCheckedContinuation { continuation in
            guarded.withLock { guarded in
                let report = guarded.state.report
                if condition(report) {
                    continuation.resume(returning: report)
                } else {
                    guarded.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                }
            }
        }
    }
}
