import Foundation

/// A socket that takes datagrams, as a service manager's does, and keeps what came.
package final class DatagramListener {
    private let descriptor: Int32
    /// All messages that `look` has found, in their order.
    package private(set) var messages: [String] = []

    /// - Parameter name: a path, or a name of the abstract namespace behind an `@`. nil: there can be no such socket.
    package init?(_ name: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = name.hasPrefix("@") ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8) + [0]
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count)) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes what has come, without waiting. All messages so far.
    @discardableResult
    package func look() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT)), count >= 0 {
            messages.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        return messages
    }

    /// Whether a line came in any message.
    package func has(_ line: String) -> Bool {
        look().contains { $0.split(separator: "\n").contains { $0 == line } }
    }
}
