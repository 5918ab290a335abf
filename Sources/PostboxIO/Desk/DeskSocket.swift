internal import Glibc

/// The path of the control socket, as others find it: it appears whole, with its rights, and is gone when nobody listens.
package struct DeskSocket: Sendable {
    package let path: String
    /// Where it is made before it gets its name.
    let draft: String
    private let folder: String

    /// Whoever belongs to the socket's group may speak on it.
    private static let mode: mode_t = 0o660

    /// Why there can be no socket there.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// `path`: absolute.
    package init(_ path: String) {
        self.path = path
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        folder = String(path.dropLast(name.count))
        // A name of the same length: where the one has room the other has, too.
        draft = folder + (name.hasPrefix(".") ? "_" : ".") + name.dropFirst()
    }

    /// Makes sure that nothing of anybody else is taken away. What a dead run left is.
    func prepare() throws(Fault) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw Fault(description: "\(path) cannot be looked at: \(Self.words(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Fault(
                description: "\(path) is no socket, and is left alone; remove it or set `socket` to another path")
        }
        if isAnswered() {
            throw Fault(description: "another program listens at \(path); set `socket` to another path")
        }
    }

    /// Whether somebody listens there.
    package func isAnswered() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits else { return false }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
    }

    /// Which file a socket is.
    struct Identity: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64
    }

    /// Gives the socket at `draft`, on which somebody listens by now, its rights and its name.
    func publish() throws(Fault) -> Identity {
        var status = stat()
        guard chmod(draft, Self.mode) == 0, lstat(draft, &status) == 0, rename(draft, path) == 0 else {
            let code = errno
            unlink(draft)
            throw Fault(description: "the control socket \(path) cannot be made: \(Self.words(code))")
        }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Removes the socket, unless another one has its place.
    func remove(_ identity: Identity) {
        var status = stat()
        guard lstat(path, &status) == 0,
            Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) == identity
        else { return }
        unlink(path)
    }

    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
