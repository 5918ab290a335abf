internal import Dispatch
internal import Synchronization

/// A few threads for work that waits for the disk: a read or a rename that stalls holds up none of the threads that timers,
/// tokens and alerts run on.
///
/// A task that is given them as its executor runs there as a whole, with its child tasks and with the actors that have no thread
/// of their own; a task made by `Task { }` does not.
///
/// Such a task pays for it: at an actor with a thread of its own it changes threads at every asynchronous call, also when it
/// is there already. What that actor finds out, and the wait that it begins then, are no longer one step unless it is found
/// out inside `withCheckedContinuation`. A hot path is not to run here.
package final class DiskThreads: TaskExecutor {
    private struct State {
        var waiting = JobQueue()
        /// Threads that have nothing to do.
        var idle: [Int]
    }

    private let queues: [DispatchQueue]
    private let state: Mutex<State>

    /// `count`: as many files of which the disk stalls as others go on beside.
    package init(label: String, count: Int) {
        queues = (0..<count).map { DispatchQueue(label: "\(label).\($0)") }
        state = Mutex(State(idle: Array(queues.indices)))
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let woken = state.withLock { state in
            state.waiting.append(job)
            return state.idle.popLast()
        }
        if let woken { queues[woken].async { self.work(woken) } }
    }

    /// Does `body` there. What it calls there may block.
    package func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        try await withTaskExecutorPreference(self, operation: body)
    }

    private func work(_ own: Int) {
        while let job = next(own) { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next(_ own: Int) -> UnownedJob? {
        state.withLock { state in
            if let job = state.waiting.popFirst() { return job }
            state.idle.append(own)
            return nil
        }
    }
}

/// Jobs in the order in which they came.
private struct JobQueue {
    private var coming: [UnownedJob] = []
    /// The first one last.
    private var going: [UnownedJob] = []

    mutating func append(_ job: UnownedJob) { coming.append(job) }

    mutating func popFirst() -> UnownedJob? {
        if going.isEmpty {
            swap(&coming, &going)
            going.reverse()
        }
        return going.popLast()
    }
}
