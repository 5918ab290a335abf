/// Says what is done about a refusal: the destination's own rules first, then the table (The wire §4.2, §4.3, §5).
package struct NakRules: Sendable {
    private let own: [Destination.NakRule]
    private let serviceName: String

    /// `service`: the destination's own; an Error about it is the destination's fault, one about another is the row's.
    package init(_ own: [Destination.NakRule] = [], service: String = "") {
        self.own = own
        serviceName = service
    }

    /// Whether one of the destination's own rules decides about it.
    package func isOwn(_ code: NakCode, text: String) -> Bool { ownClass(of: code, text: text) != nil }

    private func ownClass(of code: NakCode, text: String) -> Destination.NakClass? {
        let lower = text.lowercased()
        return own.first { rule in
            let isCode = rule.code == code.name || (Int(rule.code).map { $0 == code.number } ?? false)
            return isCode && rule.text.map { lower.contains($0.lowercased()) } ?? true
        }?.nakClass
    }

    package func nakClass(of code: NakCode, text: String) -> Destination.NakClass {
        if let own = ownClass(of: code, text: text) { return own }
        let lower = text.lowercased()
        switch code {
        case .noResources, .sourceDown, .gatewayDown, .noResponse:
            return .retry
        case .deniedBySrc where lower.contains("unable to find service"), .sourceUnknown:
            return .stop
        case .error where !serviceName.isEmpty && text.contains("'\(serviceName)' for key 'Service'"):
            return .stop
        default:
            return .final
        }
    }
}
