import PostboxCore
import Testing

@Suite("What a name in the inbox stands for")
struct InboxNamesTests {
    private static let names = InboxNames(rules: [
        MappingRule(match: "eod_*.csv", destinations: ["a"], readySuffix: ".ok", order: .name),
        MappingRule(match: "fix*", destinations: ["a"], readySuffix: "_done", checksum: .sha256),
        MappingRule(match: "*.json", destinations: ["a"]),
    ])

    @Test(
        "A companion is known by its file's rule",
        arguments: [
            ("eod_1.csv.ok", "eod_1.csv"), ("fixings.txt_done", "fixings.txt"), ("fix.sha256", "fix"),
            ("eod_1.csv.sha256", "eod_1.csv"), ("x.json.sha256", "x.json"),
            ("eod_1.csv.rejects-12.csv.ok", "eod_1.csv.rejects-12.csv"),
        ])
    func companion(name: String, owner: String) {
        #expect(Self.names.role(of: name) == .companion(of: owner))
    }

    @Test(
        "Anything else is a price file, whatever its rule",
        arguments: ["eod_1.csv", "eod_1.csv_done", "x.json.ok", "other.sha256", ".ok", ".sha256", "eod_1.csv.OK"])
    func price(name: String) {
        #expect(Self.names.role(of: name) == .price(Self.names.priceFile(name)))
    }

    @Test("Without rules a checksum goes with a file whose ending is known, and there are no markers")
    func plain() {
        let names = InboxNames(rules: [])
        #expect(names.role(of: "a.csv.sha256") == .companion(of: "a.csv"))
        #expect(names.role(of: "a.csv.rejects-3.csv.sha256") == .companion(of: "a.csv.rejects-3.csv"))
        for name in ["a.txt.sha256", "a.csv.ok"] {
            var file = InboxNames.PriceFile()
            file.isUnmatched = true
            #expect(names.role(of: name) == .price(file))
        }
    }

    @Test("A file needs what its rule says; its rejects need nothing, and take along what is there")
    func needs() {
        let eod = Self.names.companions(of: "eod_1.csv")
        #expect(eod.needed == ["eod_1.csv.ok"])
        #expect(eod.possible == ["eod_1.csv.ok", "eod_1.csv.sha256"])
        #expect(Self.names.companions(of: "fix").needed == ["fix_done", "fix.sha256"])
        let rejects = Self.names.companions(of: "eod_1.csv.rejects-12.csv")
        #expect(rejects.needed == [])
        #expect(rejects.possible == ["eod_1.csv.rejects-12.csv.ok", "eod_1.csv.rejects-12.csv.sha256"])
        #expect(Self.names.priceFile("eod_1.csv").orderedRule == 0)
        #expect(Self.names.priceFile("fix").orderedRule == nil)
    }

    @Test(
        "What no rule is for may be about to get its name, unless its ending is a price file's or it names a drop",
        arguments: [
            ("prices.dat", true), ("prices.dat.lck", true), ("prices", true), ("other.csv", false),
            ("other.NDJSON", false), ("eod_1.csv", false), ("fix", false), ("prices.dat.rejects-4.dat", false),
        ])
    func unmatched(name: String, expected: Bool) {
        #expect(Self.names.priceFile(name).isUnmatched == expected)
    }

    @Test("What the configuration ignores is ignored besides what always is")
    func ignored() {
        let names = InboxNames(rules: [], ignored: ["*.lck", "old_*"])
        for name in ["a.csv.lck", "old_a.csv", "a.csv.tmp", ".a.csv"] { #expect(names.isIgnored(name)) }
        for name in ["a.csv", "a.lck.csv", "a.csv.LCK", "bold_a.csv"] { #expect(!names.isIgnored(name)) }
    }

    @Test("A pattern that fits everything fits its markers as well: they stay markers")
    func everything() {
        let names = InboxNames(rules: [MappingRule(match: "*", destinations: ["a"], readySuffix: ".ok")])
        #expect(names.role(of: "a.csv.ok") == .companion(of: "a.csv"))
        #expect(names.companions(of: "a.csv").needed == ["a.csv.ok"])
    }
}
