/// The drops that are open at a lane: whether somebody takes their outcomes, which of them were cancelled and why, what each waits for,
/// and the rows in doubt that they have presented.
///
/// A drop waits for one thing at a time, and is told once: when it may, or when it never will.
struct LaneDrops: Sendable {
    /// What a drop waits for.
    enum Wait: Sendable, Equatable {
        case turn
        case commit(rows: Int, isLast: Bool)

        /// What the drop is told when it gets that no more.
        func over(_ drop: Int) -> LaneMachine.Wake {
            switch self {
            case .turn: .turn(drop: drop, .over)
            case .commit: .commit(drop: drop, isAllowed: false)
            }
        }
    }

    private struct Entry {
        /// Somebody takes its outcomes; false between a fault and the try after it.
        var isTaken = true
        /// Why nothing more of it is sent.
        var cancelled: OutcomeDetail?
    }

    private var entries: [Int: Entry] = [:]
    /// By drop; of open ones only.
    private var waits: [Int: Wait] = [:]
    /// Rows in doubt, until every drop that has some has presented them. They stay although their drop is closed meanwhile.
    private var presented: [(place: DropPlace, handovers: [Handover])] = []

    // MARK: - Which are open

    /// The drop has rows to settle here, or will have some after a fault is mended.
    func isOpen(_ drop: Int) -> Bool { entries[drop] != nil }

    /// Somebody takes the drop's outcomes.
    func isTaken(_ drop: Int) -> Bool { entries[drop]?.isTaken == true }

    /// The drop is there, or there again after a fault; a cancellation before that stands.
    mutating func open(_ drop: Int) { entries[drop, default: Entry()].isTaken = true }

    /// Nobody takes the drop's outcomes, for now.
    mutating func leave(_ drop: Int) { entries[drop]?.isTaken = false }

    /// Nobody takes any drop's outcomes any more.
    mutating func leaveAll() {
        for drop in Array(entries.keys) { leave(drop) }
    }

    /// All rows of the drop are settled: it waits for nothing.
    mutating func close(_ drop: Int) {
        entries[drop] = nil
        waits[drop] = nil
    }

    // MARK: - Cancellations

    /// Nothing more of the drop is sent. False: nobody takes its outcomes, and nothing happens.
    mutating func cancel(_ drop: Int, _ why: OutcomeDetail) -> Bool {
        guard isTaken(drop) else { return false }
        entries[drop]?.cancelled = why
        return true
    }

    /// Why nothing more of the drop is sent; nil: it was not cancelled, or is not open.
    func cancellation(of drop: Int) -> OutcomeDetail? { entries[drop]?.cancelled }

    func isCancelled(_ drop: Int) -> Bool { entries[drop]?.cancelled != nil }

    // MARK: - What they wait for

    /// Some drop waits.
    var haveWaits: Bool { !waits.isEmpty }

    /// What the drop waits for; nil: for nothing.
    func wait(of drop: Int) -> Wait? { waits[drop] }

    /// The drop, which is open, waits for that, and for nothing else any more.
    mutating func wait(_ drop: Int, for what: Wait) { waits[drop] = what }

    /// The drop waits no more. What it waited for; nil: for nothing.
    @discardableResult
    mutating func endWait(of drop: Int) -> Wait? { waits.removeValue(forKey: drop) }

    /// Nobody gets anything any more. What those who waited are told, by the numbers of their drops.
    mutating func endWaits() -> [LaneMachine.Wake] {
        defer { waits = [:] }
        return waits.sorted { $0.key < $1.key }.map { $0.value.over($0.key) }
    }

    // MARK: - Rows in doubt

    /// Some were presented and not admitted yet.
    var havePresented: Bool { !presented.isEmpty }

    /// The drop has these rows in doubt, all of its.
    mutating func present(_ handovers: [Handover], of place: DropPlace) { presented.append((place, handovers)) }

    /// Takes all that were presented, the older first: what was sent first is older in the window, too.
    mutating func takePresented() -> [(place: DropPlace, handovers: [Handover])] {
        defer { presented = [] }
        presented.sort { $1.place.isNewer(than: $0.place) }
        return presented
    }
}
