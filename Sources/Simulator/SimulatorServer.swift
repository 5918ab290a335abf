import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// A server that stands in for LSEG's: it speaks the WebSocket API (`tr_json2`) over real sockets, takes Login requests and
/// posts, and answers as real servers were seen to (What servers do §2), with the troubles that its ``Scenario`` asks
/// for. Where the scenario has them, a token endpoint and a CONNECT proxy start and stop with it.
package final class SimulatorServer: Sendable {
    /// The port of the WebSocket.
    package let port: Int
    /// The port of the token endpoint; nil when the scenario has none.
    package let tokenPort: Int?
    /// Nil when the scenario has none.
    package let proxy: ConnectProxy?
    private let host: String
    private let scenario: Scenario
    private let authority: CertificateAuthority?
    private let provider: Provider
    private let group: MultiThreadedEventLoopGroup
    private let listeners: [any Channel]
    private let children: Children

    /// Starts a server.
    /// - Parameters:
    ///   - scenario: what it is like.
    ///   - host: the address it listens on.
    ///   - port: 0 for a free one.
    ///   - fast: answers every post with an Ack at full speed and checks nothing: for measuring a client.
    ///   - recordPath: file that gets a JSON line for each post and each answer (see ``PostRecord``); not in fast mode.
    /// - Throws: ``ScenarioError`` when the scenario's dictionary cannot be read; ``SimulatorError`` when the record cannot be
    ///   written; what the system says when it cannot listen.
    package static func start(
        scenario: Scenario, host: String = "127.0.0.1", port: Int = 0, fast: Bool = false, recordPath: String? = nil
    ) async throws -> SimulatorServer {
        let provider = try makeProvider(scenario, fast: fast, recordPath: recordPath)
        let authority = try makeAuthority(scenario)
        let tls = try scenario.tls.flatMap { tls in
            try authority?.serverContext(names: tls.names, asksForClientCertificate: tls.asksForClientCertificate)
        }
        let children = Children()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var listeners: [any Channel] = []
        do {
            listeners.append(
                try await ServerBootstrap(group: group)
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
                            try accept(channel, scenario, fast: fast, tls: tls, provider, children)
                        }
                    }
                    .bind(host: host, port: port).get())
            if let endpoint = scenario.tokenEndpoint, let authority {
                let context = try authority.serverContext(
                    names: scenario.tls?.names ?? Scenario.TLS().names, asksForClientCertificate: false)
                listeners.append(
                    try await TokenServer.start(
                        endpoint, host: host, provider: provider, context: context, group: group, children: children))
            }
            var proxy: ConnectProxy?
            if let wanted = scenario.proxy {
                proxy = try await ConnectProxy.start(
                    host: host, port: wanted.port, user: wanted.user, password: wanted.password)
            }
            return SimulatorServer(
                host: host, scenario: scenario, authority: authority, provider: provider, group: group,
                listeners: listeners, children: children, proxy: proxy)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private init(
        host: String, scenario: Scenario, authority: CertificateAuthority?, provider: Provider,
        group: MultiThreadedEventLoopGroup, listeners: [any Channel], children: Children, proxy: ConnectProxy?
    ) {
        port = listeners[0].localAddress?.port ?? 0
        tokenPort = listeners.count > 1 ? listeners[1].localAddress?.port : nil
        self.host = host
        self.scenario = scenario
        self.authority = authority
        self.provider = provider
        self.group = group
        self.listeners = listeners
        self.children = children
        self.proxy = proxy
    }

    /// Where clients connect to.
    package var url: String { "\(scenario.tls == nil ? "ws" : "wss")://\(host):\(port)/WebSocket" }

    /// Where tokens are asked for, by the endpoint's version 1 or 2; nil when the scenario has no token endpoint.
    package func tokenURL(version: Int = 1) -> String? {
        tokenPort.map { "https://\(host):\($0)/auth/oauth2/v\(version)/token" }
    }

    /// The certificate, as PEM text, that a client has to trust; nil when nothing of the scenario has TLS.
    package var certificateAuthorityPEM: String? { authority?.pem }

    /// Makes a client certificate of the simulator's authority with its private key, both as PEM text.
    /// - Throws: ``SimulatorError`` when nothing of the scenario has TLS.
    package func makeClientIdentity(name: String) throws -> (certificatePEM: String, keyPEM: String) {
        guard let authority else { throw SimulatorError("without TLS there is no certificate authority") }
        let identity = try authority.clientIdentity(name: name)
        return (identity.certificatePEM, identity.keyPEM)
    }

    /// Closes every connection and the ports, and ends the server's threads.
    package func stop() async throws {
        for listener in listeners { try? await listener.close() }
        // TLS would wait for the other side to say goodbye.
        breakConnections()
        try await group.shutdownGracefully()
        try await proxy?.stop()
    }

    /// Breaks off every connection that is open now, as a crash of the server would; the port stays.
    package func breakConnections() {
        for breakOff in children.all() { breakOff() }
    }

    /// What was seen and done so far.
    package func report() -> SimulatorReport {
        provider.withState { $0.report }
    }

    /// Waits until the report meets a condition.
    /// - Throws: ``SimulatorError`` when it does not within `limit`.
    package func report(
        within limit: Duration = .seconds(120), until condition: @escaping @Sendable (SimulatorReport) -> Bool
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

    // MARK: Parts

    private static func makeProvider(_ scenario: Scenario, fast: Bool, recordPath: String?) throws -> Provider {
        if fast {
            Logger(label: "simulator").warning(
                "fast mode: every post gets an Ack unread, nothing is checked, the scenario's troubles and the record are off"
            )
        }
        var scenario = scenario
        if fast {
            let takesBatches = scenario.items.takesBatches
            scenario.items = Scenario.Items()
            scenario.items.takesBatches = takesBatches
        }
        let record = try fast ? nil : recordPath.map { try PostRecord(path: $0) }
        var state = ProviderState(scenario: scenario, fields: try FieldDictionary(scenario), record: record)
        state.report.isStrict = !fast
        return Provider(state)
    }

    private static func makeAuthority(_ scenario: Scenario) throws -> CertificateAuthority? {
        guard scenario.tls != nil || scenario.tokenEndpoint != nil else { return nil }
        let authority = try CertificateAuthority()
        if let path = scenario.certificateAuthorityFile {
            try Data(authority.pem.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
        return authority
    }

    private static func accept(
        _ channel: any Channel, _ scenario: Scenario, fast: Bool, tls: NIOSSLContext?, _ provider: Provider,
        _ children: Children
    ) throws {
        let (number, isRefused) = provider.withState { state in
            state.report.connections += 1
            let isRefused =
                scenario.refusedConnections > 0 && state.strikes(.refusal, atMost: scenario.refusedConnections)
            if isRefused { state.report.refusedConnections += 1 } else { state.report.openConnections += 1 }
            return (state.report.connections, isRefused)
        }
        if isRefused { throw SimulatorError("refused as the scenario wants it") }
        let transport = TransportEnd()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(transport)
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        children.add(channel, transport)
        channel.closeFuture.whenComplete { _ in provider.withState { $0.report.openConnections -= 1 } }
        if fast {
            try pipeline.addHandler(
                FastHandler(provider: provider, scenario: scenario, number: number, transport: transport))
        } else {
            try pipeline.addHandler(
                ProviderHandler(provider: provider, scenario: scenario, number: number, transport: transport))
        }
    }
}
