import PostboxCore
import Testing

@Suite("The names of rejects files")
struct RejectsNameTests {
    @Test(
        "A rejects file is named by the file it comes from, whole, the drop, and where there are several the destination",
        arguments: [
            ("eod.csv", 812, nil, "eod.csv.rejects-812.csv"), ("eod.csv.gz", 9, nil, "eod.csv.gz.rejects-9.csv"),
            ("eod", 1, nil, "eod.rejects-1"), ("a.b.xml", 3, "cache", "a.b.xml.rejects-3@cache.xml"),
            ("eod", 1, "cache", "eod.rejects-1@cache"), ("eod", 1, "eu.cache", "eod.rejects-1@eu%2Ecache"),
            ("eod.csv", 2, "eu.cache", "eod.csv.rejects-2@eu%2Ecache.csv"),
            ("eod.csv", 2, "a/b%c@d", "eod.csv.rejects-2@a%2Fb%25c@d.csv"),
            ("eod.csv.rejects-812.csv", 815, nil, "eod.csv.rejects-812.csv.rejects-815.csv"),
            ("eod.csv.rejects-812@a.csv", 815, nil, "eod.csv.rejects-812@a.csv.rejects-815.csv"),
            ("Kürs.csv", 7, "Börse", "Kürs.csv.rejects-7@Börse.csv"),
        ] as [(String, Int, String?, String)])
    func text(original: String, drop: Int, destination: String?, text: String) {
        let name = RejectsName(original: original, drop: drop, destination: destination)
        #expect(name.text == text)
        #expect(RejectsName(text) == name)
    }

    @Test(
        "What somebody put behind the number changes nothing",
        arguments: [
            "eod.csv.rejects-8.csv", "eod.csv.rejects-8.2.csv", "eod.csv.rejects-8.txt", "eod.csv.rejects-8",
            "eod.csv.rejects-8 (1).csv", "eod.csv.rejects-8(1).csv", "eod.csv.rejects-8-fixed.csv",
            "eod.csv.rejects-8_fixed.csv", "eod.csv.rejects-8 - Copy.csv", "eod.csv.rejects-8x.csv",
        ])
    func lenient(name: String) {
        #expect(RejectsName(name) == RejectsName(original: "eod.csv", drop: 8))
    }

    @Test(
        "What was put behind the destination changes nothing",
        arguments: ["eod.csv.rejects-8@b.csv", "eod.csv.rejects-8@b.2.csv", "eod.csv.rejects-8@b.fixed.csv"])
    func lenientDestination(name: String) {
        #expect(RejectsName(name) == RejectsName(original: "eod.csv", drop: 8, destination: "b"))
    }

    @Test(
        "Other names are no rejects file's",
        arguments: [
            "eod.csv", "eod.rejects", "eod.csv.rejects.csv", "eod.csv.rejects-.csv", "eod.csv.rejects-x.csv",
            ".rejects-5.csv", "eod.csvrejects-5.csv", "eod.csv.Rejects-5.csv", "",
        ])
    func others(name: String) {
        #expect(RejectsName(name) == nil)
        #expect(RejectsName.root(of: name) == name)
    }

    @Test(
        "A name that only looks like that of rejects is known, in any case of its letters",
        arguments: [
            ("eod.csv.rejects.csv", true), ("eod-Rejects-812.csv", true), ("eod.csv.rejects_812.csv", true),
            ("eod.csv.rejects-812.csv", false), ("eod.csv", false),
        ])
    func mistakable(name: String, isMistakable: Bool) {
        #expect(RejectsName.isMistakable(name) == isMistakable)
    }

    @Test(
        "A number that Postbox never wrote is a rejects file's all the same, of no drop: its rows are not posted as a file of its own",
        arguments: ["0", "01", "007", "99999999999999999999"])
    func numbers(number: String) throws {
        let name = try #require(RejectsName("a.csv.rejects-\(number)@b (1).csv"))
        #expect(name.drop == nil && name.number == number && name.original == "a.csv")
        #expect(name.text.hasPrefix("a.csv.rejects-\(number)@"))
        #expect(!RejectsName.isMistakable("a.csv.rejects-\(number).csv"))
        // Retention takes it for no file of a drop.
        #expect(
            Retention.removed(
                ["a.csv.rejects-\(number).csv"], target: "a.csv", name: "a.csv", drop: Int(number) ?? 0, companions: [])
                == [])
    }

    @Test("A destination that cannot be read is none that a drop had")
    func oddDestination() {
        #expect(RejectsName("eod.csv.rejects-5@.csv")?.destination == "")
        #expect(RejectsName("eod.csv.rejects-5@a%2.csv")?.destination == "a%2")
        #expect(RejectsName("eod.csv.rejects-5@a (copy).csv")?.destination == "a (copy)")
    }

    @Test("Rejects of rejects lead back to the first file")
    func root() {
        #expect(RejectsName.root(of: "eod.csv.rejects-812@a.csv.rejects-815.csv") == "eod.csv")
    }

    @Test("By today's configuration rejects go by their first file's rule, alone to the destination they name")
    func rule() {
        let settings = Settings(
            directories: .init(spool: "/s"),
            destinations: ["a", "b"].map { Destination(name: $0, urls: [], service: "X") },
            rules: [
                MappingRule(match: "eod.csv", destinations: ["a", "b"], readySuffix: ".ok", checksum: .sha256),
                MappingRule(match: "*", destinations: ["b"]),
            ])
        let rule = settings.rule(for: "eod.csv.rejects-3.csv.rejects-5@a.csv")
        #expect(rule?.match == "eod.csv" && rule?.destinations == ["a"])
        #expect(rule?.readySuffix == nil && rule?.checksum == nil)
        #expect(settings.rule(for: "eod.csv.rejects-3.csv")?.destinations == ["a", "b"])
        #expect(settings.rule(for: "eod.csv.rejects.csv")?.match == "*")
    }
}
