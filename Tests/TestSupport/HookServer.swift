import Foundation
import Synchronization

/// A webhook's other side on a port of this machine: keeps what it is sent, and answers as it is told, one connection after the other.
package final class HookServer: Sendable {
    /// How a request is answered.
    package enum Answer: Sendable {
        case status(Int, headers: String = "")
        /// The connection stays open, and nothing comes until the server ends.
        case silence
    }

    private struct State {
        var answers: [Answer]
        var requests: [String] = []
        var held: [Int32] = []
        var isOver = false
    }

    private let descriptor: Int32
    private let state: Mutex<State>
    package let port: Int

    /// - Parameters:
    ///   - answers: to the first requests, in order; all later ones get 200.
    ///   - port: 0: any that is free.
    package init?(_ answers: [Answer] = [], port: Int = 0) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard code == 0, listen(descriptor, 64) == 0 else {
            close(descriptor)
            return nil
        }
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        self.descriptor = descriptor
        self.port = Int(in_port_t(bigEndian: address.sin_port))
        state = Mutex(State(answers: answers))
        Thread.detachNewThread { [self] in serve() }
    }

    /// Ends it: who connects is refused from here on.
    package func stop() {
        let held = state.withLock { state in
            state.isOver = true
            defer { state.held = [] }
            return state.held
        }
        for one in held { close(one) }
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Heads and bodies as they came, in their order.
    package var requests: [String] { state.withLock { $0.requests } }

    /// The bodies alone.
    package var bodies: [String] {
        requests.map { request in request.firstRange(of: "\r\n\r\n").map { String(request[$0.upperBound...]) } ?? "" }
    }

    package var url: String { "http://127.0.0.1:\(port)/hook/secret-path" }

    private func serve() {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            let request = Self.read(connection)
            let answer = state.withLock { state -> Answer? in
                guard !state.isOver else { return nil }
                state.requests.append(request)
                return state.answers.isEmpty ? .status(200) : state.answers.removeFirst()
            }
            switch answer {
            case .status(let status, let headers)?:
                let text = "HTTP/1.1 \(status) X\r\n\(headers)Content-Length: 0\r\nConnection: close\r\n\r\n"
                _ = Array(text.utf8).withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, 0) }
                close(connection)
            case .silence?: state.withLock { $0.held.append(connection) }
            case nil: close(connection)
            }
        }
    }

    /// A request to its end, as its head tells.
    private static func read(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let length = text.lowercased().split(whereSeparator: \.isNewline)
                    .first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return text }
            bytes += piece[..<count]
        }
    }
}
