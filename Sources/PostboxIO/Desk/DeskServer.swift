internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import PostboxCore
internal import Synchronization

/// Listens at the control socket, or at a port, and hands requests to whoever answers them, on a thread of its own. Whatever a client does, or
/// leaves undone, costs it its connection and nobody else anything.
package final class DeskServer: Sendable {
    /// What a client may take.
    package struct Limits: Sendable {
        package var connections = 512
        package var bodyBytes = 1 << 20
        package var headerBytes = 16 << 10
        package var headers = 100
        /// For a request to come in whole, and for an answer to be taken.
        package var patience = Duration.seconds(10)
        /// For answers that are being made when nobody listens any more.
        package var drain = Duration.seconds(5)

        package init() {}

        /// With so many connections that the process keeps file descriptors for its own work.
        package static func ofThisProcess() -> Limits {
            var limits = Limits()
            var open = rlimit()
            if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &open) == 0, open.rlim_cur < 2048 {
                // 1,024 are what most programs are begun with.
                limits.connections = max(2, Int(open.rlim_cur) / (open.rlim_cur < 1024 ? 16 : 4))
            }
            return limits
        }
    }

    /// How it stands.
    package enum News: Sendable, Equatable {
        /// At a port: which, as an address.
        case serves(String)
        case listens
        /// It is tried again; why.
        case failed(String)
    }

    /// Answers a request.
    package typealias Answer = @Sendable (DeskRequest) async -> DeskOutput

    private let place: DeskPlace
    private let limits: Limits
    private let answer: Answer
    private let news: @Sendable (News) -> Void
    private let said = Mutex<News?>(nil)
    private let answers = AnswersInWork()

    /// `answer` is called for each request, at most one of a connection at a time. `news`: told when it changes.
    package init(
        _ place: DeskPlace, limits: Limits = .ofThisProcess(), news: @escaping @Sendable (News) -> Void,
        answer: @escaping Answer
    ) {
        self.place = place
        self.limits = limits
        self.news = news
        self.answer = answer
    }

    /// Listens until its task is cancelled, and begins anew where that fails. Answers that are being made then are waited for, as
    /// long as the limits say.
    package func run() async {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        while !Task.isCancelled {
            let fault = await listen(on: group)
            guard !Task.isCancelled else { break }
            tell(.failed(fault))
            try? await Task.sleep(for: .seconds(2))
        }
        // A thread that somebody still wants to write on is left to the end of the process.
        guard await answers.end(within: limits.drain) else { return }
        try? await group.shutdownGracefully()
    }

    private func tell(_ new: News) {
        let isNew = said.withLock { said in
            defer { said = new }
            return said != new
        }
        if isNew { news(new) }
    }

    /// Listens until that ends. Returns why.
    private func listen(on group: MultiThreadedEventLoopGroup) async -> String {
        do {
            switch place {
            case .socket(let socket): try await listen(at: socket, on: group)
            case .network(let address, let tls): try await listen(at: address, tls, on: group)
            }
            return "nobody listens at \(place.name) any more"
        } catch let error as DeskSocket.Fault {
            return error.description
        } catch let error as IOError {
            return "\(subject) cannot be made: \(DeskSocket.words(error.errnoCode))"
        } catch {
            return "\(subject) cannot be made"
        }
    }

    private var subject: String {
        switch place {
        case .socket(let socket): "the control socket \(socket.path)"
        case .network(let address, _): "the page at \(address.text)"
        }
    }

    private func listen(at socket: DeskSocket, on group: MultiThreadedEventLoopGroup) async throws {
        try socket.prepare()
        let channel = try await bootstrap(group, nil)
            .bind(unixDomainSocketPath: socket.draft, cleanupExistingSocketFile: true).get()
        let identity: DeskSocket.Identity
        do {
            identity = try socket.publish()
        } catch {
            try? await channel.close()
            throw error
        }
        tell(.listens)
        await untilClosed(channel)
        socket.remove(identity)
    }

    private func listen(
        at address: HTTPSettings.Address, _ tls: HTTPSettings.TLS?, on group: MultiThreadedEventLoopGroup
    ) async throws {
        // Read anew each time: a certificate that is put right is used without a restart.
        let context = try tls.map { (tls) throws(DeskSocket.Fault) in try DeskCertificate.context(tls) }
        let channel = try await bootstrap(group, context)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.host, port: address.port).get()
        let port = channel.localAddress?.port ?? address.port
        tell(.serves(HTTPSettings.Address(host: address.host, port: port).text))
        await untilClosed(channel)
    }

    /// What lets clients in. `tls`: nil: they speak without TLS.
    private func bootstrap(_ group: MultiThreadedEventLoopGroup, _ tls: NIOSSLContext?) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(limits.connections))
            .serverChannelInitializer { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        [AcceptBackoffHandler(shouldForwardIOErrorCaught: false), DeskDoor(limits.connections)]
                            as [any ChannelHandler])
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [limits, answer, answers] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try DeskConnection.set(up: channel, limits, answers, isSecure: tls != nil, answer)
                }
            }
    }

    private func untilClosed(_ channel: any Channel) async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Answers that are being made, or sent, and streams that go on until somebody ends them.
final class AnswersInWork: Sendable {
    private struct State {
        var count = 0
        var streams: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isOver = false
    }

    private let state = Mutex(State())

    func begin() { state.withLock { $0.count += 1 } }

    func end() { state.withLock { $0.count -= 1 } }

    /// Keeps the task of a stream, to end it. Returns by what it is known.
    func add(_ task: Task<Void, Never>) -> Int {
        let (number, isOver) = state.withLock { state in
            state.next += 1
            state.streams[state.next] = task
            return (state.next, state.isOver)
        }
        if isOver { task.cancel() }
        return number
    }

    /// A stream is over.
    func remove(_ number: Int) { state.withLock { $0.streams[number] = nil } }

    /// Ends all streams, and waits until there are no answers in work, also in a task that is cancelled. False: that took too long.
    func end(within limit: Duration) async -> Bool {
        let streams = state.withLock { state in
            state.isOver = true
            return Array(state.streams.values)
        }
        for stream in streams { stream.cancel() }
        let task = Task {
            let end = ContinuousClock.now + limit
            while state.withLock({ $0.count > 0 }) {
                guard ContinuousClock.now < end else { return false }
                try? await Task.sleep(for: .milliseconds(10))
            }
            return true
        }
        return await task.value
    }
}
