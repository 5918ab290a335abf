internal import Crypto
internal import Foundation
package import PostboxCore

/// The key that signs the record: Ed25519 (RFC 8032).
package struct RecordKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// The public key in hexadecimal digits.
    package var publicHex: String { Hex.text(Array(key.publicKey.rawRepresentation)) }

    /// Why there is no key, in words.
    package struct Unusable: Error, CustomStringConvertible {
        package var description: String
    }

    /// Reads a key as `openssl genpkey -algorithm ed25519` writes it (PKCS #8 in PEM, RFC 8410). Throws `Unusable`.
    package init(path: String) throws(Unusable) {
        let bytes: [UInt8]
        let mode: UInt32
        do throws(DiskError) {
            let status = try Disk.target(path)
            mode = status?.mode ?? 0
            let isReadable = status.map { $0.isRegular && $0.size < 4096 } ?? true
            bytes = isReadable ? try Disk.contents(path) : []
        } catch {
            throw Unusable(description: "\(path) cannot be read: \(error.words)")
        }
        guard mode & 0o007 == 0 else {
            throw Unusable(description: "\(path) may be read by everybody: chmod 600 \(path)")
        }
        // What RFC 8410 §7 puts before the 32 bytes of the key itself.
        let lead: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard lines.first == "-----BEGIN PRIVATE KEY-----", lines.last == "-----END PRIVATE KEY-----",
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined()), der.count == 48,
            der.prefix(16).elementsEqual(lead),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.suffix(32))
        else {
            throw Unusable(
                description: "\(path) holds no Ed25519 key in PEM; make one with: openssl genpkey -algorithm ed25519")
        }
        self.key = key
    }

    /// The line that signs a day's last hash. Throws when the library refuses.
    package func signature(ofDay day: String, line: Int, sha256: String) throws -> RecordEntry {
        let signature = try key.signature(for: Array(sha256.utf8))
        return .signed(day: day, line: line, sha256: sha256, key: publicHex, signature: Hex.text(Array(signature)))
    }

    /// Whether `signature` is that of a text by the key; both in hexadecimal digits.
    package static func isSigned(_ signature: String, _ key: String, _ text: String) -> Bool {
        guard let signature = Hex.bytes(signature), let bytes = Hex.bytes(key),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else { return false }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}

/// Bytes as hexadecimal digits, small letters.
private enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
