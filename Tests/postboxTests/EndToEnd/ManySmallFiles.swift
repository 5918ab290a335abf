import TestSupport
import Testing

/// Very many files of one row each: more than are claimed at once, so that closed drops pass their directories on.
struct ManySmallFiles {
    let names: [String]

    init(_ count: Int) {
        // By name in the order in which they are dropped.
        names = (0..<count).map { "f\(1000 + $0).csv" }
    }

    func text(_ at: Int) -> String { "RIC,BID\nR\(at).TST,\(at).5\n" }

    /// Puts them into the inbox, one after the other.
    func drop(at desk: Desk) throws {
        for (at, name) in names.enumerated() { try desk.drop(name, text(at)) }
    }

    /// Every file is in `done/` with its row, acked, and what belongs to it; nothing is left anywhere else.
    func verify(_ desk: Desk, _ what: String = "") throws {
        var drops: Set<Int> = []
        for (at, name) in names.enumerated() {
            let file = try desk.finished(name, in: .done)
            #expect(file.column("outcome") == ["acked"], "\(what)")
            #expect(file.column("fields") == ["{\"BID\":\(at).5}"], "\(what)")
            drops.insert(file.summary.drop)
        }
        #expect(drops.count == names.count, "\(what)")
        #expect(desk.names(in: .done).count == 3 * names.count, "\(what)")
        for folder in [Desk.Folder.work, .inbox, .failed] {
            #expect(desk.names(in: folder).allSatisfy { $0 == "guard" }, "\(what)")
        }
    }
}
