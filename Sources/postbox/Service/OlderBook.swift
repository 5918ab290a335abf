internal import PostboxCore
internal import Synchronization

/// Lets drops wait until older ones have ended, as `OlderDrops` says. No thread waits.
final class OlderBook: Sendable {
    private struct State {
        var drops: OlderDrops
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Drops of which nothing is wanted any more, as far as they may ask yet.
        var givenUp: Set<Int> = []
        /// The service stops.
        var isStopped = false
    }

    private let state: Mutex<State>

    /// `destinations`: those of the configuration.
    init(destinations: [String]) { state = Mutex(State(drops: OlderDrops(destinations: destinations))) }

    /// Another configuration came into force: these destinations are there from now on.
    func know(_ destinations: [String]) { state.withLock { $0.drops.know(destinations) } }

    /// A drop is not closed; it may be told again.
    func opened(_ place: DropPlace, at destinations: [String]) {
        state.withLock { $0.drops.opened(place, at: destinations) }
    }

    /// A drop is closed, and what was accepted of it is known; or it came to nothing, or is held for release.
    func ended(_ drop: Int) {
        wake {
            $0.givenUp.remove(drop)
            return $0.drops.ended(drop)
        }
    }

    /// It is known which RICs an open drop's rows are about: see `OlderDrops`.
    func knows(_ rics: Set<UInt64>, of drop: Int) { wake { $0.drops.knows(rics, of: drop) } }

    /// These drops, and no others, are held on a person's order.
    func held(_ drops: Set<Int>) { wake { $0.drops.held(drops) } }

    /// Nothing of the drop is wanted any more: it waits no longer.
    func giveUp(_ drop: Int) {
        wake {
            guard $0.drops.isOpen(drop) else { return [] }
            $0.givenUp.insert(drop)
            $0.drops.stopWaiting(drop)
            return [drop]
        }
    }

    /// Nobody waits any longer.
    func stop() {
        wake {
            $0.isStopped = true
            return Array($0.waiters.keys)
        }
    }

    private func wake(_ change: (inout State) -> [Int]) {
        let woken = state.withLock { state in change(&state).compactMap { state.waiters.removeValue(forKey: $0) } }
        for waiter in woken { waiter.resume() }
    }

    /// Waits until every older drop has ended, or the drop is given up. `begin`: is told before it waits for which drops that is, and
    /// of priorities that drops have from now on. False: the service stops.
    func wait(_ drop: Int, begin: @Sendable (_ older: Set<Int>, _ lent: [Int: Int]) async -> Void) async -> Bool {
        let answer = state.withLock { state in
            state.givenUp.contains(drop) || state.isStopped ? .go : state.drops.ask(drop)
        }
        guard case .wait(let lent) = answer else { return !state.withLock { $0.isStopped } }
        await begin(waitedFor(by: drop), lent)
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                // All that it waits for may have ended meanwhile.
                let isOver =
                    state.isStopped || state.givenUp.contains(drop) || state.drops.waitedFor(by: drop).isEmpty
                if !isOver { state.waiters[drop] = continuation }
                return isOver
            }
            if isOver { continuation.resume() }
        }
        return state.withLock { state in
            state.drops.stopWaiting(drop)
            return !state.isStopped
        }
    }

    /// The priority that was lent to a drop; nil: it has its own.
    func lentPriority(of drop: Int) -> Int? { state.withLock { $0.drops.lentPriority(of: drop) } }

    /// Drops that wait, by number.
    var waiting: Set<Int> { state.withLock { $0.drops.waiting } }

    /// The drops that one waits for.
    func waitedFor(by drop: Int) -> Set<Int> { state.withLock { $0.drops.waitedFor(by: drop) } }
}
