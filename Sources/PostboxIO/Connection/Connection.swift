internal import Crypto
internal import Foundation
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
package import PostboxCore

/// Makes a WebSocket connection to a server: TCP, through a proxy where there is one, TLS for `wss`, the upgrade.
///
/// Afterwards no HTTP and no WebSocket handler is left in the pipeline: frames are made and read in bulk (`FrameCodec`).
enum ConnectionMaker {
    /// `frames` gets every byte behind the upgrade. Throws `ConnectionError`.
    static func connect(
        to url: Destination.URL, tls: Destination.TLS, proxy: ProxyAddress?, on eventLoop: any EventLoop,
        timeout: Duration, frames: @escaping @Sendable () -> any ChannelInboundHandler
    ) async throws -> any Channel {
        let host = proxy?.host ?? url.host
        let port = proxy?.port ?? url.port
        let limit = TimeAmount.nanoseconds(timeout.nanoseconds)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(limit)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 262_144)
                )
                .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
                .connect(host: host, port: port).get()
        } catch {
            let (who, key) = proxy == nil ? (url.text, "urls") : ("the proxy \(host):\(port)", "proxy")
            let isUnknown = (error as? NIOConnectionError).map(isUnknownName) ?? false
            throw ConnectionError(
                code: .unreachable,
                message: "\(who) cannot be reached: \(words(error))"
                    + (isUnknown ? "; check the host in `\(key)`" : ""))
        }
        do {
            if let proxy { try await tunnel(channel, to: url, proxy, limit) }
            if url.isTLS { try await secure(channel, url, tls, limit) }
            try await upgrade(channel, url, limit, frames)
            return channel
        } catch {
            channel.close(promise: nil)
            if let error = error as? ConnectionError { throw error }
            if "\(type(of: error))".contains("SSL") || "\(error)".contains("SSL") { throw failedTLS(url, error) }
            throw ConnectionError(code: .lost, message: "\(url.text) closed the connection: \(words(error))")
        }
    }

    private static func tunnel(
        _ channel: any Channel, to url: Destination.URL, _ proxy: ProxyAddress, _ limit: TimeAmount
    ) async throws {
        let done = channel.eventLoop.makePromise(of: Void.self)
        var headers = HTTPHeaders([("Host", "\(url.host):\(url.port)")])
        if let credentials = proxy.credentials {
            headers.add(
                name: "Proxy-Authorization", value: "Basic " + Data(credentials.utf8).base64EncodedString())
        }
        let sent = headers
        do {
            try await channel.eventLoop.submit {
                let operations = channel.pipeline.syncOperations
                let encoder = HTTPRequestEncoder()
                let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes))
                let handler = NIOHTTP1ProxyConnectHandler(
                    targetHost: url.host, targetPort: url.port, headers: sent, deadline: .now() + limit,
                    promise: done)
                try operations.addHandlers([encoder, decoder, handler])
                let bound = NIOLoopBound((operations, encoder, decoder, handler), eventLoop: channel.eventLoop)
                done.futureResult.whenSuccess {
                    let (operations, encoder, decoder, handler) = bound.value
                    _ = operations.removeHandler(handler)
                    _ = operations.removeHandler(encoder)
                    _ = operations.removeHandler(decoder)
                }
            }.get()
            try await done.futureResult.get()
        } catch {
            // The connection may have ended before anything was there to keep the promise.
            done.fail(error)
            throw ConnectionError(
                code: .proxy,
                message:
                    "the proxy \(proxy.host):\(proxy.port) does not connect to \(url.host):\(url.port): \(words(error))"
            )
        }
    }

    private static func failedTLS(_ url: Destination.URL, _ error: any Error) -> ConnectionError {
        ConnectionError(
            code: .tls,
            message: "TLS with \(url.host):\(url.port) failed: \(words(ofTLS: error))")
    }

    private static func readTLS<Value>(_ key: String, _ file: String, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch {
            let why =
                switch error {
                case NIOSSLError.noSuchFilesystemObject: "there is no such file"
                case NIOSSLError.failedToLoadCertificate: "it holds no certificate in PEM"
                case NIOSSLError.failedToLoadPrivateKey: "it holds no private key in PEM without a passphrase"
                case let error as IOError: words(error)
                default: words(ofTLS: error)
                }
            throw ConnectionError(code: .tls, message: "a TLS file cannot be read: \(key) \(file): \(why)")
        }
    }

    /// What connections over TLS are made with. Throws `ConnectionError` for a file that cannot be used.
    static func context(_ tls: Destination.TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = tls.verify ? .fullVerification : .none
        if let file = tls.caFile {
            configuration.trustRoots = .certificates(
                try readTLS("tls.ca_file", file) { try NIOSSLCertificate.fromPEMFile(file) })
        }
        if let file = tls.certificateFile {
            configuration.certificateChain = try readTLS("tls.cert_file", file) {
                try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
            }
        }
        if let file = tls.keyFile {
            configuration.privateKey = .privateKey(
                try readTLS("tls.key_file", file) { try NIOSSLPrivateKey(file: file, format: .pem) })
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private static func secure(
        _ channel: any Channel, _ url: Destination.URL, _ tls: Destination.TLS, _ limit: TimeAmount
    ) async throws {
        let context = try context(tls)
        // An address has no name to be asked for (RFC 6066 §3).
        let isAddress = (try? SocketAddress(ipAddress: url.host, port: 1)) != nil
        let done = channel.eventLoop.makePromise(of: Void.self)
        let started = channel.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : url.host)
            try channel.pipeline.syncOperations.addHandlers([handler, HandshakeHandler(done: done)])
            channel.eventLoop.scheduleTask(in: limit) { done.fail(ChannelError.connectTimeout(limit)) }
        }
        started.whenFailure { done.fail($0) }
        do {
            try await done.futureResult.get()
        } catch {
            throw failedTLS(url, error)
        }
    }

    private static func upgrade(
        _ channel: any Channel, _ url: Destination.URL, _ limit: TimeAmount,
        _ frames: @escaping @Sendable () -> any ChannelInboundHandler
    ) async throws {
        let done = channel.eventLoop.makePromise(of: Void.self)
        let started = channel.eventLoop.submit {
            let encoder = HTTPRequestEncoder()
            let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
            let handler = UpgradeHandler(url: url, encoder: encoder, decoder: decoder, frames: frames, done: done)
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, handler])
            channel.eventLoop.scheduleTask(in: limit) {
                done.fail(
                    ConnectionError(code: .upgrade, message: "\(url.text) did not answer the WebSocket upgrade in time")
                )
            }
            channel.closeFuture.whenComplete { _ in
                done.fail(
                    ConnectionError(
                        code: .upgrade, message: "\(url.text) closed the connection during the WebSocket upgrade"))
            }
        }
        // The connection may have ended before anything was there to keep the promise.
        started.whenFailure { done.fail($0) }
        try await done.futureResult.get()
    }

    /// An error's own words, shortened to what a desk can use.
    static func words(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            if isUnknownName(error) { return "there is no host of the name \(error.host)" }
            let causes = error.connectionErrors.map { words($0.error) }
            return causes.first ?? "nobody answers"
        }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if let error = error as? ChannelError {
            switch error {
            case .connectTimeout: return "no answer in time"
            case .eof, .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed:
                return "the other side closed the connection"
            default: break
            }
        }
        if let error = error as? NIOHTTP1ProxyConnectHandler.Error { return words(ofProxy: error) }
        if error is HTTPParserError || error is NIOHTTPDecoderError {
            return "what it answers is no HTTP that can be read"
        }
        return "\(error)"
    }

    private static func isUnknownName(_ error: NIOConnectionError) -> Bool {
        (error.dnsAError ?? error.dnsAAAAError) != nil && error.connectionErrors.isEmpty
    }

    private static func words(ofProxy error: NIOHTTP1ProxyConnectHandler.Error) -> String {
        typealias Trouble = NIOHTTP1ProxyConnectHandler.Error
        switch error {
        case Trouble.proxyAuthenticationRequired():
            return "it wants other credentials (HTTP 407); check the user and password of `proxy`"
        case Trouble.httpProxyHandshakeTimeout():
            return "no answer in time"
        case Trouble.remoteConnectionClosed(), Trouble.channelUnexpectedlyInactive(), Trouble.noResult():
            return "it closed the connection"
        default:
            // The answer's head is told in words only.
            let status = "\(error)".firstMatch(of: /status: ([0-9]{3})/)?.1
            return status.map { "HTTP \($0)" } ?? "what it answers is no HTTP that can be read"
        }
    }

    /// What went wrong with TLS, and what to look at.
    static func words(ofTLS error: any Error) -> String {
        if let error = error as? NIOSSLExtraError,
            error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
        {
            return "its certificate is for another name; check the host in `urls`"
        }
        let text = "\(error)"
        if text.contains("EOF during handshake") { return "it closed the connection" }
        // BoringSSL's reason is a word in capitals, behind the name of its library and before the place in its sources.
        let reason = text.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/).map { String($0.1) } ?? ""
        switch reason {
        case "":
            return error is NIOSSLError || error is NIOSSLExtraError ? "the handshake failed" : words(error)
        case "CERTIFICATE_VERIFY_FAILED":
            return "its certificate is not trusted, or has expired; is the certificate's authority in tls.ca_file?"
        case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST":
            return "it speaks no TLS on this port; is it ws: instead of wss:?"
        case "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION":
            return "it speaks no TLS 1.2 or newer"
        default:
            let words = reason.replacing("_", with: " ").lowercased()
            let isOurs = reason.contains("ALERT") && (reason.contains("CERTIFICATE") || reason.contains("UNKNOWN_CA"))
            return isOurs ? "it refuses our certificate (\(words)); check tls.cert_file and tls.key_file" : words
        }
    }
}

/// Waits for the end of the TLS handshake, good or bad, and then goes: only here is the reason of a failure to be had.
private final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let done: EventLoopPromise<Void>

    init(done: EventLoopPromise<Void>) {
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            done.succeed()
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

/// Where to find an HTTP proxy.
package struct ProxyAddress: Sendable, Equatable {
    package var host: String
    package var port: Int
    /// `user:password`.
    package var credentials: String?

    /// Reads `http://user:password@host:port`; nil when it is none.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text.contains("://") ? text : "http://" + text),
            let host = parts.host, !host.isEmpty
        else { return nil }
        self.host = host
        port = parts.port ?? 8080
        credentials = parts.user.map { "\($0):\(parts.password ?? "")" }
    }

    /// The proxy that the environment names for a host, as curl reads it: `https_proxy` for `wss`, `http_proxy` for `ws`,
    /// `all_proxy`, and `no_proxy` against them.
    package static func fromEnvironment(_ environment: [String: String], for url: Destination.URL) -> ProxyAddress? {
        func value(_ name: String) -> String? {
            let text = environment[name] ?? environment[name.uppercased()]
            return text?.isEmpty == true ? nil : text
        }
        for entry in (value("no_proxy") ?? "").split(separator: ",") {
            let name = entry.trimmingCharacters(in: .whitespaces)
            if name == "*" { return nil }
            let suffix = name.hasPrefix(".") ? name : "." + name
            if !name.isEmpty, url.host == name || url.host.hasSuffix(suffix) { return nil }
        }
        return (value(url.isTLS ? "https_proxy" : "http_proxy") ?? value("all_proxy")).flatMap { ProxyAddress($0) }
    }
}

/// Asks for the upgrade and judges the answer (The wire §1): status 101, our key's digest, and `tr_json2`.
private final class UpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let url: Destination.URL
    private let encoder: HTTPRequestEncoder
    private let decoder: ByteToMessageHandler<HTTPResponseDecoder>
    private let frames: @Sendable () -> any ChannelInboundHandler
    private let done: EventLoopPromise<Void>
    private let key: String
    private var verdict: ConnectionError?
    private var isAccepted = false

    init(
        url: Destination.URL, encoder: HTTPRequestEncoder, decoder: ByteToMessageHandler<HTTPResponseDecoder>,
        frames: @escaping @Sendable () -> any ChannelInboundHandler, done: EventLoopPromise<Void>
    ) {
        self.url = url
        self.encoder = encoder
        self.decoder = decoder
        self.frames = frames
        self.done = done
        var generator = SystemRandomNumberGenerator()
        key = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }).base64EncodedString()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: "\(url.host):\(url.port)")
        headers.add(name: "Upgrade", value: "websocket")
        headers.add(name: "Connection", value: "Upgrade")
        headers.add(name: "Sec-WebSocket-Key", value: key)
        headers.add(name: "Sec-WebSocket-Version", value: "13")
        headers.add(name: "Sec-WebSocket-Protocol", value: "tr_json2")
        headers.add(name: "User-Agent", value: "Postbox")
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            verdict = judge(head)
            isAccepted = verdict == nil
            if let verdict { done.fail(verdict) }
        case .body:
            break
        case .end:
            guard isAccepted else { return }
            do {
                let operations = context.pipeline.syncOperations
                try operations.addHandler(frames())
                // In this order: bytes that came with the answer leave the decoder when it is removed, and go to the frames.
                _ = operations.removeHandler(self)
                _ = operations.removeHandler(encoder)
                _ = operations.removeHandler(decoder)
                done.succeed()
            } catch {
                done.fail(error)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    private func judge(_ head: HTTPResponseHead) -> ConnectionError? {
        guard head.status == .switchingProtocols else {
            return ConnectionError(
                code: .upgrade,
                message:
                    "\(url.text) refused the WebSocket upgrade: HTTP \(head.status.code) \(head.status.reasonPhrase); check host, port and path, and that it speaks tr_json2"
            )
        }
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        guard head.headers.first(name: "Sec-WebSocket-Accept") == Data(digest).base64EncodedString() else {
            return ConnectionError(
                code: .upgrade, message: "\(url.text) is no WebSocket server: its Sec-WebSocket-Accept is wrong")
        }
        let answered = head.headers.first(name: "Sec-WebSocket-Protocol") ?? ""
        guard answered == "tr_json2" else {
            return ConnectionError(
                code: .upgrade,
                message:
                    "\(url.text) speaks \(answered.isEmpty ? "no sub-protocol" : "the sub-protocol \(answered)"), not tr_json2"
            )
        }
        return nil
    }
}
