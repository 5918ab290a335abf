import PostboxCore
import Testing

@testable import postbox

@Suite("Rows as a table on the terminal")
struct RowTableTests {
    private static func row(_ number: Int, _ destination: String) throws -> AuditRow {
        let line = "7,\(number),,\(destination),A.TST,S,Update,acked,,,,,1,1,,2026-11-27T17:00:01.000000Z,{}"
        return try #require(
            Array(line.utf8).withUnsafeBytes { AuditRow(resultLine: $0, drop: 7, file: "a.csv") })
    }

    private static func table(_ rows: [AuditRow], isOfSeveral: Bool = false) -> [[Substring]] {
        var table = RowTable(isOfSeveral: isOfSeveral)
        var lines = rows.flatMap { table.lines(with: $0) }
        lines += table.rest()
        return lines.map { $0.split(separator: " ") }
    }

    @Test("Destinations have a column where rows of several occur, and none where one does")
    func destinations() throws {
        let one = Self.table([try Self.row(1, "cache"), try Self.row(2, "cache")])
        #expect(one.count == 3 && !one[0].contains("destination") && !one[1].contains("cache"))
        let both = Self.table([try Self.row(1, "cache"), try Self.row(1, "second"), try Self.row(2, "second")])
        #expect(both.count == 4 && both[0].filter { $0 == "destination" }.count == 1)
        #expect(both[1].contains("cache") && both[2].contains("second") && both[3].contains("second"))
        #expect(Self.table([try Self.row(1, "cache")], isOfSeveral: true)[1].contains("cache"))
        let skipped = try #require(
            Array("3,,A.TST,no".utf8).withUnsafeBytes { AuditRow(skippedLine: $0, drop: 7, file: "a.csv") })
        #expect(!Self.table([try Self.row(1, "cache"), skipped])[0].contains("destination"))
        #expect(Self.table([]).isEmpty)
    }

    @Test("A second destination that comes late begins the table anew, with the column; no row is left out")
    func late() throws {
        let rows = try (1...150).map { try Self.row($0, "cache") } + [Self.row(1, "second"), Self.row(151, "cache")]
        let lines = Self.table(rows)
        #expect(lines.count == rows.count + 2)
        #expect(!lines[0].contains("destination") && lines[151].contains("destination"))
        #expect(lines[152].contains("second") && lines[153].contains("cache"))
    }
}
