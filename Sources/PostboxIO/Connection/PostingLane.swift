internal import Glibc
package import Logging
package import NIOCore
package import PostboxCore
internal import Synchronization

/// Where a login's credentials come from; asked anew for every login, and told whether the server refused the last ones. What
/// keeps it waiting meanwhile it tells `trouble`, in a sentence. Throws `ConnectionError`.
package typealias CredentialSource =
    @Sendable (
        _ wereRefused: Bool, _ trouble: @escaping @Sendable (String) -> Void
    ) async throws -> OutboundMessage.Credentials

/// Owns one login: takes rows of several drops in drop order, sends them, reads the answers, hands the outcomes back.
///
/// What it does is decided by its `LaneMachine`; it has the socket, the timer, and those who wait. It runs on the thread of its
/// connection. Rows come in as handovers and outcomes go out as runs; nothing here happens row by row except laying down bytes and
/// looking up a PostID.
package actor PostingLane {
    private nonisolated let settings: Mutex<LaneSettings>
    private nonisolated let stateBook = LaneStates()
    nonisolated let world: LaneSurroundings
    /// The try to connect, or the connection, of now.
    var attempt: Task<ServerRotation.End, any Error>?
    var machine: LaneMachine
    var encoder: PostEncoder
    var rotation: ServerRotation
    var waiters = LaneWaiters()
    private var sinks: [Int: OutcomeStream] = [:]
    /// What is logged of answers that nothing waits for.
    var strays: StrayLines
    /// The connection of now.
    var link: LaneLink?
    /// Connections so far: the number of the last one.
    var connections = 0
    private var timer = Timer()
    /// What the login of now, or the last one, was like.
    var lastLogin = LastLogin()

    private struct Timer {
        var task: Scheduled<Void>?
        /// Nanoseconds.
        var at = Int64.max
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        world.eventLoop.executor.asUnownedSerialExecutor()
    }

    /// How its destination stands.
    package var state: LaneState { stateBook.now }

    /// Changes of `state`; only the newest waits to be read.
    package nonisolated var states: AsyncStream<LaneState> { stateBook.changes }

    /// What the login of now, or the last one, was like: for summaries.
    package var loginFacts: [(String, String)] { lastLogin.facts }

    /// What the server of that login allows.
    package var limits: LoginStream.Limits { lastLogin.limits }

    /// `seed`: for the frames' masks.
    package init(
        destination: Destination, eventLoop: any EventLoop, logger: Logger, environment: [String: String] = [:],
        trace: Trace? = nil, seed: UInt64 = .random(in: 1 ... .max), credentials: @escaping CredentialSource,
        alert: @escaping @Sendable (Alert) -> Void
    ) {
        settings = Mutex(LaneSettings(LaneSettings.Choice(destination: destination, credentials: credentials)))
        var logger = logger
        logger[metadataKey: "destination"] = "\(destination.name)"
        world = LaneSurroundings(
            eventLoop: eventLoop, logger: logger, environment: environment, trace: trace, alert: alert)
        strays = StrayLines(logger)
        machine = LaneMachine(destination)
        encoder = PostEncoder(destination, trace: trace, seed: seed)
        machine.lonePosts = encoder.codec.lonePosts
        rotation = ServerRotation(destination)
    }

    // MARK: - Its settings

    /// What it goes by now.
    package nonisolated var destination: Destination { settings.withLock { $0.now.destination } }

    /// What it goes by as soon as no other settings wait.
    package nonisolated var wantedDestination: Destination { settings.withLock { $0.wanted } }

    /// Goes by other settings of the same destination: nothing new is sent on the connection of now, what is in flight is answered,
    /// then it is left and the login comes anew. Drops keep their places, and rows that wait go on the new connection.
    package func change(to new: Destination, credentials: @escaping CredentialSource) {
        guard !machine.isEnding else { return }
        settings.withLock { $0.change(to: LaneSettings.Choice(destination: new, credentials: credentials)) }
        guard link == nil else {
            machine.goBack()
            return pump()
        }
        // It connects by the old ones, or waits before it does so again.
        attempt?.cancel()
        waiters.endPause()
    }

    /// Where its credentials come from.
    var credentials: CredentialSource { settings.withLock { $0.now.credentials } }

    /// Other settings wait for the end of the connection.
    var isChanging: Bool { settings.withLock { $0.isChanging } }

    /// Takes the settings that wait; to be called when there is no connection.
    func takeChange() {
        guard let new = settings.withLock({ $0.takeNext() }) else { return }
        machine.use(new)
        encoder.use(new)
        machine.lonePosts = encoder.codec.lonePosts
        rotation = ServerRotation(new)
    }

    // MARK: - Drops and rows

    /// A drop takes its place in the order; `presents`: it has rows in doubt from an earlier run. Its outcomes come through the
    /// stream, which ends when the lane stops.
    package func open(_ place: DropPlace, presents: Bool = false) -> OutcomeStream {
        let stream = OutcomeStream()
        if machine.open(place, presents: presents) { sinks[place.drop] = stream } else { stream.finish() }
        return stream
    }

    /// Several drops take their places, in this order; see `open(_:presents:)`.
    package func open(_ drops: [(place: DropPlace, presents: Bool)]) -> [OutcomeStream] {
        drops.map { open($0.place, presents: $0.presents) }
    }

    // What is asked here is answered together: each question changes threads, there and back.

    /// A drop's turn, and what it has to know then.
    package struct Turn: Sendable {
        /// Never `wait`. `over`: the lane stops, or the drop was cancelled.
        package var turn: LaneOrder.Turn
        /// Why the drop was cancelled; nil: it was not.
        package var cancellation: OutcomeDetail?
        /// Rows that are committed as sent at once.
        package var leadRows: Int
    }

    /// Waits until it is the drop's turn and few of its rows wait to be sent.
    package func turn(of drop: Int) async -> Turn {
        let turn = await withCheckedContinuation { continuation in
            // Asked in here: asking and waiting are one step, wherever the caller runs.
            let now = machine.turn(of: drop)
            if now == .wait { waiters.turns[drop] = continuation } else { continuation.resume(returning: now) }
        }
        return Turn(turn: turn, cancellation: machine.cancellation(of: drop), leadRows: machine.leadRows)
    }

    /// What a drop has to know of its lane before it hands rows over.
    package struct Start: Sendable {
        /// Names of services by their index in posts of this lane.
        package var services: [String]
        /// Rows that are committed as sent at once.
        package var leadRows: Int
        /// The drop has rows in doubt, which it has to present.
        package var awaitsDoubts: Bool
    }

    package func start(of drop: Int) -> Start {
        Start(services: encoder.services, leadRows: machine.leadRows, awaitsDoubts: machine.awaitsDoubts(of: drop))
    }

    /// Waits until so many of the drop's next rows may be committed as sent, in its turn or shortly before. `isAllowed` false: the
    /// lane stops, the drop was cancelled, or was overtaken and has to take its turn first. `isNext`: the drop's rows are the next
    /// to go.
    package func mayCommit(_ drop: Int, rows: Int, isLast: Bool) async -> (isAllowed: Bool, isNext: Bool) {
        let isAllowed = await withCheckedContinuation { continuation in
            if let isAllowed = machine.mayCommit(drop, rows: rows, isLast: isLast) {
                continuation.resume(returning: isAllowed)
            } else {
                waiters.commits[drop] = continuation
            }
        }
        return (isAllowed, machine.isNext(drop))
    }

    /// Whether the drop's rows are the next to go.
    package func isNext(_ drop: Int) -> Bool { machine.isNext(drop) }

    /// Hands over a drop's rows in doubt, all at once. They are sent when every other drop has presented its own.
    package func present(_ handovers: [Handover], of place: DropPlace) {
        machine.present(handovers, of: place, now: Clock.now())
        pump()
    }

    /// Hands over rows that may be sent: to be called in the drop's turn only.
    /// `committed`: rows that were committed for it. False: the lane stops, and has not taken them.
    @discardableResult
    package func offer(_ handover: Handover, committed: Int = 0) -> Bool {
        let isTaken = machine.offer(handover, committed: committed, now: Clock.now())
        pump()
        return isTaken
    }

    /// All rows of the drop were offered: the next drop's turn may come.
    package func finishOffering(_ drop: Int) {
        machine.finishOffering(drop, now: Clock.now())
        pump()
    }

    /// All rows that were offered are settled, and others follow once a fault is mended: the drop keeps its place, so that no
    /// newer drop's rows are sent before them.
    package func suspend(drop: Int) {
        sinks.removeValue(forKey: drop)?.finish()
        machine.suspend(drop)
        pump()
    }

    /// All rows of the drop are settled.
    package func close(drop: Int) {
        sinks.removeValue(forKey: drop)?.finish()
        machine.close(drop, now: Clock.now())
        pump()
    }

    /// Gives up what was not sent of a drop; what is in flight settles. Nothing happens when the drop is not open here.
    package func cancel(drop: Int, reason: String, text: String) {
        waiters.wake(machine.cancel(drop, OutcomeDetail(reason: reason, text: text), now: Clock.now()))
        pump()
    }

    /// Held, nothing new goes and other tries wait; the login, answers and timeouts go on.
    package func setHeld(_ isHeld: Bool) {
        machine.setHeld(isHeld)
        pump()
    }

    /// The drop goes as urgently as one that waits for it, if that is more urgent.
    package func lend(_ priority: Int, to drop: Int) {
        machine.lend(priority, to: drop)
        pump()
    }

    /// The drop gets no further turn and presents no rows in doubt; what it handed over goes on, and later drops may go past it.
    package func hold(drop: Int) {
        machine.setHeld(drop, true, now: Clock.now())
        pump()
    }

    /// The drop takes its turn again.
    package func resume(drop: Int) {
        machine.setHeld(drop, false, now: Clock.now())
        pump()
    }

    /// Whether the drop has rows in doubt that it has not presented yet.
    package func awaitsDoubts(of drop: Int) -> Bool { machine.awaitsDoubts(of: drop) }

    /// Whether the drop has rows left here and none of them can move before it, or the lane, is resumed.
    package func isHeldUp(_ drop: Int) -> Bool { machine.isHeldUp(drop) }

    /// Nothing more of the drop is to be settled here.
    package func isOver(_ drop: Int) -> Bool { machine.isOver(drop) }

    /// The number of the drop's first row that was handed over and certainly never sent; nil: there is none.
    package func firstUntaken(of drop: Int) -> Int? { machine.firstUntaken(of: drop) }

    /// Something is in flight or waits to be sent.
    package var isBusy: Bool { machine.isBusy }

    /// Why a drop was cancelled on this lane; nil: it was not.
    package func cancellation(of drop: Int) -> OutcomeDetail? { machine.cancellation(of: drop) }

    /// Of its posts since the start.
    package var counts: PostCounts { machine.counts }

    /// What goes over the connection, and to which server.
    package var traffic: StatusBoard.Traffic {
        var traffic = StatusBoard.Traffic()
        traffic.url = rotation.url.text
        traffic.inFlight = machine.inFlight
        traffic.queued = machine.queued
        let counts = machine.counts
        (traffic.sent, traffic.acked, traffic.nacked) = (counts.sent, counts.acked, counts.nacked)
        traffic.naks = counts.naks
        traffic.latency = machine.latency
        traffic.rateLimit = machine.rateLimit
        traffic.login = loginFacts.map { StatusBoard.Fact(name: $0.0, value: $0.1) }
        return traffic
    }

    /// How a drop's results and its posting tell of the lane: names of services by their index in posts, and how it is logged in.
    package var words: (services: [String], login: [(String, String)]) { (encoder.services, loginFacts) }

    /// What rows are mapped by.
    package struct Sizing: Sendable {
        /// The index that each service has in posts of this lane.
        package var services: [Int]
        /// What checks a post's size before it is sent.
        package var codec: MessageCodec
        package var maxMsgSize: Int
    }

    /// How rows for these services are mapped; a new name gets an index.
    package func sizing(_ services: [String] = []) -> Sizing {
        let indexes = services.map { encoder.serviceIndex($0) }
        machine.lonePosts = encoder.codec.lonePosts
        return Sizing(services: indexes, codec: encoder.codec, maxMsgSize: limits.maxMsgSize)
    }

    // MARK: - Reading back

    /// Reads rows back that the server has accepted, and returns what it stores of each, in their order: as soon as all is known, at
    /// that time (nanoseconds) at the latest, and at once when the lane ends.
    package func readBack(_ job: ItemRequests.Job, until deadline: Int64) async -> [StoredRow] {
        let ticket = machine.readBack(job)
        let end = world.eventLoop.scheduleTask(in: .nanoseconds(max(0, deadline - Clock.monotonic()))) {
            self.assumeIsolated {
                $0.machine.endReadBack(ticket)
                $0.pump()
            }
        }
        let rows = await withCheckedContinuation { continuation in
            waiters.readBacks[ticket] = continuation
            pump()
        }
        end.cancel()
        return rows
    }

    /// It is known that the server answers no request for an item.
    package var lacksRequests: Bool { machine.lacksRequests }

    /// No row is taken any more.
    package var isEnding: Bool { machine.isEnding }

    /// Whether some post that was sent before that time, in nanoseconds, has no answer yet.
    package func hasUnanswered(before time: Int64) -> Bool { machine.oldestSentAt.map { $0 < time } ?? false }

    // MARK: - The end

    /// Stops taking rows, waits for the answers to what is in flight (at most that long), logs out.
    package func stop(timeout: Duration) async {
        guard !machine.isStopped else { return }
        waiters.wake(machine.drain())
        let deadline = world.eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
            self.assumeIsolated { $0.waiters.endDrain() }
        }
        await withCheckedContinuation { continuation in
            if link != nil, machine.inFlight > 0 {
                waiters.drained = continuation
            } else {
                continuation.resume()
            }
        }
        deadline.cancel()
        if let link {
            sendText(OutboundMessage.loginClose)
            send(opcode: FrameCodec.Opcode.close, [0x03, 0xe8])
            connectionEnded(link.number, "stopped")
            // What was written leaves before the socket closes.
            try? await link.channel.close().get()
        }
        waiters.wake(machine.stop())
        waiters.endPause()
        attempt?.cancel()
        finish()
    }

    /// Nothing more comes of this lane.
    func finish() {
        waiters.wake(machine.stop())
        pump()
        strays.tellRest(at: .max)
        for (_, sink) in sinks { sink.finish() }
        sinks = [:]
        timer.task?.cancel()
        stateBook.finish()
    }

    func set(_ new: LaneState) { stateBook.set(new) }

    // MARK: - What the machine wants

    /// Does what may be done now, and sets the timer.
    func pump() {
        let now = Clock.now()
        var pump = LaneMachine.Pump()
        while let action = machine.next(&pump, now: now, room: link?.channel.isWritable == true ? Self.sendMax : 0) {
            run(action, now)
        }
        arm()
    }

    /// Posts of one write.
    private static let sendMax = 512

    func run(_ actions: [LaneMachine.Action], _ now: Moment) {
        for action in actions { run(action, now) }
    }

    private func run(_ action: LaneMachine.Action, _ now: Moment) {
        switch action {
        case .deliver(let outcomes):
            for one in outcomes { sinks[one.drop]?.yield(one.runs) }
        case .send(let sends):
            encoder.encode(sends, of: machine)
            // This may fail at once and end the connection: then what it held is in doubt.
            link?.channel.writeAndFlush(encoder.out, promise: nil)
        case .wake(let wakes):
            waiters.wake(wakes)
        case .request(let request):
            sendBytes(OutboundMessage.itemRequest(request, service: encoder.services[request.service]))
        case .readBack(let finished):
            for one in finished { waiters.readBacks.removeValue(forKey: one.ticket)?.resume(returning: one.rows) }
        case .lacksRequests:
            world.alert(
                Alert(
                    event: .verifyUnsupported, isError: false,
                    message:
                        "\(destination.name) answers no request for an item: what it stores is not read back, and files end by their Acks",
                    facts: ["destination": destination.name]))
        case .drained:
            waiters.endDrain()
        case .reissue:
            if let credentials = link?.credentials { putOn(credentials) }
        case .goBack:
            goBack()
        case .pause(let why):
            set(.paused(why))
            world.alert(
                Alert(
                    event: .destinationPaused, message: "posting to \(destination.name) pauses: \(why)",
                    facts: ["destination": destination.name]))
        case .resume:
            set(.ready)
            world.logger.info("posting resumes", metadata: ["event": .event(.destinationResumed)])
        case .ask:
            sendText(OutboundMessage.ping)
        case .giveUp(let why):
            if let link { end(link.number, .soon, why) }
        case .late(let postID, let answer):
            strays.late("\(postID)", answer, now)
        case .unreadable(let postID, let text):
            strays.write(
                .unreadableAnswer, "an answer of which it cannot be told whether it is a refusal",
                ["post_id": "\(postID)", "text": "\(text)"], now)
        }
    }

    func sendText(_ text: String) {
        world.trace?.write(.sent, destination.name, text)
        send(opcode: FrameCodec.Opcode.text, Array(text.utf8))
    }

    private func sendBytes(_ text: [UInt8]) {
        world.trace?.write(.sent, destination.name, String(decoding: text, as: UTF8.self))
        send(opcode: FrameCodec.Opcode.text, text)
    }

    func send(opcode: UInt8, _ payload: [UInt8]) {
        guard let link else { return }
        link.channel.writeAndFlush(encoder.frame(opcode: opcode, payload: payload), promise: nil)
    }

    // MARK: - Time

    func arm() {
        guard let link else { return }
        let now = Clock.monotonic()
        var next = link.keepAlive.nextDeadline
        if let login = link.login.nextDeadline { next = min(next, login) }
        if let due = machine.nextDeadline(
            now: now, heardAt: link.keepAlive.heardAt, isWritable: link.channel.isWritable)
        {
            next = min(next, due)
        }
        guard next != timer.at else { return }
        // A timer that fires too early only looks again.
        if timer.task != nil, timer.at <= next, timer.at > now { return }
        timer.task?.cancel()
        timer.at = next
        timer.task = world.eventLoop.scheduleTask(in: .nanoseconds(max(0, next - now))) {
            self.assumeIsolated { $0.timePassed() }
        }
    }

    private func timePassed() {
        timer = Timer()
        guard let link else { return }
        let now = Clock.now()
        run(link.login.timePassed(to: now.monotonic), link.number)
        guard self.link === link else { return }
        switch link.keepAlive.timePassed(to: now.monotonic) {
        case .sendPing: sendText(OutboundMessage.ping)
        case .giveUp: return end(link.number, .soon, "the server was silent for the whole ping timeout")
        case .none: break
        }
        run(machine.timePassed(to: now, heardAt: link.keepAlive.heardAt), now)
        strays.tellRest(at: now.monotonic)
        pump()
    }
}
