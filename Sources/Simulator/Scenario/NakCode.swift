/// A NakCode by its number; numbers that have no name go over the wire as they are (The wire §4.2).
package struct NakCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Nil for a name that is not in the protocol.
    package init?(name: String) {
        guard let number = NakCode.numbers[name] else { return nil }
        rawValue = number
    }

    package var name: String? { NakCode.numbers.first { $0.value == rawValue }?.key }

    package static let accessDenied = NakCode(rawValue: 1)
    package static let deniedBySrc = NakCode(rawValue: 2)
    package static let sourceDown = NakCode(rawValue: 3)
    package static let noResources = NakCode(rawValue: 5)
    package static let noResponse = NakCode(rawValue: 6)
    package static let gatewayDown = NakCode(rawValue: 7)
    package static let symbolUnknown = NakCode(rawValue: 10)
    package static let notOpen = NakCode(rawValue: 11)
    package static let invalidContent = NakCode(rawValue: 12)

    private static let numbers = [
        "None": 0, "AccessDenied": 1, "DeniedBySrc": 2, "SourceDown": 3, "SourceUnknown": 4, "NoResources": 5,
        "NoResponse": 6, "GatewayDown": 7, "SymbolUnknown": 10, "NotOpen": 11, "InvalidContent": 12,
    ]
}
