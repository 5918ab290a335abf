import TestSupport
import Testing

@testable import PostboxCore

@Suite("Rules for workbooks", .computing)
struct WorkbookRuleTests {
    /// A rule whose `match` does not tell that a workbook comes.
    private static func rule(decimal: String?, thousands: String? = nil) -> MappingRule {
        var rule = MappingRule(destinations: ["cache"])
        var form = NumberForm()
        form.decimal = decimal
        form.thousands = thousands
        rule.number = form
        return rule
    }

    private static func reason(_ rule: MappingRule, _ format: PriceFileFormat) -> String? {
        do throws(FileProblem) {
            _ = try PriceFileReaders.documentScan(rule, format: format)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("A workbook whose rule has other marks than a decimal point is refused: 1.234 in it is no 1234")
    func marks() {
        #expect(Self.reason(Self.rule(decimal: ","), .xlsx) == "bad_rule")
        #expect(Self.reason(Self.rule(decimal: ",", thousands: "."), .xlsx) == "bad_rule")
        #expect(Self.reason(Self.rule(decimal: "."), .xlsx) == nil)
        #expect(Self.reason(Self.rule(decimal: ",", thousands: "."), .csv) == nil)
        #expect(Self.reason(MappingRule(destinations: ["cache"]), .xlsx) == nil)
    }
}
