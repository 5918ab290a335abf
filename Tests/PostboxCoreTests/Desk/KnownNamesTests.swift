import PostboxCore
import Testing

@Suite("Names of rules and destinations that people give")
struct KnownNamesTests {
    @Test("One that is misspelt is told with those that there are, the nearest of them first")
    func misspelt() {
        let rules = KnownNames.rules(["eod_*.csv", "fx_*.csv"])
        #expect(rules.problem(of: nil) == nil && rules.problem(of: "fx_*.csv") == nil)
        #expect(
            rules.problem(of: "eod_*.cvs")
                == "there is no rule eod_*.cvs; the nearest is eod_*.csv; the configuration has eod_*.csv, fx_*.csv")
        #expect(
            KnownNames.destinations(["cache"]).problem(of: "elsewhere")
                == "there is no destination elsewhere; the configuration has cache")
        #expect(KnownNames.rules([]).problem(of: "x") == "there is no rule x: the configuration has none")
    }
}
