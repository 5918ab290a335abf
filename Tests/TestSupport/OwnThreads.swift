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

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(TestThreads.shared) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// See ``OwnThreads``.
    package static var ownThreads: Self { Self() }
}

/// The threads of ``OwnThreads``: as many as are needed, so that one which is blocked holds up no other test.
package final class TestThreads: TaskExecutor {
    package static let shared = TestThreads()

    private struct State {
        var jobs: [UnownedJob] = []
        var threads = 0
        /// Threads without a job.
        var free = 0
    }

    private static let threadsMax = 32
    private let state = Mutex(State())
    private let count = DispatchSemaphore(value: 0)

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.jobs.count > state.free, state.threads < Self.threadsMax else { return false }
            state.threads += 1
            state.free += 1
            return true
        }
        if needsThread { Thread.detachNewThread { self.work() } }
        count.signal()
    }

    private func work() {
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
