/// What is asked for at the control socket, by method and address.
package enum DeskCall: Sendable, Equatable {
    /// The service is alive.
    case health
    /// It is logged in everywhere, and nothing keeps files from going.
    case ready
    case status
    case held
    /// The last accepted values of a RIC, of all services and destinations unless they are named.
    case last(ric: String, service: String?, destination: String?)
    /// Something is to be done with a drop.
    case act(DeskVerb, drop: Int)

    /// What an address turned out to be.
    package enum Found: Sendable, Equatable {
        case call(DeskCall)
        /// There is nothing at that address.
        case nothing
        /// It takes another method.
        case wrongMethod(allowed: String)
        /// What stands behind the question mark is wrong; why.
        case wrongQuery(String)
    }

    /// What somebody has to be allowed who asks for it; nil: nothing, anybody may.
    package var right: DeskRight? {
        switch self {
        case .health: nil
        case .ready, .status, .held, .last: .read
        case .act(let verb, _): verb.right
        }
    }

    private static let root = "/api/v1/"

    /// Looks an address up. It is taken as it stands: there is one way to write each, and nothing is unescaped in its path.
    ///
    /// - Parameter target: path and query, as the request has them.
    package static func find(method: String, target: String) -> Found {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        let query = parts.count > 1 ? String(parts[1]) : nil
        guard let (place, allowed) = place(path) else { return .nothing }
        guard method == allowed else { return .wrongMethod(allowed: allowed) }
        if case .last = place { return last(query) }
        guard query == nil else { return .wrongQuery("\(path) takes nothing behind a question mark") }
        return .call(place)
    }

    private static func place(_ path: String) -> (DeskCall, allowed: String)? {
        switch path {
        case "/healthz": return (.health, "GET")
        case "/readyz": return (.ready, "GET")
        case root + "status": return (.status, "GET")
        case root + "held": return (.held, "GET")
        case root + "last": return (.last(ric: "", service: nil, destination: nil), "GET")
        default:
            let prefix = root + "drops/"
            guard path.hasPrefix(prefix) else { return nil }
            let parts = path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let drop = number(parts[0]), let verb = DeskVerb(rawValue: String(parts[1])) else {
                return nil
            }
            return (.act(verb, drop: drop), "POST")
        }
    }

    /// One way to write a number: `007` is none.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.count <= 15, let number = Int(text), number > 0, String(number) == text else { return nil }
        return number
    }

    private static func last(_ query: String?) -> Found {
        var found: [String: String] = [:]
        for pair in (query ?? "").split(separator: "&", omittingEmptySubsequences: false) where query != nil {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard ["ric", "service", "destination"].contains(key) else {
                return .wrongQuery("it takes ric, service and destination, not \(VisibleText.line(key))")
            }
            guard found[key] == nil else { return .wrongQuery("\(key) stands twice") }
            guard parts.count == 2, let value = unescaped(parts[1]), !value.isEmpty else {
                return .wrongQuery("\(key) has no value, or one that is no text with % escapes")
            }
            found[key] = value
        }
        guard let ric = found["ric"] else { return .wrongQuery("name the RIC: ?ric=VOD.L") }
        return .call(.last(ric: ric, service: found["service"], destination: found["destination"]))
    }

    /// The address of a question for a RIC's last values.
    package static func target(ofLast ric: String, service: String?, destination: String?) -> String {
        let more = [("service", service), ("destination", destination)].compactMap { key, value in
            value.map { "&\(key)=" + escaped($0) }
        }
        return root + "last?ric=" + escaped(ric) + more.joined()
    }

    /// The address of an act.
    package static func target(of verb: DeskVerb, drop: Int) -> String { "\(root)drops/\(drop)/\(verb.rawValue)" }

    /// The address of what is read as a whole.
    package static let statusTarget = root + "status"
    package static let heldTarget = root + "held"

    private static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return out
    }

    /// nil: an escape is none, or what comes of it is no UTF-8. A plus sign is a plus sign.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
