import TestSupport
import Testing

@testable import PostboxCore

@Suite("Accepted rows of a result file", .computing)
struct AcceptedRowsTests {
    private struct Choices: SeededChoices { var state: UInt64 }

    private static let texts = [
        "1.5", "-0.25", "null", "\"\"", "\"a, b\"", "\"q\\\"q\"", "\"back\\\\\"", "\"\\\\\\\"\"", "\"}\"", "\"{\"",
        "\"\u{e9}\u{20ac}\"", "12345678.9", "0",
    ]
    private static let names = ["BID", "ASK", "TRDPRC_1", "A", "GEN_TEXT16"]
    private static let rics = ["R.TST", "A,B", "Q\"Q", "\u{e9}=", "X"]

    @Test("They are those that the journal reads, however the file is cut into pieces", arguments: 0..<60)
    func likeTheJournal(_ seed: Int) throws {
        var random = Choices(state: UInt64(seed))
        let text = makeResult(&random)
        var wanted: [Int: String] = [:]
        var journal = ResultJournal(drop: 7, destinations: nil)
        text.withUnsafeBytes { bytes in
            journal.take(bytes, isLast: true) { line in
                if line.outcome == .acked {
                    let name = "\(line.destination) \(text8(line.service)) \(text8(line.ric))"
                    wanted[line.row] = "\(name) \(line.post.word) \(text8(line.fields))"
                }
                return true
            }
        }
        #expect(!journal.isBroken && journal.goodBytes == text.count)

        var rows = LastRows()
        var words = LastWords()
        var accepted = AcceptedRows(drop: 7, ordinal: 0)
        let longest = random.pick([400, 6000])
        #expect(take(text, &accepted, &rows, &words, pieces: { 1 + random.number(longest) }) == 0)
        #expect(!accepted.isBroken && accepted.count == wanted.count && rows.count == wanted.count)
        rows.sort()
        var index = 0
        var before: LastRow?
        while let row = rows.row(index) {
            if let before { #expect(before.comesBefore(row)) }
            before = row
            index += 1
            #expect(shown(row, words) == wanted[Int(row.row)], "seed \(seed), row \(row.row)")
        }
        #expect(index == wanted.count)
    }

    @Test("Only rows of the RIC that is asked for are taken")
    func ofOneRIC() throws {
        var random = Choices(state: 3)
        let text = makeResult(&random)
        for ric in Self.rics {
            var rows = LastRows()
            var words = LastWords()
            var accepted = AcceptedRows(drop: 7, ordinal: 0, ric: Array(ric.utf8))
            _ = take(text, &accepted, &rows, &words, pieces: { 1000 })
            #expect(rows.count > 0)
            var index = 0
            while let row = rows.row(index) {
                index += 1
                #expect(LastKey.ric(row.key).map(text8) == ric)
            }
        }
    }

    @Test("What is no line of the drop's result ends it, and never more than that")
    func damage() {
        var random = Choices(state: 11)
        let text = makeResult(&random)
        for seed in 0..<2000 {
            random.state = UInt64(seed)
            var broken = text
            for _ in 0...random.number(3) {
                let at = random.number(broken.count)
                switch random.number(3) {
                case 0: broken[at] = UInt8(random.number(256))
                case 1: broken.remove(at: at)
                default: broken.insert(random.pick(Array("\",\n{}\\:".utf8)), at: at)
                }
            }
            var rows = LastRows()
            var words = LastWords()
            var accepted = AcceptedRows(drop: 7, ordinal: 0)
            _ = take(broken, &accepted, &rows, &words, pieces: { seed % 2 == 0 ? 300 : 5000 })
            rows.sort()
            #expect(rows.count == accepted.count)
            var index = 0
            while let row = rows.row(index) {
                index += 1
                _ = shown(row, words)
            }
            #expect(index == rows.count)
        }
    }

    /// Takes a text in pieces and returns how many bytes were left over.
    private func take(
        _ text: [UInt8], _ accepted: inout AcceptedRows, _ rows: inout LastRows, _ words: inout LastWords,
        pieces: () -> Int
    ) -> Int {
        var waiting = RawBytes()
        var at = 0
        while at < text.count {
            let count = min(text.count - at, pieces())
            text.withUnsafeBytes { waiting.append(UnsafeRawBufferPointer(rebasing: $0[at..<at + count])) }
            at += count
            _ = waiting.room(for: AcceptedRows.padding)
            waiting.removeFirst(accepted.take(waiting.written, into: &rows, &words))
        }
        return waiting.count
    }

    private func shown(_ row: LastRow, _ words: LastWords) -> String? {
        var fold = LastFold()
        fold.begin(key: row.key)
        guard fold.take(row, of: DropPlace(drop: 7)), let values = fold.values(words),
            var reader = RawReader(row.key), let target = reader.number(), Int(target) < words.targets.count,
            let ric = LastKey.ric(row.key)
        else { return nil }
        let place = words.targets[Int(target)]
        let fields = values.fields.map { "\"\($0.field)\":\(String(decoding: $0.json, as: UTF8.self))" }
        return "\(place.destination) \(place.service) \(text8(ric)) \(row.isRefresh ? "Refresh" : "Update") "
            + "{\(fields.joined(separator: ","))}"
    }

    private func text8(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    /// As the program writes it.
    private func makeResult(_ random: inout Choices) -> [UInt8] {
        var out = LineBuffer()
        out.append(contentsOf: ResultLines.header.utf8)
        let services = ["SVC", "S,\"V\""]
        var lines = ["cache", "other, \"one\""].map {
            ResultLines(drop: 7, destination: $0, services: services, hasLines: true)
        }
        var destination = 0
        for number in 1...(20 + random.number(60)) {
            // Some lines in a row have much in common.
            if random.number(8) == 0 { destination = random.number(2) }
            var batch = PostBatch()
            let ric = Array(random.pick(Self.rics).utf8)
            let names = Self.names.filter { _ in random.number(3) > 0 }
            let json = Array(
                ("{" + names.map { "\"\($0)\":\(random.pick(Self.texts))" }.joined(separator: ",") + "}").utf8)
            batch.bytes = ric + json
            let row = MappedRow(
                row: number, line: number + 1, post: random.pick([.refresh, .update]), service: random.number(2),
                ricStart: 0, ricLength: ric.count, fieldsStart: ric.count, fieldsLength: json.count, keyHash: 0)
            let outcome = random.pick(PostOutcome.allCases + [.acked, .acked, .acked])
            let detail =
                outcome == .acked ? OutcomeDetail() : OutcomeDetail(reason: "a_reason", text: "a, \"b\" \(number)")
            let settledAt = 1_790_000_000_000_000 + Int64(random.number(random.number(2) == 0 ? 1 << 40 : 1 << 22))
            if outcome == .acked, random.number(4) > 0 {
                // As it comes from the lane.
                let settled = SettledRow(
                    index: 0, outcome: .acked, attempts: 1 + random.number(12),
                    sentAt: settledAt - Int64(random.number(1 << 20)), settledAt: settledAt)
                let handover = Handover(drop: 7, batch: batch, rows: [row], postIDBase: UInt32(random.number(5000)))
                lines[destination].append(SettledRun(handover: handover, rows: [settled]), to: &out)
                continue
            }
            lines[destination].append(
                row, in: batch, outcome: outcome, detail: detail,
                settledAt: settledAt, to: &out)
        }
        return out.bytes
    }
}
