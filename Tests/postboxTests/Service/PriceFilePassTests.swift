import PostboxCore
import Testing

@testable import postbox

@Suite("Reading a price file chunk by chunk")
struct PriceFilePassTests {
    private struct Seen: Equatable {
        var row: MappedRow
        var ric: String
        var fields: String
        var problem: RowProblem?

        init(_ row: MappedRow, _ posts: PostBatch) {
            func text(_ start: Int, _ count: Int) -> String {
                String(decoding: posts.bytes[start..<start + count], as: UTF8.self)
            }
            ric = text(row.ricStart, row.ricLength)
            fields = text(row.fieldsStart, row.fieldsLength)
            problem = row.problem < 0 ? nil : posts.problems[row.problem]
            // Where it lies is a matter of its batch.
            self.row = row
            (self.row.ricStart, self.row.fieldsStart, self.row.problem) = (0, 0, -1)
        }
    }

    /// Rows of all lengths, some with something wrong, some that a look cannot tell, some of the lane's other service.
    private static func values(_ row: Int) -> [String] {
        let text =
            switch row % 11 {
            case 0: "said \"firm\", T+2"
            case 1: "Zürich\nclose"
            case 2: String(repeating: "long ", count: row % 97)
            default: "FIRM"
            }
        return [
            row % 501 == 7 ? "" : "RIC\(row * 7919).X", "\(row % 3000).\(row % 100)5", "\(row)", text,
            ["ONE", "TWO", "", "NONE"][row % 997 == 3 ? 3 : row % 3],
        ]
    }

    private static let names = ["RIC", "BID", "ASK", "GEN_TEXT16", "Service"]

    private static func file(_ format: PriceFileFormat, rows: Int) -> [UInt8] {
        func quoted(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }
        func escaped(_ text: String) -> String {
            "\"" + text.replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
        }
        func element(_ text: String) -> String { text.replacing("\"", with: "&quot;") }
        let all = (1...rows).map(values)
        switch format {
        case .csv, .fixed, .xlsx:
            let lines = all.map { $0.map { $0.contains { "\",\n".contains($0) } ? quoted($0) : $0 } }
            return Array((([names] + lines).map { $0.joined(separator: ",") + "\n" }).joined().utf8)
        case .json, .jsonLines:
            let objects = all.map { row in
                "{"
                    + row.indices.map { "\"\(names[$0])\":" + (1...2 ~= $0 ? row[$0] : escaped(row[$0])) }
                    .joined(separator: ",") + "}"
            }
            let isArray = format == .json
            return Array(
                isArray ? "[\(objects.joined(separator: ",\n"))]\n".utf8 : (objects.joined(separator: "\n") + "\n").utf8
            )
        case .xml:
            let elements = all.map { row in
                "<row>" + zip(names, row).map { "<\($0)>\(element($1))</\($0)>" }.joined() + "</row>"
            }
            return Array("<rows>\n\(elements.joined(separator: "\n"))\n</rows>\n".utf8)
        }
    }

    private static func pass(_ format: PriceFileFormat) -> PriceFilePass {
        let target = DestinationMapper.Target(
            services: ["ONE", "TWO"], updateOnly: false, laneServices: [1, 0],
            codec: MessageCodec(profile: .rtds, services: ["TWO", "ONE"], postUserInfo: nil), maxMsgSize: 65_535)
        return PriceFilePass(
            rule: MappingRule(destinations: ["server"], lineBreaks: .keep), format: format, target: target,
            sources: RowSources())
    }

    private static func read(_ bytes: [UInt8], _ format: PriceFileFormat, chunk: Int) throws -> [Seen] {
        let pass = pass(format)
        var seen: [Seen] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + chunk)
            let posts = try bytes[start..<end].withUnsafeBytes { try pass.mapped($0, isLast: end == bytes.count) }
            seen += posts.rows.map { Seen($0, posts) }
            start = end
        }
        return seen
    }

    @Test(
        "However a file is cut, its rows are mapped alike", arguments: [PriceFileFormat.csv, .json, .jsonLines, .xml])
    func cuts(_ format: PriceFileFormat) throws {
        let rows = 9000
        let bytes = Self.file(format, rows: rows)
        let whole = try Self.read(bytes, format, chunk: bytes.count)
        #expect(whole.count == rows)
        #expect(whole.map(\.row.row) == Array(1...rows))
        for (index, seen) in whole.enumerated() {
            let values = Self.values(index + 1)
            let isBad = values[0].isEmpty || values[4] == "NONE"
            guard (seen.problem != nil) == isBad, isBad || seen.ric == values[0],
                isBad || seen.fields.hasPrefix("{\"BID\":\(values[1]),\"ASK\":\(index + 1)"),
                isBad || seen.row.service == (values[4] == "TWO" ? 0 : 1),
                isBad
                    || seen.row.keyHash
                        == Array(values[0].utf8).withUnsafeBytes({
                            keyHash(ric: $0, service: seen.row.service)
                        })
            else {
                Issue.record("row \(index + 1): \(seen)")
                return
            }
        }
        for chunk in [997, 65_536, 65_537, 262_144] {
            #expect(try Self.read(bytes, format, chunk: chunk) == whole, "in chunks of \(chunk) bytes")
        }
    }

    @Test(
        "A long row that ends just behind a piece takes no more memory than its chunk is long", arguments: [1, 2, 20])
    func longRow(behind: Int) throws {
        for pieces in 1...4 {
            let head = "RIC,GEN_TEXT16\nA,"
            let count = pieces * 65_536 + behind
            let text = head + String(repeating: "x", count: count - head.utf8.count - 1) + "\n"
            let posts = try Array(text.utf8).withUnsafeBytes { try Self.pass(.csv).mapped($0, isLast: true) }
            #expect(posts.rows.count == 1)
            #expect(posts.problems.map(\.reason) == ["message_too_long"])
            #expect(posts.bytes.capacity < 8 * count, "\(posts.bytes.capacity) bytes")
        }
    }
}
