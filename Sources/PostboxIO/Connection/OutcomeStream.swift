package import PostboxCore
internal import Synchronization

/// The outcomes of one drop at one destination, from the lane to whoever writes them down.
///
/// All that has come is taken at once, so that a reader which waits for the disk gets fewer and larger pieces. The reader is
/// woken where it runs: an `AsyncStream` would change threads three times for each piece.
package final class OutcomeStream: AsyncSequence, Sendable {
    fileprivate struct State {
        var runs: [SettledRun] = []
        var isFinished = false
        /// The reader was told that it has all.
        var isLeft = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    init() {}

    /// Adds what comes next.
    func yield(_ runs: [SettledRun]) {
        let reader = state.withLock { state in
            if !state.isLeft { state.runs.append(contentsOf: runs) }
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Nothing more comes. What came before can still be taken.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.takeReader()
        }
        reader?.resume()
    }

    /// There is one reader.
    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Takes what comes, where its reader runs.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: OutcomeStream

        /// What has come since the last call, as soon as there is something; nil: that was all, or the task was cancelled.
        package func next(isolation actor: isolated (any Actor)? = #isolation) async -> [SettledRun]? {
            while true {
                let (runs, isFinished) = stream.state.withLock { state in
                    let runs = state.runs
                    state.runs = []
                    if runs.isEmpty, state.isFinished { state.isLeft = true }
                    return (runs, state.isFinished)
                }
                if !runs.isEmpty { return runs }
                if isFinished { return nil }
                await withTaskCancellationHandler {
                    await withCheckedContinuation { reader in
                        let isThere = stream.state.withLock { state in
                            precondition(state.reader == nil, "outcomes have one reader")
                            guard state.runs.isEmpty, !state.isFinished else { return true }
                            state.reader = reader
                            return false
                        }
                        if isThere { reader.resume() }
                    }
                } onCancel: {
                    stream.finish()
                }
            }
        }
    }
}

extension OutcomeStream.State {
    fileprivate mutating func takeReader() -> CheckedContinuation<Void, Never>? {
        defer { reader = nil }
        return reader
    }
}
