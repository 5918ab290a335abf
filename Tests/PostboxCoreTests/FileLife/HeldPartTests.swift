import PostboxCore
import TestSupport
import Testing

@Suite("Drops that held rows become", .computing)
struct HeldPartTests {
    private static func set(_ rows: [Int]) -> RowSet {
        var set = RowSet(rows: 9)
        for row in rows { set.insert(row) }
        return set
    }

    /// In words: where, which rows, and why.
    private static func parts(
        _ held: [String: [Int]], checked: [String: [Int]], at destinations: [String]
    ) -> [String] {
        var known: [String: HeldRows] = [:]
        for (name, rows) in checked {
            for row in rows { known[name, default: HeldRows()].insert(row, for: "below_min") }
        }
        return HeldPart.parts(of: held.mapValues(set), checked: known, at: destinations).map { part in
            let rows = (1...9).filter { part.rows.contains($0) }.map { "\($0)" }.joined(separator: " ")
            return "\(part.destination ?? "all"): \(rows)\(part.isOfChecks ? "" : ", overtaken")"
        }
    }

    @Test("Of one destination what checks hold is one drop, and what was overtaken another")
    func one() {
        #expect(Self.parts(["a": [1, 2, 5]], checked: ["a": [1, 2, 5]], at: ["a"]) == ["all: 1 2 5"])
        #expect(Self.parts(["a": [1, 2, 5]], checked: [:], at: ["a"]) == ["all: 1 2 5, overtaken"])
        #expect(
            Self.parts(["a": [1, 2, 5]], checked: ["a": [2, 3]], at: ["a"]) == ["all: 2", "all: 1 5, overtaken"])
        #expect(Self.parts([:], checked: ["a": [2]], at: ["a"]).isEmpty)
    }

    @Test("A row that is held at every destination is one row for all of them")
    func several() {
        #expect(
            Self.parts(["a": [1, 2], "b": [1, 2]], checked: ["a": [1, 2], "b": [1, 2]], at: ["a", "b"]) == ["all: 1 2"])
        #expect(
            Self.parts(["a": [1, 2], "b": [2, 3]], checked: ["a": [1, 2], "b": [2, 3]], at: ["a", "b"])
                == ["all: 2", "a: 1", "b: 3"])
        #expect(Self.parts(["a": [1]], checked: ["a": [1], "b": [1]], at: ["a", "b"]) == ["a: 1"])
        // Overtaken at one of them, it is another question there.
        #expect(
            Self.parts(["a": [1, 4], "b": [1]], checked: ["a": [1], "b": [1]], at: ["a", "b"])
                == ["all: 1", "a: 4, overtaken"])
        #expect(
            Self.parts(["a": [4], "b": [4]], checked: [:], at: ["a", "b"]) == ["a: 4, overtaken", "b: 4, overtaken"])
    }
}
