internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import PostboxCore
internal import Synchronization

/// What came in at the control socket.
package struct DeskRequest: Sendable, Equatable {
    package var method: String
    /// Path and query.
    package var target: String
    package var contentType: String?
    package var body: [UInt8]
    /// The account that speaks; nil: it cannot be told.
    package var uid: UInt32?
}

/// Listens at the control socket and hands requests to whoever answers them, on a thread of its own. Whatever a client does, or
/// leaves undone, costs it its connection and nobody else anything.
package final class DeskServer: Sendable {
    /// What a client may take.
    package struct Limits: Sendable {
        package var connections = 64
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
            if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &open) == 0, open.rlim_cur < 1024 {
                limits.connections = max(2, Int(open.rlim_cur) / 16)
            }
            return limits
        }
    }

    /// How the socket stands.
    package enum News: Sendable, Equatable {
        case listens
        /// It is tried again; why.
        case failed(String)
    }

    /// Answers a request.
    package typealias Answer = @Sendable (DeskRequest) async -> DeskReply

    private let socket: DeskSocket
    private let limits: Limits
    private let answer: Answer
    private let news: @Sendable (News) -> Void
    private let said = Mutex<News?>(nil)
    private let answers = AnswersInWork()

    /// `answer` is called for each request, at most one of a connection at a time. `news`: told when it changes.
    package init(
        _ socket: DeskSocket, limits: Limits = .ofThisProcess(), news: @escaping @Sendable (News) -> Void,
        answer: @escaping Answer
    ) {
        self.socket = socket
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
            try socket.prepare()
            let channel = try await ServerBootstrap(group: group)
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
                        try DeskConnection.set(up: channel, limits, answers, answer)
                    }
                }
                .bind(unixDomainSocketPath: socket.draft, cleanupExistingSocketFile: true).get()
            let identity: DeskSocket.Identity
            do {
                identity = try socket.publish()
            } catch {
                try? await channel.close()
                throw error
            }
            tell(.listens)
            await withTaskCancellationHandler {
                try? await channel.closeFuture.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            socket.remove(identity)
            return "nobody listens at \(socket.path) any more"
        } catch let error as DeskSocket.Fault {
            return error.description
        } catch let error as IOError {
            return "the control socket \(socket.path) cannot be made: \(DeskSocket.words(error.errnoCode))"
        } catch {
            return "the control socket \(socket.path) cannot be made"
        }
    }
}

/// Answers that are being made, or sent.
final class AnswersInWork: Sendable {
    private let count = Mutex(0)

    func begin() { count.withLock { $0 += 1 } }

    func end() { count.withLock { $0 -= 1 } }

    /// Waits until there are none, also in a task that is cancelled. False: that took too long.
    func end(within limit: Duration) async -> Bool {
        let task = Task {
            let end = ContinuousClock.now + limit
            while count.withLock({ $0 > 0 }) {
                guard ContinuousClock.now < end else { return false }
                try? await Task.sleep(for: .milliseconds(10))
            }
            return true
        }
        return await task.value
    }
}
