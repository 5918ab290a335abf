import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority of the simulator's own, made at start and gone with it: what a client under test is given to trust.
struct CertificateAuthority {
    private let key: Certificate.PrivateKey
    private let certificate: Certificate
    /// The authority's certificate as PEM text.
    let pem: String

    /// A certificate with its private key, both as PEM text.
    struct Identity {
        let certificatePEM: String
        let keyPEM: String
    }

    init() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        self.key = key
        let name = try DistinguishedName { CommonName("Postbox simulator CA") }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 30 * 86400),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key)
        pem = try certificate.serializeAsPEM().pemString
    }

    /// A certificate for a server that is reached under these DNS names and IPv4 addresses.
    func serverIdentity(names: [String]) throws -> Identity {
        let alternatives = names.map { name -> GeneralName in
            let parts = name.split(separator: ".").compactMap { UInt8($0) }
            return parts.count == 4 ? .ipAddress(ASN1OctetString(contentBytes: parts[...])) : .dnsName(name)
        }
        return try identity(name: names.first ?? "localhost", usage: .serverAuth) {
            SubjectAlternativeNames(alternatives)
        }
    }

    /// A certificate for a client.
    func clientIdentity(name: String) throws -> Identity {
        try identity(name: name, usage: .clientAuth) { SubjectAlternativeNames([.dnsName(name)]) }
    }

    private func identity(
        name: String, usage: ExtendedKeyUsage.Usage, alternatives: () -> SubjectAlternativeNames
    ) throws -> Identity {
        let own = P256.Signing.PrivateKey()
        let ownKey = Certificate.PrivateKey(own)
        let leaf = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: ownKey.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 30 * 86400),
            issuer: certificate.subject, subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([usage])
                SubjectKeyIdentifier(hash: ownKey.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
                alternatives()
            },
            issuerPrivateKey: key)
        return Identity(certificatePEM: try leaf.serializeAsPEM().pemString, keyPEM: own.pemRepresentation)
    }

    /// What a server of this authority needs for its handshakes.
    /// - Parameters:
    ///   - names: DNS names and IPv4 addresses that it is reached under.
    ///   - asksForClientCertificate: whether a client has to show a certificate of this authority.
    func serverContext(names: [String], asksForClientCertificate: Bool) throws -> NIOSSLContext {
        let identity = try serverIdentity(names: names)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        if asksForClientCertificate {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
