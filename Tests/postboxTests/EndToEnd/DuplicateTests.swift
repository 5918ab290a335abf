import Foundation
import TestSupport
import Testing

@Suite("Duplicates, end to end", .serialized, .ownThreads)
struct DuplicateTests {
    private static func file(_ value: Int) -> String { "RIC,BID\nA.TST,\(value)\n" }

    /// Drops the contents, one after the other, under these names; the outcomes' exit codes and the last value at the server.
    private static func run(
        _ files: [(name: String, text: String)], scenario: String = "", rules: String = ""
    ) async throws -> (codes: [Int32], values: [String]) {
        let (desk, simulator) = try await Desk.withSimulator(scenario, files: rules)
        var codes: [Int32] = []
        for file in files {
            try desk.drop(file.name, file.text)
            codes.append(try await desk.once())
        }
        return (codes, try simulator.posts().compactMap(\.fields))
    }

    @Test("Contents A, B, A under one name: the third is posted, the market has A")
    func changedBack() async throws {
        let (codes, values) = try await Self.run([
            ("a.csv", Self.file(1)), ("a.csv", Self.file(2)), ("a.csv", Self.file(1)),
        ])
        #expect(codes == [0, 0, 0])
        #expect(values == ["{\"BID\":1}", "{\"BID\":2}", "{\"BID\":1}"])
    }

    @Test("The same under names that a rule has in common; the last one again is a duplicate under any of them")
    func byRule() async throws {
        let (codes, values) = try await Self.run(
            [
                ("px_1001.csv", Self.file(1)), ("px_1002.csv", Self.file(2)), ("px_1003.csv", Self.file(1)),
                ("px_1004.csv", Self.file(1)), ("px_1002.csv", Self.file(2)),
            ], rules: "  - {match: \"px_*.csv\"}")
        // The last but one is the rule's newest content under a new name, the last one the same file again as it was.
        #expect(codes == [0, 0, 0, 3, 3])
        #expect(values == ["{\"BID\":1}", "{\"BID\":2}", "{\"BID\":1}"])
    }

    @Test("In the plain mapping only names are had in common")
    func plain() async throws {
        let (codes, _) = try await Self.run([("a.csv", Self.file(1)), ("b.csv", Self.file(1)), ("a.csv", Self.file(1))])
        #expect(codes == [0, 0, 3])
    }

    @Test("A file that did not end done may be dropped again as it is")
    func failed() async throws {
        let (codes, values) = try await Self.run(
            [("a.csv", Self.file(1)), ("a.csv", Self.file(1))], scenario: "naks: [{ric: A.TST, code: AccessDenied}]")
        #expect(codes == [3, 3])
        #expect(values.count == 2)
    }

    @Test("What was refused replaces nothing: the last that was sent still counts")
    func refused() async throws {
        let (codes, values) = try await Self.run([
            ("a.csv", Self.file(1)), ("a.csv", "RIC,BID\n"), ("a.csv", Self.file(1)),
        ])
        #expect(codes == [0, 3, 3])
        #expect(values.count == 1)
    }

    @Test("Claimed together, B keeps the A behind it from being refused for the A before it")
    func together() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: "  - {match: \"px_*.csv\"}")
        try desk.drop("px_1.csv", Self.file(1))
        #expect(try await desk.once() == 0)
        try desk.drop("px_2.csv", Self.file(2))
        try desk.drop("px_3.csv", Self.file(1))
        #expect(try await desk.once() == 0)
        #expect(try simulator.posts().map(\.fields) == ["{\"BID\":1}", "{\"BID\":2}", "{\"BID\":1}"])
    }
}
