import Dispatch
import Foundation
import Synchronization
package import Testing

/// Runs every test of a suite on threads that tests which only compute have no part in.
///
/// Tests share as many threads as the machine has cores, in turn. One that waits for a moment in the life of a program, and
/// acts then, would on a busy machine get its turn many seconds later, when the moment is over.
package struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    let threads: TestThreads
    let gate: TestGate?

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await gate?.enter()
        defer { gate?.leave() }
        try await withTaskExecutorPreference(threads) { try await function() }
    }
}

/// Lets some tests through at a time, in the order in which they came. Each of them starts programs of its own: dozens at once would
/// leave none of them the time to be met at a moment of its life.
package final class TestGate: Sendable {
    package static let programs = TestGate(most: 20)

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(most: Int) { state = Mutex(State(free: most)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

extension Trait where Self == OwnThreads {
    /// See ``OwnThreads``.
    package static var ownThreads: Self { Self(threads: .waiting, gate: .programs) }

    /// For a suite that computes for long: on two threads which give way to all others, so that no test that waits for a moment
    /// misses it.
    package static var computing: Self { Self(threads: .computing, gate: nil) }
}

/// The threads of ``OwnThreads``.
package final class TestThreads: TaskExecutor {
    /// As many as are needed, so that one which is blocked holds up no other test.
    package static let waiting = TestThreads(most: 128, nice: 0)
    package static let computing = TestThreads(most: 2, nice: 10)

    private struct State {
        var jobs: [UnownedJob] = []
        var threads = 0
        /// Threads without a job.
        var free = 0
    }

    private let most: Int
    private let nice: Int32
    private let state = Mutex(State())
    private let count = DispatchSemaphore(value: 0)

    /// - Parameter nice: how far they give way to other threads, as of `nice`(1).
    private init(most: Int, nice: Int32) {
        self.most = most
        self.nice = nice
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.jobs.count > state.free, state.threads < most else { return false }
            state.threads += 1
            state.free += 1
            return true
        }
        if needsThread { Thread.detachNewThread { self.work() } }
        count.signal()
    }

    private func work() {
        // On Linux it is the thread's own.
        if nice > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, nice) }
        while true {
            count.wait()
            let job = state.withLock { state in
                state.free -= 1
                return state.jobs.removeFirst()
            }
            job.runSynchronously(on: asUnownedTaskExecutor())
            state.withLock { $0.free += 1 }
        }
    }
}
