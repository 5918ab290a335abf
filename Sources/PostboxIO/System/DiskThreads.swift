internal import DequeModule
internal import Dispatch
internal import Synchronization

/// A few threads for work that waits for the disk: a read or a rename that stalls holds up none of the threads that timers,
/// tokens and alerts run on.
///
/// To go there and back are two changes of threads: a file of one chunk is to go there a few times, a long one a few times a chunk.
package final class DiskThreads: Sendable {
    private typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: Deque<Work> = []
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

    /// Does `body` there, which may block. Throws what it throws.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withCheckedContinuation { continuation in
            add { continuation.resume(returning: Result(catching: body)) }
        }.get()
    }

    private func add(_ work: @escaping Work) {
        let woken = state.withLock { state in
            state.waiting.append(work)
            return state.idle.popLast()
        }
        if let woken { queues[woken].async { self.work(woken) } }
    }

    private func work(_ own: Int) {
        while let work = next(own) { work() }
    }

    private func next(_ own: Int) -> Work? {
        state.withLock { state in
            if let work = state.waiting.popFirst() { return work }
            state.idle.append(own)
            return nil
        }
    }
}
