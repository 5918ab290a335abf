/// Says what is done about a refusal: the destination's own rules first, then the table (protocol §4.2, §4.3, §5).
package struct NakRules: Sendable {
    private let own: [Destination.NakRule]
    private let serviceName: String

    /// `service`: the destination's own; an Error about it is the destination's fault, one about another is the row's.
    package init(_ own: [Destination.NakRule] = [], service: String = "") {
        self.own = own
        serviceName = service
    }

    package func nakClass(of code: NakCode, text: String) -> Destination.NakClass {
        let lower = text.lowercased()
        for rule in own {
            let isCode = rule.code == code.name || (Int(rule.code).map { $0 == code.number } ?? false)
            if isCode, rule.text.map({ lower.contains($0.lowercased()) }) ?? true { return rule.nakClass }
        }
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
