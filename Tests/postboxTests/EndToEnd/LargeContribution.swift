import Foundation
import TestSupport

/// A file whose result is long enough to be written past the page cache, of rows that all end well.
struct LargeContribution {
    let rows: Int
    private let padding = String(repeating: "long text.", count: 20)

    static let name = "large.csv"

    var text: String {
        "RIC,BID,GEN_TEXT16\n" + (1...rows).map { "R\($0).TST,\($0).5,\(padding)\n" }.joined()
    }

    /// Whether the calls include what only a long result has: many whole pages at once.
    func isWrittenInPages(_ entries: [WatchedDisk.Entry]) -> Bool {
        entries.contains { entry in
            entry.call == "pwrite" && entry.path.hasSuffix("/.result.part") && entry.errno == 0
                && entry.offset % 4096 == 0 && entry.length % 4096 == 0 && entry.length >= 65_536
        }
    }

    /// Every row has exactly one line with its value, the file is in `done/`, nothing is left over.
    func verify(_ desk: Desk) throws {
        let left = desk.names(in: .inbox) + desk.names(in: .work).filter { $0 != "guard" } + desk.names(in: .failed)
        guard left.isEmpty else { throw SmallContribution.Broken(description: "left over: \(left)") }
        let finished = try desk.finished(Self.name, in: .done)
        guard finished.rows.count == rows, finished.summary.rows == rows, finished.summary.verdict == "done" else {
            throw SmallContribution.Broken(
                description: "\(finished.rows.count) lines, and the summary is \(finished.summary)")
        }
        var seen: Set<Int> = []
        for line in finished.rows {
            guard let row = line["row"].flatMap(Int.init), seen.insert(row).inserted, line["ric"] == "R\(row).TST",
                line["outcome"] == "acked",
                line["fields"] == "{\"BID\":\(row).5,\"GEN_TEXT16\":\"\(padding)\"}"
            else { throw SmallContribution.Broken(description: "not as it should be: \(line)") }
        }
    }
}
