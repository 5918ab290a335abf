import Foundation
import TestSupport
import Testing

/// An Ack is no proof of a value: a server acknowledges what it stores wrong. So what would be read back is held against the
/// file.
@Suite("What a server stores is what the file says, end to end", .serialized, .ownThreads)
struct StoredTests {
    private static let rule = """
          - match: "a.*"
            post: refresh
            fields:
              MY_REAL: {column: price, type: real}
              MY_INT: {column: count, type: int}
              MY_TEXT: {column: name, type: text}
              MY_RATING: {column: rating, values: {NR: 32692, AAA: 1, "431": 1431}}
              MY_DATE: {column: day, type: date}
              MY_TIME: {column: at, type: time}
        """

    /// The same rows in each format; a value that is not there is empty.
    private static func file(_ format: String) -> String {
        let names = ["RIC", "price", "count", "name", "rating", "day", "at"]
        let rows = [
            ["A.TST", "24.50", "-7", "é€日本", "NR", "2026-11-21", "12:34:56.789"],
            ["B.TST", "-0.00000000000001", "922337203685477580", "1 + 1 = 2 %0", "431", "2024-02-29", "23:59:59"],
            ["C.TST", "92233720368547758.07", "", "", "AAA", "", ""],
        ]
        switch format {
        case "csv": return ([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        case "xml":
            return "<prices>\n"
                + rows.map { row in
                    "<row>" + zip(names, row).map { "<\($0)>\($1)</\($0)>" }.joined() + "</row>\n"
                }.joined() + "</prices>\n"
        default:
            let objects = rows.map { row in
                "{" + zip(names, row).map { #""\#($0)":"\#($1)""# }.joined(separator: ",") + "}"
            }
            return format == "json"
                ? "[" + objects.joined(separator: ",\n") + "]\n" : objects.joined(separator: "\n") + "\n"
        }
    }

    @Test("Values of every type read back as they stand in the file", arguments: ["csv", "json", "jsonl", "xml"])
    func types(format: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.rule)
        try desk.drop("a.\(format)", Self.file(format))
        #expect(try await desk.once() == 0)
        let posts = try simulator.posts().sorted { $0.ric < $1.ric }
        #expect(posts.map(\.ric) == ["A.TST", "B.TST", "C.TST"])
        #expect(
            posts.map(\.stored) == [
                [
                    "MY_REAL": "24.50", "MY_INT": "-7", "MY_TEXT": "é€日本", "MY_RATING": "32692",
                    "MY_DATE": "2026-11-21", "MY_TIME": "12:34:56.789",
                ],
                [
                    "MY_REAL": "-0.00000000000001", "MY_INT": "922337203685477580", "MY_TEXT": "1 + 1 = 2 %0",
                    "MY_RATING": "1431", "MY_DATE": "2024-02-29", "MY_TIME": "23:59:59",
                ],
                [
                    "MY_REAL": "92233720368547758.07", "MY_INT": nil, "MY_TEXT": nil, "MY_RATING": "1",
                    "MY_DATE": nil, "MY_TIME": nil,
                ],
            ])
    }
}
