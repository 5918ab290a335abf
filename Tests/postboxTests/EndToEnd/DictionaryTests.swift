import Foundation
import TestSupport
import Testing

@Suite("Dictionaries, end to end", .serialized, .ownThreads)
struct DictionaryTests {
    private static let fields = """
        !tag Version   7.1
        BID      "BID"       22  NULL  PRICE       17       REAL64        7
        CURRENCY "CURRENCY"  15  NULL  ENUMERATED  5 ( 3 )  ENUM          2
        GEN_TEXT16 "TEXT"   995  NULL  ALPHANUMERIC 16      RMTES_STRING  8

        """
    private static func enums(_ number: Int) -> String {
        """
        !tag DT_Version   1.\(number)
        CURRENCY 15
            \(number)  "EUR"  euro
             1         "USD"  dollar

        """
    }
    private static let top = "dictionary: {fields: RDMFieldDictionary, enums: enumtype.def}"

    private static func place(_ desk: Desk, fields: String = fields, enums: String = enums(978)) throws {
        for (name, text) in [("RDMFieldDictionary", fields), ("enumtype.def", enums)] {
            try Spawning.write(Data(text.utf8), to: desk.folder.appendingPathComponent(name))
        }
    }

    private static func configure(
        _ desk: Desk, _ url: String = "ws://127.0.0.1:1", top: String = top, destination: String = "",
        files: String = "  - match: \"*\""
    ) throws {
        try desk.configure(
            [url], top: "settle: 0s\nrescan: 100ms\n" + top, destination: destination, files: files)
    }

    private static func copies(_ desk: Desk) -> Int {
        FileManager.default.names(in: desk.path(.state).appendingPathComponent("dictionaries")).count
    }

    /// What the summary says of the dictionary.
    private static func told(_ file: Desk.Finished) throws -> [String: [String: String]]? {
        let data = try Data(contentsOf: file.folder.appendingPathComponent(file.name + ".summary.json"))
        return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["dictionary"]
            as? [String: [String: String]]
    }

    @Test(
        "A file is held to the dictionary of its claim, also after the files were replaced and the service was killed"
    )
    func restart() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rows = 300
        try Self.place(desk)
        try Self.configure(desk, simulator.url, destination: "window: 10\nmax_posts_per_second: 30")
        try desk.drop("a.csv", "RIC,BID,CURRENCY\n" + (1...rows).map { "R\($0).TST,\($0),EUR\n" }.joined())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        try #require(try simulator.posts().count < rows)
        #expect(Self.copies(desk) == 2)

        try Self.place(desk, enums: Self.enums(979))
        try Self.configure(desk, simulator.url)
        try desk.drop("b.csv", "RIC,BID,CURRENCY\nR1.TST,1000,EUR\n")
        #expect(try await desk.once() == 0)
        let numbers = try simulator.posts().map { post in
            (post.ric, post.fields?.contains("\"CURRENCY\":978") == true, post.fields?.contains("1000") == true)
        }
        #expect(numbers.allSatisfy { $0.1 != $0.2 }, "the row of b.csv alone has the number of today")
        let (old, new) = try (desk.finished("a.csv", in: .done), desk.finished("b.csv", in: .done))
        let (said, saidNow) = try (Self.told(old), Self.told(new))
        let (first, second) = try (#require(said), #require(saidNow))
        #expect(first["fields"]?["version"] == "7.1" && first["enums"]?["version"] == "1.978")
        #expect(second["enums"]?["version"] == "1.979" && first["fields"] == second["fields"])
        #expect(first["enums"]?["sha256"]?.count == 64)
        // Both are kept as long as their files are; the fields are the same.
        #expect(Self.copies(desk) == 3)
    }

    @Test("Rows that the dictionary forbids are rejected, and a file with an unknown field is refused once")
    func rows() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.place(desk)
        try Self.configure(desk, simulator.url)
        try desk.drop(
            "a.csv",
            "RIC,BID,CURRENCY,GEN_TEXT16\nA.TST,1.5,EUR,007\nB.TST,abc,USD,x\nC.TST,1,EUX,x\nD.TST,1,1,123456789\n")
        try desk.drop("b.csv", "RIC,BID,CURENCY\nA.TST,1.5,EUR\nB.TST,1.5,EUR\n")
        #expect(try await desk.once() == 3)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("reason") == ["", "not_a_decimal", "not_in_enum", "text_too_long"])
        #expect(try simulator.posts().map(\.fields) == ["{\"BID\":1.5,\"CURRENCY\":978,\"GEN_TEXT16\":\"007\"}"])
        let refused = try desk.finished("b.csv", in: .failed)
        #expect(refused.summary.reason == "unknown_field" && refused.rows.isEmpty)
    }

    @Test(
        "A file of the dictionary that cannot be read whole ends every command that needs it with 78, and its line is told"
    )
    func broken() async throws {
        let desk = try Desk()
        try Self.configure(desk)
        try Self.place(desk, enums: Self.enums(978) + "      2  \"CHF\n")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        for command in [
            ["config", "check", "postbox.yaml"], ["check", "--config", "postbox.yaml", "spool/inbox/a.csv"],
            ["run", "--config", "postbox.yaml", "--once"], ["dictionary", "--config", "postbox.yaml", "BID"],
        ] {
            let found = try await desk.command(command)
            #expect(found.code == 78, "\(command)")
            #expect(found.errorOutput.contains("enumtype.def:5: the dictionary: "), "\(found.errorOutput)")
        }
        try FileManager.default.removeItem(at: desk.folder.appendingPathComponent("enumtype.def"))
        let found = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(found.code == 78 && found.errorOutput.contains("no such file"), "\(found.errorOutput)")
        // The desk can still speak to a service that runs.
        #expect(try await desk.command(["hold", "inbox", "--config", "postbox.yaml"]).code != 78)
    }

    @Test("A rule that contradicts the dictionary is an error of the configuration, with its line")
    func contradiction() async throws {
        let desk = try Desk()
        try Self.place(desk)
        try Self.configure(
            desk,
            files: """
                  - match: "*"
                    fields:
                      BID: {column: b, type: int}
                      CURENCY: c
                      GEN_TEXT16: {column: t, cut: 4}
                """)
        let found = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(found.code == 78)
        let lines = found.errorOutput.split(separator: "\n")
        #expect(lines.count == 2, "\(found.errorOutput)")
        #expect(lines.first?.contains("`type: int` contradicts the dictionary") == true)
        #expect(lines.last?.contains("the nearest is CURRENCY") == true)
        #expect(lines.allSatisfy { $0.firstMatch(of: #/postbox\.yaml:\d+: /#) != nil })
    }

    @Test("Destinations with dictionaries that differ need rules of their own")
    func ofDestinations() async throws {
        let desk = try Desk()
        try Self.place(desk)
        for name in ["RDMFieldDictionary", "enumtype.def"] {
            try FileManager.default.copyItem(
                at: desk.folder.appendingPathComponent(name), to: desk.folder.appendingPathComponent("other-" + name))
        }
        func configure(_ rules: String) throws {
            try desk.write(
                """
                spool: spool
                \(Self.top)
                destinations:
                  a: {urls: ws://h, user: u, service: S}
                  b:
                    urls: ws://h
                    user: u
                    service: S
                    dictionary: {fields: other-RDMFieldDictionary, enums: other-enumtype.def}
                files:
                \(rules)
                """)
        }
        try configure("  - {match: \"*\", destination: [a, b]}")
        let found = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(found.code == 78 && found.errorOutput.contains("write a rule for each"), "\(found.errorOutput)")
        try configure("  - {match: \"a*\", destination: a}\n  - {match: \"b*\", destination: b}")
        let right = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(right.code == 0 && right.output.contains("3 fields of version 7.1, 2 values of version 1.978"))
        let shown = try await desk.command(["dictionary", "--config", "postbox.yaml", "BID"])
        #expect(shown.code == 0 && shown.output.components(separatedBy: "BID").count > 3, "\(shown.output)")
    }

    @Test("The command shows fields, and searches them")
    func command() async throws {
        let desk = try Desk()
        try Self.place(desk)
        try Self.configure(desk)
        let shown = try await desk.command(["dictionary", "--config", "postbox.yaml", "BID", "CURRENCY"])
        #expect(shown.code == 0)
        #expect(
            shown.output == """
                BID             22  REAL64, length 7  "BID"
                CURRENCY        15  ENUM, length 2  "CURRENCY"
                      1  "USD"
                    978  "EUR"

                """, "\(shown.output)")
        let found = try await desk.command(["dictionary", "--config", "postbox.yaml", "--like", "*r*"])
        #expect(
            found.code == 0 && found.output.hasPrefix("CURRENCY  ") && found.output.split(separator: "\n").count == 1)
        let missing = try await desk.command(["dictionary", "--config", "postbox.yaml", "BIDD"])
        #expect(missing.code == 2 && missing.errorOutput.contains("the nearest is BID"), "\(missing.errorOutput)")
        #expect(try await desk.command(["dictionary", "--config", "postbox.yaml"]).code == 64)
    }
}
