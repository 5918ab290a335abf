internal import CLinux
internal import Dispatch
internal import Foundation
internal import Synchronization

/// A thread of its own for an actor whose work can wait: it gets of the processors what others leave (nice 19), so that it takes
/// nothing from what is posted meanwhile. Where the system does not allow that, it runs as every other thread.
///
/// The thread begins with the first job, and ends with this object.
package final class BackgroundThread: SerialExecutor {
    private let jobs: Jobs

    package init(label: String) {
        jobs = Jobs(label: label)
    }

    deinit { jobs.end() }

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(UnownedJob(job), for: asUnownedSerialExecutor())
    }
}

/// What the thread has to do. It outlives its executor by what the thread needs to end.
private final class Jobs: Sendable {
    private struct Job {
        var job: UnownedJob
        var executor: UnownedSerialExecutor
    }

    private struct State {
        var waiting: [Job] = []
        var isBegun = false
        var isEnded = false
    }

    private let label: String
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    init(label: String) {
        self.label = label
    }

    func add(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
        let isFirst = state.withLock { state in
            defer { state.isBegun = true }
            state.waiting.append(Job(job: job, executor: executor))
            return !state.isBegun
        }
        if isFirst {
            let thread = Thread { self.run() }
            thread.name = label
            thread.start()
        }
        signal.signal()
    }

    func end() {
        state.withLock { $0.isEnded = true }
        signal.signal()
    }

    private func run() {
        postbox_run_last()
        while true {
            signal.wait()
            let (taken, isEnded) = state.withLock { state in
                let taken = state.waiting
                state.waiting.removeAll(keepingCapacity: true)
                return (taken, state.isEnded)
            }
            for job in taken { job.job.runSynchronously(on: job.executor) }
            if isEnded, taken.isEmpty { return }
        }
    }
}
