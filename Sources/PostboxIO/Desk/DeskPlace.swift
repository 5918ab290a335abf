internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
package import PostboxCore

/// Where somebody listens.
package enum DeskPlace: Sendable {
    case socket(DeskSocket)
    case network(HTTPSettings.Address, HTTPSettings.TLS?)

    /// How it is called in a sentence.
    var name: String {
        switch self {
        case .socket(let socket): socket.path
        case .network(let address, _): address.text
        }
    }
}

/// The certificate that is shown over TLS.
package enum DeskCertificate {
    /// What TLS needs of it. Throws `DeskSocket.Fault`.
    static func context(_ tls: HTTPSettings.TLS) throws(DeskSocket.Fault) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificateFile)
            let key = try NIOSSLPrivateKey(file: tls.keyFile, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw DeskSocket.Fault(
                description:
                    "the page's certificate \(tls.certificateFile) and key \(tls.keyFile) cannot be used: \(error)")
        }
    }

    /// The names and addresses that it is for; none when it cannot be read.
    package static func names(_ tls: HTTPSettings.TLS) -> [String] {
        guard let leaf = try? NIOSSLCertificate.fromPEMFile(tls.certificateFile).first else { return [] }
        return leaf._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents, as: UTF8.self)
            case .ipAddress: address(Array(name.contents))
            default: nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress
    }
}

/// What this machine is called.
package enum MachineNames {
    package static var all: [String] {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return [] }
        let whole = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let short = whole.split(separator: ".").first.map(String.init)
        return Array(Set([whole, short].compactMap { $0 }.filter { !$0.isEmpty }))
    }

    /// The longest of them, which tells most; nil: it has none.
    package static var longest: String? { all.max { $0.count < $1.count } }
}

/// Chance that nobody can guess.
package enum Secrets {
    /// 256 bits as text, of letters, digits, `-` and `_`.
    package static func make() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var chance = SystemRandomNumberGenerator()
        // 43 letters of 6 bits.
        return String(
            decoding: (0..<43).map { _ in letters[Int.random(in: 0..<64, using: &chance)] }, as: UTF8.self)
    }
}
