import Foundation
import PostboxCore
import PostboxIO
import TestSupport

@testable import postbox

/// Three small files, one of each format, with a row of every common fate: what tests of disks and power cuts contribute.
struct SmallContribution {
    /// What did not hold.
    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    struct File {
        var name: String
        var text: String
        var folder: Desk.Folder
        /// RIC, value and outcomes by row.
        var rows: [(ric: String, value: String, outcomes: Set<String>)]
        /// What lies beside it in the end, itself included.
        var count: Int
    }

    private static let good: Set<String> = ["acked", "superseded"]

    /// The same RIC stands in all three, with larger and larger values.
    static let files = [
        File(
            name: "a.csv", text: "RIC,BID\nA.TST,1\nBAD.TST,2\nX.TST,1e5\nS.TST,10\n", folder: .failed,
            rows: [
                ("A.TST", "1", good), ("BAD.TST", "2", ["nacked"]), ("X.TST", "", ["rejected"]), ("S.TST", "10", good),
            ], count: 4),
        File(
            name: "b.json", text: #"[{"RIC":"B.TST","BID":1},"# + "\n" + #"{"RIC":"S.TST","BID":20}]"# + "\n",
            folder: .done, rows: [("B.TST", "1", good), ("S.TST", "20", good)], count: 3),
        File(
            name: "c.xml",
            text: "<r>\n<row RIC=\"C.TST\"><BID>1</BID></row>\n<row RIC=\"S.TST\"><BID>30</BID></row>\n</r>\n",
            folder: .done, rows: [("C.TST", "1", good), ("S.TST", "30", good)], count: 3),
    ]

    static let scenario = "unknown: [BAD.TST]"

    /// Puts the files into the inbox, one after the other.
    static func drop(at desk: Desk) throws {
        for file in files { try desk.drop(file.name, file.text) }
    }

    /// Every row has exactly one line with the right outcome, every file is in one place and unchanged, nothing is left over,
    /// and the server never got an older value after it had taken a newer one.
    static func verify(_ desk: Desk, _ events: [RunningSimulator.Event]) throws {
        let left = desk.names(in: .inbox) + desk.names(in: .work).filter { $0 != "guard" }
        guard left.isEmpty else { throw Broken(description: "left in inbox/ or work/: \(left)") }
        let kept = FileManager.default.names(in: desk.path(.work).appendingPathComponent("guard"))
        guard kept.isEmpty else { throw Broken(description: "left in work/guard/: \(kept)") }
        for folder in [Desk.Folder.done, .failed] {
            let names = desk.names(in: folder)
            let count = files.filter { $0.folder == folder }.reduce(0) { $0 + $1.count }
            guard names.count == count else { throw Broken(description: "\(folder.rawValue)/ holds \(names)") }
        }
        var drops: Set<Int> = []
        for file in files {
            let finished = try desk.finished(file.name, in: file.folder)
            try verify(file, finished)
            drops.insert(finished.summary.drop)
            let bytes = try Data(contentsOf: desk.path(file.folder).appendingPathComponent(file.name))
            guard bytes == Data(file.text.utf8) else { throw Broken(description: "\(file.name) was changed") }
        }
        guard drops.count == files.count else { throw Broken(description: "a drop's number was used twice: \(drops)") }
        let spool = desk.path(.inbox).deletingLastPathComponent().path
        do {
            let proved = try RecordProof(directories: Settings.Directories(spool: spool)).run()
            guard proved.drops == files.count else { throw Broken(description: "the record has \(proved.drops) drops") }
        } catch let fault where fault is RecordChain.Fault || fault is RecordProof.NotProved {
            throw Broken(description: "the record is not proved: \(fault)")
        }
        try verify(events)
    }

    private static func verify(_ file: File, _ finished: Desk.Finished) throws {
        guard finished.column("row") == (1...file.rows.count).map(String.init) else {
            throw Broken(description: "\(file.name): not one line a row: \(finished.result.lines)")
        }
        var counts: [String: Int] = [:]
        for (line, row) in zip(finished.rows, file.rows) {
            let outcome = line["outcome"] ?? ""
            counts[outcome, default: 0] += 1
            guard row.outcomes.contains(outcome), line["drop"] == "\(finished.summary.drop)", line["ric"] == row.ric,
                outcome == "rejected" || line["fields"] == "{\"BID\":\(row.value)}"
            else { throw Broken(description: "\(file.name): not as it should be: \(line)") }
        }
        let summary = finished.summary
        guard summary.rows == file.rows.count, summary.outcomes.filter({ $0.value > 0 }) == counts,
            summary.verdict == (file.folder == .done ? "done" : "partial"), summary.file == file.name
        else { throw Broken(description: "\(file.name): the summary is not the result's: \(summary), \(counts)") }
        let rejects = finished.rejects.map { String(decoding: $0, as: UTF8.self) }
        guard rejects == (file.folder == .done ? nil : "RIC,BID\nBAD.TST,2\nX.TST,1e5\n") else {
            throw Broken(description: "\(file.name): rejects \(rejects ?? "none")")
        }
    }

    private static func verify(_ events: [RunningSimulator.Event]) throws {
        var names: [String: Int] = [:]
        var accepted: [String: Int] = [:]
        for event in events {
            let name = "\(event.connection) \(event.postID)"
            if event.event == "post" {
                guard let value = event.fields?.wholeMatch(of: /\{"BID":(\d+)\}/).flatMap({ Int($0.1) }) else {
                    throw Broken(description: "a post that no row made: \(event)")
                }
                names[name] = value
                if let newer = accepted[event.ric], newer > value {
                    throw Broken(description: "\(event.ric): \(value) was sent after \(newer) was accepted")
                }
            } else if event.outcome == "ack", let value = names[name] {
                accepted[event.ric] = max(value, accepted[event.ric] ?? 0)
            }
        }
    }

    /// Does work on every element, a few at a time; returns what came of it, in no order.
    static func few<Element: Sendable, Result: Sendable>(
        _ elements: [Element], at once: Int, _ work: @escaping @Sendable (Element) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: Result.self) { group in
            var results: [Result] = []
            for (index, element) in elements.enumerated() {
                if index >= once, let result = await group.next() { results.append(result) }
                group.addTask { await work(element) }
            }
            for await result in group { results.append(result) }
            return results
        }
    }
}
