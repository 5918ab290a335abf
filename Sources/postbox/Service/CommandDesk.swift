internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Reads the commands in `state/control/` and carries them to the lanes and the contributions. Holds stand until their file is
/// gone; a cancellation's file goes when the drop is closed, so that whatever kills the program in between repeats it.
actor CommandDesk {
    /// The reason of what is cancelled.
    static let cancelled = "cancelled"

    private let context: Context
    private let folder: ControlFolder
    private var commands: [DeskCommand: ControlFolder.Entry] = [:]
    /// Which drop a name in a cancellation has turned out to mean.
    private var meant: [DeskCommand: Int] = [:]
    private var cancelled: [Int: OutcomeDetail] = [:]
    private var open: [Int: OpenDrop] = [:]
    private var standing = Standing()
    /// Drops that are not closed and were held with their rule.
    private var heldByRule: [Int: String] = [:]
    private var warned: Set<String> = []
    private var watch: Inotify?
    private var watchTask: Task<Void, Never>?
    private let changed: @Sendable () -> Void

    /// `changed`: called when the folder has to be read again.
    init(context: Context, changed: @escaping @Sendable () -> Void) {
        self.context = context
        self.changed = changed
        folder = ControlFolder(stateDirectory: context.settings.directories.state)
    }

    func stop() {
        watch?.stop()
        watchTask?.cancel()
    }

    // MARK: - Commands

    /// Reads the folder anew and does what is new in it. Returns what stands then.
    func read() async -> Standing {
        await startWatch()
        do {
            let (read, over) = try await context.disk.run { [folder] in
                // What is taken back in between is found twice, and not missed.
                let read = try folder.read()
                return (read, try folder.takenBack())
            }
            var found = read
            for (command, rounds) in over where rounds.contains(where: { $0.given == found.commands[command] }) {
                found.commands[command] = nil
            }
            report(foreign: found.foreign)
            for command in commands.keys where command.isHold && found.commands[command] == nil {
                await resume(command, over[command]?.last)
            }
            for (command, rounds) in over {
                await record(rounds, of: command)
                // Somebody may have resumed it while no service ran.
                if found.commands[command] == nil { isNoLongerOverdue(command) }
            }
            try await context.disk.run { [folder, over] in try folder.forget(over) }
            for (command, entry) in found.commands.sorted(by: { $0.key.fileName < $1.key.fileName })
            where command.isHold {
                if commands[command]?.since != entry.since { try await hold(command, entry) }
            }
            for command in commands.keys where !command.isHold && found.commands[command] == nil {
                commands[command] = nil
                meant[command] = nil
            }
            standing.holds = holds
            standing.cancelledFiles = []
            for (command, entry) in found.commands where !command.isHold { try await cancel(command, entry) }
            standing.isKnown = true
            warned.remove("fault")
            await setAside()
        } catch {
            standing.isKnown = false
            if warned.insert("fault").inserted {
                context.alerts.send(
                    Alert(
                        event: .controlFault, message: "orders cannot be read for now: \(Words.of(error))", facts: [:]
                    ))
            }
        }
        return standing
    }

    /// What lets a command be given on a full disk. Without it commands are given all the same while there is room.
    private func setAside() async {
        do {
            try await context.disk.run { [folder] in try folder.setAside() }
            warned.remove("reserve")
        } catch {
            if warned.insert("reserve").inserted {
                context.logger.warning(
                    "nothing can be set aside for orders to come, which a full disk would stop: \(error)",
                    metadata: ["event": .event(.controlFault)])
            }
        }
    }

    private func hold(_ command: DeskCommand, _ entry: ControlFolder.Entry) async throws {
        if case .holdDrop(let drop) = command, try await context.ledger.isFinished(drop) != false {
            return try await void(command, "it is not in work")
        }
        // Another hold of the same thing has a time of its own.
        if commands.updateValue(entry, forKey: command) != nil { isNoLongerOverdue(command) }
        await setHeld(command, true)
        await record(step("hold", command, entry, once: "\(entry.since)"), of: command)
        let isKnown = if case .holdDestination(let name) = command { context.lanes[name] != nil } else { true }
        context.logger.notice(
            "\(command.subject) is held since \(TimeText.text(entry.since))\(isKnown ? "" : "; the configuration has no such destination")",
            metadata: facts(command, entry).merging(["event": .event(.held)]) { $1 })
    }

    /// `round`: how it was taken back; nil: somebody took its file away, and nobody knows who.
    private func resume(_ command: DeskCommand, _ round: ControlFolder.Round?) async {
        commands[command] = nil
        isNoLongerOverdue(command)
        await setHeld(command, false)
        if round == nil { await record(step("resume", command, nil, once: nil), of: command) }
        var facts: Logger.Metadata = ["event": .event(.resumed), "what": "\(command.subject)"]
        if let by = round?.back?.note.by { facts["by"] = "\(by)" }
        if let why = round?.back?.note.why { facts["why"] = "\(why)" }
        context.logger.notice("\(command.subject) goes on", metadata: facts)
    }

    private func setHeld(_ command: DeskCommand, _ isHeld: Bool) async {
        switch command {
        case .holdInbox:
            standing.isInboxHeld = isHeld
        case .holdDestination(let name):
            if isHeld { standing.destinations.insert(name) } else { standing.destinations.remove(name) }
            await context.lanes[name]?.setHeld(isHeld)
        case .holdRule(let match):
            if isHeld { standing.rules.insert(match) } else { standing.rules.remove(match) }
            for drop in open.values where drop.rule == match { await setHeld(drop: drop.number, rule: match) }
            // Those that a fault left keep their places, and what holds them there.
            for (drop, rule) in heldByRule where rule == match && !isHeld {
                heldByRule[drop] = nil
                await setHeld(drop: drop, rule: match)
            }
        case .holdDrop(let drop):
            await setHeld(drop: drop, rule: open[drop]?.rule)
        case .cancelDrop, .cancelFile:
            break
        }
    }

    /// A drop is held by itself, or because its rule is. `rule`: its `match`; nil: it is not in work.
    private func setHeld(drop: Int, rule: String?) async {
        let isHeld = commands[.holdDrop(drop)] != nil || standing.holds(rule: rule)
        if standing.holds(rule: rule) { heldByRule[drop] = rule }
        if isHeld { standing.drops.insert(drop) } else { standing.drops.remove(drop) }
        for lane in context.lanes.all.values {
            if isHeld { await lane.hold(drop: drop) } else { await lane.resume(drop: drop) }
        }
    }

    /// What is held, and why.
    private var holds: [DeskHold] {
        commands.filter { $0.key.isHold }.sorted { $0.key.fileName < $1.key.fileName }.map {
            DeskHold($0.key, $0.value.note, since: $0.value.since)
        }
    }

    /// Tells that holds are to be over and are not, of each once, whatever restarts it outlives.
    func tellOverdue(_ holds: [DeskHold]) async {
        for hold in holds {
            do {
                let (name, since) = (hold.command.fileName, "\(hold.since)")
                guard try await context.ledger.inForce("hold_overdue", name) != since else { continue }
                // Killed in between it is told twice rather than never.
                var alert = hold.overdue
                if let drop = hold.command.drop, let rule = try await context.ledger.record(of: drop)?.snapshot.rule {
                    alert = alert.of(heldRule: rule.match, at: rule.destinations)
                }
                context.alerts.send(alert)
                try await context.ledger.note(since, of: "hold_overdue", name)
            } catch {
                context.logger.warning("\(Words.of(error))", metadata: ["event": .event(.ledgerFault)])
            }
        }
    }

    /// The hold is over, and so is what was told of it.
    private func isNoLongerOverdue(_ command: DeskCommand) {
        context.alerts.isOver([.holdOverdue], ["what": command.subject])
    }

    private func cancel(_ command: DeskCommand, _ entry: ControlFolder.Entry) async throws {
        let drop: Int?
        switch command {
        case .cancelDrop(let number): drop = number
        case .cancelFile(let name): drop = try await context.ledger.drop(named: name, after: entry.note.after)
        case .holdInbox, .holdDestination, .holdRule, .holdDrop: return
        }
        commands[command] = entry
        if let drop {
            if cancelled[drop] == nil, open[drop] == nil, try await context.ledger.isFinished(drop) != false {
                return try await void(command, "it is finished, or there never was such a drop")
            }
            if cancelled[drop] == nil, open[drop] == nil, try await context.ledger.isHeld(drop) {
                return try await void(command, "it is held for release; `postbox refuse` ends it")
            }
            await cancel(drop, by: command, entry)
        } else if case .cancelFile(let name) = command {
            let path = context.settings.directories.inbox + "/" + name
            if try await context.disk.run({ try Disk.status(path)?.isRegular == true }) {
                standing.cancelledFiles.insert(name)
            } else {
                try await void(command, "it is not there any more")
            }
        }
    }

    /// Carried out once; the command goes away when the drop is closed.
    private func cancel(_ drop: Int, by command: DeskCommand, _ entry: ControlFolder.Entry) async {
        meant[command] = drop
        guard cancelled[drop] == nil else { return }
        let by = entry.note.by.map { " by \($0)" } ?? ""
        let detail = OutcomeDetail(reason: Self.cancelled, text: "cancelled\(by) at \(TimeText.text(entry.since))")
        cancelled[drop] = detail
        standing.cancelled.insert(drop)
        await record(step("cancel", command, entry, once: "\(entry.since)"), of: command)
        context.logger.warning(
            "\(command.subject) is cancelled: nothing more of it is sent",
            metadata: facts(command, entry).merging(["event": .event(.cancelling), "drop": "\(drop)"]) { $1 })
        await open[drop]?.giveUp(detail)
    }

    /// A command that comes too late is taken away, and says so.
    private func void(_ command: DeskCommand, _ why: String) async throws {
        try await context.disk.run { [folder] in try folder.remove([command]) }
        commands[command] = nil
        meant[command] = nil
        if command.isHold { isNoLongerOverdue(command) }
        context.logger.notice(
            "an order for \(command.subject) comes to nothing: \(why)",
            metadata: ["event": .event(.orderVoid), "order": "\(command.fileName)"])
    }

    /// Tells the record of a command's steps, of each once, whatever restarts it outlives.
    private func record(_ steps: Ledger.Step..., of command: DeskCommand) async {
        await context.record.tell(steps, of: "command", command.fileName)
    }

    /// Tells the record who held something and who let it go on, also where no service ran meanwhile.
    private func record(_ rounds: [ControlFolder.Round], of command: DeskCommand) async {
        let steps = rounds.flatMap { round in
            [
                step("hold", command, round.given, once: "\(round.given.since)"),
                step("resume", command, round.back, once: "back \(round.given.since)"),
            ]
        }
        await context.record.tell(steps, of: "command", command.fileName)
    }

    /// What the record tells of a command, `once` for each such word. `entry`: nil: nobody knows who did it.
    private func step(
        _ act: String, _ command: DeskCommand, _ entry: ControlFolder.Entry?, once: String?
    ) -> Ledger.Step {
        let by = entry?.note.by ?? ""
        var told = RecordAct(
            act, subject: command.subject, drop: meant[command] ?? command.drop,
            by: by.isEmpty ? "unknown" : by.contains(":") ? by : "unix:" + by, from: "state/control",
            why: entry?.note.why)
        told.givenAt = entry?.since
        return Ledger.Step(.act(told), once)
    }

    private func report(foreign: [String]) {
        for name in foreign where warned.insert("foreign \(name)").inserted {
            context.alerts.send(
                Alert(
                    event: .foreignOrder, isError: false,
                    message: "\(folder.path)/\(name) is no order of Postbox; it is left alone",
                    facts: ["path": folder.path + "/" + name]))
        }
    }

    private func facts(_ command: DeskCommand, _ entry: ControlFolder.Entry) -> Logger.Metadata {
        var facts: Logger.Metadata = ["what": "\(command.subject)", "since": "\(TimeText.text(entry.since))"]
        if let by = entry.note.by { facts["by"] = "\(by)" }
        if let why = entry.note.why { facts["why"] = "\(why)" }
        if let until = entry.note.until { facts["until"] = "\(TimeText.text(until))" }
        return facts
    }

    /// A destination is served from now on: a command that was given for it before holds.
    func served(_ name: String, by lane: PostingLane) async {
        if standing.destinations.contains(name) { await lane.setHeld(true) }
    }

    // MARK: - Drops

    /// A file was claimed whose cancellation stood already: it goes with the file. Returns what stands then.
    func claimed(_ name: String, as drop: Int) async -> Standing {
        let command = DeskCommand.cancelFile(name)
        standing.cancelledFiles.remove(name)
        if let entry = commands[command] { await cancel(drop, by: command, entry) }
        return standing
    }

    /// A drop has its place in the lanes: commands that were given for it before holds from its first row on.
    func opened(_ drop: OpenDrop) async {
        open[drop.number] = drop
        if standing.drops.contains(drop.number) || standing.holds(rule: drop.rule) {
            await setHeld(drop: drop.number, rule: drop.rule)
        }
        if let detail = cancelled[drop.number] { await drop.giveUp(detail) }
    }

    /// Some rule is held.
    var holdsRules: Bool { !standing.rules.isEmpty }

    /// What stands now.
    var now: Standing { standing }

    /// A contribution ended. `isClosed`: for good; its commands are over. Returns what stands then.
    func ended(_ drop: Int, isClosed: Bool) async -> Standing {
        open[drop] = nil
        guard isClosed else { return standing }
        let over = commands.keys.filter { $0 == .holdDrop(drop) || meant[$0] == drop }
        do {
            if !over.isEmpty { try await context.disk.run { [folder] in try folder.remove(over) } }
        } catch {
            // Read again, they come to nothing.
            context.logger.warning("\(Words.of(error))", metadata: ["event": .event(.controlFault)])
        }
        for command in over {
            commands[command] = nil
            meant[command] = nil
            if command.isHold { isNoLongerOverdue(command) }
        }
        cancelled[drop] = nil
        heldByRule[drop] = nil
        standing.cancelled.remove(drop)
        standing.drops.remove(drop)
        standing.holds = holds
        return standing
    }

    /// How far the drops in work are.
    var progress: [Int: OpenDrop.Progress] { open.mapValues(\.progress) }

    /// Whether nothing of an open drop can move before something is resumed.
    func isHeldUp(_ drop: Int) async -> Bool {
        var isHeldUp = false
        for lane in context.lanes.all.values where await !lane.isOver(drop) {
            guard await lane.isHeldUp(drop) else { return false }
            isHeldUp = true
        }
        return isHeldUp
    }

    // MARK: - Watching

    private func startWatch() async {
        guard watch == nil else { return }
        do {
            let made = try await context.disk.run { [folder] in
                try folder.make()
                return try Inotify(directory: folder.path)
            }
            watch = made
            watchTask?.cancel()
            watchTask = Task { [changed] in
                for await events in made.events where events.contains(where: Self.matters) {
                    if events.contains(.directoryGone) { self.lost() }
                    changed()
                }
            }
        } catch {
            if warned.insert("watch").inserted {
                context.logger.warning(
                    "orders are looked for every few seconds only: \(error)", metadata: ["event": .event(.controlFault)]
                )
            }
        }
    }

    private func lost() {
        watch?.stop()
        watch = nil
    }

    /// Our own reading opens files: only what makes or ends a command counts.
    private static func matters(_ event: InboxEvent) -> Bool {
        switch event {
        case .created(let name), .closed(let name), .movedIn(let name), .gone(let name): !name.hasPrefix(".")
        case .rescan, .directoryGone: true
        case .opened, .modified: false
        }
    }
}
