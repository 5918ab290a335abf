/// Why a server refused a post. Codes that the table does not know survive as they came (The wire §4.2).
package struct NakCode: Sendable, Hashable {
    /// The name where the table has one, else the digits or the word that came.
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// A number as some servers send it: 10 is SymbolUnknown; 132 stays `132`.
    package init(number: Int) {
        name = Self.names[number] ?? String(number)
    }

    /// A name or a number as it came; nil: it is neither.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let name):
            let scalars = name.unicodeScalars
            guard (1...64).contains(scalars.count), scalars.contains(where: { !$0.properties.isWhitespace }),
                scalars.allSatisfy({
                    ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
                })
            else { return nil }
            self.init(name: name)
        case .number(let literal):
            guard literal.utf8.count <= 20, literal == "0" || literal.first != "0",
                literal.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            self = Int(literal).map { NakCode(number: $0) } ?? NakCode(name: literal)
        default:
            return nil
        }
    }

    package static let none = NakCode(name: "None")
    package static let accessDenied = NakCode(name: "AccessDenied")
    package static let deniedBySrc = NakCode(name: "DeniedBySrc")
    package static let sourceDown = NakCode(name: "SourceDown")
    package static let sourceUnknown = NakCode(name: "SourceUnknown")
    package static let noResources = NakCode(name: "NoResources")
    package static let noResponse = NakCode(name: "NoResponse")
    package static let gatewayDown = NakCode(name: "GatewayDown")
    package static let symbolUnknown = NakCode(name: "SymbolUnknown")
    package static let notOpen = NakCode(name: "NotOpen")
    package static let invalidContent = NakCode(name: "InvalidContent")
    /// Not a NakCode of the wire: the server answered the post with an Error message (The wire §5).
    package static let error = NakCode(name: "Error")

    /// Only the row itself can be blamed: the same row met it at every earlier try, too. Other refusals may come and go with rights
    /// and services.
    package var isAboutRow: Bool { self == .symbolUnknown || self == .invalidContent || self == .error }

    private static let names: [Int: String] = [
        0: "None", 1: "AccessDenied", 2: "DeniedBySrc", 3: "SourceDown", 4: "SourceUnknown", 5: "NoResources",
        6: "NoResponse", 7: "GatewayDown", 10: "SymbolUnknown", 11: "NotOpen", 12: "InvalidContent",
    ]

    /// Names that the table has, in order; `None` is no refusal.
    package static let knownNames = names.values.filter { $0 != "None" }.sorted()

    /// Whether a text may stand for a code in a configuration: a known name, `Error`, or a number as some servers send it.
    package static func isKnown(_ text: String) -> Bool {
        if text == error.name || knownNames.contains(text) { return true }
        guard let number = Int(text), String(number) == text else { return false }
        return (1...65535).contains(number)
    }

    /// The number of a known code, else nil.
    package var number: Int? { Self.names.first { $0.value == name }?.key ?? Int(name) }
}
