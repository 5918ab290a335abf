import TestSupport

/// What did not hold of what is promised.
struct Broken: Error, CustomStringConvertible {
    var description: String
}

/// A price file's rows: RICs that come again and again, each row with a value of its own that grows from row to row and file to
/// file.
struct PriceRows {
    let number: Int
    let rics: [String]

    init(number: Int, count: Int, rics names: Int, random: inout SeededRandom) {
        self.number = number
        rics = (0..<count).map { _ in "R\(Int.random(in: 1...names, using: &random)).TST" }
    }

    func name(_ format: String) -> String { "prices\(number).\(format)" }

    func value(_ at: Int) -> Int { number * 10_000 + at }

    static func value(_ event: RunningSimulator.Event) throws -> Int {
        guard let fields = event.fields, let match = fields.wholeMatch(of: /\{"BID":(\d+),"ASK":\d+\}/),
            let value = Int(match.1)
        else { throw Broken(description: "a post that no row made: \(event)") }
        return value
    }

    func text(_ format: String) -> String {
        var lines: [String] = []
        for (at, ric) in rics.enumerated() {
            let value = value(at)
            switch format {
            case "csv": lines.append("\(ric),\(value),\(value + 1)")
            case "json": lines.append(#"{"RIC":"\#(ric)","BID":\#(value),"ASK":\#(value + 1)}"#)
            default: lines.append(#"<row RIC="\#(ric)"><BID>\#(value)</BID><ASK>\#(value + 1)</ASK></row>"#)
            }
        }
        switch format {
        case "csv": return "RIC,BID,ASK\n" + lines.joined(separator: "\n") + "\n"
        case "json": return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
        default: return "<prices>\n" + lines.joined(separator: "\n") + "\n</prices>\n"
        }
    }

    /// Every row has exactly one line that is its own, and the summary counts them.
    func verify(_ file: Desk.Finished, outcomes: Set<String>) throws {
        var seen = Array(repeating: false, count: rics.count)
        var counts: [String: Int] = [:]
        for line in file.result.lines {
            guard let row = line["row"].flatMap(Int.init), (1...rics.count).contains(row) else {
                throw Broken(description: "\(file.name): a line of no row: \(line)")
            }
            guard !seen[row - 1] else {
                throw Broken(description: "\(file.name): row \(row) is settled twice")
            }
            seen[row - 1] = true
            let outcome = line["outcome"] ?? ""
            let value = value(row - 1)
            guard outcomes.contains(outcome), line["ric"] == rics[row - 1],
                line["fields"] == "{\"BID\":\(value),\"ASK\":\(value + 1)}",
                (line["superseded_by"] != "") == (outcome == "superseded")
            else { throw Broken(description: "\(file.name): not what row \(row) is: \(line)") }
            counts[outcome, default: 0] += 1
        }
        if let lost = seen.firstIndex(of: false) {
            throw Broken(description: "\(file.name): row \(lost + 1) is lost")
        }
        guard file.summary.rows == rics.count, file.summary.outcomes.filter({ $0.value > 0 }) == counts else {
            throw Broken(
                description: "\(file.name): the summary counts \(file.summary.outcomes), the result has \(counts)")
        }
    }
}
