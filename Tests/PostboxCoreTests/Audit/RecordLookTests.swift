import PostboxCore
import Testing

@Suite("A short look at the end of the record")
struct RecordLookTests {
    /// A hash that tells lines apart, which is all that is wanted of it here.
    private static func sum(_ text: String) -> String {
        var value: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 1_099_511_628_211 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    /// Lines 41, 42 …: what stands before them nobody sees.
    private static func lines(_ entries: [RecordEntry], from first: Int = 41) -> [String] {
        var hash = first == 1 ? RecordLine.noHash : sum("before")
        return entries.enumerated().map { index, entry in
            let at = Int64(index + 1) * 1_000_000
            let text = RecordLine(number: first + index, previous: hash, at: at, entry: entry).text
            hash = sum(text)
            return text
        }
    }

    private static func look(_ lines: [String], end: RecordTail? = nil) -> RecordLook {
        var look = RecordLook(end: end)
        for line in lines { look.take(line, sha256: sum(line)) { _, key, _ in key == "good" } }
        look.finish()
        return look
    }

    private static let some: [RecordEntry] = (1...4).map { .forgotten(drop: $0) }

    @Test("Lines that follow from each other hold, wherever the look begins, and end where the ledger says")
    func whole() {
        let lines = Self.lines(Self.some)
        let end = RecordTail(number: 44, sha256: Self.sum(lines[3]))
        let look = Self.look(lines, end: end)
        #expect(look.fault == nil && look.first == 41 && look.last == 44 && look.hash == end.sha256)
        #expect(look.firstAt == 1_000_000 && look.lastAt == 4_000_000 && look.isHeldAgainstLedger)
        // More may have been written since the ledger was asked.
        #expect(Self.look(lines, end: RecordTail(number: 42, sha256: Self.sum(lines[1]))).fault == nil)
        #expect(Self.look(lines).fault == nil && !Self.look(lines).isHeldAgainstLedger)
        #expect(Self.look([]).fault == nil && Self.look([]).last == 0)
    }

    @Test("Altered, removed, added and exchanged lines are told, and so is an end that is not the ledger's")
    func faults() {
        let lines = Self.lines(Self.some)
        var altered = lines
        altered[1] = altered[1].replacing("\"drop\":2", with: "\"drop\":9")
        #expect(Self.look(altered).fault?.contains("line 43 does not follow from line 42") == true)
        #expect(Self.look([lines[0], lines[2], lines[3]]).fault?.contains("lines were removed") == true)
        #expect(Self.look([lines[0], lines[1], lines[1]]).fault?.contains("put in") == true)
        #expect(Self.look(lines + ["no line"]).fault?.contains("behind line 44") == true)
        #expect(Self.look(Self.lines(Self.some, from: 1)).fault == nil)
        let beginning = RecordLine(number: 1, previous: Self.sum("x"), at: 1, entry: Self.some[0]).text
        #expect(Self.look([beginning]).fault?.contains("beginning") == true)
        let short = Self.look(lines, end: RecordTail(number: 46, sha256: Self.sum("y")))
        #expect(short.fault == "it ends with line 44, the ledger knows line 46: lines were removed")
        #expect(Self.look(lines, end: RecordTail(number: 44, sha256: Self.sum("y"))).fault?.contains("anew") == true)
        #expect(Self.look([], end: RecordTail(number: 9, sha256: Self.sum("y"))).fault?.contains("gone") == true)
    }

    @Test("A signature of a line that was seen is proved, and the last one is told")
    func signatures() {
        func signed(_ about: Int, _ sha256: String, key: String) -> [String] {
            Self.lines(
                [Self.some[0], .signed(day: "2026-11-28", line: about, sha256: sha256, key: key, signature: "ff")])
        }
        let first = Self.sum(Self.lines(Self.some)[0])
        #expect(Self.look(signed(41, first, key: "good")).signature == .init(day: "2026-11-28", key: "good"))
        #expect(Self.look(signed(41, first, key: "good")).fault == nil)
        #expect(Self.look(signed(41, first, key: "bad")).fault?.contains("signature of 2026-11-28") == true)
        #expect(Self.look(signed(41, Self.sum("y"), key: "good")).fault != nil)
        // Of a line before those that are looked at nothing can be told.
        #expect(Self.look(signed(7, Self.sum("y"), key: "bad")).fault == nil)
        #expect(Self.look(Self.lines(Self.some)).signature == nil)
    }

    @Test("The last acts are known, the last one first")
    func acts() {
        let acts = (1...12).map { RecordEntry.act(RecordAct("hold", drop: $0, by: "unix:alice", from: "command")) }
        #expect(Self.look(Self.lines(acts)).acts.map(\.act.drop) == (5...12).reversed().map { $0 })
    }
}
