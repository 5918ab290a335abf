import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A connection that is read and written by blocking calls.
protocol ByteStream {
    func send(_ bytes: [UInt8]) throws
    /// What came; nothing at the end of the stream. Throws ``RawClient/Failure`` "reset" when TCP was reset.
    func receive() throws -> [UInt8]
}

/// A plain socket.
final class SocketStream: ByteStream {
    private let descriptor: CInt

    init(port: Int, patience seconds: Int = 120) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var noDelay: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw RawClient.Failure(what: "cannot connect") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                    Glibc.send(
                        descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, CInt(MSG_NOSIGNAL))
                #else
                    Darwin.send(descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, 0)
                #endif
            }
            guard count > 0 else { throw RawClient.Failure(what: "cannot send") }
            sent += count
        }
    }

    func receive() throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else { throw RawClient.Failure(what: errno == ECONNRESET ? "reset" : "nothing came") }
        return Array(chunk[..<count])
    }
}

/// A socket with TLS that trusts one authority.
final class TLSStream: ByteStream {
    private let channel: any Channel
    private let inbox: Inbox

    private final class Inbox: Sendable {
        let state = Mutex<(bytes: [UInt8], isClosed: Bool)>(([], false))
        let arrived = DispatchSemaphore(value: 0)
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let inbox: Inbox

        init(_ inbox: Inbox) {
            self.inbox = inbox
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            inbox.state.withLock { $0.bytes += bytes.readableBytesView }
            inbox.arrived.signal()
        }

        func channelInactive(context: ChannelHandlerContext) {
            inbox.state.withLock { $0.isClosed = true }
            inbox.arrived.signal()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    init(
        port: Int, name: String = "localhost", authority: String,
        identity: (certificatePEM: String, keyPEM: String)? = nil
    )
        async throws
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        if let identity {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8)).map
            {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let inbox = Inbox()
        self.inbox = inbox
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: name == "127.0.0.1" ? nil : name))
                    try pipeline.addHandler(Collector(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    deinit {
        channel.close(promise: nil)
    }

    func send(_ bytes: [UInt8]) throws {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func receive() throws -> [UInt8] {
        while true {
            let (bytes, isClosed) = inbox.state.withLock { state in
                defer { state.bytes = [] }
                return state
            }
            if !bytes.isEmpty || isClosed { return bytes }
            guard inbox.arrived.wait(timeout: .now() + 120) == .success else {
                throw RawClient.Failure(what: "nothing came")
            }
        }
    }
}
