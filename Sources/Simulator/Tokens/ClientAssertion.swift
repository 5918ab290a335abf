import Crypto
import CryptoExtras
import Foundation

/// The signed JWT that a client of version 2 sends instead of its secret (The wire §12).
enum ClientAssertion {
    /// Why an assertion is not taken.
    struct Refusal: Error {
        let reason: String
    }

    /// Checks header, claims and signature.
    /// - Parameters:
    ///   - assertion: the compact form, three parts in base64url.
    ///   - key: the client's JWK as JSON text; its public part is enough.
    ///   - time: seconds since 1970.
    static func check(
        _ assertion: String, key: String, client: String, audience: String, at time: Double
    ) throws(Refusal) {
        let parts = assertion.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = base64url(parts[2]), let header = object(parts[0]),
            let claims = object(parts[1])
        else { throw Refusal(reason: "The assertion is no JWT.") }
        guard let jwk = (try? JSONSerialization.jsonObject(with: Data(key.utf8))) as? [String: Any] else {
            throw Refusal(reason: "The scenario's key is no JWK.")
        }
        guard let algorithm = header["alg"] as? String else { throw Refusal(reason: "The header has no alg.") }
        if let kid = jwk["kid"] as? String, header["kid"] as? String != kid {
            throw Refusal(reason: "The header's kid is not the key's.")
        }
        if let expected = jwk["alg"] as? String, expected != algorithm {
            throw Refusal(reason: "The header's alg is not the key's.")
        }
        guard claims["iss"] as? String == client, claims["sub"] as? String == client else {
            throw Refusal(reason: "iss and sub have to be the client ID.")
        }
        guard claims["aud"] as? String == audience else { throw Refusal(reason: "aud is another one.") }
        guard let expiry = claims["exp"] as? Double, expiry > time else { throw Refusal(reason: "exp is past.") }
        guard let issued = claims["iat"] as? Double, abs(issued - time) < 3600 else {
            throw Refusal(reason: "iat is far from now.")
        }
        let signed = Data("\(parts[0]).\(parts[1])".utf8)
        guard isValid(signature, of: signed, algorithm: algorithm, jwk: jwk) else {
            throw Refusal(reason: "The signature is not valid.")
        }
    }

    private static func isValid(_ signature: Data, of signed: Data, algorithm: String, jwk: [String: Any]) -> Bool {
        func part(_ name: String) -> Data? { (jwk[name] as? String).flatMap { base64url(Substring($0)) } }
        switch algorithm {
        case "RS256", "PS256":
            guard let modulus = part("n"), let exponent = part("e"),
                let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent)
            else { return false }
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: signed),
                padding: algorithm == "RS256" ? .insecurePKCS1v1_5 : .PSS)
        case "ES256":
            guard let x = part("x"), let y = part("y"),
                let key = try? P256.Signing.PublicKey(rawRepresentation: x + y),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: signed)
        default:
            return false
        }
    }

    private static func object(_ part: Substring) -> [String: Any]? {
        base64url(part).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }

    private static func base64url(_ text: Substring) -> Data? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
