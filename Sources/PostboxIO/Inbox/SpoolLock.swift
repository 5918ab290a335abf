internal import Glibc

/// One program a spool: held as long as the process lives, whatever ends it.
package final class SpoolLock: Sendable {
    /// Another instance has the spool: who, in a sentence.
    package struct Taken: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    private let descriptor: Int32
    private let path: String

    /// Takes the lock in `state/`, or says who has it. `takeOver` overrules a mark left by another host, whose life cannot be
    /// checked from here. Throws `Taken` or `DiskError`.
    package init(stateDirectory: String, takeOver: Bool, since: String) throws {
        path = stateDirectory + "/owner"
        descriptor = try Disk.open(path, O_RDWR | O_CREAT)
        let host = Self.hostName()
        let mark = (try? Disk.contents(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let parts = mark.split(separator: " ", maxSplits: 2).map(String.init)
        let who =
            parts.count == 3
            ? "host \(parts[0]), process \(parts[1]), since \(parts[2].prefix { $0 != "\n" })" : "unknown"
        // Thrown from here on, `deinit` closes it.
        guard Self.take(descriptor) else {
            throw Taken(description: "this spool belongs to another instance (\(who)); stop that one first")
        }
        if parts.count == 3, parts[0] != host, !takeOver {
            throw Taken(
                description:
                    "this spool was last used by another host and not released (\(who)); make sure that it is stopped, then start with --take-over"
            )
        }
        try write("\(host) \(getpid()) \(since)\n")
    }

    /// Who has the spool now, in words; nil: nobody. Throws `DiskError`.
    package static func owner(stateDirectory: String) throws(DiskError) -> String? {
        let path = stateDirectory + "/owner"
        guard try Disk.exists(path) else { return nil }
        let descriptor = try Disk.open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        let parts = String(decoding: try Disk.contents(path), as: UTF8.self).split(separator: " ", maxSplits: 2)
        return parts.count == 3 ? "host \(parts[0]), process \(parts[1])" : "an unknown process"
    }

    /// Whoever only asks for the owner has the lock for a moment: that is waited for.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<10 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(10_000)
        }
        return false
    }

    /// Says that nothing is left to take over.
    package func release() throws {
        try write("")
    }

    deinit {
        _ = Glibc.close(descriptor)
    }

    private func write(_ text: String) throws {
        guard ftruncate(descriptor, 0) == 0 else { throw DiskError(code: errno, call: "ftruncate", path: path) }
        try Array(text.utf8).span.withUnsafeBytes { (bytes) throws(DiskError) in
            try Disk.write(descriptor, bytes, at: 0, path: path)
        }
        try Disk.fsync(descriptor, path: path)
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, 255) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ").joined()
    }
}
