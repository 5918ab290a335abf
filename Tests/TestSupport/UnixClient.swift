import Foundation

/// A connection to a Unix socket, or to a port of this machine, that sends whatever bytes it is told to, for servers that have to bear it.
package final class UnixClient: Sendable {
    private let descriptor: Int32

    /// Connects; nil: nobody listens there.
    package init?(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        Self.setPatience(descriptor)
        self.descriptor = descriptor
    }

    /// Connects to a port of this machine; nil: nobody listens there.
    package init?(port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        Self.setPatience(descriptor)
        self.descriptor = descriptor
    }

    private static func setPatience(_ descriptor: Int32) {
        // A server that never answers fails a test, and does not hang it.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends the bytes. False: the other side has ended the connection.
    @discardableResult
    package func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(text.utf8) }

    /// Nothing more is sent; answers are read.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Some bytes of what comes; empty: the connection is over, or nothing came for a minute.
    package func receive() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : []
    }

    /// All that comes until the connection is over.
    package func receiveAll() -> String {
        var all: [UInt8] = []
        while case let bytes = receive(), !bytes.isEmpty { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    /// One answer, as long as its head says that it is: a server may keep the connection after it.
    package func receiveOne() -> String {
        var all: [UInt8] = []
        while case let bytes = receive(), !bytes.isEmpty {
            all += bytes
            let text = String(decoding: all, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text[..<end.lowerBound].firstMatch(of: /(?i)content-length: *(\d+)/).flatMap { Int($0.1) }
            if let length, text[end.upperBound...].utf8.count >= length { break }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// One request on a connection of its own, and all of the answer; nil: nobody listens.
    package static func ask(_ path: String, _ method: String, _ target: String, body: String = "") -> String? {
        UnixClient(path).map { $0.ask(method, target, body: body) }
    }

    /// One request at a port of this machine, and all of the answer; nil: nobody listens there.
    ///
    /// - Parameter headers: further lines of the head, each with its line end.
    package static func ask(
        port: Int, _ method: String, _ target: String, headers: String = "", body: String = "",
        type: String = "application/json"
    ) -> String? {
        UnixClient(port: port).map {
            $0.ask(method, target, host: "127.0.0.1:\(port)", headers: headers, body: body, type: type)
        }
    }

    private func ask(
        _ method: String, _ target: String, host: String = "postbox", headers: String = "", body: String,
        type: String = "application/json"
    ) -> String {
        send(
            "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nContent-Type: \(type)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        return receiveAll()
    }
}
