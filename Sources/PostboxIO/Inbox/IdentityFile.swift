internal import Glibc
package import PostboxCore

/// `state/identity`: which machine a spool belongs to.
package struct IdentityFile: Sendable {
    private let path: String

    /// `stateDirectory`: the spool's `state/`.
    package init(stateDirectory: String) { path = stateDirectory + "/identity" }

    /// What it says; nil: there is none, or it says nothing. Throws `DiskError`.
    package func read() throws(DiskError) -> SpoolIdentity? {
        guard try Disk.exists(path) else { return nil }
        return SpoolIdentity(text: String(decoding: try Disk.contents(path, atMost: 4096), as: UTF8.self))
    }

    /// Writes it, durably. Throws `DiskError`.
    package func write(_ identity: SpoolIdentity) throws(DiskError) {
        let part = path + ".new"
        try Disk.remove(part)
        try FileMover().write(Array(identity.text.utf8), to: part)
        try Disk.rename(part, path)
        try Disk.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    /// This machine. Its number is that of machine-id(5), hashed as that page asks for.
    package static func own() -> SpoolIdentity {
        let id = (try? Disk.contents("/etc/machine-id", atMost: 64)).map {
            String(decoding: $0.filter { $0 > 0x20 }, as: UTF8.self)
        }
        let machine = id.flatMap { $0.utf8.count == 32 ? SHA256Text.of(Array("postbox \($0)".utf8)) : nil }
        var buffer = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&buffer, 255) == 0
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return SpoolIdentity(machine: machine, host: isKnown ? host.split(separator: " ").joined() : "unknown")
    }
}
