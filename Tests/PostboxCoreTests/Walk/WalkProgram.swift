import PostboxCore

/// One run of the program, from start to its end or until it is killed: what `ServiceLoop`, `Recovery` and `Claims` do.
final class WalkProgram {
    let world: WalkWorld
    let lane: WalkLane
    let book: WalkGuards
    private(set) var contributions: [WalkContribution] = []
    /// Drops of an earlier run, or after a fault, that wait for their turn to go on.
    private var waitingToGoOn: [(drop: Int, presents: Bool)] = []
    private var steps: [RecoveryPlan.Step]
    private var closing: [() -> Void] = []
    /// Recorded, and not moved out of the inbox yet.
    private var claimed: [(drop: Int, file: WalkFile)] = []
    private var started: [(drop: Int, file: WalkFile)] = []
    private var nextBase: UInt32
    private var faultUntil: Int64?
    private(set) var isStopping = false
    private var hasCleaned = false

    init(_ world: WalkWorld) {
        self.world = world
        lane = WalkLane(world)
        book = WalkGuards(world)
        let open = world.disk.ledger.filter { $0.value.stage != .closed }
        nextBase = open.values.filter { $0.stage == .posting }.reduce(1000) {
            max($0, $1.base + UInt32($1.file.notes.count))
        }
        let work = world.disk.work.map { drop, folder in
            RecoveryPlan.Entry(name: String(drop), files: folder.file.map { [$0.name] } ?? [])
        }
        let closed = Set(world.disk.ledger.filter { $0.value.stage == .closed }.keys)
        steps = RecoveryPlan(
            known: open.map { RecoveryPlan.Known(drop: $0.key, name: $0.value.file.name, stage: $0.value.stage) },
            work: work, isClosed: { closed.contains($0) }
        ).steps.map(\.step)
        for record in open.values { book.drops.opened(record.place) }
        lookAtInbox()
    }

    func takeBase(rows: Int) -> UInt32 {
        defer { nextBase += UInt32(rows) }
        return nextBase
    }

    /// What waits there decides how long results are kept.
    func lookAtInbox() { book.drops.oldestWaiting = world.disk.inbox.map(\.arrival).min() }

    /// Everything is done, or stopped.
    var isOver: Bool {
        isRecovered && contributions.isEmpty
            && (isStopping || (waitingToGoOn.isEmpty && world.disk.inbox.isEmpty && claimed.isEmpty && started.isEmpty))
    }

    var words: String {
        "recovery \(steps), going on \(waitingToGoOn.map(\.drop)), inbox \(world.disk.inbox.count), "
            + contributions.map(\.words).joined(separator: "; ")
    }

    // MARK: - Recovery

    private var isRecovered: Bool { steps.isEmpty && closing.isEmpty && hasCleaned }

    /// Does one step of what an earlier run left to do. False: nothing is left.
    func recover() -> Bool {
        if !closing.isEmpty {
            closing.removeFirst()()
            return true
        }
        guard !steps.isEmpty else {
            guard !hasCleaned else { return false }
            book.clean()
            hasCleaned = true
            return true
        }
        let step = steps.removeFirst()
        world.tell("recovery: \(step)")
        switch step {
        case .move(let drop):
            guard let place = world.disk.ledger[drop]?.place else { return true }
            book.drops.settled(place)
            closing = [
                { [book] in book.keep(place) },
                { [world] in
                    if let result = world.disk.work.removeValue(forKey: drop)?.result {
                        world.disk.moved[drop] = result
                    }
                },
                { [world] in world.disk.ledger[drop]?.stage = .closed },
                { [book] in book.closed(place) },
            ]
        case .forget(let drop):
            guard let place = world.disk.ledger[drop]?.place else { return true }
            closing = [
                { [world] in world.disk.work[drop] = nil },
                { [world] in
                    world.disk.ledger[drop] = nil
                    world.promise.forgotten(drop)
                },
                { [book] in book.closed(place) },
            ]
        case .begin(let drop), .goOn(let drop):
            waitingToGoOn.append((drop, (world.disk.ledger[drop]?.through ?? 0) > 0))
        case .clearAway(let name):
            if let drop = Int(name) { world.disk.work[drop] = nil }
        case .endWithoutFile, .adopt, .leave, .readBack, .keepHeld:
            world.promise.fault("recovery found \(step)")
        }
        return true
    }

    // MARK: - What is taken

    /// Does one step of the loop. False: there is nothing to do.
    func step() -> Bool {
        for contribution in contributions {
            guard let end = contribution.end else { continue }
            contributions.removeAll { $0 === contribution }
            if case .fault = end {
                faultUntil = world.now.monotonic + 2_000_000_000
                waitingToGoOn.append((contribution.drop, false))
            }
            return true
        }
        if let until = faultUntil, until <= world.now.monotonic { faultUntil = nil }
        guard isRecovered, !isStopping, faultUntil == nil, lane.isReady || !claimed.isEmpty || !started.isEmpty else {
            return false
        }
        if !waitingToGoOn.isEmpty {
            let files = waitingToGoOn.sorted { $0.drop < $1.drop }
            waitingToGoOn = []
            start(files.map { ($0.drop, false, $0.presents) })
            return true
        }
        return claim()
    }

    private func claim() -> Bool {
        if !claimed.isEmpty {
            let next = claimed.removeFirst()
            world.disk.inbox.removeAll { $0.name == next.file.name }
            world.disk.work[next.drop] = PretendDisk.WorkFolder(file: next.file)
            started.append(next)
            return true
        }
        if !started.isEmpty {
            lookAtInbox()
            start(started.map { ($0.drop, true, false) })
            started = []
            return true
        }
        guard !world.disk.inbox.isEmpty else { return false }
        // Those of one priority in the order of their arrival; among priorities either way.
        let isUrgentFirst = world.chance(2)
        let files = world.disk.inbox.sorted {
            isUrgentFirst && $0.priority != $1.priority ? $0.priority > $1.priority : $0.arrival < $1.arrival
        }.prefix(world.int(1...3))
        for file in files {
            let drop = world.disk.lastNumber + 1
            world.disk.lastNumber = drop
            let place = DropPlace(
                drop: drop, age: book.drops.age(arrival: file.arrival, priority: file.priority), priority: file.priority
            )
            world.disk.ledger[drop] = PretendDisk.LedgerRow(file: file, place: place)
            world.promise.claimed(drop, place, file)
            book.drops.opened(place)
            claimed.append((drop, file))
            world.tell("claim \(file.name) as \(drop), age \(place.age % 1_000_000_000), priority \(place.priority)")
        }
        return true
    }

    private func start(_ files: [(drop: Int, isNew: Bool, presents: Bool)]) {
        for file in files {
            guard let record = world.disk.ledger[file.drop] else { continue }
            world.tell("open \(file.drop), through \(record.through), presents \(file.presents)")
            lane.open(record.place, presents: file.presents)
            if world.held.contains(file.drop) { lane.setHeld(file.drop, true) }
            contributions.append(
                WalkContribution(self, drop: file.drop, record: record, isNew: file.isNew))
        }
    }

    // MARK: - Time and orders

    func timePassed() {
        lane.timePassed(isHeard: world.isCalm || world.trouble.isHeard())
        for contribution in contributions where contribution.mayAge && lane.cancellation(of: contribution.drop) == nil {
            guard let most = contribution.file.maxAge, contribution.file.arrival + most <= world.now.wall else {
                continue
            }
            lane.cancel(contribution.drop, reason: "max_age")
        }
    }

    /// The program is told to stop.
    func stop() {
        isStopping = true
        lane.drain()
    }
}
