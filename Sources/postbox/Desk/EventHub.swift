internal import PostboxCore
internal import Synchronization

/// Tells those who follow what happens. Whoever tells waits for nobody.
final class EventHub: Sendable {
    private struct State {
        var followers: [Int: EventQueue] = [:]
        var last = 0
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)

    /// Somebody follows.
    var isFollowed: Bool { count.load(ordering: .relaxed) > 0 }

    /// Somebody begins to follow, until nobody holds what is returned.
    func follow() -> EventFollower {
        let queue = EventQueue()
        let number = state.withLock { state in
            state.last += 1
            state.followers[state.last] = queue
            return state.last
        }
        count.add(1, ordering: .relaxed)
        return EventFollower(queue) { [self] in
            state.withLock { $0.followers[number] = nil }
            count.subtract(1, ordering: .relaxed)
        }
    }

    func tell(_ event: DeskEvent) {
        let queues = state.withLock { Array($0.followers.values) }
        for queue in queues { queue.add(event) }
    }
}

/// Somebody who follows what happens, as long as he is held.
final class EventFollower: Sendable {
    private let queue: EventQueue
    private let leave: @Sendable () -> Void

    init(_ queue: EventQueue, leave: @escaping @Sendable () -> Void) {
        self.queue = queue
        self.leave = leave
    }

    deinit { leave() }

    /// What is to go out next; nil: it is over. Ends when its task is cancelled.
    func next() async -> [UInt8]? { await queue.next() }
}

/// What one follower has not taken yet.
final class EventQueue: Sendable {
    private struct State {
        var backlog = EventBacklog()
        var isOver = false
        var waiter: CheckedContinuation<[UInt8]?, Never>?
    }

    private let state = Mutex(State())

    func add(_ event: DeskEvent) {
        let (waiter, text) = state.withLock { state -> (CheckedContinuation<[UInt8]?, Never>?, String?) in
            state.backlog.add(event)
            guard let waiter = state.waiter else { return (nil, nil) }
            state.waiter = nil
            return (waiter, state.backlog.take())
        }
        waiter?.resume(returning: text.map { Array($0.utf8) } ?? [])
    }

    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> [UInt8]?? in
                    if state.isOver { return .some(nil) }
                    if let text = state.backlog.take() { return Array(text.utf8) }
                    state.waiter = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            end()
        }
    }

    private func end() {
        let waiter = state.withLock { state in
            state.isOver = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
