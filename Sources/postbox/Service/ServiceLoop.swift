internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The service's one loop: everything that happens is one kind of input, so order is never in doubt. `ServiceMachine` decides; the
/// loop carries out.
actor ServiceLoop {
    private enum Input: Sendable {
        case inbox(InboxWatcher.Report)
        case lane(String, PostingLane, LaneState)
        case ended(ClaimedFile, ContributionEnd)
        /// A drop that nobody works on goes on.
        case goesOn(Int)
        /// The desk's commands have changed.
        case commands
        /// The configuration is to be loaded anew.
        case reload(Reload.Order)
        case tick
        case stop
    }

    private let context: Context
    private let maker: LaneMaker
    private var logins: LaneLogins
    private let options: RunOptions
    private let stops: AsyncStream<Void>
    private let inputs: AsyncStream<Input>
    private let input: AsyncStream<Input>.Continuation
    private let watcher: InboxWatcher
    private let desk: CommandDesk
    /// What people may ask the service to do, while it runs.
    nonisolated let acts: DeskActs
    private var machine: ServiceMachine
    private var files: FilesInWork
    private var sinceStart = SinceStart()
    private var timer: Task<Void, Never>?
    private var signs: SignsOfLife

    /// `recovered`: what an earlier run left. `goodTables`: those of which it left one that can be used.
    init(
        context: Context, maker: LaneMaker, credentials: [String: Credentials], options: RunOptions,
        stops: AsyncStream<Void>,
        recovered: [ClaimedFile], goodTables: Set<String>
    ) {
        self.context = context
        self.maker = maker
        logins = LaneLogins(credentials)
        self.options = options
        self.stops = stops
        let settings = context.settings
        (inputs, input) = AsyncStream.makeStream()
        desk = CommandDesk(context: context) { [input] in input.yield(.commands) }
        acts = DeskActs(context: context) { [input] in input.yield(.goesOn($0)) }
        watcher = InboxWatcher(
            settings.directories.inbox, names: InboxNames(rules: settings.rules, ignored: settings.ignored),
            thread: DiskThread(label: "inbox"))
        files = FilesInWork(recovered)
        signs = SignsOfLife(settings, environment: options.environment, logger: context.logger)
        machine = ServiceMachine(
            settings, options: ServiceMachine.Options(isOnce: options.once, patience: options.wait.nanoseconds),
            recovered: recovered.map(\.forMachine), goodTables: goodTables, at: Clock.monotonic())
    }

    /// Runs until the service is stopped, or for `once` until nothing is left to do. Returns the exit code.
    func run() async -> Int32 {
        await knowHeld()
        while true {
            let action = machine.next(at: Clock.monotonic(), facts)
            if action == .started { break }
            await carryOut(action)
        }
        context.logger.info(
            "started",
            metadata: [
                "event": .event(.started), "inbox": "\(context.settings.directories.inbox)",
                "version": "\(Version.text)",
                "once": "\(options.once)",
            ])
        signs.started(machine.summary)
        await withDiscardingTaskGroup { group in
            listen(&group)
            var isOver = await round(&group)
            var next = inputs.makeAsyncIterator()
            while !isOver, let event = await next.next() {
                await take(event, &group)
                isOver = await round(&group)
            }
            timer?.cancel()
            signs.stopping(machine.summary, drain: context.settings.drainTimeout)
            await watcher.stop()
            await desk.stop()
            await stopLanes()
            // Whoever asked for something in the last moment gets an answer.
            input.finish()
            while let event = await next.next() {
                if case .reload(let order) = event { order.answer(Self.isStopping) }
            }
            logins.cancel()
            group.cancelAll()
        }
        let (told, code) = machine.finish()
        for told in told { context.tell(told) }
        let commits = await context.ledger.commits
        context.logger.info(
            "stopped",
            metadata: [
                "event": .event(.stopped), "exit_code": "\(code)", "syncs": "\(Disk.syncs)",
                "ledger_commits": "\(commits)",
            ])
        return code
    }

    /// Runs the lanes, and turns whatever comes into input.
    private func listen(_ group: inout DiscardingTaskGroup) {
        for (name, lane) in context.lanes.all { listen(to: lane, of: name, &group) }
        group.addTask { [watcher, input] in
            for await report in watcher.reports { input.yield(.inbox(report)) }
        }
        group.addTask { [stops, input] in
            await StopSignals(stops).listen { input.yield(.stop) }
        }
        guard let hangups = options.hangups else { return }
        group.addTask { [input] in
            for await _ in hangups {
                input.yield(.reload(Reload.Order(by: nil, from: "signal", why: nil, answer: { _ in })))
            }
        }
    }

    /// Lets a lane log in, and listens to it.
    private func listen(to lane: PostingLane, of name: String, _ group: inout DiscardingTaskGroup) {
        group.addTask { await lane.run() }
        logins.keepFresh(lane, of: name)
        group.addTask { [input] in
            for await state in lane.states { input.yield(.lane(name, lane, state)) }
        }
    }

    // MARK: - What happened

    private func take(_ event: Input, _ group: inout DiscardingTaskGroup) async {
        let now = Clock.monotonic()
        switch event {
        case .inbox(let report): machine.reported(report.events, watch: report.watch, at: now)
        case .lane(let name, let lane, let state):
            // One that was left may tell its end when another one has its name.
            guard context.lanes[name] === lane else { break }
            machine.laneChanged(name, to: state, at: now)
            if state == .ready {
                context.alerts.isOver([.destinationPaused, .loginSuspect, .loginRefused], ["destination": name])
            }
        case .ended(let file, let end):
            files.ended(file, end)
            if case .closed(let verdict, _, _) = end { sinceStart.closed(file, verdict) }
            if end.mayHold { await knowHeld() }
            let standing = await desk.ended(file.drop, isClosed: end.isClosed)
            machine.ended(file.drop, end.forMachine, standing, at: now)
        case .goesOn(let drop): await goOn(drop)
        case .commands: await readCommands()
        case .reload(let order): await reload(order, &group)
        case .tick: break
        case .stop:
            machine.stopTold(at: now)
            signs.stopping(machine.summary, drain: context.settings.drainTimeout)
        }
    }

    // MARK: - What is shown

    /// How everything stands. Waits for nothing but its turn.
    func board() async -> StatusBoard {
        let service = StatusBoard.Service(
            version: Version.text, spool: context.settings.directories.spool, configSHA256: context.configSHA256,
            configSince: context.inForce.now.since, startedAt: sinceStart.startedAt)
        var board = machine.board(of: service, at: Clock.now(), facts)
        board.finished = sinceStart.finished.all
        for index in board.lanes.indices {
            guard let lane = context.lanes[board.lanes[index].name] else { continue }
            board.lanes[index].traffic = await lane.traffic
            board.lanes[index].rehearses = lane.destination.rehearses
        }
        let progress = await desk.progress
        let waiting = context.older.waiting
        for index in board.files.indices {
            let file = board.files[index]
            board.files[index].hold = DeskHold.of(
                drop: file.drop, rule: files[file.drop]?.rule.match, destinations: file.destinations, among: board.holds
            )
            board.files[index].scheduled = files[file.drop]?.scheduled(.work(secondsLeft: nil))
            board.files[index].isInDoubt = await isInDoubt(board.files[index], progress)
            if board.files[index].state == .reading, waiting.contains(board.files[index].drop) {
                board.files[index].state = .waiting
            }
            guard let known = progress[board.files[index].drop] else { continue }
            board.files[index].outcomes = known.outcomes
            guard board.files[index].state == .reading else { continue }
            if known.isReadBack {
                board.files[index].state = .verifying
            } else if let lines = known.lines {
                board.files[index].state = .posting(lines: lines)
            }
        }
        return board
    }

    /// Whether rows of a file in work may have been sent by an earlier run, and nothing was made of that yet.
    private func isInDoubt(_ file: StatusBoard.File, _ inWork: [Int: OpenDrop.Progress]) async -> Bool {
        guard let claimed = files[file.drop], claimed.presents else { return false }
        // Of one that has no place at its lanes yet, they know nothing.
        guard inWork[file.drop] != nil else { return true }
        for name in file.destinations where await context.lanes[name]?.awaitsDoubts(of: file.drop) == true {
            return true
        }
        return false
    }

    /// When each destination's token ends, microseconds since 1970; those that log in without one are not in it.
    func tokensEnd() async -> [String: Int64] {
        await logins.tokensEnd()
    }

    /// What became of files since the start.
    var closed: ClosedFiles { sinceStart.closed }

    /// Lines with an outcome of each drop in work.
    func settled() async -> [Int: Int] { await desk.progress.mapValues { $0.outcomes.reduce(0, +) } }

    // MARK: - What is done about it

    private var facts: ServiceMachine.Facts {
        let totals = context.progress.now
        return ServiceMachine.Facts(
            resultsFailSince: context.results.trouble.since, settled: totals.settled, expected: totals.expected,
            wall: Clock.wall())
    }

    /// Does everything that can be done now. True: the service is over.
    private func round(_ group: inout DiscardingTaskGroup) async -> Bool {
        while true {
            let action = machine.next(at: Clock.monotonic(), facts)
            switch action {
            case .begin(let drops): await begin(drops, &group)
            case .wait(let until):
                signs.turn(machine.summary)
                wait(until: min(until, signs.nextDeadline ?? until))
                return false
            case .end: return true
            default: await carryOut(action)
            }
        }
    }

    private func carryOut(_ action: ServiceMachine.Action) async {
        switch action {
        case .list(let isWatchLost):
            let listing = await watcher.list(isWatchLost: isWatchLost)
            machine.listed(listing, at: Clock.monotonic())
        case .look(let names): machine.looked(await watcher.look(at: names))
        case .lookAtTables:
            let looks = await context.disk.run { [context] in context.shelves.tables.look() }
            machine.tablesLooked(looks, at: TwoClocks(monotonic: Clock.monotonic(), wall: Clock.wall() * 1000))
        case .readTables(let names):
            let readings = await context.disk.run { [context] in context.shelves.tables.read(names) }
            for (name, sha256) in context.shelves.tables.inUse {
                await context.record.inUse(.table, name: name, sha256: sha256)
            }
            machine.tablesRead(readings, at: Clock.monotonic())
        case .lookAtRoom:
            do {
                let work = context.settings.directories.work
                let room = try await context.disk.run { try Disk.room(work) }
                machine.roomSeen(free: room.free, of: room.size, at: Clock.monotonic())
            } catch {
                machine.roomFailed(Words.of(error), at: Clock.monotonic())
            }
        case .readCommands: await readCommands()
        case .claimedCancelled(let name, let drop): machine.commandsRead(await desk.claimed(name, as: drop))
        case .lookAgain(let known): await lookAgain(known)
        case .findDestinations(let names): await findDestinations(names)
        case .claim(let names): await claim(names)
        case .pass(let priorities): context.guardBook.pass(priorities)
        case .letGo: context.guardBook.letGo()
        case .forgetPassed: context.guardBook.forgetPassed()
        case .wantSpares(let count): await wantSpares(count)
        case .setOldestWaiting(let arrival): context.guardBook.setOldestWaiting(arrival)
        case .askLanes(let drops): await askLanes(drops)
        case .holdsOverdue(let holds): await desk.tellOverdue(holds)
        case .timeOut(let drops):
            for drop in drops where await acts.timeOut(drop) { await goOn(drop) }
        case .leave(let name): await leave(name)
        case .stopLanes:
            await stopLanes()
            machine.lanesStopped()
        case .tell(let told): context.tell(told)
        case .comeBack: input.yield(.tick)
        case .started, .begin, .wait, .end: break
        }
    }

    // MARK: - Another configuration

    /// Has the configuration loaded anew, in its turn; what became of it.
    nonisolated func reload(by person: Person?, from source: String, why: String?) async -> DeskAnswer {
        await withCheckedContinuation { continuation in
            let order = Reload.Order(by: person, from: source, why: why) { continuation.resume(returning: $0) }
            if case .terminated = input.yield(.reload(order)) { order.answer(Self.isStopping) }
        }
    }

    private static let isStopping = DeskAnswer.refused(
        .unavailable, text: "the service is stopping: it reads its configuration when it is started again")

    private func reload(_ order: Reload.Order, _ group: inout DiscardingTaskGroup) async {
        guard let load = options.load, !machine.summary.isStopping else {
            return order.answer(
                machine.summary.isStopping
                    ? Self.isStopping : .refused(.unavailable, text: "this service runs without a configuration file"))
        }
        signs.reloading(machine.summary)
        let reload = Reload(context: context, load: load)
        do throws(Reload.Refused) {
            let checked = try await reload.check()
            order.answer(try await takeUp(checked, order, reload, &group))
        } catch {
            order.answer(reload.refused(error, order))
        }
        signs.reloaded(machine.summary)
    }

    /// It comes into force, or waits for a second person.
    private func takeUp(
        _ checked: Reload.Checked, _ order: Reload.Order, _ reload: Reload, _ group: inout DiscardingTaskGroup
    ) async throws(Reload.Refused) -> DeskAnswer {
        var wanted: RecordEntry.Loading?
        if !checked.isSame {
            switch try await reload.agree(checked, order) {
            case .wanted(let answer): return answer
            case .given(let loading):
                try await reload.record(checked, loading)
                await use(checked, &group)
                wanted = loading
            }
        }
        await reload.forgetProposal()
        return reload.done(checked, wanted, order)
    }

    /// From here on it is in force: nothing of this can fail. No file is being claimed meanwhile.
    private func use(_ checked: Reload.Checked, _ group: inout DiscardingTaskGroup) async {
        let (before, settings, plan) = (context.settings, checked.configuration.settings, checked.plan)
        context.inForce.change(to: checked.configuration)
        context.shelves.configurations.use(checked.configuration.sha256)
        context.shelves.dictionaries.use(settings, checked.dictionaries)
        context.shelves.tables.use(settings, kept: plan.keptTables)
        for (name, sha256) in context.shelves.dictionaries.inUse {
            await context.record.inUse(.dictionary, name: name, sha256: sha256)
        }
        context.alerts.use(command: settings.alertCommand, rules: settings.alerts)
        if before.alertWebhook != settings.alertWebhook {
            context.alerts.use(webhook: settings.alertWebhook.map { WebhookSender($0, logger: context.logger) })
        }
        if before.heartbeat != settings.heartbeat { signs.use(settings, logger: context.logger) }
        await context.record.use(settings)
        let leaving = Set(plan.names(.leave))
        context.older.know(settings.destinations.map(\.name) + leaving)
        await watcher.use(names: InboxNames(rules: settings.rules, ignored: settings.ignored))
        machine.use(settings, leaving: leaving, keptTables: plan.keptTables, goodTables: [], at: Clock.monotonic())
        for destination in settings.destinations {
            switch plan.destinations[destination.name] {
            case .change: await change(destination)
            case .add: await add(destination, &group)
            case .keep, .leave, nil: break
            }
        }
        FailPoint.reach("reload_used")
    }

    private func change(_ destination: Destination) async {
        guard let lane = context.lanes[destination.name] else { return }
        let own = maker.credentials(for: destination)
        logins.use(own, of: destination.name)
        await lane.change(to: destination, credentials: own.source)
        logins.keepFresh(lane, of: destination.name)
    }

    private func add(_ destination: Destination, _ group: inout DiscardingTaskGroup) async {
        let (lane, own) = maker.make(destination)
        logins.use(own, of: destination.name)
        context.lanes.set(destination.name, lane)
        await desk.served(destination.name, by: lane)
        listen(to: lane, of: destination.name, &group)
    }

    /// Logs out of a destination that nothing needs any more.
    private func leave(_ name: String) async {
        logins.forget(name)
        guard let lane = context.lanes[name] else { return }
        context.lanes.set(name, nil)
        await lane.stop(timeout: context.settings.drainTimeout)
        context.logger.notice(
            "\(name) is left: the configuration no longer has it, and no file needs it",
            metadata: ["event": .event(.destinationLeft), "destination": "\(name)"])
    }

    private func wait(until: Int64) {
        timer?.cancel()
        timer = Task { [input] in
            try? await Task.sleep(for: .nanoseconds(max(1_000_000, until - Clock.monotonic())))
            if !Task.isCancelled { input.yield(.tick) }
        }
    }

    /// All take their places first: the order is certain before the first row goes.
    private func begin(_ drops: [Int], _ group: inout DiscardingTaskGroup) async {
        let begun = drops.compactMap { files[$0] }
        let opened = await OpenDrop.open(begun, at: context.lanes.all, older: context.older)
        for drop in opened { await desk.opened(drop) }
        // Some may be held with their rule.
        if await desk.holdsRules {
            let standing = await desk.now
            context.older.held(standing.drops)
            machine.commandsRead(standing)
        }
        let contributions = zip(begun, opened).map { FileContribution(file: $0, context: context.asOfNow, drop: $1) }
        for contribution in contributions {
            group.addTask { [input] in
                let end = await contribution.run()
                input.yield(.ended(contribution.file, end))
            }
        }
    }

    /// What the ledger holds and nobody works on goes on, or is forgotten when its claim came to nothing.
    private func lookAgain(_ known: Set<Int>) async {
        var found: [ClaimedFile] = []
        var fault: String?
        do {
            for record in try await context.ledger.open()
            where !known.contains(record.number) && record.stage != .held {
                guard let file = try await Recovery(context: context).goOn(record) else { continue }
                // It may have been held until now.
                if record.stage == .claimed { context.guardBook.opened(file.place) }
                context.opened(file.place, file.snapshot)
                found.append(files.goesOn(file))
            }
            // Closed after all.
            for file in files.forgetFaulted() {
                for name in file.snapshot.rule.destinations { await context.lanes[name]?.close(drop: file.drop) }
                context.older.ended(file.drop)
            }
        } catch {
            fault = Words.of(error)
        }
        machine.lookedAgain(found.map(\.forMachine), fault: fault, at: Clock.monotonic())
    }

    /// A drop was decided about, or made: it goes on as the ledger has it, unless somebody found it there first.
    private func goOn(_ drop: Int) async {
        await knowHeld()
        guard !machine.known.contains(drop) else { return }
        do {
            guard let record = try await context.ledger.record(of: drop), record.stage == .claimed,
                let file = try await Recovery(context: context).goOn(record)
            else { return }
            context.guardBook.opened(file.place)
            context.opened(file.place, file.snapshot)
            files.claimed(file)
            machine.goesOn(file.forMachine)
        } catch {
            machine.lookedAgain([], fault: Words.of(error), at: Clock.monotonic())
        }
    }

    /// Learns from the ledger what is held.
    private func knowHeld() async {
        do {
            let schedules = context.settings.schedules
            machine.heldKnown(
                try await context.ledger.held().compactMap { record in
                    record.hold.map { hold in
                        let rule = record.snapshot.rule
                        // Rows of a file came when that did.
                        let cameAt = record.snapshot.arrivedAt ?? record.claimedAt
                        return HeldBook.Drop(
                            number: record.number, name: record.name, rows: hold.rows, since: hold.since,
                            until: hold.until,
                            deadline: schedules.first { $0.rule == rule.match }?.deadlineTime(cameAt: cameAt),
                            rule: rule.match, destinations: rule.destinations)
                    }
                })
        } catch {
            context.logger.warning(
                "what is held cannot be looked at: \(Words.of(error))", metadata: ["event": .event(.ledgerFault)])
        }
    }

    private func readCommands() async {
        let standing = await desk.read()
        context.older.held(standing.drops)
        machine.commandsRead(standing)
    }

    private func findDestinations(_ names: [String]) async {
        var found: [String: [String]] = [:]
        var tables: [String: [String]] = [:]
        var rules: [String: String] = [:]
        do {
            for name in names {
                let rule = try await Claims(context: context).rule(for: name)
                found[name] = rule.destinations
                rules[name] = rule.match
                tables[name] = rule.tables.keys.sorted()
            }
            machine.destinationsFound(found, tables: tables, rules: rules)
        } catch {
            machine.destinationsFailed(Words.of(error), at: Clock.monotonic())
        }
    }

    private func claim(_ names: [String]) async {
        do {
            let outcome = try await Claims(context: context).claim(names)
            for file in outcome.files { files.claimed(file) }
            machine.claimed(
                ServiceMachine.Claimed(drops: outcome.files.map(\.forMachine), immovable: outcome.immovable),
                at: Clock.monotonic())
        } catch {
            machine.claimFailed(Words.of(error), at: Clock.monotonic())
        }
    }

    private func wantSpares(_ count: Int) async {
        do {
            for directory in try await context.folders.spares.want(count) { context.alerts.send(.foreign(directory)) }
        } catch {
            // What is left lying the next start clears away.
            context.logger.warning("\(error)", metadata: ["event": .event(.diskFault)])
        }
    }

    private func askLanes(_ drops: [Int]) async {
        var facts = OnceEnd.LaneFacts()
        for (name, lane) in context.lanes.all where await lane.isBusy { facts.busy.insert(name) }
        for drop in drops where await desk.isHeldUp(drop) { facts.heldUp.insert(drop) }
        // They go on when those can that they wait for.
        facts.heldUp.formUnion(context.older.waiting)
        machine.lanesAnswered(facts)
    }

    /// All at once: each waits for its own answers.
    private func stopLanes() async {
        context.older.stop()
        let timeout = context.settings.drainTimeout
        await withTaskGroup(of: Void.self) { group in
            for lane in context.lanes.all.values { group.addTask { await lane.stop(timeout: timeout) } }
        }
    }
}

extension ClaimedFile {
    /// What decides when it may go.
    fileprivate var forMachine: DropBook.Drop {
        DropBook.Drop(
            drop, name: name, destinations: snapshot.rule.destinations, priority: place.priority,
            endsAtOnce: refusal != nil || record?.stage == .settled || record?.stage == .verifying
                || record?.hold?.refusal != nil)
    }
}

extension ContributionEnd {
    fileprivate var isClosed: Bool { if case .closed = self { true } else { false } }

    /// Something may be held that was not before.
    fileprivate var mayHold: Bool {
        switch self {
        case .closed(_, _, let isHeldInPart): isHeldInPart
        case .held: true
        case .interrupted, .fault: false
        }
    }

    fileprivate var forMachine: ServiceMachine.DropEnd {
        switch self {
        case .closed(let verdict, let unknown, _): .closed(verdict, unknown: unknown)
        case .held: .held
        case .interrupted: .interrupted
        case .fault: .fault
        }
    }
}
