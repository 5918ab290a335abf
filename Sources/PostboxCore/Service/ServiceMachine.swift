internal import DequeModule

/// Decides what the service does: what is claimed and what goes on, when `--once` ends and with which code, what is said, and when
/// faults are given up on.
///
/// Everything that happens is an event, a method of its own. After each the loop asks `next` for one action after the other and
/// carries them out, until it is told to wait: that is a round. What an action brings to light is an event as well. Times are
/// nanoseconds of the monotonic clock.
package struct ServiceMachine: Sendable {
    /// Where a round is; each case goes to the next one, unless it says otherwise.
    private enum Phase: Sendable, Equatable {
        /// Before the first round.
        case opening
        /// Commands and inbox are known.
        case opened
        /// A round begins. Goes to: list, or stop when the service stops.
        case start
        case list
        /// The inbox was listed, and what that told is said. Goes to: sayWhatLasts.
        case listed
        case sayWhatLasts
        /// The commands may have been read, or are unknown for now.
        case commands
        case lookAgain
        case goOn
        case beginClaims
        /// What is ready may lack a look. Goes to: choose.
        case look
        /// Goes to: look while files are ready, once.
        case choose
        /// For `--once`: whether nothing is left. Goes to: end, onceHeld, or wait without `--once`.
        case once
        /// The inbox was listed a last time.
        case onceListed
        /// Whether all that is left is held, with what the lanes said to that; nil: they were not asked. Goes to: onceGivenUp, start,
        /// end.
        case onceHeld(OnceEnd.LaneFacts?)
        /// Whether nobody waits for the destinations of what is left; what the lanes said goes on with it. Goes to: wait, start, end.
        case onceGivenUp(OnceEnd.LaneFacts?)
        /// Goes to: stopped.
        case stop
        /// What was in flight is answered. Goes to: start, end.
        case stopped
        /// Goes to: start.
        case wait
        case end
    }

    private var settings: Settings
    private var inbox: InboxBook
    private var lanes: LaneBook
    private var drops: DropBook
    private var held = HeldBook()
    /// What the desk's commands mean.
    package private(set) var standing = Standing()
    private var claims = ClaimChoice()
    private var faults = FaultWatch()
    private var destinations: DestinationsOfNames
    private var tables: TableBook
    private var room: RoomWatch
    private var talk: Talk
    private var ending: RunEnd
    private var phase = Phase.opening
    private var queue: Deque<Action> = []

    /// `recovered`: drops that an earlier run left, which go on. `goodTables`: those of which it left one that can be used.
    package init(
        _ settings: Settings, options: Options, recovered: [DropBook.Drop], goodTables: Set<String> = [], at now: Int64
    ) {
        self.settings = settings
        inbox = InboxBook(settings)
        lanes = LaneBook(
            settings.destinations.map(\.name), alert: settings.downAlert.nanoseconds,
            quiet: Self.quiet(settings), at: now)
        drops = DropBook(waiting: recovered)
        destinations = DestinationsOfNames(settings)
        tables = TableBook(settings, good: goodTables, at: now)
        room = RoomWatch(settings.minFree)
        talk = Talk()
        ending = RunEnd(options)
    }

    // MARK: - What happened

    /// Another configuration is in force from now on. `leaving`: destinations that it no longer has and that are logged in still.
    /// `keptTables`: those that are by it as they were; `goodTables`: others of which there is one that can be used.
    package mutating func use(
        _ new: Settings, leaving: Set<String>, keptTables: Set<String>, goodTables: Set<String>, at now: Int64
    ) {
        settings = new
        inbox.use(new, at: now)
        lanes.use(
            new.destinations.map(\.name), leaving: leaving, alert: new.downAlert.nanoseconds, quiet: Self.quiet(new),
            at: now)
        tell(room.use(new.minFree))
        destinations = DestinationsOfNames(new)
        tables.use(new, kept: keptTables, good: goodTables)
        lookAtTables()
    }

    private static func quiet(_ settings: Settings) -> [String: [QuietTime]] {
        Dictionary(settings.destinations.map { ($0.name, $0.quiet) }, uniquingKeysWith: { first, _ in first })
    }

    /// The kernel's reports of names in the inbox, by the watch of that number.
    package mutating func reported(_ events: [InboxEvent], watch: Int, at now: Int64) {
        tell(inbox.take(events, watch: watch, at: now))
    }

    /// A destination's state changed.
    package mutating func laneChanged(_ name: String, to state: LaneState, at now: Int64) {
        let up = lanes.changed(name, to: state, at: now)
        tell(talk.waiting.changed(name, lanes, standing))
        tell(up)
    }

    /// A contribution ended. `standing`: what the desk's commands mean without those for that drop.
    package mutating func ended(_ drop: Int, _ end: DropEnd, _ standing: Standing, at now: Int64) {
        self.standing = standing
        drops.ended(drop, isFaulty: end == .fault)
        switch end {
        case .closed(let verdict, let unknown):
            faults.worked()
            ending.closed(verdict, unknown: unknown)
        case .held: faults.worked()
        case .interrupted: ending.leftWork()
        case .fault: metFault(at: now)
        }
    }

    /// A drop goes on that nobody worked on: it was released or refused, or was made of rows of another one.
    package mutating func goesOn(_ drop: DropBook.Drop) { drops.wait(drop) }

    /// Drops that nobody works on before a person releases them.
    package mutating func heldKnown(_ drops: [HeldBook.Drop]) { held.know(drops) }

    /// Destinations that the configuration no longer has and that are not left yet.
    package var leaving: Set<String> { lanes.leaving }

    /// Drops that the ledger need not be asked about.
    package var known: Set<Int> { drops.known }

    /// The desk's commands were read.
    package mutating func commandsRead(_ standing: Standing) { self.standing = standing }

    /// The service is told to stop.
    package mutating func stopTold(at now: Int64) { tell(ending.stopTold(at: now)) }

    // MARK: - What an action brought to light

    /// The inbox as a whole.
    package mutating func listed(_ listing: InboxListing, at now: Int64) {
        let outlook = self.outlook
        tell(inbox.listed(listing, at: now, outlook))
        if listing.fault != nil { faults.metInbox(at: listing.began.monotonic) }
    }

    private var outlook: WaitingOutlook {
        WaitingOutlook(
            standing: standing, lanes: lanes, destinations: destinations.known, rules: destinations.rules,
            tables: destinations.tables, missingTables: tables.missing, isRoomLow: room.isLow)
    }

    /// Some names of the inbox.
    package mutating func looked(_ looks: InboxLooks) { tell(inbox.looked(looks)) }

    /// What the ledger holds and nobody works on. `fault`: why it is not all; nil: it is.
    package mutating func lookedAgain(_ found: [DropBook.Drop], fault: String?, at now: Int64) {
        drops.lookedAgain(found, isAll: fault == nil)
        guard let fault else { return }
        metFault(at: now)
        tell(
            .line(LogLine(.error, event: .ledgerFault, "what the fault left cannot be looked at: \(fault)")))
    }

    /// Where files of rejects go, by name, which tables they need, and their rules.
    package mutating func destinationsFound(
        _ found: [String: [String]], tables: [String: [String]] = [:], rules: [String: String] = [:]
    ) {
        for (name, wanted) in found.sorted(by: { $0.key < $1.key }) {
            tell(destinations.found(name, wanted, tables: tables[name] ?? [], rule: rules[name], lanes))
        }
    }

    /// The files of the tables, as they lie there.
    package mutating func tablesLooked(_ looks: [String: TableBook.Look], at now: TwoClocks) {
        let (due, told) = tables.looked(looks, at: now)
        tell(told)
        if !due.isEmpty { queue.append(.readTables(due)) }
    }

    /// So many bytes are free where the spool lies, of so many.
    package mutating func roomSeen(free: Int, of size: Int, at now: Int64) {
        tell(room.seen(free: free, of: size, at: now))
    }

    /// How many that are cannot be told; why.
    package mutating func roomFailed(_ why: String, at now: Int64) { tell(room.failed(why, at: now)) }

    /// Files of tables were read.
    package mutating func tablesRead(_ readings: [String: TableBook.Reading], at now: Int64) {
        for (name, reading) in readings.sorted(by: { $0.key < $1.key }) { tell(tables.read(name, reading, at: now)) }
    }

    /// The ledger cannot be read; why.
    package mutating func destinationsFailed(_ why: String, at now: Int64) {
        switch phase {
        case .choose: claimFailed(why, at: now)
        // What is held may be no reason to end; it is asked again.
        case .onceHeld(let said): phase = .onceGivenUp(said)
        default:
            metFault(at: now)
            phase = .wait
        }
    }

    /// Files were claimed; those in work begin.
    package mutating func claimed(_ claimed: Claimed, at now: Int64) {
        let wanted = claims.claimed()
        _ = talk.said.isOver("claim")
        for file in claimed.immovable { tell(inbox.cannotMove(file, at: now)) }
        let left = Set(claimed.immovable.map(\.name))
        for name in wanted where !left.contains(name) {
            inbox.taken(name)
            talk.waiting.taken(name)
            talk.waitsNoMore(name)
            destinations.forget(name)
        }
        for drop in claimed.drops where standing.cancelledFiles.contains(drop.name) {
            queue.append(.claimedCancelled(drop.name, drop: drop.number))
        }
        for drop in claimed.drops {
            drops.begin(drop)
            for line in Talk.claimed(drop) { tell(.line(line)) }
        }
        if !claimed.drops.isEmpty { queue.append(.begin(claimed.drops.map(\.number))) }
    }

    /// Nothing could be claimed; why.
    package mutating func claimFailed(_ why: String, at now: Int64) {
        metFault(at: now)
        claims.failed()
        let text = "nothing is taken from the inbox for now: \(why)"
        tell(
            talk.said.isNew("claim")
                ? .alert(Alert(event: .claimFault, message: text))
                : .line(LogLine(.error, event: .claimFault, text)))
        phase = .once
    }

    /// How the lanes, and the drops in work, stand.
    package mutating func lanesAnswered(_ facts: OnceEnd.LaneFacts) {
        switch phase {
        case .onceHeld: phase = .onceHeld(facts)
        case .onceGivenUp: phase = .onceGivenUp(facts)
        default: break
        }
    }

    /// What was in flight is answered, or was waited for long enough.
    package mutating func lanesStopped() { phase = .stopped }

    /// A fault of disk or ledger: nothing new is claimed for a while, then what was left goes on from what the ledger knows.
    private mutating func metFault(at now: Int64) {
        faults.met(at: now)
        drops.metFault()
    }

    private mutating func tell(_ told: Told?) {
        if let told { queue.append(.tell(told)) }
    }

    private mutating func tell(_ told: [Told]) { queue += told.map { .tell($0) } }

    // MARK: - What to do about it

    /// The next action of a round. `.wait` and `.end` are the last ones.
    package mutating func next(at now: Int64, _ facts: Facts) -> Action {
        while queue.isEmpty { step(at: now, facts) }
        return queue.removeFirst()
    }

    /// One phase. It adds actions to the queue, or moves on, or both.
    private mutating func step(at now: Int64, _ facts: Facts) {
        switch phase {
        case .opening:
            phase = .opened
            queue = [.readCommands, .list(isWatchLost: true)]
        case .opened:
            phase = .start
            lookAtTables()
            queue.append(.started)
        case .start:
            tables.forgetLook()
            leaveDestinations()
            phase = ending.isStopping ? .stop : .list
            if phase == .list, let due = tables.nextDeadline, now >= due { lookAtTables() }
            if phase == .list, room.isDue(at: now) { queue.append(.lookAtRoom) }
        case .list:
            phase = .sayWhatLasts
            if now >= inbox.nextListing {
                phase = .listed
                queue.append(.list(isWatchLost: inbox.isWatchLost))
            }
        case .listed:
            phase = .sayWhatLasts
            lookAtTables()
            queue.append(.readCommands)
        case .sayWhatLasts:
            sayWhatLasts(at: now, facts)
            lookAfterHeld(facts)
            let overdue = talk.overdue(standing, at: facts.wall)
            if !overdue.isEmpty { queue.append(.holdsOverdue(overdue)) }
            tell(inbox.remind(at: now))
            faults.timePassed(to: now)
            phase = .commands
            if faults.until == nil, !standing.isKnown { queue.append(.readCommands) }
        case .commands:
            if faults.until == nil, !standing.isKnown { faults.wait(at: now) }
            phase = faults.until == nil && facts.resultsFailSince == nil ? .lookAgain : .once
        case .lookAgain:
            phase = .goOn
            if drops.mustLookAgain { queue.append(.lookAgain(known: drops.known)) }
        case .goOn:
            phase = drops.mustLookAgain ? .once : .beginClaims
            if phase == .beginClaims { goOn() }
        case .beginClaims: beginClaims()
        case .look:
            phase = .choose
            if !inbox.unseen.isEmpty { queue.append(.look(Array(inbox.unseen))) }
        case .choose: choose(at: now)
        case .once: once(at: now, facts)
        case .onceListed: phase = inbox.tracker.hasWork ? .onceHeld(nil) : .end
        case .onceHeld(let said): onceHeld(said, at: now)
        case .onceGivenUp(let said): onceGivenUp(said, at: now)
        case .stop:
            wantSpares(0)
            queue.append(.stopLanes)
        case .stopped:
            if drops.open.isEmpty {
                if !drops.waiting.isEmpty || inbox.tracker.hasWork || drops.mustLookAgain {
                    ending.leftWork()
                }
                phase = .end
            } else {
                phase = givesUp(at: now, facts) ? .end : .wait
            }
        case .wait:
            phase = .start
            queue.append(.wait(until: deadline(at: now, facts)))
        case .end:
            queue.append(.end)
        }
    }

    /// Logs out of destinations that the configuration no longer has, as soon as no file needs them.
    private mutating func leaveDestinations() {
        for name in lanes.leaving.sorted() where !drops.needs(name, lanes, standing) {
            lanes.left(name)
            queue.append(.leave(destination: name))
        }
    }

    /// The first time that something is to be done although nothing happens.
    private func deadline(at now: Int64, _ facts: Facts) -> Int64 {
        var next = inbox.nextDeadline
        for deadline in [
            faults.until, lanes.nextDeadline, room.nextDeadline, talk.report.nextDeadline, tables.nextDeadline,
        ] {
            next = min(next, deadline ?? next)
        }
        if let wall = held.nextDeadline {
            let (left, isFar) = max(0, wall - facts.wall).multipliedReportingOverflow(by: 1000)
            if !isFar { next = min(next, now + left) }
        }
        if let until = standing.nextUntil(after: facts.wall) {
            let (left, isFar) = (until - facts.wall).multipliedReportingOverflow(by: 1000)
            if !isFar { next = min(next, now + left) }
        }
        if ending.isOnce || ending.isStopping || facts.resultsFailSince != nil { next = min(next, now + 250_000_000) }
        return next
    }

    /// Destinations that have been down for long, and once a minute how far the files in work are.
    private mutating func sayWhatLasts(at now: Int64, _ facts: Facts) {
        for (name, span) in lanes.longDown(at: now, wall: facts.wall) {
            let inWork = drops.open.values.count { $0.destinations.contains(name) }
            let why = lanes.reason([name], standing)
            tell(
                .alert(
                    Alert(
                        event: .destinationDown,
                        message: "\(name) has been down for \(SettingsText.words(.nanoseconds(span))): \(why)",
                        facts: ["destination": name, "why": why, "down_seconds": "\(span / 1_000_000_000)"],
                        reasons: ["in_inbox": inbox.tracker.count, "in_work": inWork].filter { $0.value > 0 })))
        }
        tell(
            talk.progress(of: drops.open.keys, settled: facts.settled, expected: facts.expected, at: now))
    }

    /// Reminds of what is held, and ends what was held for too long.
    private mutating func lookAfterHeld(_ facts: Facts) {
        guard !held.isEmpty else { return }
        let (told, over) = held.due(at: facts.wall)
        tell(told)
        if !over.isEmpty { queue.append(.timeOut(over)) }
    }

    // MARK: - What goes on, and what is claimed

    /// Drops of an earlier run go on as soon as their destinations are logged in, oldest first.
    private mutating func goOn() {
        for drop in drops.stranded(lanes, standing) where talk.said.isNew("drop \(drop.number)") {
            tell(
                .alert(
                    Alert(
                        event: .destinationMissing,
                        message:
                            "\(drop.name) was claimed for a destination that the configuration no longer has; put it back to finish the file",
                        facts: ["drop": "\(drop.number)", "file": drop.name])))
        }
        let ready = drops.goOn(lanes, standing)
        if !ready.isEmpty { queue.append(.begin(ready.map(\.number))) }
    }

    private mutating func beginClaims() {
        if room.isLow || standing.isInboxHeld && standing.cancelledFiles.isEmpty {
            wantSpares(0)
            phase = .once
            return
        }
        if destinations.hasPriorities {
            queue.append(.setOldestWaiting(inbox.tracker.oldestArrival.map { $0 / 1000 }))
        }
        if inbox.tracker.count == 0, claims.forgetParked() { queue.append(.forgetPassed) }
        let outlook = ClaimChoice.Outlook(
            ready: lanes.ready, blocked: drops.blocked(lanes, standing), standing: standing,
            missingTables: tables.missing)
        if claims.begin(outlook) {
            inbox.tracker.unpark()
            if claims.hasParked { queue.append(.letGo) }
        }
        phase = .look
    }

    private mutating func choose(at now: Int64) {
        let ready = inbox.tracker.ready(at: now, most: claims.most)
        wantSpares(ready.count)
        // What is less urgent keeps nobody out.
        let busy = ready.first.map { drops.busy(atLeast: inbox.priority(of: $0), standing) } ?? 0
        let room = ClaimChoice.room(for: ready.count, busy: busy)
        guard !ready.isEmpty, room > 0 else {
            phase = .once
            return
        }
        guard knowTables() else { return }
        let asked = ready.filter { !standing.isInboxHeld || standing.cancelledFiles.contains($0) }
        guard knowDestinations(of: asked) else { return }
        let choice = claims.choose(
            ready, room: room, destinations.known, tables: destinations.tables, rules: destinations.rules)
        for name in choice.parked { inbox.tracker.park(name) }
        if !choice.parked.isEmpty {
            queue.append(
                .pass(
                    Dictionary(
                        choice.parked.map { ($0, inbox.priority(of: $0)) }, uniquingKeysWith: { $1 })))
        }
        for name in choice.told {
            tell(talk.waiting.waits(name, for: destinations.known[name] ?? [], lanes, standing))
        }
        for name in choice.withoutTable {
            tell(talk.waits(name, for: tables.missing(of: destinations.tables[name] ?? []), tables))
        }
        if !choice.claimed.isEmpty {
            phase = .look
            tables.forgetLook()
            queue.append(.claim(choice.claimed))
        } else if claims.mayLookOn {
            phase = .look
        } else {
            phase = .once
            queue.append(.comeBack)
        }
    }

    /// Learns where these files go. False: the ledger has to be asked first, and then the phase comes again.
    private mutating func knowDestinations(of files: [String]) -> Bool {
        var unknown: [String] = []
        for name in files where destinations.known[name] == nil {
            if RejectsName(name) == nil {
                let rule = settings.rule(for: name)
                let needed = tables.isEmpty ? [] : rule?.tables.keys.sorted() ?? []
                tell(destinations.found(name, rule?.destinations ?? [], tables: needed, rule: rule?.match, lanes))
            } else {
                unknown.append(name)
            }
        }
        if !unknown.isEmpty { queue.append(.findDestinations(unknown)) }
        return unknown.isEmpty
    }

    private mutating func lookAtTables() {
        if !tables.isEmpty { queue.append(.lookAtTables) }
    }

    /// Looks at the tables before a claim. False: their files have to be looked at, or what can go has changed by that, and then the
    /// phase comes again.
    private mutating func knowTables() -> Bool {
        guard !tables.isEmpty else { return true }
        guard tables.isFresh else {
            lookAtTables()
            return false
        }
        if tables.missing != claims.outlook?.missingTables {
            phase = .beginClaims
            return false
        }
        return true
    }

    private mutating func wantSpares(_ count: Int) { queue.append(.wantSpares(count)) }

    // MARK: - What is shown

    /// How everything stands: what this machine knows of it. `now`: both clocks, read together.
    package func board(of service: StatusBoard.Service, at now: Moment, _ facts: Facts) -> StatusBoard {
        let waiting = inbox.waiting(most: StatusBoard.listed, outlook)
        let open = drops.open.values.sorted { $0.number < $1.number }
        let shown = (open.map { ($0, StatusBoard.File.State.reading) } + drops.waiting.map { ($0, .waiting) })
            .prefix(StatusBoard.listed)
        let files = shown.map { drop, state in
            StatusBoard.File(
                drop: drop.number, name: drop.name, destinations: drop.destinations,
                state: standing.holds(drop.number, drop.destinations) ? .held : state)
        }
        var board = StatusBoard(
            service: service, lanes: lanes.lines(standing, at: now), files: files, filesInAll: drops.count,
            waiting: waiting.files, waitingInAll: waiting.all, isInboxHeld: standing.isInboxHeld,
            trouble: trouble(facts))
        board.isInboxKnown = inbox.hasListed
        board.lowRoom = room.trouble
        board.holds = standing.holds
        board.oldestWaitingAt = inbox.tracker.oldestArrival.map { $0 / 1000 }
        return board
    }

    /// The same in a few numbers.
    package var summary: ServiceStanding {
        ServiceStanding(
            filesInWork: drops.count, loggedIn: lanes.ready.count, destinations: settings.destinations.count,
            held: held.count, isStopping: ending.isStopping)
    }

    /// What keeps everything from going.
    private func trouble(_ facts: Facts) -> String? {
        if ending.isStopping { return "the service is stopping" }
        if facts.resultsFailSince != nil { return "results cannot be written" }
        if faults.until != nil { return "the disk, the ledger or the folder of commands has a fault; see the log" }
        if let why = room.trouble { return why }
        return inbox.hasListed ? nil : "the inbox was not read yet"
    }

    // MARK: - The end

    /// Whether the disk has been failing for so long that `once`, or a stop, no longer waits for it.
    private mutating func givesUp(at now: Int64, _ facts: Facts) -> Bool {
        let patience = ending.patienceWithDisk(at: now, drainTimeout: settings.drainTimeout.nanoseconds)
        guard faults.givesUp(at: now, resultsSince: facts.resultsFailSince, patience: patience) else { return false }
        tell(
            .line(
                LogLine(
                    .error, event: .gaveUp, "gave up: the disk still fails; what is left goes on at the next start",
                    facts: ["left_in_work": "\(drops.count)"])))
        ending.gaveUp()
        return true
    }

    /// For `--once`: whether there is nothing more to do.
    private mutating func once(at now: Int64, _ facts: Facts) {
        guard ending.isOnce else {
            phase = .wait
            return
        }
        if givesUp(at: now, facts) {
            phase = .end
        } else if !inbox.hasListed {
            phase = .wait
        } else if room.isLow, drops.isEmpty, inbox.tracker.hasWork, faults.until == nil {
            tell(
                .line(
                    LogLine(
                        .error, event: .gaveUp, "gave up: \(room.trouble ?? "")",
                        facts: ["left_in_inbox": "\(inbox.tracker.count)"])))
            endOnce(isInMidWork: false, ExitCode.spool)
        } else if drops.isEmpty, !inbox.tracker.hasWork, faults.until == nil, !drops.mustLookAgain {
            // What arrived while the last file was contributed belongs to this run.
            phase = .onceListed
            queue.append(.list(isWatchLost: inbox.isWatchLost))
        } else {
            phase = .onceHeld(nil)
        }
    }

    private func onceEnd(at now: Int64) -> OnceEnd {
        OnceEnd(
            lanes: lanes, drops: drops, standing: standing,
            hopeless: lanes.hopeless(at: now, patience: ending.patience))
    }

    /// What the lanes say; `said`: what they have said so far. nil: they are asked, and then the phase comes again.
    private mutating func laneFacts(_ said: OnceEnd.LaneFacts?) -> OnceEnd.LaneFacts? {
        if drops.open.isEmpty { return OnceEnd.LaneFacts() }
        if said == nil { queue.append(.askLanes(drops: drops.open.keys.sorted())) }
        return said
    }

    /// The files of the inbox, unless it is held. nil: the ledger is asked, and then the phase comes again.
    private mutating func files() -> OnceEnd.Files? {
        var files = OnceEnd.Files(pending: inbox.tracker.pending)
        guard !standing.isInboxHeld else { return files }
        let complete = inbox.tracker.complete
        guard knowDestinations(of: complete) else { return nil }
        for name in complete where !standing.holds(rule: destinations.rules[name]) {
            if let needed = destinations.tables[name], let table = tables.missing(of: needed) {
                files.withoutTable.append(table)
            } else if let wanted = destinations.known[name] {
                files.destinations.append(wanted)
            }
        }
        return files
    }

    private mutating func onceHeld(_ said: OnceEnd.LaneFacts?, at now: Int64) {
        let end = onceEnd(at: now)
        guard end.mayBeAllHeld(isPausing: faults.until != nil) else {
            phase = .onceGivenUp(said)
            return
        }
        guard let facts = laneFacts(said), let files = files() else { return }
        guard end.isAllHeld(files, facts) else {
            phase = .onceGivenUp(said)
            return
        }
        tell(
            .line(
                LogLine(
                    .notice, event: .leftHeld, "what is left is held",
                    facts: ["in_inbox": "\(inbox.tracker.count)", "in_work": "\(drops.count)"])))
        endOnce(isInMidWork: !drops.isEmpty, ExitCode.ok)
    }

    private mutating func onceGivenUp(_ said: OnceEnd.LaneFacts?, at now: Int64) {
        if drops.isEmpty, tables.isHopeless(at: now, patience: ending.patience) {
            guard let files = files() else { return }
            if files.waitForTables(standing), let table = files.withoutTable.min() {
                tell(
                    .line(
                        LogLine(
                            .error, event: .gaveUp, "gave up: \(tables.why(table))",
                            facts: ["table": table, "left_in_inbox": "\(inbox.tracker.count)"])))
                return endOnce(isInMidWork: false, ExitCode.noDestination)
            }
        }
        let end = onceEnd(at: now)
        var facts = OnceEnd.LaneFacts()
        if !end.hopeless.isEmpty {
            guard let answer = laneFacts(said) else { return }
            facts = answer
        }
        guard end.matters(hasGoneDestination: destinations.hasGone(lanes), facts) else {
            phase = .wait
            return
        }
        guard let files = files() else { return }
        guard let name = end.givenUp(files, facts).first else {
            phase = .wait
            return
        }
        tell(
            .line(
                LogLine(
                    .error, event: .gaveUp, "gave up: \(lanes.reason([name], standing))",
                    facts: ["destination": name, "left_in_inbox": "\(inbox.tracker.count)"])))
        endOnce(isInMidWork: !drops.isEmpty, ExitCode.noDestination)
    }

    /// `--once` is over. What is in mid-work is left as a stop leaves it.
    private mutating func endOnce(isInMidWork: Bool, _ code: Int32) {
        ending.onceIsOver(isInMidWork: isInMidWork, code)
        phase = isInMidWork ? .start : .end
    }

    /// After `.end`, when the lanes are stopped: what is told at last, and the exit code.
    package func finish() -> (told: [Told], code: Int32) {
        var told: [Told] = ending.isOnce ? inbox.tellUnnamed() : []
        if ending.isOnce, !held.isEmpty {
            told.append(
                .line(
                    LogLine(
                        .notice, event: .leftHeld, "what is left is held for release",
                        facts: ["for_release": "\(held.count)"])))
        }
        return (told, ending.exitCode(leavesFiles: inbox.leavesFiles, leavesHeld: !held.isEmpty))
    }
}
