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
            ("eod_1.csv.rejects.csv.ok", "eod_1.csv.rejects.csv"),
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
        #expect(names.role(of: "a.csv.rejects.csv.sha256") == .companion(of: "a.csv.rejects.csv"))
        #expect(names.role(of: "a.txt.sha256") == .price(InboxNames.PriceFile()))
        #expect(names.role(of: "a.csv.ok") == .price(InboxNames.PriceFile()))
    }

    @Test("A file needs what its rule says; its rejects need nothing, and take along what is there")
    func needs() {
        let eod = Self.names.companions(of: "eod_1.csv")
        #expect(eod.needed == ["eod_1.csv.ok"])
        #expect(eod.possible == ["eod_1.csv.ok", "eod_1.csv.sha256"])
        #expect(Self.names.companions(of: "fix").needed == ["fix_done", "fix.sha256"])
        let rejects = Self.names.companions(of: "eod_1.csv.rejects.csv")
        #expect(rejects.needed == [])
        #expect(rejects.possible == ["eod_1.csv.rejects.csv.ok", "eod_1.csv.rejects.csv.sha256"])
        #expect(Self.names.priceFile("eod_1.csv").orderedRule == 0)
        #expect(Self.names.priceFile("fix").orderedRule == nil)
    }

    @Test("A pattern that fits everything fits its markers as well: they stay markers")
    func everything() {
        let names = InboxNames(rules: [MappingRule(match: "*", destinations: ["a"], readySuffix: ".ok")])
        #expect(names.role(of: "a.csv.ok") == .companion(of: "a.csv"))
        #expect(names.companions(of: "a.csv").needed == ["a.csv.ok"])
    }
}
