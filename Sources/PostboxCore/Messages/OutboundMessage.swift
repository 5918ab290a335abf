/// The messages a contributor sends, posts aside.
package enum OutboundMessage {
    package static let ping = #"{"Type":"Ping"}"#
    package static let pong = #"{"Type":"Pong"}"#
    /// Without the Domain the server would take it for the Close of an item (What servers do §2.1).
    package static let loginClose = #"{"ID":1,"Type":"Close","Domain":"Login"}"#
    /// Asks which services there are and whether they are up (The wire §10).
    package static let directoryRequest = #"{"ID":2,"Domain":"Source","Key":{"Filter":3}}"#

    /// Asks for the image of an item, or of several at once (The wire §9). `service`: empty: the server's own default holds.
    package static func itemRequest(_ request: ItemRequests.Request, service: String) -> [UInt8] {
        var out = Array("{\"ID\":\(request.id),\"Key\":{\"Name\":".utf8)
        if request.isBatch { out.append(UInt8(ascii: "[")) }
        for (index, ric) in request.rics.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(UInt8(ascii: "\""))
            ric.withUnsafeBytes { JSONText.escape($0, into: &out) }
            out.append(UInt8(ascii: "\""))
        }
        if request.isBatch { out.append(UInt8(ascii: "]")) }
        if !service.isEmpty { out.append(contentsOf: (#","Service":"# + JSONText.quoted(service)).utf8) }
        out.append(contentsOf: #"},"Streaming":false}"#.utf8)
        return out
    }

    /// Who logs in (The wire §2.1).
    package enum Credentials: Sendable, Equatable {
        /// An ADS: the DACS user.
        case user(String)
        /// A token of the authentication service.
        case token(String)
    }

    /// The Login request. `isReissue` puts a new token on a live session: the server stays silent
    /// (What servers do §2.1).
    package static func login(
        _ credentials: Credentials, applicationID: String, position: String, isReissue: Bool = false
    ) -> String {
        var elements =
            #""ApplicationId":"# + JSONText.quoted(applicationID) + #","Position":"# + JSONText.quoted(position)
        let key: String
        switch credentials {
        case .user(let user):
            key = #""Name":"# + JSONText.quoted(user)
        case .token(let token):
            key = #""NameType":"AuthnToken""#
            elements += #","AuthenticationToken":"# + JSONText.quoted(token)
        }
        return #"{"ID":1,"Domain":"Login","Key":{"# + key + #","Elements":{"# + elements + "}}"
            + (isReissue ? #","Refresh":false}"# : "}")
    }
}

/// Text inside JSON, as the servers' converter takes it: non-ASCII raw, never as an escape (What servers do §2.5).
package enum JSONText {
    package static func quoted(_ text: String) -> String {
        var out: [UInt8] = [UInt8(ascii: "\"")]
        Array(text.utf8).withUnsafeBytes { escape($0, into: &out) }
        out.append(UInt8(ascii: "\""))
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends the bytes with quote, backslash and control characters escaped.
    package static func escape(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<0x20:
                out.append(contentsOf: Array("\\u00".utf8))
                out.append(hex[Int(byte >> 4)])
                out.append(hex[Int(byte & 15)])
            default:
                out.append(byte)
            }
        }
    }
}
