import PostboxCore
import TestSupport
import Testing

@Suite("Rows of a RIC, the newest first", .computing)
struct NewestRowsTests {
    private static func drop(_ number: Int, _ claimedAt: Int64, _ settledAt: Int64?) -> DropLine {
        DropLine(
            drop: number, name: "\(number).csv", rule: "", destinations: [],
            stage: settledAt == nil ? .posting : .closed, verdict: settledAt == nil ? nil : .done,
            claimedAt: claimedAt, settledAt: settledAt ?? 0, size: 1, rows: 1, original: nil, isCorrected: false,
            folder: "", target: "")
    }

    /// `time`: nil: it was skipped.
    private static func row(_ drop: Int, _ number: Int, _ time: Int64?, at destination: String = "a") throws -> AuditRow
    {
        let line =
            time.map {
                "\(drop),\(number),,\(destination),A,S,Update,acked,,,,,1,1,,\(TimeText.text($0)),{}"
            } ?? "\(number),,A,as its rule says"
        return try #require(
            Array(line.utf8).withUnsafeBytes {
                time == nil
                    ? AuditRow(skippedLine: $0, drop: drop, file: "f")
                    : AuditRow(resultLine: $0, drop: drop, file: "f")
            })
    }

    /// `DROP:ROW` with the destination of each row, as drops are taken by their ends.
    private static func order(
        _ drops: [(DropLine, [AuditRow])], from first: RICQuery.Place? = nil
    ) -> [(text: String, place: RICQuery.Place)] {
        let drops = drops.sorted {
            (NewestRows.span(of: $0.0).upperBound, $0.0.drop) > (NewestRows.span(of: $1.0).upperBound, $1.0.drop)
        }
        var newest = NewestRows(from: first)
        var found: [(text: String, place: RICQuery.Place)] = []
        func take(above bound: Int64?) {
            while let (row, place) = newest.next(above: bound) {
                found.append(("\(row.drop):\(row.row)\(row[.destination])", place))
            }
        }
        for (drop, rows) in drops {
            take(above: NewestRows.span(of: drop).upperBound)
            newest.take(rows, of: drop)
        }
        take(above: nil)
        return found
    }

    /// One that is in work, two that were in work at the same time, at two destinations, and an old one.
    private static func drops() throws -> [(DropLine, [AuditRow])] {
        [
            (drop(1, 10, 20), [try row(1, 1, 20), try row(1, 2, nil)]),
            (
                drop(2, 30, 90),
                [
                    try row(2, 1, 40), try row(2, 1, 50, at: "b"), try row(2, 2, 50, at: "b"), try row(2, 2, 70),
                    try row(2, 3, 90),
                ]
            ),
            (drop(3, 35, 70), [try row(3, 1, 50), try row(3, 2, 70)]),
            (drop(4, 60, nil), [try row(4, 1, 65), try row(4, 2, 95)]),
        ]
    }

    @Test("Rows of files that were in work at the same time come by their times, at one time the later row first")
    func order() throws {
        #expect(
            Self.order(try Self.drops()).map(\.text) == [
                "4:2a", "2:3a", "3:2a", "2:2a", "4:1a", "3:1a", "2:2b", "2:1b", "2:1a", "1:1a", "1:2",
            ])
    }

    @Test("From the place of any row on the same rows come, each once")
    func pages() throws {
        let drops = try Self.drops()
        let all = Self.order(drops)
        for (index, row) in all.enumerated() {
            #expect(Self.order(drops, from: row.place).map(\.text) == all[index...].map(\.text))
            #expect(RICQuery.Place(row.place.text) == row.place)
        }
        // Lines that were put in twice are two rows.
        let twice = [(Self.drop(1, 1, 5), try [Self.row(1, 1, 4), Self.row(1, 1, 4)])]
        let places = Self.order(twice).map(\.place)
        #expect(places.map(\.behind) == [0, 1])
        #expect(Self.order(twice, from: places[1]).map(\.place) == [places[1]])
    }

    @Test("A row is not newer than the end of its file, whatever a clock said that was set back")
    func clockSetBack() throws {
        let drops = [
            (Self.drop(1, 10, 20), [try Self.row(1, 1, 99), try Self.row(1, 2, 15)]),
            (Self.drop(2, 30, 25), [try Self.row(2, 1, 28)]),
        ]
        let all = Self.order(drops)
        #expect(all.map(\.text) == ["2:1a", "1:1a", "1:2a"] && all.map(\.place.at) == [30, 20, 15])
        for (index, row) in all.enumerated() {
            #expect(Self.order(drops, from: row.place).map(\.text) == all[index...].map(\.text))
        }
    }
}
