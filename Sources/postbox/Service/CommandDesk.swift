internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What the desk's orders mean now, for whoever decides what is claimed and begun.
struct Standing: Sendable, Equatable {
    /// False: the orders could not be read; nothing new may begin before they are.
    var isKnown = false
    var isInboxHeld = false
    var destinations: Set<String> = []
    var drops: Set<Int> = []
    /// Drops that are given up and not closed yet.
    var cancelled: Set<Int> = []
    /// Files in the inbox that are to be claimed and given up.
    var cancelledFiles: Set<String> = []

    var isNone: Bool { !holdsAnything && cancelled.isEmpty && cancelledFiles.isEmpty }
    var holdsAnything: Bool { isInboxHeld || !destinations.isEmpty || !drops.isEmpty }

    /// Whether one of these destinations is held: no file that needs it is claimed.
    func holds(anyOf names: [String]) -> Bool { names.contains { destinations.contains($0) } }

    /// Whether an open drop cannot go on anywhere.
    func holds(_ drop: Int, _ names: [String]) -> Bool {
        guard !cancelled.contains(drop) else { return false }
        return drops.contains(drop) || !names.isEmpty && names.allSatisfy { destinations.contains($0) }
    }
}

/// Reads the orders in `state/control/` and carries them to the lanes and the contributions. Holds stand until their file is
/// gone; a cancellation's file goes when the drop is closed, so that whatever kills the program in between repeats it.
actor ControlDesk {
    /// The reason of what is given up by order.
    static let cancelled = "cancelled"

    private let context: Context
    private let folder: ControlFolder
    private var orders: [ControlOrder: ControlFolder.Entry] = [:]
    /// Which drop a name in a cancellation has turned out to mean.
    private var meant: [ControlOrder: Int] = [:]
    private var cancelled: [Int: OutcomeDetail] = [:]
    private var open: [Int: GivenUp] = [:]
    private var standing = Standing()
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

    // MARK: - Orders

    /// Reads the folder anew and does what is new in it. Returns what stands then.
    func read() async -> Standing {
        startWatch()
        do {
            let found = try folder.read()
            report(foreign: found.foreign)
            for order in orders.keys where order.isHold && found.orders[order] == nil { await resume(order) }
            for (order, entry) in found.orders.sorted(by: { $0.key.fileName < $1.key.fileName }) where order.isHold {
                if orders[order] == nil { try await hold(order, entry) }
            }
            for order in orders.keys where !order.isHold && found.orders[order] == nil {
                orders[order] = nil
                meant[order] = nil
            }
            standing.cancelledFiles = []
            for (order, entry) in found.orders where !order.isHold { try await cancel(order, entry) }
            standing.isKnown = true
            warned.remove("fault")
            setAside()
        } catch {
            standing.isKnown = false
            if warned.insert("fault").inserted {
                context.alerts.send(
                    Alert(
                        event: "control_fault", message: "orders cannot be read for now: \(Words.of(error))", facts: [:]
                    ))
            }
        }
        return standing
    }

    /// What lets an order be given on a full disk. Without it orders are given all the same while there is room.
    private func setAside() {
        do throws(DiskError) {
            try folder.setAside()
            warned.remove("reserve")
        } catch {
            if warned.insert("reserve").inserted {
                context.logger.warning(
                    "nothing can be set aside for orders to come, which a full disk would stop: \(error)",
                    metadata: ["event": "control_fault"])
            }
        }
    }

    private func hold(_ order: ControlOrder, _ entry: ControlFolder.Entry) async throws {
        if case .holdDrop(let drop) = order, try await context.ledger.isFinished(drop) != false {
            return try void(order, "it is not in work")
        }
        orders[order] = entry
        await setHeld(order, true)
        let isKnown = if case .holdDestination(let name) = order { context.lanes[name] != nil } else { true }
        context.logger.notice(
            "\(order.subject) is held since \(TimeText.text(entry.since))\(isKnown ? "" : "; the configuration has no such destination")",
            metadata: facts(order, entry).merging(["event": "held"]) { $1 })
    }

    private func resume(_ order: ControlOrder) async {
        orders[order] = nil
        await setHeld(order, false)
        context.logger.notice("\(order.subject) goes on", metadata: ["event": "resumed", "what": "\(order.subject)"])
    }

    private func setHeld(_ order: ControlOrder, _ isHeld: Bool) async {
        switch order {
        case .holdInbox:
            standing.isInboxHeld = isHeld
        case .holdDestination(let name):
            if isHeld { standing.destinations.insert(name) } else { standing.destinations.remove(name) }
            await context.lanes[name]?.setHeld(isHeld)
        case .holdDrop(let drop):
            if isHeld { standing.drops.insert(drop) } else { standing.drops.remove(drop) }
            for lane in context.lanes.values {
                if isHeld { await lane.hold(drop: drop) } else { await lane.resume(drop: drop) }
            }
        case .cancelDrop, .cancelFile:
            break
        }
    }

    private func cancel(_ order: ControlOrder, _ entry: ControlFolder.Entry) async throws {
        let drop: Int?
        switch order {
        case .cancelDrop(let number): drop = number
        case .cancelFile(let name): drop = try await context.ledger.drop(named: name, after: entry.note.after)
        case .holdInbox, .holdDestination, .holdDrop: return
        }
        orders[order] = entry
        if let drop {
            if cancelled[drop] == nil, open[drop] == nil, try await context.ledger.isFinished(drop) != false {
                return try void(order, "it is finished, or there never was such a drop")
            }
            await cancel(drop, by: order, entry)
        } else if case .cancelFile(let name) = order {
            if try Disk.status(context.settings.directories.inbox + "/" + name)?.isRegular == true {
                standing.cancelledFiles.insert(name)
            } else {
                try void(order, "it is not there any more")
            }
        }
    }

    /// Carried out once; the order goes away when the drop is closed.
    private func cancel(_ drop: Int, by order: ControlOrder, _ entry: ControlFolder.Entry) async {
        meant[order] = drop
        guard cancelled[drop] == nil else { return }
        let by = entry.note.by.map { " by \($0)" } ?? ""
        let detail = OutcomeDetail(reason: Self.cancelled, text: "cancelled\(by) at \(TimeText.text(entry.since))")
        cancelled[drop] = detail
        standing.cancelled.insert(drop)
        context.logger.warning(
            "\(order.subject) is cancelled: nothing more of it is sent",
            metadata: facts(order, entry).merging(["event": "cancelling", "drop": "\(drop)"]) { $1 })
        open[drop]?.set(detail)
        for lane in context.lanes.values {
            await lane.cancel(drop: drop, reason: detail.reason, text: detail.text)
        }
    }

    /// An order that comes too late is taken away, and says so.
    private func void(_ order: ControlOrder, _ why: String) throws {
        try folder.remove([order])
        orders[order] = nil
        meant[order] = nil
        context.logger.notice(
            "an order for \(order.subject) comes to nothing: \(why)",
            metadata: ["event": "order_void", "order": "\(order.fileName)"])
    }

    private func report(foreign: [String]) {
        for name in foreign where warned.insert("foreign \(name)").inserted {
            context.alerts.send(
                Alert(
                    event: "foreign_order", isError: false,
                    message: "\(folder.path)/\(name) is no order of Postbox; it is left alone",
                    facts: ["path": folder.path + "/" + name]))
        }
    }

    private func facts(_ order: ControlOrder, _ entry: ControlFolder.Entry) -> Logger.Metadata {
        var facts: Logger.Metadata = ["what": "\(order.subject)", "since": "\(TimeText.text(entry.since))"]
        if let by = entry.note.by { facts["by"] = "\(by)" }
        return facts
    }

    // MARK: - Drops

    /// A file was claimed whose cancellation stood already: it goes with the file. Returns what stands then.
    func claimed(_ name: String, as drop: Int) async -> Standing {
        let order = ControlOrder.cancelFile(name)
        standing.cancelledFiles.remove(name)
        if let entry = orders[order] { await cancel(drop, by: order, entry) }
        return standing
    }

    /// A drop has its place in the lanes: what was ordered for it before holds from its first row on.
    func opened(_ drop: Int) async -> GivenUp {
        let givenUp = GivenUp()
        open[drop] = givenUp
        if standing.drops.contains(drop) {
            for lane in context.lanes.values { await lane.hold(drop: drop) }
        }
        if let detail = cancelled[drop] {
            givenUp.set(detail)
            for lane in context.lanes.values {
                await lane.cancel(drop: drop, reason: detail.reason, text: detail.text)
            }
        }
        return givenUp
    }

    /// A contribution ended. `isClosed`: for good; its orders are over. Returns what stands then.
    func ended(_ drop: Int, isClosed: Bool) -> Standing {
        open[drop] = nil
        guard isClosed else { return standing }
        let over = orders.keys.filter { $0 == .holdDrop(drop) || meant[$0] == drop }
        do {
            try folder.remove(over)
        } catch {
            // Read again, they come to nothing.
            context.logger.warning("\(Words.of(error))", metadata: ["event": "control_fault"])
        }
        for order in over {
            orders[order] = nil
            meant[order] = nil
        }
        cancelled[drop] = nil
        standing.cancelled.remove(drop)
        standing.drops.remove(drop)
        return standing
    }

    /// Whether nothing of an open drop can move before something is resumed.
    func isHeldUp(_ drop: Int) async -> Bool {
        var isHeldUp = false
        for lane in context.lanes.values where await !lane.isOver(drop) {
            guard await lane.isHeldUp(drop) else { return false }
            isHeldUp = true
        }
        return isHeldUp
    }

    // MARK: - Watching

    private func startWatch() {
        guard watch == nil else { return }
        do throws(DiskError) {
            try folder.make()
            let made = try Inotify(directory: folder.path)
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
                    "orders are looked for every few seconds only: \(error)", metadata: ["event": "control_fault"])
            }
        }
    }

    private func lost() {
        watch?.stop()
        watch = nil
    }

    /// Our own reading opens files: only what makes or ends an order counts.
    private static func matters(_ event: InboxEvent) -> Bool {
        switch event {
        case .created(let name), .closed(let name), .movedIn(let name), .gone(let name): !name.hasPrefix(".")
        case .rescan, .directoryGone: true
        case .opened, .modified: false
        }
    }
}
