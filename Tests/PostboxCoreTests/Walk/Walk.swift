import PostboxCore

/// One random life of the whole: files come, rows are posted, the server answers or does not, the program is killed and starts
/// again. At its end the promise is checked.
final class Walk {
    private let seed: UInt64
    private let world: WalkWorld
    private var program: WalkProgram
    private var files = 0
    private(set) var kills = 0

    init(seed: UInt64, keepsTrace: Bool = false) {
        self.seed = seed
        world = WalkWorld(seed: seed, keepsTrace: keepsTrace)
        program = WalkProgram(world)
    }

    var promise: WalkPromise { world.promise }
    var trace: [String] { world.trace }
    var trouble: WalkTrouble { world.trouble }

    /// Faults, each with the seed that shows it again; empty: the promise held.
    func run() -> [String] {
        let steps = world.int(50...600)
        for _ in 0..<steps where promise.faults.isEmpty { step() }
        world.isCalm = true
        var rounds = 0
        while promise.faults.isEmpty, !isDone {
            rounds += 1
            if rounds > 3000 {
                promise.fault("stuck: \(program.words)")
                break
            }
            calmRound()
        }
        if promise.faults.isEmpty { promise.check(world.disk, world.server) }
        return promise.faults.prefix(2).map { "seed \(seed): \($0)" }
    }

    private var isDone: Bool { program.isOver && !program.isStopping }

    private func calmRound() {
        if program.isStopping {
            if program.lane.inFlight.isEmpty || world.chance(20) { program.lane.stop() }
            if program.isOver { restart() }
        }
        world.server.deniesAll = false
        if !program.lane.isLinked, !program.isStopping { program.lane.connect() }
        program.lane.setSuspect(false)
        program.lane.setHeld(false)
        for drop in world.held.sorted() + program.contributions.map(\.drop) { program.lane.setHeld(drop, false) }
        while program.recover() {}
        while program.step() {}
        for contribution in program.contributions {
            while contribution.receive() {}
            while contribution.step() {}
        }
        program.lane.pump()
        while !world.server.wire.isEmpty { world.server.serve(world) }
        while !world.server.answers.isEmpty { program.lane.answer(world.server.answers.removeFirst()) }
        world.pass(seconds: 0.5)
        program.timePassed()
    }

    private func step() {
        let settings = world.settings
        if let event = world.trouble.next() { meet(event) }
        if world.chance(settings.kills) { return kill() }
        if world.chance(settings.losses) { return program.lane.lose() }
        if world.chance(settings.orders) { return order() }
        switch world.int(0...23) {
        case 0 where files < settings.dropsMax: arrive()
        case 1...2: if program.lane.isReady || !program.recover() { _ = program.step() }
        case 3: if !program.recover() { _ = program.step() }
        case 4: if !program.lane.isLinked, !program.isStopping { program.lane.connect() }
        case 5...11: if let one = program.contributions.randomElement(using: &world.random) { _ = one.step() }
        case 12...14: if let one = program.contributions.randomElement(using: &world.random) { _ = one.receive() }
        case 15...18: world.server.serve(world)
        case 19...21:
            let count = world.server.answers.count
            if count > 0 { program.lane.answer(world.server.answers.remove(at: world.int(0...count - 1))) }
        case 22:
            world.pass(seconds: Double(world.int(0...20)) / 10)
            program.timePassed()
        default: program.lane.pump()
        }
        if program.isStopping {
            if program.lane.inFlight.isEmpty || world.chance(30) { if !program.lane.isStopped { program.lane.stop() } }
            if program.isOver { restart() }
        }
    }

    private func meet(_ event: WalkTrouble.Event) {
        switch event {
        case .hold(let isHeld): program.lane.setHeld(isHeld)
        case .suspect(let isSuspect): program.lane.setSuspect(isSuspect)
        case .goBack: program.lane.goBack()
        case .denial(let isOn): world.server.deniesAll = isOn
        }
    }

    private func order() {
        let drop = program.contributions.randomElement(using: &world.random)?.drop
        switch world.int(0...9) {
        case 0...1: if let drop { program.lane.cancel(drop, reason: "cancelled") }
        case 2...4: if let drop { program.lane.setHeld(drop, true) }
        case 5...6: if let drop { program.lane.setHeld(drop, false) }
        case 7:
            world.pass(seconds: 15)
            program.timePassed()
        case 8:
            world.disk.work.keys.min().flatMap { world.disk.work[$0]?.result }?.sync()
        default:
            if !program.isStopping {
                world.tell("stop")
                program.stop()
            }
        }
    }

    private func kill() {
        kills += 1
        let isPowerCut = world.chance(3)
        world.tell(isPowerCut ? "POWER CUT" : "KILL")
        world.server.hangUp(world)
        if isPowerCut { world.disk.cutPower(&world.random) }
        restart()
    }

    private func restart() {
        world.promise.ended(world.disk)
        if !world.trouble.holdsLast { world.held = [] }
        program = WalkProgram(world)
    }

    private func arrive() {
        files += 1
        var notes: [RowNote] = []
        var rejected: Set<Int> = []
        var hopeless: Set<Int> = []
        for row in 1...world.int(1...world.settings.rowsMax) {
            let fields = ["BID", "ASK", "TRDPRC_1"].filter { _ in world.chance(2) }
            var note = RowNote(
                ric: ["A", "B", "C"][world.int(0...2)], post: world.chance(4) ? .refresh : .update,
                fields: fields.isEmpty ? ["BID"] : fields)
            note.service = world.chance(6) ? 1 : 0
            notes.append(note)
            if world.chance(25) { rejected.insert(row) }
            if world.chance(25) { hopeless.insert(row) }
        }
        let isUrgent = world.settings.hasPriority && world.chance(3)
        // Some come in with an older time than others that came before, but none with that of one which is done with: nobody
        // could have waited for it.
        let done = world.disk.ledger.values.filter { $0.stage == .closed }.map(\.place.age).max() ?? 0
        let late = world.chance(4) ? Int64(world.int(0...3)) * 1_000_000 : 0
        let arrival = max(world.now.wall - late + Int64(files), done + 1)
        let file = WalkFile(
            name: "f\(files).csv", arrival: arrival, priority: isUrgent ? 1 : 0, notes: notes, rejected: rejected,
            hopeless: hopeless,
            maxAge: world.chance(12) ? Int64(world.int(1...20)) * 1_000_000 : nil, chunk: world.int(1...8))
        world.tell("arrives \(file.name), \(notes.count) rows")
        world.disk.inbox.append(file)
        program.lookAtInbox()
    }
}
