internal import PostboxCore
internal import Synchronization

/// A delivery's machine as its two sides use it at once: the one that reads and hands over, and the one that takes the outcomes.
final class SharedDelivery: Sendable {
    private struct State {
        var machine: DeliveryMachine
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ machine: DeliveryMachine) {
        state = Mutex(State(machine: machine))
    }

    /// Tells what happened and returns what is to be done now.
    func next(after event: (inout DeliveryMachine) -> Void = { _ in }) -> DeliveryMachine.Action {
        state.withLock { state in
            event(&state.machine)
            return state.machine.next()
        }
    }

    /// So many more rows have their outcome, of which the server refused `refused`. Returns how the lane is to be left; nil: it is
    /// not.
    func settled(_ count: Int, refused: Int) -> DeliveryMachine.Action? {
        let (action, waiter) = state.withLock { state in
            (state.machine.settled(count, refused: refused), Self.takeWaiter(&state))
        }
        waiter?.resume()
        return action
    }

    /// Why nothing more of the drop is to be sent; once.
    func takeStop() -> OutcomeDetail? { state.withLock { $0.machine.takeStop() } }

    /// Whether rows may have to be taken back.
    var asksForUntaken: Bool { state.withLock { $0.machine.asksForUntaken } }

    /// The answering side ends: nobody may wait for it.
    func stopped() {
        let waiter = state.withLock { state in
            state.machine.stopped()
            return Self.takeWaiter(&state)
        }
        waiter?.resume()
    }

    /// Waits until few rows are open.
    func waitUntilFew() async {
        await withCheckedContinuation { continuation in
            let isNow = state.withLock { state in
                if state.machine.isWaiting { state.waiter = continuation }
                return state.waiter == nil
            }
            if isNow { continuation.resume() }
        }
    }

    private static func takeWaiter(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        guard !state.machine.isWaiting else { return nil }
        defer { state.waiter = nil }
        return state.waiter
    }
}
