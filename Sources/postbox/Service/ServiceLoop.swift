internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The service's one loop: everything that happens is one kind of input, so order is never in doubt.
actor ServiceLoop {
    private enum Input: Sendable {
        /// By the watch of that number.
        case inbox(Int, [InboxEvent])
        case lane(String, LaneState)
        case ended(ClaimedFile, ContributionEnd)
        /// The desk's commands have changed.
        case commands
        case tick
        case stop
    }

    /// Nanoseconds within which two signals are one.
    private static let sameStop: Int64 = 300_000_000
    /// Files in work at once.
    private static let openMax = 128
    /// Files that are claimed together while others are in work: their commits and syncs are shared.
    private static let claimMin = 64
    /// Files that are looked at before the loop hears what else happened.
    private static let looksMax = 1024
    /// Waiting files that the log names one by one.
    private static let namedMax = 100
    /// Names that it is kept in mind of that they were told.
    private static let warnedMax = 10_000

    private let context: Context
    private let credentials: [String: Credentials]
    private let options: RunOptions
    private let stops: AsyncStream<Void>
    private let inputs: AsyncStream<Input>
    private let input: AsyncStream<Input>.Continuation
    private let startedAt = Clock.monotonic()

    private var tracker: InboxTracker
    private var watch: Inotify?
    private var watchNumber = 0
    private var watchTask: Task<Void, Never>?
    private var laneStates: [String: LaneState] = [:]
    private var downSince: [String: Int64] = [:]
    /// What the desk is told when it lasts.
    private var downs: DownWatch
    private var waits: WaitWatch
    private var report = ProgressReport(every: 60_000_000_000)
    /// Drops in work, with their destinations.
    private var open: [Int: (destinations: [String], priority: Int)] = [:]
    private let control: CommandDesk
    private let inboxNames: InboxNames
    /// Some rule's files go before others'.
    private let hasPriorities: Bool
    /// Destinations that a file may have rejects of its own for.
    private let rejectsDestinations: [String]
    private var standing = Standing()
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
    /// Files of which that will be said as soon as their destinations have told why.
    private var unsaid: [String: [String]] = [:]
    private var reminder: WaitingReminder
    private var saidAlone: Set<String> = []
    private var knownDestinations: [String: [String]] = [:]
    /// Files that could not be moved out of the inbox when that was last tried.
    private var immovable: [String: Immovable] = [:]
    /// Names in the inbox that cannot be taken as they are: too long, or no UTF-8.
    private var unusable: Set<String> = []
    /// A claim came to nothing as a whole: the next one is of a single file.
    private var claimIsTried = false
    /// Under which files were parked in the inbox.
    private var outlook: Outlook?

    /// A file that could not be moved, and when that is tried again.
    private struct Immovable {
        /// errno.
        var code: Int32
        /// Of its inode: whatever is done about the file changes it.
        var changedAt: Int64
        var tries: Int
        var next: Int64
    }

    init(
        context: Context, credentials: [String: Credentials], options: RunOptions, stops: AsyncStream<Void>,
        recovered: [ClaimedFile]
    ) {
        self.context = context
        self.credentials = credentials
        self.options = options
        self.stops = stops
        waitingToGoOn = recovered
        inboxNames = InboxNames(rules: context.settings.rules, ignored: context.settings.ignored)
        rejectsDestinations = Set(
            context.settings.rules.filter { $0.destinations.count > 1 }.flatMap(\.destinations)
        ).sorted()
        hasPriorities = context.settings.rules.contains { ($0.priority ?? 0) != 0 }
        tracker = InboxTracker(
            quiet: context.settings.settle.nanoseconds, unmatched: context.settings.unmatchedAfter.nanoseconds,
            names: inboxNames)
        reminder = WaitingReminder(quiet: context.settings.settle.nanoseconds)
        (inputs, input) = AsyncStream.makeStream()
        control = CommandDesk(context: context) { [input] in input.yield(.commands) }
        let limit = context.settings.downAlert.nanoseconds
        downs = DownWatch(limit: limit)
        waits = WaitWatch(limit: limit)
        for name in context.lanes.keys {
            laneStates[name] = .untried
            downSince[name] = startedAt
            downs.isDown(name, at: startedAt)
        }
    }

    func run() async throws -> Int32 {
        standing = await control.read()
        startWatch()
        listInbox()
        context.logger.info(
            "started",
            metadata: [
                "event": "started", "inbox": "\(context.settings.directories.inbox)", "version": "\(Version.text)",
                "once": "\(options.once)",
            ])
        await withDiscardingTaskGroup { group in
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
                        // One stop often comes twice at once: to the process, and to its group.
                        if now - first < Self.sameStop { continue }
                        // The second one: nothing is lost, the next start goes on.
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
            await control.stop()
            await stopLanes()
            group.cancelAll()
        }
        if options.once { sayWhatIsLeft() }
        if isInterrupted, options.once { code = ExitCode.worse(code, ExitCode.interrupted) }
        if !options.once { code = ExitCode.ok }
        if isGivenUp { code = ExitCode.spool }
        let commits = await context.ledger.commits
        context.logger.info(
            "stopped",
            metadata: [
                "event": "stopped", "exit_code": "\(code)", "syncs": "\(Disk.syncs)", "ledger_commits": "\(commits)",
            ])
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
        case .inbox(let number, let events):
            for event in events where number == watchNumber { take(event, now) }
        case .lane(let name, let state):
            laneStates[name] = state
            if state == .ready { downSince[name] = nil } else if downSince[name] == nil { downSince[name] = now }
            for (file, destinations) in unsaid.sorted(by: { $0.key < $1.key }) where destinations.contains(name) {
                unsaid[file] = nil
                if !isReady(destinations) { say(waiting: file, for: destinations) }
            }
            if state != .ready {
                downs.isDown(name, at: now)
            } else if let span = downs.isUp(name, at: now) {
                context.alerts.send(
                    Alert(
                        event: "destination_up", isError: false,
                        message: "\(name) is up again after \(SettingsText.words(.nanoseconds(span)))",
                        facts: ["destination": name, "down_seconds": "\(span / 1_000_000_000)"]))
            }
        case .ended(let file, let end):
            open[file.drop] = nil
            var isClosed = false
            if case .closed = end { isClosed = true }
            standing = await control.ended(file.drop, isClosed: isClosed)
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
        case .commands:
            standing = await control.read()
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
            let known = Set(open.keys).union(waitingToGoOn.map(\.drop))
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
            for (drop, file) in faulted where open[drop] == nil {
                for name in file.snapshot.rule.destinations { await context.lanes[name]?.close(drop: drop) }
            }
            faulted = [:]
            mustLookAgain = false
        } catch {
            noteFault(now)
            context.logger.error(
                "what the fault left cannot be looked at: \(Words.of(error))", metadata: ["event": "ledger_fault"])
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
            loseWatch()
            tracker.startAnew()
            nextRescan = 0
        default: break
        }
    }

    private func isTaken(_ name: String) -> Bool { !inboxNames.isIgnored(name) }

    // MARK: - What to do about it

    /// Does everything that can be done now. True: the loop is over.
    private func step(_ group: inout DiscardingTaskGroup) async -> Bool {
        var now = Clock.monotonic()
        if isStopping {
            await wantSpares(0)
            await stopLanes()
            if open.isEmpty {
                if !waitingToGoOn.isEmpty || tracker.hasWork || mustLookAgain { isInterrupted = true }
                return true
            }
            now = Clock.monotonic()
            if givesUp(now) { return true }
            arm(now)
            return false
        }
        if now >= nextRescan {
            listInbox()
            standing = await control.read()
        }
        sayWhatLasts(now)
        if let due = reminder.nextDeadline, now >= due { sayWhatWaits(now) }
        if let until = faultUntil, now >= until { faultUntil = nil }
        if faultUntil == nil, !standing.isKnown {
            standing = await control.read()
            if !standing.isKnown { faultUntil = now + 2_000_000_000 }
        }
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
    ///
    /// Those that have a destination in common go on together: of two rows in doubt the newer one has to be known before the older
    /// one may be sent again.
    private func goOn(_ group: inout DiscardingTaskGroup) async {
        guard !waitingToGoOn.isEmpty else { return }
        var left = waitingToGoOn.filter { !canEnd($0) }
        for file in left where warned.insert("drop \(file.drop)").inserted {
            context.alerts.send(
                Alert(
                    event: "destination_missing",
                    message:
                        "\(file.name) was claimed for a destination that the configuration no longer has; put it back to finish the file",
                    facts: ["drop": "\(file.drop)", "file": file.name]))
        }
        var ready = waitingToGoOn.filter { canEnd($0) }
        while let blocked = ready.firstIndex(where: { !canEndAtOnce($0) && !isReady($0, besides: left) }) {
            left.append(ready.remove(at: blocked))
        }
        waitingToGoOn = left.sorted { $0.drop < $1.drop }
        await start(ready, &group)
    }

    /// Nothing more of it is sent: it needs no destination.
    private func canEndAtOnce(_ file: ClaimedFile) -> Bool {
        file.refusal != nil || file.record?.stage == .settled || standing.cancelled.contains(file.drop)
    }

    /// Every destination it was claimed for is still there.
    private func canEnd(_ file: ClaimedFile) -> Bool {
        canEndAtOnce(file) || file.snapshot.rule.destinations.allSatisfy { context.lanes[$0] != nil }
    }

    private func isReady(_ file: ClaimedFile, besides waiting: [ClaimedFile]) -> Bool {
        let destinations = file.snapshot.rule.destinations
        return isReady(destinations)
            && !waiting.contains { canEnd($0) && !Set(destinations).isDisjoint(with: $0.snapshot.rule.destinations) }
    }

    private func claimReady(_ group: inout DiscardingTaskGroup, _ now: Int64) async {
        // What an earlier run began goes first: its rows are older.
        let held = Set(waitingToGoOn.filter { canEnd($0) }.flatMap { $0.snapshot.rule.destinations })
        if standing.isInboxHeld, standing.cancelledFiles.isEmpty { return await wantSpares(0) }
        if hasPriorities { context.guardBook.setOldestWaiting(tracker.oldestArrival.map { $0 / 1000 }) }
        // What cannot go is parked until something changes for it, and costs nothing more till then.
        let loggedIn = Set(laneStates.filter { $0.value == .ready }.keys)
        let new = Outlook(ready: loggedIn, blocked: held, standing: standing)
        if outlook != new { tracker.unpark() }
        outlook = new
        var looks = 0
        while true {
            look()
            var names: [String] = []
            let ready = tracker.ready(at: now, most: claimIsTried ? 1 : Self.openMax)
            await wantSpares(ready.count)
            // What is less urgent keeps nobody out.
            var room = ready.first.map { Self.openMax - busy(atLeast: inboxNames.priceFile($0).priority) } ?? 0
            guard room > 0, room == Self.openMax || room >= min(ready.count, Self.claimMin) else { return }
            looks += ready.count
            do {
                for name in ready {
                    guard room > 0 else { break }
                    let isCancelled = standing.cancelledFiles.contains(name)
                    if standing.isInboxHeld, !isCancelled {
                        tracker.park(name)
                        continue
                    }
                    let destinations = try await destinations(for: name)
                    let mayGo = isReady(destinations) && !standing.holds(anyOf: destinations)
                    if isCancelled || mayGo && held.isDisjoint(with: destinations) {
                        names.append(name)
                        room -= 1
                    } else {
                        tracker.park(name)
                        say(waiting: name, for: destinations)
                    }
                }
                guard !names.isEmpty else {
                    if looks < Self.looksMax { continue }
                    input.yield(.tick)
                    return
                }
                let outcome = try await Claims(context: context).claim(names)
                let claimed = outcome.files
                claimIsTried = false
                warned.remove("claim")
                for (name, error) in outcome.immovable { leave(name, error, now) }
                let left = Set(outcome.immovable.map(\.name))
                for name in names where !left.contains(name) {
                    tracker.taken(name)
                    waits.taken(name)
                    immovable[name] = nil
                    saidWaiting.remove(name)
                    unsaid[name] = nil
                    knownDestinations[name] = nil
                }
                for file in claimed where standing.cancelledFiles.contains(file.name) {
                    standing = await control.claimed(file.name, as: file.drop)
                }
                for file in claimed {
                    context.logger.info(
                        "claimed", metadata: ["event": "claimed", "file": "\(file.name)", "drop": "\(file.drop)"])
                }
                await start(claimed, &group)
            } catch {
                noteFault(now)
                // Each try costs numbers.
                claimIsTried = true
                let text = "nothing is taken from the inbox for now: \(Words.of(error))"
                if warned.insert("claim").inserted {
                    context.alerts.send(Alert(event: "claim_fault", message: text, facts: [:]))
                } else {
                    context.logger.error("\(text)", metadata: ["event": "claim_fault"])
                }
                return
            }
        }
    }

    private func wantSpares(_ count: Int) async {
        do {
            for directory in try await context.spares.want(count) { context.alerts.send(.foreign(directory)) }
        } catch {
            // What is left lying the next start clears away.
            context.logger.warning("\(error)", metadata: ["event": "disk_fault"])
        }
    }

    /// Files in work of that priority or a higher one that are not held: what is held does not keep others out.
    private func busy(atLeast priority: Int) -> Int {
        open.reduce(0) { count, entry in
            entry.value.priority < priority || standing.holds(entry.key, entry.value.destinations) ? count : count + 1
        }
    }

    /// What decides whether files may go.
    private struct Outlook: Equatable {
        /// Destinations that are logged in.
        var ready: Set<String>
        /// Destinations that files of an earlier run wait for.
        var blocked: Set<String>
        var standing: Standing
    }

    /// Says it once of each file, of many files of the first ones only: a start may find very many.
    private func say(waiting name: String, for destinations: [String]) {
        guard saidWaiting.count <= Self.namedMax, !saidWaiting.contains(name) else { return }
        guard !destinations.contains(where: { laneStates[$0] == .untried }) else {
            if unsaid.count <= Self.namedMax { unsaid[name] = destinations }
            return
        }
        saidWaiting.insert(name)
        let why = reason(destinations)
        let isMany = saidWaiting.count > Self.namedMax
        context.logger.info(
            "\(isMany ? "more files wait" : "\(name) waits") in the inbox for \(isMany ? "their" : "its") destination",
            metadata: ["event": "waiting", "why": "\(why)"].merging(isMany ? [:] : ["file": "\(name)"]) { $1 })
    }

    /// Where a file goes, by its name; asked once while it waits.
    private func destinations(for name: String) async throws -> [String] {
        if let known = knownDestinations[name] { return known }
        let found = try await Claims(context: context).destinations(for: name)
        for destination in found where context.lanes[destination] == nil {
            guard warned.insert("missing " + name).inserted else { break }
            context.alerts.send(
                Alert(
                    event: "destination_missing",
                    message:
                        "\(name) is for the destination \(destination), which the configuration no longer has; put it back to contribute the file",
                    facts: ["file": name, "destination": destination]))
        }
        knownDestinations[name] = found
        return found
    }

    /// A file stays where it is: it holds up no other, and the desk is told once, and again when that has changed.
    private func leave(_ name: String, _ error: DiskError, _ now: Int64) {
        tracker.leave(name)
        let path = context.settings.directories.inbox + "/" + name
        let changedAt = (try? Disk.status(path))?.changedAt ?? 0
        let known = immovable[name].flatMap { $0.code == error.code && $0.changedAt == changedAt ? $0 : nil }
        let tries = (known?.tries ?? 0) + 1
        // A minute, then twice as long each time, up to an hour: each try costs a number.
        let pause = min(Int64(60_000_000_000) << min(tries - 1, 6), 3_600_000_000_000)
        immovable[name] = Immovable(code: error.code, changedAt: changedAt, tries: tries, next: now + pause)
        guard known == nil, immovable.count <= Self.namedMax else { return }
        context.alerts.send(
            Alert(
                event: "claim_fault",
                message:
                    "\(name) cannot be moved out of the inbox and is left there: \(error.words)\(Self.advice(error.code)); other files go on",
                facts: ["file": name, "errno": "\(error.code)", "left": "\(immovable.count)"]))
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES:
            " (it may belong to somebody else in a folder with the sticky bit, or be marked immutable: change its owner or the folder)"
        case EBUSY, EXDEV: " (it may be a mount of its own: copy it into the inbox instead)"
        default: ""
        }
    }

    /// Files that could not be moved are tried again when it is time.
    private func tryAgain(_ now: Int64) {
        immovable = immovable.filter { tracker.knows($0.key) }
        for (name, entry) in immovable where now >= entry.next { tracker.tryAgain(name) }
    }

    private func reason(_ destinations: [String]) -> String {
        destinations.compactMap { name -> String? in
            switch laneStates[name] {
            case .connecting(let text), .paused(let text), .refused(let text): "\(name): \(text)"
            case .stopped: "\(name) is stopped"
            case .ready: standing.holds(anyOf: [name]) ? "\(name) is held" : nil
            case nil: "the configuration no longer has the destination \(name)"
            }
        }.joined(separator: "; ")
    }

    private func start(_ files: [ClaimedFile], _ group: inout DiscardingTaskGroup) async {
        var contributions: [FileContribution] = []
        // All take their places first: the order is settled before the first row goes.
        for file in files {
            open[file.drop] = (file.snapshot.rule.destinations, file.place.priority)
            var outcomes: [String: OutcomeStream] = [:]
            for name in file.snapshot.rule.destinations {
                if let lane = context.lanes[name] {
                    outcomes[name] = await lane.open(file.place, presents: file.presents)
                }
            }
            let givenUp = await control.opened(file.drop)
            contributions.append(
                FileContribution(file: file, context: context, outcomes: outcomes, givenUp: givenUp))
        }
        for contribution in contributions {
            group.addTask { [input] in
                let end = await contribution.run()
                input.yield(.ended(contribution.file, end))
            }
        }
    }

    // MARK: - Looking at the inbox

    private func loseWatch() {
        watch?.stop()
        watch = nil
        watchNumber += 1
    }

    private func startWatch() {
        guard watch == nil else { return }
        let inbox = context.settings.directories.inbox
        let needsPolling = Disk.fileSystem(inbox).needsPolling
        tracker.isPolled = true
        if !needsPolling { warned.remove("polling") }
        if needsPolling, warned.insert("polling").inserted {
            context.logger.notice(
                "the inbox is on a file system that does not report what others change; it is listed every second",
                metadata: ["event": "polling", "inbox": "\(inbox)"])
        }
        do throws(DiskError) {
            let made = try Inotify(directory: inbox)
            watch = made
            tracker.isPolled = needsPolling
            watchTask?.cancel()
            watchNumber += 1
            watchTask = Task { [input, watchNumber] in
                for await events in made.events { input.yield(.inbox(watchNumber, events)) }
            }
            if warned.remove("watch") != nil {
                context.logger.info("the inbox is watched again", metadata: ["event": "watching"])
            }
        } catch {
            if !needsPolling, warned.insert("watch").inserted {
                context.alerts.send(
                    Alert(
                        event: "watch_fault", isError: false,
                        message: "the inbox cannot be watched, it is listed every second instead: \(error)",
                        facts: [:]))
            }
        }
    }

    /// The directory is the truth: what reports told or failed to tell is put right by it.
    private func listInbox() {
        let now = Clock.monotonic()
        let inbox = context.settings.directories.inbox
        let rescan = context.settings.rescan.nanoseconds
        do throws(DiskError) {
            // Where inode numbers come from afar, they do not always stay; there listings tell.
            if let watch, !tracker.isPolled, try !watch.isAt(inbox) {
                loseWatch()
                tracker.startAnew()
                context.logger.info(
                    "another directory has taken the inbox's place; it is watched from now on",
                    metadata: ["event": "watching", "inbox": "\(inbox)"])
            }
            if watch == nil {
                try Disk.makeDirectory(inbox)
                startWatch()
            }
            let (names, unreadable) = try Disk.names(in: inbox)
            unusable = []
            for name in unreadable where isTaken(name) { sayUnreadable(name) }
            var seen: Set<String> = []
            for name in names where isTaken(name) {
                if try look(at: name, now) { seen.insert(name) }
            }
            tracker.keep(only: seen)
            hasListed = true
            // A listing that takes long does not take all the time.
            let done = Clock.monotonic()
            nextRescan = max(now + (tracker.isPolled ? min(rescan, 1_000_000_000) : rescan), done + 4 * (done - now))
            tryAgain(done)
            sayWhatWaits(done)
            sayLongWaits(done)
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

    /// Files that wait for something: each after a while, and again from time to time. Companions without their files: each once.
    private func sayWhatWaits(_ now: Int64) {
        let due = reminder.due(tracker.waiting, at: now)
        for file in due.prefix(Self.namedMax) {
            context.logger.info(
                "\(file.name) waits in the inbox\(text(file.wait))",
                metadata: ["event": "waiting", "file": "\(file.name)", "why": "\(word(file.wait))"])
        }
        if due.count > Self.namedMax {
            context.logger.info(
                "\(due.count - Self.namedMax) more files wait in the inbox", metadata: ["event": "waiting"])
        }
        let alone = tracker.alone
        saidAlone.formIntersection(alone)
        for name in alone where saidAlone.insert(name).inserted {
            context.logger.warning(
                "\(name) is left alone in the inbox: the file that it goes with is not there",
                metadata: ["event": "companion_alone", "file": "\(name)"])
        }
    }

    /// Files that have waited for long, with what they wait for; and that none does any more.
    private func sayLongWaits(_ now: Int64) {
        switch waits.look(tracker.priceFiles, at: now) {
        case .waiting(let files, let all):
            let shown = files.prefix(3).joined(separator: ", ") + (files.count > 3 ? " and others" : "")
            let have = all == 1 ? "file has" : "files have"
            let span = SettingsText.words(context.settings.downAlert)
            context.alerts.send(
                Alert(
                    event: "waiting_long", isError: false,
                    message: "\(all) \(have) waited in the inbox for \(span) or longer: \(shown)",
                    facts: ["files": "\(all)", "file": files.first ?? ""], reasons: whatFor(files)))
        case .over:
            context.alerts.send(
                Alert(event: "waiting_over", isError: false, message: "no file waits in the inbox for long any more"))
        case nil: break
        }
    }

    /// How many of these files wait for what.
    private func whatFor(_ files: [String]) -> [String: Int] {
        var lacking: [String: [String]] = [:]
        for file in tracker.waiting {
            if case .companions(let names) = file.wait { lacking[file.name] = names }
        }
        var counts: [String: Int] = [:]
        for name in files {
            let what =
                if let missing = lacking[name] {
                    missing.contains { $0.hasSuffix(InboxNames.checksumSuffix) } ? "checksum" : "marker"
                } else if !tracker.isComplete(name) {
                    "writer"
                } else if standing.isInboxHeld {
                    "held"
                } else if let destinations = knownDestinations[name], standing.holds(anyOf: destinations) {
                    "held"
                } else if let destinations = knownDestinations[name], !isReady(destinations) {
                    "destination"
                } else {
                    "turn"
                }
            counts[what, default: 0] += 1
        }
        return counts
    }

    /// Destinations that have been down for long, and once a minute how far the files in work are.
    private func sayWhatLasts(_ now: Int64) {
        for (name, span) in downs.due(at: now) {
            let inWork = open.values.count { $0.destinations.contains(name) }
            context.alerts.send(
                Alert(
                    event: "destination_down",
                    message:
                        "\(name) has been down for \(SettingsText.words(.nanoseconds(span))): \(reason([name]))",
                    facts: ["destination": name, "why": reason([name]), "down_seconds": "\(span / 1_000_000_000)"],
                    reasons: ["in_inbox": tracker.count, "in_work": inWork].filter { $0.value > 0 }))
        }
        let totals = context.progress.now
        guard
            let line = report.look(
                isBusy: !open.isEmpty, settled: totals.settled, expected: totals.expected, at: now)
        else { return }
        var metadata: Logger.Metadata = [
            "event": "progress", "files": "\(open.count)", "rows": "\(line.rows)", "of": "\(line.of)",
            "rate": "\(line.rate)", "drops": "\(open.keys.sorted().prefix(8).map(String.init).joined(separator: ","))",
        ]
        if let remaining = line.remaining { metadata["remaining"] = "\(remaining)s" }
        context.logger.info("\(line.rows) of \(line.of) rows are settled", metadata: metadata)
    }

    private func text(_ wait: InboxTracker.Wait) -> String {
        switch wait {
        case .writer: ": its writer has not closed it"
        case .change: ": it does not stand still for as long as settle says"
        case .companions(let names): " for \(names.joined(separator: " and "))"
        case .name:
            ": no rule is for it and its ending is no price file's, so that it may be about to get its real name; it is refused when it lay unchanged for as long as unmatched_after says"
        }
    }

    private func word(_ wait: InboxTracker.Wait) -> String {
        switch wait {
        case .writer: "open for writing"
        case .change: "still changing"
        case .companions: "not there yet"
        case .name: "no rule"
        }
    }

    /// For `--once`: what stays in the inbox, and what of it makes the run end with 74.
    private func sayWhatIsLeft() {
        let unnamed = tracker.waiting.filter { $0.wait == .name }
        for file in unnamed.prefix(Self.namedMax) {
            context.logger.notice(
                "\(file.name) is left in the inbox\(text(file.wait))",
                metadata: ["event": "waiting", "file": "\(file.name)", "why": "\(word(file.wait))"])
        }
        if !tracker.leftNames.isEmpty || !unusable.isEmpty { code = ExitCode.worse(code, ExitCode.spool) }
    }

    /// A name that is no UTF-8, escaped.
    private func sayUnreadable(_ name: String) {
        unusable.insert(name)
        guard unusable.count <= Self.namedMax, warned.insert("unreadable " + name).inserted else { return }
        context.alerts.send(
            Alert(
                event: "name_unreadable",
                message: "a file is left in the inbox: its name is no UTF-8; give it another one",
                facts: ["file": name]))
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
            if warned.count < Self.warnedMax, warned.insert("odd " + name).inserted {
                let what =
                    status.isSymbolicLink
                    ? "a symbolic link"
                    : status.isDirectory ? "a directory" : "no regular file (a FIFO, a socket or a device)"
                context.logger.warning(
                    "\(name) is \(what); it is left alone", metadata: ["event": "ignored", "file": "\(name)"])
            }
            return false
        }
        guard !FileNames.isTooLong(name, destinations: rejectsDestinations) else {
            unusable.insert(name)
            if warned.count < Self.warnedMax, warned.insert("long " + name).inserted {
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
        if let at = reminder.nextDeadline { next = min(next, at) }
        if let until = faultUntil { next = min(next, until) }
        for deadline in [downs.nextDeadline, report.nextDeadline] { next = min(next, deadline ?? next) }
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
        if open.isEmpty, waitingToGoOn.isEmpty, !tracker.hasWork, faultUntil == nil, !mustLookAgain {
            // What arrived while the last file was contributed belongs to this run.
            listInbox()
            if !tracker.hasWork { return ExitCode.ok }
        }
        if standing.holdsAnything, await isAllHeld(now) {
            context.logger.notice(
                "what is left is held",
                metadata: ["event": "left_held", "in_inbox": "\(tracker.count)", "in_work": "\(open.count)"])
            if open.isEmpty { return ExitCode.ok }
            isInterrupted = true
            isStopping = true
            input.yield(.tick)
            return nil
        }
        let wait = options.wait.nanoseconds
        let hopeless = Set(
            downSince.filter { name, since in
                if case .refused = laneStates[name] { true } else { now - since >= wait }
            }.keys)
        let goneInWork = waitingToGoOn.contains { !canEnd($0) }
        var matters = open.isEmpty && (!hopeless.isEmpty || goneInWork || hasGoneDestination)
        for name in hopeless where !matters { matters = await !hasWork(besides: name, hopeless) }
        guard matters else { return nil }
        var wanted = Set(waitingToGoOn.flatMap { $0.snapshot.rule.destinations })
        // Something may still go on: what waits for a destination that is no longer there does not end the run before that.
        var isHopeful = tracker.pending > 0 || waitingToGoOn.contains { canGoOn($0, hopeless) }
        for name in tracker.complete where !standing.isInboxHeld {
            do {
                let destinations = try await destinations(for: name)
                guard !standing.holds(anyOf: destinations) else { continue }
                wanted.formUnion(destinations)
                if destinations.allSatisfy({ context.lanes[$0] != nil && !hopeless.contains($0) }) { isHopeful = true }
            } catch {
                noteFault(now)
                return nil
            }
        }
        let isInMidWork = !open.isEmpty || !waitingToGoOn.isEmpty
        for drop in open.values { wanted.formUnion(drop.destinations) }
        let gone = isHopeful ? [] : wanted.filter { context.lanes[$0] == nil }
        for name in wanted.intersection(hopeless).union(gone).sorted() {
            // Files of other destinations are still on their way.
            if !open.isEmpty, await hasWork(besides: name, hopeless) { continue }
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

    private func canGoOn(_ file: ClaimedFile, _ hopeless: Set<String>) -> Bool {
        canEnd(file) && (canEndAtOnce(file) || hopeless.isDisjoint(with: file.snapshot.rule.destinations))
    }

    /// Whether a file in the inbox is for a destination that the configuration no longer has.
    private var hasGoneDestination: Bool {
        knownDestinations.values.contains { names in names.contains { context.lanes[$0] == nil } }
    }

    /// For `--once`: whether nothing can go on before somebody resumes what is held.
    private func isAllHeld(_ now: Int64) async -> Bool {
        guard waitingToGoOn.isEmpty, faultUntil == nil, standing.cancelledFiles.isEmpty else { return false }
        for drop in open.keys where await !control.isHeldUp(drop) { return false }
        if standing.isInboxHeld { return true }
        guard tracker.pending == 0 else { return false }
        for name in tracker.complete {
            guard let destinations = try? await destinations(for: name), standing.holds(anyOf: destinations) else {
                return false
            }
        }
        return true
    }

    /// Whether a drop in work needs none of the destinations that are given up, and can go on; or whether another destination than
    /// this one is up and may still finish something.
    private func hasWork(besides name: String, _ hopeless: Set<String>) async -> Bool {
        for (number, drop) in open where hopeless.isDisjoint(with: drop.destinations) {
            if !standing.holds(anyOf: drop.destinations), await !control.isHeldUp(number) { return true }
        }
        for (other, lane) in context.lanes
        where other != name && laneStates[other] == .ready && !standing.holds(anyOf: [other]) {
            if await lane.isBusy { return true }
        }
        return false
    }
}
