internal import Crypto
internal import Glibc

/// SHA-256 as text: 64 hexadecimal digits, small letters.
package enum SHA256Text {
    /// Of bytes in memory.
    package static func of(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    /// Of a file as it lies there. Throws `DiskError`.
    package static func ofFile(_ path: String) throws(DiskError) -> String {
        let descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        defer { _ = Glibc.close(descriptor) }
        var hash = SHA256()
        var at = 0
        while true {
            let piece = try Disk.read(descriptor, at: at, count: 1 << 20, path: path)
            guard !piece.isEmpty else { return hex(hash.finalize()) }
            hash.update(data: piece)
            at += piece.count
        }
    }

    static func hex(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// SHA-256 of bytes that come piece by piece.
package struct SHA256Stream: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func take(_ bytes: [UInt8]) { hash.update(data: bytes) }

    /// Of all that was taken so far.
    package var text: String { SHA256Text.hex(hash.finalize()) }
}
