internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The service's one loop: everything that happens is one kind of input, so order is never in doubt.
actor ServiceLoop {
    private enum Input: Sendable {
        case inbox([InboxEvent])
        case lane(String, LaneState)
        case ended(ClaimedFile, ContributionEnd)
        case tick
        case stop
    }

    /// Nanoseconds within which two signals are one.
    private static let sameOrder: Int64 = 300_000_000
    /// Files in work at once.
    private static let openMax = 64

    private let context: Context
    private let credentials: [String: Credentials]
    private let options: RunOptions
    private let stops: AsyncStream<Void>
    private let inputs: AsyncStream<Input>
    private let input: AsyncStream<Input>.Continuation
    private let startedAt = Clock.monotonic()

    private var tracker: InboxTracker
    private var watch: Inotify?
    private var watchTask: Task<Void, Never>?
    private var laneStates: [String: LaneState] = [:]
    private var downSince: [String: Int64] = [:]
    private var open: Set<Int> = []
    private var waitingToGoOn: [ClaimedFile]
    private var nextRescan: Int64 = 0
    private var timer: Task<Void, Never>?
    private var isStopping = false
    private var hasListed = false
    private var faultUntil: Int64?
    /// The first and the last of faults that follow each other.
    private var faultSince: Int64?
    private var lastFaultAt: Int64 = 0
    /// Drops may have been left that nobody works on, by a fault; by number those that were in work.
    private var mustLookAgain = false
    private var faulted: [Int: ClaimedFile] = [:]
    private var stoppingSince: Int64?
    private var isGivenUp = false
    private var code = ExitCode.ok
    private var isInterrupted = false
    private var warned: Set<String> = []
    private var saidWaiting: Set<String> = []
    private var knownDestinations: [String: [String]] = [:]

    init(
        context: Context, credentials: [String: Credentials], options: RunOptions, stops: AsyncStream<Void>,
        recovered: [ClaimedFile]
    ) {
        self.context = context
        self.credentials = credentials
        self.options = options
        self.stops = stops
        waitingToGoOn = recovered
        tracker = InboxTracker(settle: context.settings.settle.nanoseconds)
        (inputs, input) = AsyncStream.makeStream()
        for name in context.lanes.keys {
            laneStates[name] = .connecting("not tried yet")
            downSince[name] = startedAt
        }
    }

    func run() async throws -> Int32 {
        startWatch()
        listInbox()
        context.logger.info(
            "started",
            metadata: [
                "event": "started", "inbox": "\(context.settings.directories.inbox)", "version": "\(Version.text)",
                "once": "\(options.once)",
            ])
        await withTaskGroup(of: Void.self) { group in
            for (name, lane) in context.lanes {
                group.addTask { await lane.run() }
                if let own = credentials[name] { group.addTask { await own.keepFresh(lane) } }
                group.addTask { [input] in
                    for await state in lane.states { input.yield(.lane(name, state)) }
                }
            }
            group.addTask { [stops, input] in
                var first: Int64?
                for await _ in stops {
                    let now = Clock.monotonic()
                    if let first {
                        // One order often comes twice at once: to the process, and to its group.
                        if now - first < Self.sameOrder { continue }
                        // The second order: nothing is lost, the next start goes on.
                        _exit(ExitCode.interrupted)
                    }
                    first = now
                    input.yield(.stop)
                }
            }
            var isOver = await step(&group)
            var next = inputs.makeAsyncIterator()
            while !isOver, let event = await next.next() {
                await take(event)
                isOver = await step(&group)
            }
            timer?.cancel()
            watch?.stop()
            watchTask?.cancel()
            await stopLanes()
            group.cancelAll()
        }
        if isInterrupted, options.once { code = ExitCode.worse(code, ExitCode.interrupted) }
        if !options.once { code = ExitCode.ok }
        if isGivenUp { code = ExitCode.spool }
        context.logger.info("stopped", metadata: ["event": "stopped", "exit_code": "\(code)"])
        return code
    }

    /// All at once: each waits for its own answers.
    private func stopLanes() async {
        let timeout = context.settings.drainTimeout
        await withTaskGroup(of: Void.self) { group in
            for lane in context.lanes.values { group.addTask { await lane.stop(timeout: timeout) } }
        }
    }

    // MARK: - What happened

    private func take(_ event: Input) async {
        let now = Clock.monotonic()
        switch event {
        case .inbox(let events):
            for event in events { take(event, now) }
        case .lane(let name, let state):
            laneStates[name] = state
            if state == .ready { downSince[name] = nil } else if downSince[name] == nil { downSince[name] = now }
        case .ended(let file, let end):
            open.remove(file.drop)
            switch end {
            case .closed(let verdict, let unknown):
                faultSince = nil
                code = ExitCode.worse(code, ExitCode.code(verdict, unknown: unknown))
            case .interrupted:
                isInterrupted = true
            case .fault:
                faulted[file.drop] = file
                noteFault(now)
            }
        case .tick:
            break
        case .stop:
            if !isStopping {
                context.logger.notice(
                    "stopping: posts in flight are waited for; a second signal stops at once",
                    metadata: ["event": "stopping"])
            }
            isStopping = true
            if stoppingSince == nil { stoppingSince = now }
        }
    }

    /// A fault of disk or ledger: nothing new is claimed for a while, then what was left goes on from what the ledger knows.
    private func noteFault(_ now: Int64) {
        faultUntil = now + 2_000_000_000
        if faultSince == nil { faultSince = now }
        lastFaultAt = now
        mustLookAgain = true
    }

    /// What the ledger holds and nobody works on goes on, or is forgotten when its claim came to nothing.
    private func lookAgain(_ now: Int64) async {
        do {
            let known = open.union(waitingToGoOn.map(\.drop))
            let records = try await context.ledger.open()
            for record in records where !known.contains(record.number) {
                guard var file = try await Recovery(context: context).goOn(record) else { continue }
                if let before = faulted.removeValue(forKey: record.number) {
                    file.isAdopted = before.isAdopted
                    file.wasFaulty = true
                }
                waitingToGoOn.append(file)
            }
            // Closed after all.
            for (drop, file) in faulted where !open.contains(drop) {
                for name in file.snapshot.rule.destinations { await context.lanes[name]?.close(drop: drop) }
            }
            faulted = [:]
            mustLookAgain = false
        } catch {
            noteFault(now)
            context.logger.error(
                "what the fault left cannot be looked at: \(error)", metadata: ["event": "ledger_fault"])
        }
        waitingToGoOn.sort { $0.drop < $1.drop }
    }

    /// Whether the disk has been failing for so long that `once`, or a stop, no longer waits for it.
    private func givesUp(_ now: Int64) -> Bool {
        let limits = [
            options.once ? options.wait.nanoseconds : nil,
            stoppingSince.map { now - $0 >= context.settings.drainTimeout.nanoseconds ? 0 : .max },
        ]
        guard let limit = limits.compactMap({ $0 }).min(),
            let since = [context.trouble.since, faultSince].compactMap({ $0 }).min(), now - since >= limit
        else { return false }
        context.logger.error(
            "gave up: the disk still fails; what is left goes on at the next start",
            metadata: ["event": "gave_up", "left_in_work": "\(open.count + waitingToGoOn.count + faulted.count)"])
        isGivenUp = true
        return true
    }

    private func take(_ event: InboxEvent, _ now: Int64) {
        switch event {
        case .created(let name) where isTaken(name): tracker.created(name, at: now)
        case .opened(let name) where isTaken(name): tracker.opened(name, at: now)
        case .modified(let name) where isTaken(name): tracker.modified(name, at: now)
        case .closed(let name) where isTaken(name): tracker.closed(name, at: now)
        case .movedIn(let name) where isTaken(name): tracker.movedIn(name, at: now)
        case .gone(let name): tracker.gone(name)
        case .rescan:
            context.logger.warning(
                "inbox reports were lost; the inbox is listed instead", metadata: ["event": "inotify_overflow"])
            tracker.lostTrack(at: now)
            nextRescan = 0
        case .directoryGone:
            watch?.stop()
            watch = nil
            nextRescan = 0
        default: break
        }
    }

    private func isTaken(_ name: String) -> Bool { !FileNames.isIgnored(name) }

    // MARK: - What to do about it

    /// Does everything that can be done now. True: the loop is over.
    private func step(_ group: inout TaskGroup<Void>) async -> Bool {
        var now = Clock.monotonic()
        if isStopping {
            await stopLanes()
            if open.isEmpty {
                if !waitingToGoOn.isEmpty || tracker.count > 0 || mustLookAgain { isInterrupted = true }
                return true
            }
            now = Clock.monotonic()
            if givesUp(now) { return true }
            arm(now)
            return false
        }
        if now >= nextRescan { listInbox() }
        if let until = faultUntil, now >= until { faultUntil = nil }
        if now - lastFaultAt > 10_000_000_000 { faultSince = nil }
        if faultUntil == nil, context.trouble.since == nil {
            if mustLookAgain { await lookAgain(now) }
            if !mustLookAgain {
                await goOn(&group)
                await claimReady(&group, now)
            }
        }
        if options.once, givesUp(now) { return true }
        if options.once, let end = await onceIsOver(now) {
            code = ExitCode.worse(code, end)
            return true
        }
        arm(now)
        return false
    }

    private func isReady(_ destinations: [String]) -> Bool {
        destinations.allSatisfy { laneStates[$0] == .ready }
    }

    /// Drops of an earlier run go on as soon as their destinations are logged in, oldest first.
    private func goOn(_ group: inout TaskGroup<Void>) async {
        var left: [ClaimedFile] = []
        for file in waitingToGoOn {
            let known = file.snapshot.rule.destinations.filter { context.lanes[$0] != nil }
            if file.refusal != nil || isReady(known) {
                if known.count < file.snapshot.rule.destinations.count {
                    if warned.insert("drop \(file.drop)").inserted {
                        context.alerts.send(
                            Alert(
                                event: "destination_missing",
                                message:
                                    "\(file.name) was claimed for a destination that the configuration no longer has; put it back to finish the file",
                                facts: ["drop": "\(file.drop)", "file": file.name]))
                    }
                    left.append(file)
                    continue
                }
                await start(file, &group)
            } else {
                left.append(file)
            }
        }
        waitingToGoOn = left
    }

    private func claimReady(_ group: inout TaskGroup<Void>, _ now: Int64) async {
        // What an earlier run began goes first: its rows are older.
        let held = Set(waitingToGoOn.flatMap { $0.snapshot.rule.destinations })
        while open.count < Self.openMax {
            look()
            var names: [String] = []
            // Behind a destination that is down others may wait for one that is up: then all have to be looked at.
            let isAllUp = laneStates.values.allSatisfy { $0 == .ready } && held.isEmpty
            let ready = tracker.ready(at: now, most: isAllUp ? Self.openMax : .max)
            guard !ready.isEmpty else { return }
            do {
                for name in ready {
                    guard names.count + open.count < Self.openMax else { break }
                    let destinations = try await destinations(for: name)
                    if isReady(destinations), held.isDisjoint(with: destinations) {
                        names.append(name)
                    } else if saidWaiting.insert(name).inserted {
                        context.logger.info(
                            "\(name) waits in the inbox for its destination",
                            metadata: ["event": "waiting", "file": "\(name)", "why": "\(reason(destinations))"])
                    }
                }
                guard !names.isEmpty else { return }
                let claimed = try await Claims(context: context).claim(names)
                warned.remove("claim")
                for name in names {
                    tracker.gone(name)
                    saidWaiting.remove(name)
                    knownDestinations[name] = nil
                }
                for file in claimed {
                    context.logger.info(
                        "claimed", metadata: ["event": "claimed", "file": "\(file.name)", "drop": "\(file.drop)"])
                    await start(file, &group)
                }
            } catch {
                noteFault(now)
                let text = "nothing is taken from the inbox for now: \(error)"
                if warned.insert("claim").inserted {
                    context.alerts.send(Alert(event: "claim_fault", message: text, facts: [:]))
                } else {
                    context.logger.error("\(text)", metadata: ["event": "claim_fault"])
                }
                return
            }
        }
    }

    /// Where a file goes, by its name; asked once while it waits.
    private func destinations(for name: String) async throws -> [String] {
        if let known = knownDestinations[name] { return known }
        let found = try await Claims(context: context).rule(for: name)?.destinations ?? []
        knownDestinations[name] = found
        return found
    }

    private func reason(_ destinations: [String]) -> String {
        destinations.compactMap { name -> String? in
            switch laneStates[name] {
            case .connecting(let text), .paused(let text), .refused(let text): "\(name): \(text)"
            case .stopped: "\(name) is stopped"
            case .ready, nil: nil
            }
        }.joined(separator: "; ")
    }

    private func start(_ file: ClaimedFile, _ group: inout TaskGroup<Void>) async {
        open.insert(file.drop)
        var outcomes: [String: AsyncStream<[SettledRun]>] = [:]
        for name in file.snapshot.rule.destinations {
            if let lane = context.lanes[name] { outcomes[name] = await lane.open(drop: file.drop) }
        }
        let contribution = FileContribution(file: file, context: context, outcomes: outcomes)
        group.addTask { [input] in
            let end = await contribution.run()
            input.yield(.ended(file, end))
        }
    }

    // MARK: - Looking at the inbox

    private func startWatch() {
        guard watch == nil else { return }
        do throws(DiskError) {
            let made = try Inotify(directory: context.settings.directories.inbox)
            watch = made
            watchTask?.cancel()
            watchTask = Task { [input] in
                for await events in made.events { input.yield(.inbox(events)) }
            }
            if warned.remove("watch") != nil {
                context.logger.info("the inbox is watched again", metadata: ["event": "watching"])
            }
        } catch {
            if warned.insert("watch").inserted {
                context.alerts.send(
                    Alert(
                        event: "watch_fault", isError: false,
                        message: "the inbox cannot be watched, it is listed every few seconds instead: \(error)",
                        facts: [:]))
            }
        }
    }

    /// The directory is the truth: what reports told or failed to tell is put right by it.
    private func listInbox() {
        let now = Clock.monotonic()
        let inbox = context.settings.directories.inbox
        let rescan = context.settings.rescan.nanoseconds
        nextRescan = now + (watch == nil ? min(rescan, 1_000_000_000) : rescan)
        do throws(DiskError) {
            if watch == nil {
                try Disk.makeDirectory(inbox)
                startWatch()
            }
            let (names, unreadable) = try Disk.names(in: inbox)
            if unreadable > 0, warned.insert("unreadable names").inserted {
                context.logger.warning(
                    "\(unreadable) names in the inbox are no UTF-8; such files are left alone",
                    metadata: ["event": "ignored"])
            }
            var seen: Set<String> = []
            for name in names where isTaken(name) {
                if try look(at: name, now) { seen.insert(name) }
            }
            tracker.keep(only: seen)
            hasListed = true
            if warned.remove("inbox") != nil {
                context.logger.info("the inbox can be read again", metadata: ["event": "watching"])
            }
        } catch {
            if faultSince == nil { faultSince = now }
            lastFaultAt = now
            nextRescan = now + 1_000_000_000
            if warned.insert("inbox").inserted {
                context.alerts.send(Alert(event: "inbox_fault", message: "\(error)", facts: [:]))
            }
        }
    }

    /// Fetches the looks that are missing for the order of arrival.
    private func look() {
        let now = Clock.monotonic()
        for name in tracker.unseen {
            do throws(DiskError) {
                if try !look(at: name, now) { tracker.gone(name) }
            } catch {
                context.logger.warning("\(error)", metadata: ["event": "inbox_fault"])
            }
        }
    }

    /// False: there is no such regular file.
    private func look(at name: String, _ now: Int64) throws(DiskError) -> Bool {
        guard let status = try Disk.status(context.settings.directories.inbox + "/" + name) else { return false }
        guard status.isRegular else {
            if status.isSymbolicLink, warned.insert("link " + name).inserted {
                context.logger.warning(
                    "\(name) is a symbolic link; it is left alone", metadata: ["event": "ignored", "file": "\(name)"])
            }
            return false
        }
        guard !FileNames.isTooLong(name) else {
            if warned.insert("long " + name).inserted {
                context.alerts.send(
                    Alert(
                        event: "name_too_long",
                        message:
                            "a file is left in the inbox: its name leaves no room for that of its result file; shorten it",
                        facts: ["file": name]))
            }
            return false
        }
        tracker.listed(
            name,
            InboxTracker.Look(size: status.size, modifiedAt: status.modifiedAt, changedAt: status.changedAt), at: now,
            wall: Clock.wall() * 1000)
        return true
    }

    // MARK: - Time and the end

    private func arm(_ now: Int64) {
        var next = nextRescan
        if let at = tracker.nextDeadline { next = min(next, at) }
        if let until = faultUntil { next = min(next, until) }
        if options.once || isStopping || context.trouble.since != nil { next = min(next, now + 250_000_000) }
        timer?.cancel()
        timer = Task { [input] in
            try? await Task.sleep(for: .nanoseconds(max(1_000_000, next - Clock.monotonic())))
            if !Task.isCancelled { input.yield(.tick) }
        }
    }

    /// For `--once`: the exit code when there is nothing more to do; nil: go on.
    private func onceIsOver(_ now: Int64) async -> Int32? {
        guard hasListed else { return nil }
        if open.isEmpty, waitingToGoOn.isEmpty, tracker.count == 0, !mustLookAgain {
            // What arrived while the last file was contributed belongs to this run.
            listInbox()
            if tracker.count == 0 { return ExitCode.ok }
        }
        let wait = options.wait.nanoseconds
        var wanted = Set(waitingToGoOn.flatMap { $0.snapshot.rule.destinations })
        for name in tracker.ready(at: now) where downSince.isEmpty == false {
            do {
                wanted.formUnion(try await destinations(for: name))
            } catch {
                noteFault(now)
                return nil
            }
        }
        let isInMidWork = !open.isEmpty || !waitingToGoOn.isEmpty
        if !open.isEmpty { wanted.formUnion(downSince.keys) }
        for name in wanted.sorted() {
            guard let since = downSince[name] else { continue }
            var isHopeless = now - since >= wait
            if case .refused = laneStates[name] { isHopeless = true }
            guard isHopeless else { continue }
            // Files of other destinations are still on their way.
            if !open.isEmpty, await hasWork(besides: name) { continue }
            context.logger.error(
                "gave up: \(reason([name]))",
                metadata: ["event": "gave_up", "destination": "\(name)", "left_in_inbox": "\(tracker.count)"])
            if isInMidWork {
                isInterrupted = true
                isStopping = true
                input.yield(.tick)
                return nil
            }
            return ExitCode.noDestination
        }
        return nil
    }

    /// Whether another destination is up and may still finish something.
    private func hasWork(besides name: String) async -> Bool {
        for (other, lane) in context.lanes where other != name && laneStates[other] == .ready {
            if await lane.isBusy { return true }
        }
        return false
    }
}
