import Foundation
import PostboxCore
import Testing

@Suite("Values that are kept apart")
struct ApartTests {
    private static let plain = MappingRule(destinations: ["cache"])

    private static var full: MappingRule {
        var rule = plain
        rule.trailer = TrailerRule(match: "END")
        rule.layout = FileLayout(blanks: BlankValues(trims: true))
        rule.shape = RowShape()
        rule.shape?.carried = ["Desk"]
        rule.number = NumberForm()
        return rule
    }

    @Test("A rule is written and read with what is kept apart and without it")
    func coding() throws {
        for rule in [Self.plain, Self.full] {
            #expect(try JSONDecoder().decode(MappingRule.self, from: JSONEncoder().encode(rule)) == rule)
        }
    }

    @Test("What is not there is not written, and what is stands where the property would")
    func written() throws {
        func keys(_ rule: MappingRule) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(rule)) as? [String: Any])
        }
        let apart = ["trailer", "layout", "shape", "number"]
        #expect(try apart.allSatisfy { try keys(Self.plain)[$0] == nil })
        let shape = try #require(try keys(Self.full)["shape"] as? [String: Any])
        #expect(shape["carried"] as? [String] == ["Desk"])
    }

    @Test("A copy that is changed leaves the other as it was")
    func copies() {
        let first = Self.full
        var second = first
        #expect(first == second)
        second.shape?.carried = ["Book"]
        #expect(first.shape?.carried == ["Desk"] && second.shape?.carried == ["Book"] && first != second)
    }

    @Test("A rule takes so little room that thousands of waiting files may each hold some")
    func size() {
        #expect(MemoryLayout<MappingRule>.size <= 512)
    }
}
