import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A server that stands in for LSEG's: it speaks the WebSocket API (`tr_json2`) over real sockets, takes Login requests and
/// posts, and answers as real servers were seen to (observed.md §2), with the troubles that its ``Scenario`` asks for.
package final class SimulatorServer: Sendable {
    /// The port it listens on.
    package let port: Int
    private let provider: Provider
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let children: Children

    /// Starts a server.
    /// - Parameters:
    ///   - scenario: what it is like.
    ///   - host: the address it listens on.
    ///   - port: 0 for a free one.
    ///   - fast: answers every post with an Ack at full speed and checks nothing: for measuring a client.
    ///   - recordPath: file that gets a JSON line for each post and each answer (see ``PostRecord``); not in fast mode.
    /// - Throws: ``SimulatorError`` when the record cannot be written; what the system says when it cannot listen.
    package static func start(
        scenario: Scenario, host: String = "127.0.0.1", port: Int = 0, fast: Bool = false, recordPath: String? = nil
    ) async throws -> SimulatorServer {
        let provider = try makeProvider(scenario, fast: fast, recordPath: recordPath)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let children = Children()
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 1 << 20)
                )
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (number, isRefused) = provider.withState { state in
                            state.report.connections += 1
                            let isRefused =
                                scenario.refusedConnections > 0
                                && state.strikes(.refusal, atMost: scenario.refusedConnections)
                            if isRefused {
                                state.report.refusedConnections += 1
                            } else {
                                state.report.openConnections += 1
                            }
                            return (state.report.connections, isRefused)
                        }
                        if isRefused { throw SimulatorError("refused") }
                        children.add(channel)
                        channel.closeFuture.whenComplete { _ in
                            children.remove(channel)
                            provider.withState { $0.report.openConnections -= 1 }
                        }
                        if fast {
                            try channel.pipeline.syncOperations.addHandler(
                                FastHandler(provider: provider, scenario: scenario, number: number))
                        } else {
                            try channel.pipeline.syncOperations.addHandler(
                                ProviderHandler(provider: provider, scenario: scenario, number: number))
                        }
                    }
                }
                .bind(host: host, port: port).get()
            return SimulatorServer(
                port: listener.localAddress?.port ?? port, provider: provider, group: group, listener: listener,
                children: children)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private static func makeProvider(_ scenario: Scenario, fast: Bool, recordPath: String?) throws -> Provider {
        if fast {
            Logger(label: "simulator").warning(
                "fast mode: every post gets an Ack unread, nothing is checked, the scenario's troubles and the record are off"
            )
        }
        let record = try fast ? nil : recordPath.map { try PostRecord(path: $0) }
        var state = ProviderState(scenario: scenario, record: record)
        state.report.isStrict = !fast
        return Provider(state)
    }

    private init(
        port: Int, provider: Provider, group: MultiThreadedEventLoopGroup, listener: any Channel, children: Children
    ) {
        self.port = port
        self.provider = provider
        self.group = group
        self.listener = listener
        self.children = children
    }

    /// Closes every connection and the port, and ends the server's thread.
    package func stop() async throws {
        try? await listener.close()
        for child in children.all() { try? await child.close() }
        try await group.shutdownGracefully()
    }

    /// Breaks off every connection that is open now; the port stays.
    package func closeConnections() async {
        for child in children.all() { try? await child.close() }
    }

    /// What was seen and done so far.
    package func report() -> SimulatorReport {
        provider.withState { $0.report }
    }

    /// Waits until the report meets a condition.
    /// - Throws: ``SimulatorError`` when it does not within `limit`.
    package func report(
        within limit: Duration = .seconds(10), until condition: @escaping @Sendable (SimulatorReport) -> Bool
    ) async throws -> SimulatorReport {
        guard let report = await provider.report(limit, condition) else {
            throw SimulatorError("nothing of the kind within \(limit); the report is \(self.report())")
        }
        return report
    }

    /// The fields of a RIC in the cache, each as the JSON literal that an item request reads back; nil when no post made or
    /// changed it. Where several services have the RIC, the one with the lowest number.
    package func values(of ric: String) -> [String: String]? {
        provider.withState { $0.values(of: ric) }
    }
}

/// The connections that are open.
private final class Children: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = channel }
    }

    func remove(_ channel: any Channel) {
        _ = channels.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func all() -> [any Channel] {
        channels.withLock { Array($0.values) }
    }
}
