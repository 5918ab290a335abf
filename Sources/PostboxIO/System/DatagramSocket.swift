internal import Glibc
package import PostboxCore

/// Sends datagrams to a service of the machine: its service manager, its journal. Never waits.
package struct DatagramSocket: Sendable {
    /// Why a message did not go.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    private let address: DatagramAddress

    package init(_ address: DatagramAddress) {
        self.address = address
    }

    /// Sends one message, on a socket of its own: who listens may have been started anew in the meantime.
    package func send(_ message: some Sequence<UInt8>) throws(Fault) {
        let bytes: [UInt8]
        let name: String
        switch address {
        case .path(let path):
            bytes = Array(path.utf8) + [0]
            name = path
        case .abstract(let text):
            // The name begins behind a zero, and its length alone says where it ends.
            bytes = [0] + Array(text.utf8)
            name = "@" + text
        case .unknown(let text):
            throw Fault(description: "NOTIFY_SOCKET is neither a path nor a name that begins with @: \(text)")
        }
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &place.sun_path) { room in
            guard bytes.count <= room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw Fault(description: "the socket's name is too long: \(name)") }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.fault("no socket can be made", name) }
        defer { _ = close(descriptor) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(message)
        let count = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0, size)
            }
        }
        guard count == text.count else { throw Self.fault("it does not take a message", name) }
    }

    private static func fault(_ what: String, _ name: String) -> Fault {
        Fault(description: "\(what): \(String(cString: strerror(errno))) (\(name))")
    }
}
