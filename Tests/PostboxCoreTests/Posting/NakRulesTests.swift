import PostboxCore
import Testing

@Suite("What is done about a refusal")
struct NakRulesTests {
    @Test(
        "The table's codes have their class",
        arguments: [
            (1, Destination.NakClass.final), (2, .final), (3, .retry), (4, .stop), (5, .retry), (6, .retry),
            (7, .retry), (8, .final), (10, .final), (11, .final), (12, .final), (132, .final),
        ])
    func table(number: Int, nakClass: Destination.NakClass) {
        #expect(NakRules().nakClass(of: NakCode(number: number), text: "") == nakClass)
    }

    @Test("DeniedBySrc is the destination's fault only where its text says that the service is missing")
    func deniedBySrc() {
        let rules = NakRules()
        #expect(rules.nakClass(of: .deniedBySrc, text: "Unable to find service for post message.") == .stop)
        #expect(rules.nakClass(of: .deniedBySrc, text: "[500]: Unknown Item") == .final)
    }

    @Test("An Error about the destination's own service stops it; about another service it is the row's")
    func ownService() {
        let rules = NakRules(service: "NIPROV")
        let text = "JSON Unexpected Value. Received 'NIPROV' for key 'Service'"
        #expect(rules.nakClass(of: .error, text: text) == .stop)
        #expect(
            rules.nakClass(of: .error, text: "JSON Unexpected Value. Received 'NOSUCH' for key 'Service'") == .final)
        #expect(rules.nakClass(of: .error, text: "JSON Unexpected Value. Received 'NIPROV' for key 'Name'") == .final)
        #expect(NakRules().nakClass(of: .error, text: "JSON Unexpected Value. Received '' for key 'Service'") == .final)
    }

    @Test("A destination's own rules come first, by name or number, and may ask for a text")
    func own() {
        let rules = NakRules([
            Destination.NakRule(code: "DeniedBySrc", text: "unknown item", nakClass: .retry),
            Destination.NakRule(code: "132", nakClass: .stop),
            Destination.NakRule(code: "5", nakClass: .final),
            Destination.NakRule(code: "NoResources", nakClass: .stop),
        ])
        #expect(rules.nakClass(of: .deniedBySrc, text: "[500]: Unknown Item") == .retry)
        #expect(rules.nakClass(of: .deniedBySrc, text: "[502]: Unknown Fid") == .final)
        #expect(rules.nakClass(of: NakCode(number: 132), text: "[900]: Service Denied") == .stop)
        // The first that fits counts.
        #expect(rules.nakClass(of: .noResources, text: "") == .final)
        #expect(rules.nakClass(of: .symbolUnknown, text: "") == .final)
    }
}
