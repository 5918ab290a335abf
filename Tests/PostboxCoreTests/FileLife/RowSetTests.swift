import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("Sets of rows", .computing)
struct RowSetTests {
    private static func set(_ rows: [Int], room: Int = 0) -> RowSet {
        var set = RowSet(rows: max(room, rows.max() ?? 0))
        for row in rows { set.insert(row) }
        return set
    }

    private static func rows(_ set: RowSet) -> [Int] { (0...400).filter { set.contains($0) } }

    private static let some: [[Int]] = [
        [], [1], [64], [63, 64, 65], [1, 2, 3, 130], Array(1...200), [200, 300], [5, 7, 9, 11], [128],
    ]

    @Test("What is in one or both of two sets, whatever room either has", arguments: some, some)
    func algebra(_ one: [Int], _ other: [Int]) {
        for room in [0, 350] {
            let (a, b) = (Self.set(one, room: room), Self.set(other))
            var both = a
            both.formUnion(b)
            #expect(Self.rows(both) == Set(one).union(other).sorted() && both.count == Set(one).union(other).count)
            let common = a.intersection(b)
            #expect(Self.rows(common) == Set(one).intersection(other).sorted())
            #expect(common.count == Set(one).intersection(other).count)
            let rest = a.subtracting(b)
            #expect(Self.rows(rest) == Set(one).subtracting(other).sorted())
            #expect(rest.count == Set(one).subtracting(other).count)
        }
    }

    @Test("It is written as its runs, and read again", arguments: some)
    func coded(_ rows: [Int]) throws {
        let set = Self.set(rows)
        let json = try JSONEncoder().encode(set)
        #expect(Self.rows(try JSONDecoder().decode(RowSet.self, from: json)) == rows)
        if rows == [5, 7, 9, 11] { #expect(String(decoding: json, as: UTF8.self) == "[5,5,7,7,9,9,11,11]") }
        if rows.count == 200 { #expect(String(decoding: json, as: UTF8.self) == "[1,200]") }
    }

    @Test("What is no set is not read", arguments: ["[5,3]", "[0,1]", "[1,9,2,3]", "{}", "[-1,-1]"])
    func faulty(_ json: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(RowSet.self, from: Data(json.utf8)) }
    }
}
