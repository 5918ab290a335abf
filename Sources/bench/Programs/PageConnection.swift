internal import Foundation

/// A connection to the page's port. Nothing waits for an answer unless it is told to, so that one thread has many of them.
final class PageConnection {
    /// What shows that somebody may read.
    static let token = "bench"
    /// SHA-256 of the token's bytes.
    static let tokenSHA256 = "1b32c28cb38c05480eccc1bd60ff97029b57a05c96718b96dad7e9d84894f549"

    private enum State {
        case idle
        /// What has come of an answer's head.
        case head([UInt8])
        /// So many bytes of its body are to come; nil: it has no end.
        case body(left: Int?)
    }

    let descriptor: Int32
    private let port: Int
    private var state = State.idle
    private var target = ""
    private var askedAt = ContinuousClock.now
    private var room = [UInt8](repeating: 0, count: 1 << 14)
    /// What has come of the bodies of all answers.
    private(set) var bodyBytes = 0

    init(port: Int) throws {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { throw BenchError("there is no socket for one more connection: errno \(errno)") }
        // Whoever is not let in is to say so.
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, size) }
        }
        guard code == 0 else {
            let error = BenchError("a connection to port \(port) is not let in within 5 s: errno \(errno)")
            close(made)
            throw error
        }
        descriptor = made
        self.port = port
    }

    deinit { close(descriptor) }

    /// An answer is to come, or has not come whole.
    var isBusy: Bool { if case .idle = state { false } else { true } }

    /// Asks for something.
    ///
    /// - Parameter headers: further lines of the head, each with its line end.
    func ask(_ target: String, headers: String = "") throws {
        guard !isBusy else { throw BenchError("\(self.target) is not answered, and \(target) was to be asked for") }
        self.target = target
        let request = Array(
            ("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(Self.token)\r\n" + headers
                + "\r\n").utf8)
        askedAt = .now
        // So few bytes go at once, or not at all.
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw BenchError("\(target) cannot be asked for: errno \(errno)")
        }
        state = .head([])
    }

    /// Reads what has come, and hands over what of it is an answer's body; a body without a length as it is framed. Returns the
    /// milliseconds from the question to the answer's end when that has come. Throws when the answer is any but 200, and when the
    /// connection ends.
    func read(_ body: (ArraySlice<UInt8>) -> Void = { _ in }) throws -> Double? {
        let size = room.count
        let count = recv(descriptor, &room, size, Int32(MSG_DONTWAIT))
        guard count >= 0 else {
            guard errno == EAGAIN || errno == EINTR else {
                throw BenchError("\(target) cannot be read: errno \(errno)")
            }
            return nil
        }
        guard count > 0 else { throw BenchError("the service has ended the connection of \(target)") }
        var bytes = room[..<count]
        if case .head(let before) = state {
            let all: [UInt8] = before + bytes
            guard let head = try Self.head(all, of: target) else {
                state = .head(all)
                return nil
            }
            state = .body(left: head.length)
            bytes = all[head.bytes...]
        }
        guard case .body(let left) = state else {
            throw BenchError("the service says what nobody asked for: \(target)")
        }
        bodyBytes += bytes.count
        body(bytes)
        guard let left else { return nil }
        guard left <= bytes.count else {
            state = .body(left: left - bytes.count)
            return nil
        }
        state = .idle
        return (ContinuousClock.now - askedAt).seconds * 1000
    }

    /// How long an answer's head is, and its body, nil for one without a length; nil: the head has not come whole.
    private static func head(_ bytes: [UInt8], of target: String) throws -> (bytes: Int, length: Int?)? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(whereSeparator: \.isNewline)
        let first = lines.first ?? ""
        guard first.hasPrefix("HTTP/1.1 200 ") else { throw BenchError("\(target) is answered with \(first)") }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: ":").last
        return (text[..<end.upperBound].utf8.count, length.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) })
    }

    /// Asks on a connection of its own and waits for the answer. `milliseconds`: from before the connection to the answer's end.
    static func answer(port: Int, _ target: String) throws -> (milliseconds: Double, body: [UInt8]) {
        let start = ContinuousClock.now
        let connection = try PageConnection(port: port)
        try connection.ask(target)
        var body: [UInt8] = []
        var isWhole = false
        while !isWhole {
            var place = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&place, 1, 10_000) > 0 else { throw BenchError("\(target) is not answered within 10 s") }
            isWhole = try connection.read { body += $0 } != nil
        }
        return ((ContinuousClock.now - start).seconds * 1000, body)
    }
}
