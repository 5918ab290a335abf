import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("What another configuration would change, end to end", .serialized, .ownThreads)
struct CompareTests {
    private static let nowhere = "ws://127.0.0.1:1/WebSocket"

    private static func configuration(_ url: String = nowhere, rule: String, more: String = "") -> String {
        """
        spool: spool
        settle: 0s
        destinations:
          cache: {urls: ["\(url)"], user: x, service: NIPROV, position: p, post_user_info: none}
        \(more)files:
          - {match: "*.csv", \(rule)}
        """
    }

    private static func write(_ desk: Desk, _ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: desk.folder.appendingPathComponent(name))
    }

    private static func compare(
        _ desk: Desk, _ words: [String], code: Int32
    ) async throws -> (output: String, errors: String) {
        let end = try await desk.command(
            ["check", "--config", "postbox.yaml", "--compare", "old.yaml"] + words, workingFolder: desk.folder)
        #expect(end.code == code, "\(end.output)\(end.errorOutput)")
        return (end.output, end.errorOutput)
    }

    private static let plain = "destination: cache"

    @Test(
        "Each row that would be posted with other values, or not at all, is shown with both sides; the same ends with 0"
    )
    func rows() async throws {
        let desk = try Desk()
        try Self.write(desk, "a.csv", "RIC,BID\nA.TST,1\nB.TST,2\nC.TST,300\n")
        try Self.write(desk, "old.yaml", Self.configuration(rule: Self.plain))
        try desk.write(Self.configuration(rule: Self.plain))
        let same = try await Self.compare(desk, ["a.csv"], code: 0)
        #expect(same.output == "a.csv -> cache: 3 rows, all the same\n")
        try desk.write(
            Self.configuration(
                rule: "destination: cache, checks: [{field: BID, max: 100}, {field: BID, min: 2, on_fail: warn}]"))
        let shown = try await Self.compare(desk, ["a.csv"], code: 1)
        #expect(
            shown.output.hasPrefix("a.csv -> cache: 2 of 3 rows differ\n  row 1 (line 2)\n    old  posted  {"),
            "\(shown)")
        #expect(shown.output.contains("new  posted (warning: below_min)  {"), "\(shown)")
        #expect(shown.output.contains("  row 3 (line 4)\n") && shown.output.contains("    new  rejected  above_max\n"))
        let json = try await Self.compare(desk, ["--json", "a.csv"], code: 1)
        let lines = json.output.split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
        #expect(lines.map { $0["row"]?.integer } == [1, 3])
        #expect(lines[1]["old"]?["post"]?["Message"]?["Fields"]?["BID"]?.integer == 300)
        #expect(lines[1]["new"]?["outcome"]?.text == "rejected" && lines[1]["new"]?["reasons"]?.text == "above_max")
    }

    @Test(
        "A file that as a whole would be refused, held or matched by no rule is told as a whole; so is another destination"
    )
    func whole() async throws {
        let desk = try Desk()
        try Self.write(desk, "a.csv", "RIC,BID\nA.TST,1\nB.TST,NaN\n")
        try Self.write(desk, "old.yaml", Self.configuration(rule: Self.plain))
        try desk.write(Self.configuration(rule: Self.plain + ", max_rejected: 0"))
        let refused = try await Self.compare(desk, ["a.csv"], code: 1)
        #expect(
            refused.output.hasPrefix("a.csv -> cache: the file as a whole: old sent, new refused: too_many_rejected\n"),
            "\(refused)")
        #expect(refused.output.contains("new  unsent"))
        try desk.write(Self.configuration(rule: Self.plain).replacingOccurrences(of: "*.csv", with: "*.txt"))
        let unmatched = try await Self.compare(desk, ["a.csv"], code: 1)
        #expect(unmatched.output.contains("a.csv: the file as a whole: old sent, new refused: no_rule"), "\(unmatched)")
        let more =
            "  second: {urls: [\"\(Self.nowhere)\"], user: x, service: NIPROV, position: p, post_user_info: none}\n"
        try desk.write(Self.configuration(rule: "destination: [cache, second]", more: more))
        let second = try await Self.compare(desk, ["a.csv"], code: 1)
        #expect(
            second.output.contains("a.csv -> second: the file as a whole: old does not go there, new sent"), "\(second)"
        )
        #expect(second.output.contains("a.csv -> cache: 2 rows, all the same"))
    }

    @Test("Of very many differences the first twenty are shown, or all")
    func bounded() async throws {
        let desk = try Desk()
        try Self.write(desk, "a.csv", "RIC,BID\n" + (1...50).map { "R\($0).TST,\($0)\n" }.joined())
        try Self.write(desk, "old.yaml", Self.configuration(rule: Self.plain))
        try desk.write(Self.configuration(rule: Self.plain + ", post: refresh"))
        let some = try await Self.compare(desk, ["a.csv"], code: 1)
        #expect(
            some.output.contains("50 of 50 rows differ") && some.output.hasSuffix("  30 more rows; --all shows all\n"))
        let all = try await Self.compare(desk, ["--all", "a.csv"], code: 1)
        #expect(all.output.components(separatedBy: "\n  row ").count == 51)
    }

    @Test(
        "Files that were finished are compared by the name that they came under, with a kept copy as the old configuration"
    )
    func since() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.write(Self.configuration(simulator.url, rule: Self.plain + ", fields: {BID: {column: BID}}"))
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        try desk.drop("b.csv", "RIC,BID\nB.TST,NaN\n")
        #expect(try await desk.once() == 3, "\(desk.log())")
        let copies = FileManager.default.names(in: desk.path(.state).appendingPathComponent("configurations"))
        let copy = "spool/state/configurations/" + (copies.first ?? "")
        func compare(code: Int32) async throws -> String {
            let end = try await desk.command(
                ["check", "--config", "postbox.yaml", "--compare", copy, "--since", "1h"], workingFolder: desk.folder)
            #expect(end.code == code, "\(end.output)\(end.errorOutput)")
            return end.output
        }
        let same = try await compare(code: 0)
        #expect(
            same.contains("done/a.csv -> cache: 1 row, all the same")
                && same.contains("failed/b.csv -> cache: 1 row, all the same"), "\(same)")
        try desk.write(
            Self.configuration(simulator.url, rule: Self.plain + ", fields: {BID: {column: BID, scale: \"0.01\"}}"))
        let other = try await compare(code: 1)
        #expect(
            other.contains("done/a.csv -> cache: 1 of 1 row differs")
                && other.contains("failed/b.csv -> cache: 1 row, all the same"), "\(other)")
        #expect(other.contains("\"BID\":0.01"))
    }

    @Test("What cannot be asked for is a mistake of the command line")
    func usage() async throws {
        let desk = try Desk()
        for words in [
            ["check"], ["check", "--since", "7d"], ["check", "--config", "c", "--compare", "o", "--since", "soon"],
        ] {
            #expect(try await desk.command(words).code == 64, "\(words)")
        }
        for words in [["hold", "inbox", "--until", "soon"], ["files", "--to", "soon"], ["audit", "--from", "soon"]] {
            let told = try await desk.command(words)
            #expect(told.code == 64 && told.errorOutput.contains("2026-12-24T17:30Z"), "\(words): \(told)")
        }
    }
}
