import Logging
import NIOCore
import NIOPosix
import PostboxCore
import PostboxIO
import Simulator
import Synchronization
import TestSupport

/// A row as a test writes it.
struct Parcel {
    var ric: String
    var post: PostKind = .update
    var fields = #"{"BID":1.5}"#
    var service = 0

    init(_ ric: String, _ post: PostKind = .update, fields: String = #"{"BID":1.5}"#, service: Int = 0) {
        self.ric = ric
        self.post = post
        self.fields = fields
        self.service = service
    }
}

/// How a row ended, as it came out of the lane.
struct Ending: Sendable, Equatable {
    var drop: Int
    var row: Int
    var outcome: PostOutcome
    var attempts: Int
    /// Microseconds since 1970.
    var sentAt: Int64
    var detail: OutcomeDetail
}

/// A lane with its run, its alerts and every outcome that came out of it, in order.
final class Courier: Sendable {
    let lane: PostingLane
    private let running: Task<Void, Never>
    private let log = Mutex<Log>(Log())
    /// Everything that the lane logs.
    let captured = CapturedLog()

    private struct Log {
        var endings: [Ending] = []
        var states: [LaneState] = []
        var alertStates: [String: LaneState] = [:]
        var alerts: [Alert] = []
        var closedStreams = 0
    }

    init(
        _ destination: Destination, trace: Trace? = nil, environment: [String: String] = [:],
        credentials: @escaping CredentialSource = { _, _ in .user("tester") }
    ) {
        let mailbox = Mailbox()
        lane = PostingLane(
            destination: destination, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test") { [captured] _ in
                NotedLog(level: .info) { event in
                    captured.note(event)
                    mailbox.put(nil)
                }
            },
            environment: environment,
            trace: trace,
            seed: 7, credentials: credentials, alert: { mailbox.put($0) })
        running = Task(executorPreference: TestThreads.waiting) { [lane] in await lane.run() }
        mailbox.owner.withLock { $0 = { [weak self] alert in self?.note(alert) } }
    }

    /// The lane logs, or raises an alert, right after each change of its state and on its own thread: so none is missed,
    /// however short it is.
    private func note(_ alert: Alert?) {
        let state = lane.assumeIsolated { $0.state }
        log.withLock { log in
            if log.states.last != state { log.states.append(state) }
            guard let alert else { return }
            log.alerts.append(alert)
            log.alertStates[alert.event.word] = state
        }
    }

    private final class Mailbox: Sendable {
        let owner = Mutex<(@Sendable (Alert?) -> Void)?>(nil)

        /// Nil: a line of the log.
        func put(_ alert: Alert?) { owner.withLock { $0 }?(alert) }
    }

    var endings: [Ending] { log.withLock { $0.endings } }
    /// The states that it was in after it had begun, in order, the end excepted.
    var states: [LaneState] { log.withLock { $0.states } }
    /// The state in which it raised an alert; nil: it raised none of that kind.
    func state(at event: String) -> LaneState? { log.withLock { $0.alertStates[event] } }
    var alerts: [Alert] { log.withLock { $0.alerts } }
    /// Drops whose outcomes have come to an end.
    var closedStreams: Int { log.withLock { $0.closedStreams } }

    func outcomes(of drop: Int = 1) -> [Int: PostOutcome] {
        Dictionary(endings.filter { $0.drop == drop }.map { ($0.row, $0.outcome) }) { first, _ in first }
    }

    /// Hands a drop to the lane in its turn, in handovers, as the contributor does.
    func send(_ parcels: [Parcel], drop: Int = 1, handoverRows: Int = 256, isInDoubt: Bool = false) async {
        let stream = await lane.open(DropPlace(drop: drop))
        Task(executorPreference: TestThreads.waiting) { [weak self] in
            for await runs in stream {
                guard let self else { return }
                let new = runs.flatMap { run in
                    run.rows.map { settled in
                        Ending(
                            drop: run.handover.drop, row: run.handover.rows[settled.index].row,
                            outcome: settled.outcome,
                            attempts: settled.attempts, sentAt: settled.sentAt,
                            detail: settled.detail < 0 ? OutcomeDetail() : run.details[settled.detail])
                    }
                }
                log.withLock { $0.endings += new }
            }
            self?.log.withLock { $0.closedStreams += 1 }
        }
        Task(executorPreference: TestThreads.waiting) { [lane] in
            var first = 0
            while first < parcels.count {
                let count = min(handoverRows, parcels.count - first)
                guard await lane.turn(of: drop).turn == .go else { return }
                await lane.offer(
                    handover(
                        Array(parcels[first..<first + count]), drop: drop, firstRow: first + 1, isInDoubt: isInDoubt))
                first += count
            }
            await lane.finishOffering(drop)
        }
    }

    /// Waits until so many rows of all drops have ended.
    func settled(_ count: Int, within limit: Duration = .seconds(300)) async throws {
        do {
            try await eventually("\(count) rows have ended", within: limit) { self.endings.count >= count }
        } catch {
            throw NeverSo(description: "\(error); \(endings.count) have, and the states were \(states)")
        }
    }

    /// Waits until the lane's state is such.
    @discardableResult
    func state(
        _ what: String, within limit: Duration = .seconds(300), _ condition: @Sendable (LaneState) -> Bool
    ) async throws -> LaneState {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while true {
            let state = await lane.state
            if condition(state) { return state }
            guard clock.now < end else { throw NeverSo(description: "the lane never was \(what), but \(state)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func ready() async throws {
        try await state("ready") { $0 == .ready }
    }

    func stop(timeout: Duration = .seconds(60)) async {
        await lane.stop(timeout: timeout)
        // It may wait for a token.
        running.cancel()
        await running.value
    }
}

/// A lane was not in the state that was waited for.
struct NeverSo: Error, CustomStringConvertible {
    var description: String
}

/// A handover made by hand; a row's PostID is its drop's thousands plus its number.
func handover(_ parcels: [Parcel], drop: Int, firstRow: Int, isInDoubt: Bool = false) -> Handover {
    var batch = PostBatch()
    for (offset, parcel) in parcels.enumerated() {
        let ric = Array(parcel.ric.utf8)
        let fields = Array(parcel.fields.utf8)
        batch.rows.append(
            MappedRow(
                row: firstRow + offset, line: firstRow + offset + 1, post: parcel.post, service: parcel.service,
                ricStart: batch.bytes.count, ricLength: ric.count, fieldsStart: batch.bytes.count + ric.count,
                fieldsLength: fields.count,
                keyHash: ric.withUnsafeBytes { keyHash(ric: $0, service: parcel.service) }))
        batch.bytes += ric + fields
    }
    return Handover(
        drop: drop, batch: batch, rows: batch.rows, postIDBase: UInt32(drop * 1_000_000), isInDoubt: isInDoubt)
}

/// A server's address as a destination has it.
func address(_ port: Int, isTLS: Bool = false, host: String = "127.0.0.1", path: String = "/WebSocket")
    -> Destination.URL
{
    Destination.URL(isTLS: isTLS, host: host, port: port, path: path)
}

/// A cache on loopback.
func destination(_ ports: Int..., change: (inout Destination) -> Void = { _ in }) -> Destination {
    var destination = Destination(name: "cache", urls: ports.map { address($0) }, service: "NIPROV")
    change(&destination)
    return destination
}

/// Runs a simulator, and stops it whatever happens.
func withSimulator(
    _ change: (inout Scenario) -> Void = { _ in }, port: Int = 0, recordPath: String? = nil,
    _ body: (SimulatorServer) async throws -> Void
) async throws {
    var scenario = Scenario()
    change(&scenario)
    let server = try await SimulatorServer.start(scenario: scenario, port: port, recordPath: recordPath)
    do {
        try await body(server)
        try await server.stop()
    } catch {
        try? await server.stop()
        throw error
    }
}

/// Runs a lane, and stops it whatever happens.
func withLane(
    _ destination: Destination, trace: Trace? = nil, environment: [String: String] = [:],
    credentials: @escaping CredentialSource = { _, _ in .user("tester") }, _ body: (Courier) async throws -> Void
) async throws {
    let courier = Courier(destination, trace: trace, environment: environment, credentials: credentials)
    do {
        try await body(courier)
        await courier.stop(timeout: .zero)
    } catch {
        await courier.stop(timeout: .zero)
        throw error
    }
}

/// A port of loopback that nobody listens on.
func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return port
}
