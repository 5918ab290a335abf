internal import Glibc
package import Logging
package import NIOCore
package import PostboxCore

/// Where a login's credentials come from; asked anew for every login, and told whether the server refused the last ones. What
/// keeps it waiting meanwhile it tells `trouble`, in a sentence. Throws `ConnectionError`.
package typealias CredentialSource =
    @Sendable (
        _ wereRefused: Bool, _ trouble: @escaping @Sendable (String) -> Void
    ) async throws -> OutboundMessage.Credentials

/// Owns one login: takes rows of several drops in drop order, sends them, reads the answers, hands the outcomes back.
///
/// It runs on the thread of its connection. Rows come in as lots and outcomes go out as runs; nothing here happens row by row
/// except laying down bytes and looking up a PostID.
package actor PostingLane {
    package nonisolated let destination: Destination
    /// Changes of `state`, the newest first kept.
    package nonisolated let states: AsyncStream<LaneState>

    private nonisolated let eventLoop: any EventLoop
    private let logger: Logger
    private let alert: @Sendable (Alert) -> Void
    private let credentials: CredentialSource
    /// When a session that had ended with its token was last opened anew without a pause.
    private var renewedAt: Int64?
    private let environment: [String: String]
    private let trace: Trace?
    private let stateChanges: AsyncStream<LaneState>.Continuation
    private let reconnect = ReconnectBackoff(first: .seconds(1), most: .seconds(30))

    // What outlives a connection.
    private var window: PostingWindow
    private var pacer: PostPacer
    private var codec: MessageCodec
    private var services: [String]
    private let nakRules: NakRules
    private var masks: FrameMasks
    private let scanner = MessageScanner()
    private var order = LaneOrder()
    /// Rows in doubt, until every drop that has some has presented them.
    private var presented: [(place: DropPlace, lots: [PostLot])] = []
    private var sinks: [Int: OutcomeStream] = [:]
    private var turns: [Int: CheckedContinuation<LaneOrder.Turn, Never>] = [:]
    private var commits: [Int: (rows: Int, isLast: Bool, continuation: CheckedContinuation<Bool, Never>)] = [:]
    private var cancelled: [Int: OutcomeDetail] = [:]
    /// Nothing is sent, other tries included; answers are read.
    private var isHeld = false
    private var queued = 0
    private var sends: [PostingWindow.Send] = []
    /// Kept from one write to the next: NIO is done with it as soon as the socket has taken all of it.
    private var out = ByteBuffer()
    /// Plain Acks that were read and not yet told to the window.
    private var acks: [UInt32] = []
    private var timeoutsInARow = 0
    /// Posts that may be in flight now: a new connection starts with few and gets one more with every answer, so that a server
    /// which is slow to come back is not flooded anew by every try.
    private var flightMax = 0
    private static let flightStart = 64
    private var pausedUntil: Int64?
    private var isDraining = false
    private var isStopped = false
    private var drained: CheckedContinuation<Void, Never>?
    private var wake: CheckedContinuation<Void, Never>?
    private var connections = 0
    /// Which of the destination's servers is tried next.
    private var urlIndex = 0
    /// The first server is well again: nothing new goes on this connection.
    private var wantsFirst = false
    private var lastEnd: End?
    private var applicationName: String?
    /// The server ended the last login: its credentials are not used again where others can be had.
    private var wereRefused = false
    /// When the post was sent for whose sake the server was asked whether it is there.
    private var askedAt: Int64?
    /// The last refusal and how many different RICs in a row have met it.
    private var sameRefusal = (text: "", key: UInt64(0), count: 0)
    /// Lines about answers that nothing waits for, by event.
    private var strays: [String: LogLimit] = [:]
    /// New credentials that wait until a post that goes alone has its answer.
    private var reissueNext: OutboundMessage.Credentials?
    private static let sameRefusalMax = 20
    private var directory: (services: [String: Bool], waiter: CheckedContinuation<[String: Bool]?, Never>)?

    /// One connection.
    private var link: Link?
    private var timer: Scheduled<Void>?
    private var timerAt: Int64 = .max
    private var pacerAt: Int64?

    /// A class, so that looking at it copies nothing; it never leaves the lane.
    private final class Link {
        let number: Int
        let url: Destination.URL
        let channel: any Channel
        var login: LoginStream
        var keepAlive: KeepAlive
        var rest = ByteBuffer()
        var fragments = ByteBuffer()
        var lengths = FrameCodec.Fragments()
        var isFragmented = false
        var end: CheckedContinuation<End, Never>?

        init(
            number: Int, url: Destination.URL, channel: any Channel, login: LoginStream, keepAlive: KeepAlive
        ) {
            self.number = number
            self.url = url
            self.channel = channel
            self.login = login
            self.keepAlive = keepAlive
        }
    }

    private struct End: Sendable {
        var retry: LoginStream.Retry
        var text: String
        var wasOpen: Bool
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    package private(set) var state = LaneState.untried
    /// What the login of now, or the last one, was like: for summaries.
    package private(set) var loginFacts: [(String, String)] = []
    package private(set) var limits = LoginStream.Limits()
    /// Posts sent, answered well, and refused since the start.
    package private(set) var counts = (sent: 0, acked: 0, nacked: 0)

    /// `seed`: for the frames' masks and the back-off's jitter.
    package init(
        destination: Destination, eventLoop: any EventLoop, logger: Logger, environment: [String: String] = [:],
        trace: Trace? = nil, seed: UInt64 = .random(in: 1 ... .max), credentials: @escaping CredentialSource,
        alert: @escaping @Sendable (Alert) -> Void
    ) {
        self.destination = destination
        self.eventLoop = eventLoop
        var logger = logger
        logger[metadataKey: "destination"] = "\(destination.name)"
        self.logger = logger
        self.environment = environment
        self.trace = trace
        self.credentials = credentials
        self.alert = alert
        (states, stateChanges) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        window = PostingWindow(
            capacity: destination.window, ackTimeout: destination.ackTimeout.nanoseconds, resend: destination.resend,
            attemptsMax: destination.attemptsMax)
        pacer = PostPacer(limit: destination.maxPostsPerSecond)
        services = [destination.service] + destination.services
        codec = MessageCodec(profile: destination.profile, services: services, postUserInfo: nil)
        window.lonePosts = codec.lonePosts
        nakRules = NakRules(destination.nakRules, service: destination.service)
        masks = FrameMasks(seed: seed)
    }

    // MARK: - Drops and rows

    /// A drop takes its place in the order; `presents`: it has rows in doubt from an earlier run. Its outcomes come through the
    /// stream, which ends when the lane stops.
    package func open(_ place: DropPlace, presents: Bool = false) -> OutcomeStream {
        let stream = OutcomeStream()
        if isStopped {
            stream.finish()
        } else {
            sinks[place.drop] = stream
            order.open(place, presents: presents)
        }
        return stream
    }

    /// Waits until it is the drop's turn and few of its rows wait to be sent; never `wait`. `over`: the lane stops, or the drop
    /// was cancelled.
    package func turn(of drop: Int) async -> LaneOrder.Turn {
        let now = turnNow(of: drop)
        guard now == .wait else { return now }
        return await withCheckedContinuation { turns[drop] = $0 }
    }

    /// The lead: rows that are committed as sent at once. Up to as many wait to be sent already, so that a commit is waited for
    /// while the wire still has something to send; twice the lead is what a kill leaves in doubt at most, besides a window.
    /// With a limited rate it is a quarter of a second's, else eight windows, or a window and 8,192 rows where that is less.
    package var leadRows: Int {
        if destination.resend == .never { return destination.window }
        let most = max(512, min(destination.window * 8, destination.window + 8192))
        return pacer.limit.map { min(most, max(64, $0 / 4)) } ?? most
    }

    private func turnNow(of drop: Int) -> LaneOrder.Turn {
        guard !isDraining, !isStopped else { return .over }
        // Of a cancelled drop, too, it has to be known what may have been accepted.
        guard cancelled[drop] == nil || order.presents(drop) else { return .over }
        // Only `go` depends on what is queued; a drop that presents rows in doubt is not held up.
        guard !isHeld && queued < (destination.resend == .never ? 1 : leadRows) || order.awaitsDoubts else {
            return .wait
        }
        return order.turn(of: drop)
    }

    /// Waits until so many of the drop's next rows may be committed as sent, in its turn or shortly before. False: the lane stops,
    /// the drop was cancelled, or was overtaken and has to take its turn first.
    package func mayCommit(_ drop: Int, rows: Int, isLast: Bool) async -> Bool {
        guard !isDraining, !isStopped, cancelled[drop] == nil, !order.isOvertaken(drop) else { return false }
        if commitNow(drop, rows, isLast) { return true }
        return await withCheckedContinuation { commits[drop] = (rows, isLast, $0) }
    }

    private func commitNow(_ drop: Int, _ rows: Int, _ isLast: Bool) -> Bool {
        guard !isHeld else { return false }
        if destination.resend == .never {
            // Never more than a window in all: what is queued counts as well.
            guard queued == 0 || queued + rows <= destination.window else { return false }
            return order.commit(drop, rows: rows, isLast: isLast, most: destination.window - queued)
        }
        return order.commit(drop, rows: rows, isLast: isLast, most: leadRows)
    }

    private func wakeCommits() {
        guard !commits.isEmpty else { return }
        for drop in order.drops {
            guard let wanted = commits[drop] else { continue }
            if order.isOvertaken(drop) {
                commits.removeValue(forKey: drop)?.continuation.resume(returning: false)
            } else if commitNow(drop, wanted.rows, wanted.isLast) {
                commits.removeValue(forKey: drop)?.continuation.resume(returning: true)
            }
        }
    }

    /// Whether the drop's rows are the next to go.
    package func isNext(_ drop: Int) -> Bool { order.next == drop }

    /// Whether nothing is sent before the drop has presented its rows in doubt.
    package func awaitsDoubts(of drop: Int) -> Bool { order.presents(drop) }

    /// Hands over a drop's rows in doubt, all at once. They are sent when every other drop has presented its own.
    package func present(_ lots: [PostLot], of place: DropPlace) {
        guard !isStopped, !isDraining else { return }
        presented.append((place, lots))
        order.presented(place.drop)
        admitPresented()
        pump()
    }

    /// The older first: what was sent first is older in the window, too.
    private func admitPresented() {
        guard !order.awaitsDoubts, !presented.isEmpty else { return }
        let now = Clock.now()
        presented.sort { $1.place.isNewer(than: $0.place) }
        for (_, lots) in presented {
            for lot in lots { _ = window.add(lot, now: now) }
        }
        // Only now does the window know what a cancelled drop's rows mean for older ones.
        for (place, _) in presented {
            guard let why = cancelled[place.drop] else { continue }
            window.cancel(drop: place.drop, reason: why.reason, text: why.text, now: now)
        }
        presented = []
    }

    /// Hands over rows that may be sent: to be called in the drop's turn only.
    /// `committed`: rows that were committed for it. False: the lane stops, and has not taken them.
    @discardableResult
    package func offer(_ lot: PostLot, committed: Int = 0) -> Bool {
        order.handedOver(lot.drop, rows: committed)
        guard !isStopped, !isDraining else { return false }
        guard !lot.rows.isEmpty else {
            pump()
            return true
        }
        _ = window.add(lot, now: Clock.now())
        if !lot.isInDoubt { queued += lot.rows.count }
        // The cancellation came between the turn and these rows.
        if let detail = cancelled[lot.drop] {
            cancel(drop: lot.drop, reason: detail.reason, text: detail.text)
            return true
        }
        pump()
        return true
    }

    /// All rows of the drop were offered: the next drop's turn may come.
    package func finishOffering(_ drop: Int) {
        order.finishOffering(drop)
        admitPresented()
        pump()
    }

    /// All rows that were offered are settled, and others follow once a fault is mended: the drop keeps its place, so that no
    /// newer drop's rows are sent before them.
    package func suspend(drop: Int) {
        sinks.removeValue(forKey: drop)?.finish()
        order.handedOver(drop)
        pump()
    }

    /// All rows of the drop are settled.
    package func close(drop: Int) {
        order.close(drop)
        sinks.removeValue(forKey: drop)?.finish()
        cancelled[drop] = nil
        admitPresented()
        pump()
    }

    /// Gives up what was not sent of a drop; what is in flight settles. Nothing happens when the drop is not open here.
    package func cancel(drop: Int, reason: String, text: String) {
        guard sinks[drop] != nil else { return }
        cancelled[drop] = OutcomeDetail(reason: reason, text: text)
        window.cancel(drop: drop, reason: reason, text: text, now: Clock.now())
        queued = window.queued
        turns.removeValue(forKey: drop)?.resume(returning: .over)
        commits.removeValue(forKey: drop)?.continuation.resume(returning: false)
        pump()
    }

    /// Held, nothing new goes and other tries wait; the login, answers and timeouts go on.
    package func setHeld(_ isHeld: Bool) {
        self.isHeld = isHeld
        pump()
    }

    /// The drop gets no further turn; what it handed over goes on, and later drops may go past it.
    package func hold(drop: Int) {
        order.setHeld(drop, true)
        pump()
    }

    /// The drop takes its turn again.
    package func resume(drop: Int) {
        order.setHeld(drop, false)
        pump()
    }

    /// Whether the drop has rows left here and none of them can move before it, or the lane, is resumed.
    package func isHeldUp(_ drop: Int) -> Bool {
        guard sinks[drop] != nil else { return false }
        let waits = turns[drop] != nil || commits[drop] != nil
        if isHeld { return window.inFlight == 0 && (waits || !window.isIdle) }
        return order.isHeld(drop) && waits && window.isIdle
    }

    /// Nothing more of the drop is to be settled here.
    package func isOver(_ drop: Int) -> Bool { sinks[drop] == nil }

    /// The number of the drop's first row that was handed over and certainly never sent; nil: there is none.
    package func firstUntaken(of drop: Int) -> Int? { window.firstUntaken(of: drop) }

    /// Something is in flight or waits to be sent.
    package var isBusy: Bool { !window.isIdle }

    /// Why a drop was cancelled on this lane; nil: it was not.
    package func cancellation(of drop: Int) -> OutcomeDetail? { cancelled[drop] }

    /// Names of services by their index in posts of this lane.
    package func serviceNames() -> [String] { services }

    /// The index that a service's name has in posts of this lane; a new name gets a new one.
    package func serviceIndex(_ name: String) -> Int {
        if let index = services.firstIndex(of: name) { return index }
        services.append(name)
        makeCodec()
        return services.count - 1
    }

    /// What checks a post's size before it is sent.
    package func sizing() -> (codec: MessageCodec, maxMsgSize: Int) { (codec, limits.maxMsgSize) }

    // MARK: - Life

    /// Keeps the destination logged in until it is stopped.
    package func run() async {
        var tries = 0
        while !isDraining, !isStopped {
            let url = destination.urls[urlIndex % destination.urls.count]
            var end: End
            do {
                end = try await session(url)
            } catch {
                let isRefused = (error as? ConnectionError)?.code == .credentials
                end = End(retry: isRefused ? .refused : .soon, text: "\(error)", wasOpen: false)
            }
            if end.retry == .refused, destination.token != nil, end.wasOpen, mayRenew() { end.retry = .soon }
            if isDraining || isStopped { break }
            tries = end.wasOpen ? 1 : tries + 1
            urlIndex += 1
            let isLast = urlIndex % destination.urls.count == 0
            var pause: Int64 = 0
            switch end.retry {
            case .soon:
                // The other servers are tried at once, the round after a pause.
                pause =
                    isLast || end.wasOpen
                    ? reconnect.delay(attempt: max(1, tries / destination.urls.count), jitter: .random(in: 0...1)) : 0
                set(.connecting(end.text))
            case .slow, .refused:
                pause = 60_000_000_000
                set(.refused(end.text))
                alert(
                    Alert(
                        event: "login_refused", message: end.text,
                        facts: ["destination": destination.name, "url": url.text]))
            }
            logger.warning(
                "connection ended",
                metadata: [
                    "event": "disconnected", "url": "\(url.text)", "reason": "\(end.text)",
                    "retry_in_ms": "\(pause / 1_000_000)",
                ])
            await sleep(pause)
        }
        isStopped = true
        finish()
    }

    /// A session that was open and ended with its token goes on with a new one, but not at once for ever: somebody else may
    /// be signing on with the same machine ID.
    private func mayRenew() -> Bool {
        let now = Clock.monotonic()
        if let renewedAt, now - renewedAt < 60_000_000_000 { return false }
        renewedAt = now
        return true
    }

    /// Puts new credentials on the live session. The server stays silent when it agrees (What servers do §2.1).
    package func reissue(_ credentials: OutboundMessage.Credentials) {
        guard let link, link.login.isOpen else { return }
        guard !window.isLone else {
            reissueNext = credentials
            return
        }
        sendText(
            OutboundMessage.login(
                credentials, applicationID: destination.applicationID, position: destination.position ?? address,
                isReissue: true))
        logger.info("new token on the live session", metadata: ["event": "token_renewed"])
    }

    /// Stops taking rows, waits for the answers to what is in flight (at most that long), logs out.
    package func stop(timeout: Duration) async {
        guard !isStopped else { return }
        isDraining = true
        endTurns()
        if link != nil, window.inFlight > 0 {
            let deadline = eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
                self.assumeIsolated { $0.endDrain() }
            }
            await withCheckedContinuation { drained = $0 }
            deadline.cancel()
        }
        if let link {
            sendText(OutboundMessage.loginClose)
            send(opcode: FrameCodec.Opcode.close, [0x03, 0xe8])
            let channel = link.channel
            connectionEnded(link.number, "stopped")
            // What was written leaves before the socket closes.
            try? await channel.close().get()
        }
        isStopped = true
        wake?.resume()
        wake = nil
        finish()
    }

    /// Nobody gets a turn any more.
    private func endTurns() {
        for (_, turn) in turns { turn.resume(returning: .over) }
        turns = [:]
        for (_, commit) in commits { commit.continuation.resume(returning: false) }
        commits = [:]
    }

    private func endDrain() {
        drained?.resume()
        drained = nil
    }

    private func finish() {
        deliver()
        tellStrays(.max)
        endTurns()
        for (_, sink) in sinks { sink.finish() }
        sinks = [:]
        timer?.cancel()
        set(.stopped)
        stateChanges.finish()
    }

    private func sleep(_ nanoseconds: Int64) async {
        guard nanoseconds > 0, !isDraining else { return }
        let task = eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
            self.assumeIsolated {
                $0.wake?.resume()
                $0.wake = nil
            }
        }
        await withCheckedContinuation { wake = $0 }
        task.cancel()
    }

    private func set(_ new: LaneState) {
        guard state != new else { return }
        state = new
        stateChanges.yield(new)
    }

    // MARK: - One connection

    private func session(_ url: Destination.URL) async throws -> End {
        let login = try await credentials(wereRefused) { text in
            self.eventLoop.execute { self.assumeIsolated { $0.waitsForCredentials(text) } }
        }
        wereRefused = false
        connections += 1
        let number = connections
        let channel = try await ConnectionMaker.connect(
            to: url, tls: destination.tls, proxy: proxy(for: url), on: eventLoop, timeout: .seconds(10)
        ) { FrameHandler(lane: self, connection: number) }
        guard !isDraining, channel.isActive else {
            channel.close(promise: nil)
            return End(retry: .soon, text: "\(url.text) closed the connection", wasOpen: false)
        }
        let now = Clock.monotonic()
        link = Link(
            number: number, url: url, channel: channel, login: LoginStream(profile: destination.profile),
            keepAlive: KeepAlive(timeout: 60_000_000_000, now: now))
        let address = localAddress(of: channel)
        makeCodec(address)
        loginFacts = [("url", url.text), ("user", destination.loginName)]
        run(
            link?.login.connected(at: now) ?? .none, number,
            loginMessage: OutboundMessage.login(
                login, applicationID: destination.applicationID, position: destination.position ?? address))
        arm()
        wantsFirst = false
        let watch = destination.failback && url != destination.urls[0] ? Task { await watchFirst(number) } : nil
        defer { watch?.cancel() }
        return await withCheckedContinuation { continuation in
            // It may have ended already, between the connection and here.
            if link?.number == number {
                link?.end = continuation
            } else {
                continuation.resume(
                    returning: lastEnd ?? End(retry: .soon, text: "the connection was lost", wasOpen: false))
            }
        }
    }

    private var address = ""

    /// What keeps the login waiting is worth more than how the last connection ended.
    private func waitsForCredentials(_ text: String) {
        guard link == nil, !isStopped, !isDraining else { return }
        set(.connecting(text))
    }

    // MARK: - Back to the first server

    /// Looks every few seconds whether the first server takes connections again.
    private func watchFirst(_ number: Int) async {
        while let link, link.number == number, !wantsFirst, !isDraining {
            try? await Task.sleep(for: Self.failbackInterval)
            guard self.link?.number == number, !Task.isCancelled else { return }
            let url = destination.urls[0]
            guard
                let channel = try? await ConnectionMaker.connect(
                    to: url, tls: destination.tls, proxy: proxy(for: url), on: eventLoop, timeout: .seconds(5),
                    frames: { DiscardHandler() })
            else { continue }
            channel.close(promise: nil)
            guard self.link?.number == number else { return }
            wantsFirst = true
            logger.notice(
                "the first server is well again; going back to it when nothing is in flight",
                metadata: ["event": "failback", "url": "\(url.text)"])
            pump()
        }
    }

    private static let failbackInterval = Duration.seconds(5)

    private func proxy(for url: Destination.URL) -> ProxyAddress? {
        destination.proxy.flatMap { ProxyAddress($0) } ?? ProxyAddress.fromEnvironment(environment, for: url)
    }

    private func makeCodec(_ new: String? = nil) {
        if let new { address = new }
        codec = MessageCodec(
            profile: destination.profile, services: services,
            postUserInfo: LocalAddress.postUserInfo(of: destination, address: address))
        window.lonePosts = codec.lonePosts
    }

    private func localAddress(of channel: any Channel) -> String {
        if case .v4? = channel.localAddress, let ip = channel.localAddress?.ipAddress { return ip }
        return LocalAddress.ofThisHost(for: destination.urls[0].host)
    }

    private func run(_ action: LoginStream.Action, _ number: Int, loginMessage: String? = nil) {
        switch action {
        case .none:
            break
        case .sendLogin:
            if let loginMessage { sendText(loginMessage) }
        case .opened(let limits):
            self.limits = limits
            link?.keepAlive.set(timeout: limits.pingTimeout)
            let rate = [limits.maxMessagesPerSecond, destination.maxPostsPerSecond].compactMap { $0 }.min()
            pacer.set(limit: rate)
            timeoutsInARow = 0
            pausedUntil = nil
            flightMax = min(window.capacity, Self.flightStart)
            loginFacts =
                [
                    ("url", link?.url.text ?? ""), ("user", destination.loginName),
                    ("at", TimeText.text(Clock.wall())),
                ]
                + (applicationName.map { [("server", $0)] } ?? [])
                + (rate.map { [("posts_per_second", "\($0)")] } ?? [])
            set(.ready)
            logger.info(
                "logged in",
                metadata: [
                    "event": "logged_in", "url": "\(link?.url.text ?? "")", "max_msg_size": "\(limits.maxMsgSize)",
                    "posts_per_second": "\(rate.map(String.init) ?? "unlimited")",
                ])
        case .paused(let words):
            set(.paused("the server's login is \(words)"))
            alert(
                Alert(
                    event: "login_suspect", isError: false,
                    message: "posting to \(destination.name) pauses: login \(words)",
                    facts: ["destination": destination.name]))
        case .resumed:
            set(.ready)
            logger.info("login is well again", metadata: ["event": "login_resumed"])
        case .close(let retry, let text):
            // "System busy" says nothing about the credentials.
            wereRefused = retry == .refused || isLoggedIn
            end(number, retry, text)
        }
    }

    /// Which services the server has and whether they are up (The wire §10); nil: it does not say within the timeout.
    package func services(timeout: Duration) async -> [String: Bool]? {
        guard link != nil, directory == nil else { return nil }
        let deadline = eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
            self.assumeIsolated { $0.endDirectory(nil) }
        }
        defer { deadline.cancel() }
        return await withCheckedContinuation { continuation in
            directory = ([:], continuation)
            sendText(OutboundMessage.directoryRequest)
        }
    }

    private func endDirectory(_ services: [String: Bool]?) {
        directory?.waiter.resume(returning: services)
        directory = nil
    }

    private func readDirectory(_ message: JSONValue) {
        guard directory != nil, message["Domain"]?.word == "Source" || message["Domain"]?.word == "4" else { return }
        guard message["Type"]?.word == "Refresh" || message["Type"]?.word == "2" else { return endDirectory(nil) }
        guard case .array(let entries)? = message["Map"]?["Entries"] else { return endDirectory([:]) }
        for entry in entries {
            guard case .array(let filters)? = entry["FilterList"]?["Entries"] else { continue }
            let elements = filters.compactMap { $0["Elements"] }
            guard let name = elements.compactMap({ $0["Name"]?.text }).first else { continue }
            let state = elements.compactMap { $0["ServiceState"]?["Data"] ?? $0["ServiceState"] }.first?.integer
            directory?.services[name] = (state ?? 1) == 1
        }
        if message["Complete"]?.flag ?? true { endDirectory(directory?.services) }
    }

    /// The connection is over: what was in flight is in doubt.
    func connectionEnded(_ number: Int, _ text: String) {
        end(number, .soon, text)
    }

    private var isLoggedIn: Bool {
        switch state {
        case .ready, .paused: true
        case .connecting, .refused, .stopped: false
        }
    }

    private func end(_ number: Int, _ retry: LoginStream.Retry, _ text: String) {
        guard let link, link.number == number else { return }
        let wasOpen = isLoggedIn
        self.link = nil
        // The next login brings its own.
        reissueNext = nil
        endDirectory(nil)
        link.channel.close(promise: nil)
        if window.inFlight > 0 {
            logger.warning(
                "posts are in doubt",
                metadata: ["event": "in_doubt", "posts": "\(window.inFlight)", "reason": "\(text)"])
        }
        if !isDraining {
            window.connectionLost(now: Clock.now())
            set(.connecting(text))
        }
        deliver()
        endDrain()
        lastEnd = End(retry: retry, text: text, wasOpen: wasOpen)
        if let lastEnd { link.end?.resume(returning: lastEnd) }
    }

    // MARK: - Bytes come in

    func received(_ buffer: ByteBuffer, on number: Int) {
        guard let link, link.number == number else { return }
        var buffer = buffer
        let now = Clock.now()
        link.keepAlive.received(at: now.monotonic)
        if link.rest.readableBytes > 0 {
            link.rest.writeBuffer(&buffer)
            swap(&link.rest, &buffer)
            link.rest = ByteBuffer()
        }
        do {
            try frames(&buffer, number, now)
            takeAcks(now)
            if buffer.readableBytes > 0, self.link?.number == number {
                buffer.discardReadBytes()
                self.link?.rest = buffer
            }
        } catch {
            takeAcks(now)
            end(number, .soon, "the server broke the WebSocket protocol: \(ConnectionMaker.words(error))")
        }
    }

    private func frames(_ buffer: inout ByteBuffer, _ number: Int, _ now: Moment) throws {
        while link?.number == number {
            if trace == nil, link?.isFragmented == false { try plainAcks(&buffer) }
            let frame = try buffer.withUnsafeReadableBytes { bytes in
                try FrameCodec.inbound(bytes, payloadMax: FrameCodec.messageBytesMax)
            }
            if let frame, frame.opcode >= 8, frame.payload > 125 || !frame.isFinal {
                throw FrameCodec.Violation.control
            }
            guard let frame, buffer.readableBytes >= frame.header + frame.payload else { return }
            buffer.moveReaderIndex(forwardBy: frame.header)
            let isControl = frame.opcode >= 8
            if isControl { takeAcks(now) }
            if !isControl, !frame.isFinal || link?.isFragmented == true {
                try link?.lengths.take(frame.payload, isFinal: frame.isFinal)
                if var piece = buffer.readSlice(length: frame.payload) { link?.fragments.writeBuffer(&piece) }
                link?.isFragmented = !frame.isFinal
                if frame.isFinal, let whole = link?.fragments {
                    link?.fragments = ByteBuffer()
                    try whole.withUnsafeReadableBytes { try messages($0, number, now) }
                }
                continue
            }
            switch frame.opcode {
            case FrameCodec.Opcode.text, FrameCodec.Opcode.binary:
                try buffer.withUnsafeReadableBytes { bytes in
                    try messages(UnsafeRawBufferPointer(rebasing: bytes[..<frame.payload]), number, now)
                }
            case FrameCodec.Opcode.ping:
                send(
                    opcode: FrameCodec.Opcode.pong, buffer.getBytes(at: buffer.readerIndex, length: frame.payload) ?? []
                )
            case FrameCodec.Opcode.close:
                let code = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self)
                end(number, .soon, "the server closed the connection" + (code.map { " (code \($0))" } ?? ""))
            default:
                break
            }
            buffer.moveReaderIndex(forwardBy: frame.payload)
        }
    }

    /// Takes the frames at the buffer's beginning that hold plain Acks alone: nearly all that ever comes.
    private func plainAcks(_ buffer: inout ByteBuffer) throws {
        let scanner = scanner
        var ids: [UInt32] = []
        swap(&ids, &acks)
        defer { swap(&ids, &acks) }
        let taken = try buffer.withUnsafeReadableBytes { bytes in
            var at = 0
            while let frame = try FrameCodec.inbound(
                UnsafeRawBufferPointer(rebasing: bytes[at...]), payloadMax: FrameCodec.messageBytesMax),
                frame.isFinal, frame.opcode == FrameCodec.Opcode.text
            {
                let start = at + frame.header
                guard bytes.count - start >= frame.payload,
                    scanner.scanAcks(
                        UnsafeRawBufferPointer(rebasing: bytes[start..<start + frame.payload]), into: &ids)
                else { break }
                at = start + frame.payload
            }
            return at
        }
        buffer.moveReaderIndex(forwardBy: taken)
    }

    private func messages(_ payload: UnsafeRawBufferPointer, _ number: Int, _ now: Moment) throws {
        trace?.write(.received, destination.name, String(decoding: payload, as: UTF8.self))
        if scanner.scanAcks(payload, into: &acks) { return }
        takeAcks(now)
        try scanner.scan(payload) { message in
            if case .ack(let ack) = message { answered(ack, now) } else { handle(message, number, now) }
        }
    }

    /// Plain Acks that came together are one event.
    private func takeAcks(_ now: Moment) {
        guard !acks.isEmpty else { return }
        if pacer.limit != nil {
            for id in acks {
                if let place = window.pacedNumber(id) { pacer.answered(place, at: now.monotonic) }
            }
        }
        let foreign = window.acked(acks, now: now)
        let count = acks.count - foreign.count
        acks.removeAll(keepingCapacity: true)
        if count > 0 {
            flightMax = min(window.capacity, flightMax + count)
            counts.acked += count
            timeoutsInARow = 0
            if sameRefusal.count > 0 { sameRefusal = ("", 0, 0) }
        }
        for id in foreign { late("\(id)", "Ack", now) }
    }

    private func answered(_ ack: Ack, _ now: Moment) {
        if pacer.limit != nil, let place = window.pacedNumber(ack.ackID) {
            pacer.answered(place, at: now.monotonic)
        }
        switch ack.verdict {
        case .accepted:
            if window.acked(ack.ackID, now: now) {
                if flightMax < window.capacity { flightMax += 1 }
                counts.acked += 1
                timeoutsInARow = 0
                if sameRefusal.count > 0 { sameRefusal = ("", 0, 0) }
            } else {
                late("\(ack.ackID)", "Ack", now)
            }
        case .refused(let code):
            refused(ack.ackID, code, ack.text, now)
        case .unreadable:
            guard window.answeredUnreadably(ack.ackID, text: ack.text, now: now) else {
                return late("\(ack.ackID)", "unreadable", now)
            }
            stray(
                "unreadable_answer", "an answer of which it cannot be told whether it is a refusal",
                ["post_id": "\(ack.ackID)", "text": "\(ack.text)"], now)
            unanswered(1, now)
        }
    }

    /// Posts got no answer, or none that can be read.
    private func unanswered(_ posts: Int, _ now: Moment) {
        timeoutsInARow += posts
        guard timeoutsInARow >= destination.ackTimeoutsBeforePause else { return }
        timeoutsInARow = 0
        pause(now, "\(destination.ackTimeoutsBeforePause) posts in a row got no answer that can be read")
    }

    private func refused(_ postID: UInt32, _ code: NakCode, _ text: String, _ now: Moment) {
        var nakClass = nakRules.nakClass(of: code, text: text)
        if nakClass == .final, isSameForAll(postID, code, text) { nakClass = .stop }
        guard
            window.nacked(
                postID, code: code, text: text, nakClass: nakClass, now: now, jitter: .random(in: 0...1))
        else { return late("\(postID)", code.name, now) }
        counts.nacked += 1
        timeoutsInARow = 0
        if nakClass == .stop { pause(now, "the server refuses the destination itself: \(code.name) \(text)") }
    }

    /// The same refusal for many different RICs in a row: the destination is at fault, not the rows (what a row alone can be
    /// blamed for does not count).
    private func isSameForAll(_ postID: UInt32, _ code: NakCode, _ text: String) -> Bool {
        guard ![.symbolUnknown, .invalidContent, .error].contains(code), !nakRules.isOwn(code, text: text),
            let post = window.post(postID), let lot = window.lot(post.lot)
        else { return false }
        let key = lot.rows[Int(post.index)].keyHash
        let words = code.name + " " + text
        if sameRefusal.text != words {
            sameRefusal = (words, key, 1)
        } else if sameRefusal.key != key {
            sameRefusal.key = key
            sameRefusal.count += 1
        }
        return sameRefusal.count >= Self.sameRefusalMax
    }

    private func late(_ postID: String, _ what: String, _ now: Moment) {
        stray(
            "late_answer", "an answer that nothing waits for", ["post_id": "\(postID)", "answer": "\(what)"], now,
            level: .notice)
    }

    /// Logs what a server may send without end: some lines a minute, and how many were left out.
    private func stray(
        _ event: String, _ words: Logger.Message, _ facts: Logger.Metadata, _ now: Moment,
        level: Logger.Level = .error
    ) {
        guard let leftOut = strays[event, default: LogLimit()].line(at: now.monotonic) else { return }
        var metadata = facts
        metadata["event"] = "\(event)"
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        logger.log(level: level, words, metadata: metadata)
    }

    /// Tells of lines that were left out and that no later one counted.
    private func tellStrays(_ now: Int64) {
        for event in strays.keys.sorted() {
            guard let leftOut = strays[event]?.rest(at: now) else { continue }
            logger.notice("more of these came", metadata: ["event": "\(event)", "left_out": "\(leftOut)"])
        }
    }

    /// Nothing new goes for half a minute: rows wait rather than fail one by one.
    private func pause(_ now: Moment, _ why: String) {
        guard pausedUntil == nil else { return }
        pausedUntil = now.monotonic + 30_000_000_000
        set(.paused(why))
        alert(
            Alert(
                event: "destination_paused", message: "posting to \(destination.name) pauses: \(why)",
                facts: ["destination": destination.name]))
    }

    private func handle(_ message: InboundMessage, _ number: Int, _ now: Moment) {
        guard link?.number == number else { return }
        switch message {
        case .ack:
            break
        case .ping:
            sendText(OutboundMessage.pong)
        case .pong:
            break
        case .other(let message):
            if message.isAck {
                late(excerpt((message["AckID"]?.word ?? "").utf8, most: 40), "Ack without a readable AckID", now)
            } else {
                readDirectory(message)
            }
        case .loginRefresh(let refresh):
            applicationName = refresh.applicationName
            if refresh.supportOMMPost == nil, destination.profile != .rcc, case .connecting = state {
                logger.warning(
                    "the server's login does not say whether it takes posts", metadata: ["event": "support_unknown"])
            }
            let action = link?.login.received(refresh, at: now.monotonic) ?? .none
            run(action, number)
        case .loginStatus(let status):
            let action = link?.login.received(status, at: now.monotonic) ?? .none
            run(action, number)
        case .error(let error):
            if let postID = error.postID, window.post(postID) != nil {
                if pacer.limit != nil, let place = window.pacedNumber(postID) {
                    pacer.answered(place, at: now.monotonic)
                }
                refused(postID, .error, error.text, now)
            } else if state != .ready, case .connecting = state {
                end(number, .slow, "the server refused the login: \(error.text)")
            } else {
                // Nothing is failed by guess: the post it means, if any, runs into its ack timeout.
                stray(
                    "unmapped_error", "an Error that names no post",
                    ["text": "\(excerpt(error.text.utf8))"], now)
            }
        }
    }

    // MARK: - Bytes go out

    /// Delivers what ended, sends what may go, and sets the timer.
    func pump() {
        deliver()
        if let credentials = reissueNext, !window.isLone {
            reissueNext = nil
            reissue(credentials)
        }
        if wantsFirst, window.inFlight == 0, let link {
            wantsFirst = false
            urlIndex = -1
            sendText(OutboundMessage.loginClose)
            end(link.number, .soon, "going back to the first server")
        }
        if let link, link.login.isOpen, pausedUntil == nil, !isHeld, !isDraining, !wantsFirst, !order.awaitsDoubts,
            link.channel.isWritable
        {
            fill(link.channel)
        }
        if isDraining, window.inFlight == 0 { endDrain() }
        wakeTurns()
        arm()
    }

    private func fill(_ channel: any Channel) {
        let now = Clock.now()
        while channel.isWritable {
            let wanted = min(512, flightMax - window.inFlight)
            guard wanted > 0 else { return }
            let allowance = pacer.allowance(wanted, at: now.monotonic)
            pacerAt = allowance.count < wanted ? allowance.next : nil
            guard allowance.count > 0 else { return }
            sends.removeAll(keepingCapacity: true)
            window.take(allowance.count, now: now, into: &sends)
            if sends.count < allowance.count {
                pacer.giveBack(allowance.count - sends.count)
                pacerAt = nil
            }
            guard !sends.isEmpty else { return }
            if pacer.limit != nil {
                for send in sends { window.paced(send.postID, number: pacer.sent(at: now.monotonic)) }
            }
            encode()
            channel.writeAndFlush(out, promise: nil)
            counts.sent += sends.count
            queued = window.hasQueued ? window.queued : 0
            // The write may have failed at once and ended the connection: what it held is in doubt, nothing more goes here.
            guard sends.count == wanted, link?.channel === channel else { return }
        }
    }

    /// Lays down the posts to send, in `out`.
    private func encode() {
        out.clear()
        let codec = codec
        var at = 0
        while at < sends.count {
            let handle = sends[at].lot
            guard let lot = window.lot(handle) else { preconditionFailure("a post that was taken has a lot") }
            var end = at + 1
            while end < sends.count, sends[end].lot == handle { end += 1 }
            let run = sends[at..<end]
            if trace != nil { traceSent(run, lot) }
            var masks = masks
            lot.batch.bytes.withUnsafeBytes { bytes in
                codec.withWriter(of: bytes) { writer in
                    let room = run.reduce(0) { $0 + writer.frameBytesMax(of: lot.rows[Int($1.index)]) }
                    out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { raw in
                        guard let base = raw.baseAddress else { return 0 }
                        var frames = PostFrames(at: base)
                        for send in run {
                            writer.writeFrame(
                                of: lot.rows[Int(send.index)], postID: send.postID, mask: masks.next(), to: &frames)
                        }
                        return frames.finish() - base
                    }
                }
            }
            self.masks = masks
            at = end
        }
    }

    private func traceSent(_ run: ArraySlice<PostingWindow.Send>, _ lot: PostLot) {
        for send in run {
            let json = codec.json(of: lot.rows[Int(send.index)], in: lot.batch, postID: send.postID)
            trace?.write(.sent, destination.name, String(decoding: json, as: UTF8.self))
        }
    }

    private func sendText(_ text: String) {
        trace?.write(.sent, destination.name, text)
        send(opcode: FrameCodec.Opcode.text, Array(text.utf8))
    }

    private func send(opcode: UInt8, _ payload: [UInt8]) {
        guard let link else { return }
        let frame = FrameCodec.frame(opcode: opcode, payload: payload, mask: masks.next())
        link.channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
    }

    // MARK: - Outcomes go out

    private func deliver() {
        guard !window.settled.isEmpty else { return }
        var runs: [SettledRun] = []
        var handles: [Int32] = []
        let settled = window.settled
        var at = 0
        while at < settled.count {
            let handle = settled[at].lot
            guard let lot = window.lot(handle) else { preconditionFailure("a settled row has a lot") }
            let end = settled[at...].firstIndex { $0.lot != handle } ?? settled.count
            var run = SettledRun(lot: lot, rows: settled[at..<end].map(\.row))
            if !window.details.isEmpty {
                for index in run.rows.indices where run.rows[index].detail >= 0 {
                    run.details.append(window.details[run.rows[index].detail])
                    run.rows[index].detail = run.details.count - 1
                }
            }
            runs.append(run)
            handles.append(handle)
            at = end
        }
        window.settled.removeAll(keepingCapacity: true)
        window.details.removeAll(keepingCapacity: true)
        window.releaseLots(handles)
        at = 0
        while at < runs.count {
            let drop = runs[at].lot.drop
            var next = at + 1
            while next < runs.count, runs[next].lot.drop == drop { next += 1 }
            sinks[drop]?.yield(Array(runs[at..<next]))
            at = next
        }
    }

    private func wakeTurns() {
        wakeCommits()
        guard !turns.isEmpty else { return }
        if let next = order.next, turns[next] != nil {
            let now = turnNow(of: next)
            if now != .wait { turns.removeValue(forKey: next)?.resume(returning: now) }
        }
    }

    // MARK: - Time

    private func arm() {
        var next = Int64.max
        if let link {
            next = min(next, link.keepAlive.nextDeadline)
            if let login = link.login.nextDeadline { next = min(next, login) }
            if let at = window.oldestSentAt {
                next = min(next, at + destination.ackTimeout.nanoseconds)
                if isUnheard(since: at, on: link) { next = min(next, at + destination.ackTimeout.nanoseconds / 2) }
            }
            if let until = pausedUntil {
                next = min(next, until)
            } else if link.login.isOpen, !isHeld, !isDraining, link.channel.isWritable, window.inFlight < flightMax,
                let retry = window.nextRetry
            {
                // What could not go just now will not go at once either: held back by the rate it waits for the pacer, and
                // never is this thread kept busy with asking.
                next = min(next, max(retry, pacerAt ?? retry, Clock.monotonic() + 1_000_000))
            }
            if let pacerAt { next = min(next, pacerAt) }
        }
        guard next != timerAt, next < .max else { return }
        // A timer that fires too early only looks again.
        if let timer, timerAt <= next, timerAt > Clock.monotonic() {
            _ = timer
            return
        }
        timer?.cancel()
        timerAt = next
        timer = eventLoop.scheduleTask(in: .nanoseconds(max(0, next - Clock.monotonic()))) {
            self.assumeIsolated { $0.timePassed() }
        }
    }

    /// Whether nothing was heard since the oldest post in flight was sent, and nobody asked the server yet.
    private func isUnheard(since sentAt: Int64, on link: Link) -> Bool {
        link.keepAlive.heardAt < sentAt && askedAt != sentAt
    }

    private func timePassed() {
        timer = nil
        timerAt = .max
        pacerAt = nil
        guard let link else { return }
        let now = Clock.now()
        let action = self.link?.login.timePassed(to: now.monotonic) ?? .none
        run(action, link.number)
        guard self.link?.number == link.number else { return }
        switch self.link?.keepAlive.timePassed(to: now.monotonic) {
        case .sendPing?:
            sendText(OutboundMessage.ping)
        case .giveUp?:
            end(link.number, .soon, "the server was silent for the whole ping timeout")
            return
        case .some(.none), nil:
            break
        }
        if let sentAt = window.oldestSentAt, sentAt + destination.ackTimeout.nanoseconds <= now.monotonic {
            if link.keepAlive.heardAt < sentAt {
                // Nothing at all since that post: the link is dead, which says nothing about the post.
                end(link.number, .soon, "the server was silent for the whole ack timeout")
                return
            }
            unanswered(window.timePassed(now: now), now)
        } else if let sentAt = window.oldestSentAt, isUnheard(since: sentAt, on: link),
            sentAt + destination.ackTimeout.nanoseconds / 2 <= now.monotonic
        {
            // Where nothing else is in flight, a post that stays unanswered looks like a dead link: a living one answers this.
            askedAt = sentAt
            sendText(OutboundMessage.ping)
        }
        tellStrays(now.monotonic)
        if let until = pausedUntil, until <= now.monotonic {
            pausedUntil = nil
            set(.ready)
            logger.info("posting resumes", metadata: ["event": "destination_resumed"])
        }
        pump()
    }
}
