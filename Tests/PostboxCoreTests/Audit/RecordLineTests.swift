import PostboxCore
import TestSupport
import Testing

@Suite("Lines of the record", .computing)
struct RecordLineTests {
    private static let hash = String(repeating: "ab", count: 32)

    private static let entries: [RecordEntry] = [
        .began(last: 7, open: [3, 7], version: "1.2"),
        .settled(
            RecordEntry.Settled(
                drop: 8, file: "a\u{202e}\"b.csv", verdict: .partial, path: "failed/2026-11-29/a.csv",
                summarySHA256: hash, resultSHA256: hash)),
        .forgotten(drop: 9), .reserved(first: 10, last: 12), .made(drop: 10, original: 8),
        .made(drop: 11, original: nil),
        .act(
            RecordAct(
                "resend", drop: 8, by: "unix:alice", from: "control socket", why: "a \"reason\"\nof two lines",
                rows: "nacked")),
        .act(RecordAct("hold", subject: "the inbox", by: "unknown", from: "state/control")),
        .act(
            {
                var act = RecordAct("hold", subject: "the inbox", by: "unix:bob", from: "state/control", why: "odd")
                act.givenAt = 1_794_000_000_000_001
                return act
            }()),
        .inUse(.configuration, name: "", sha256: hash), .inUse(.table, name: "rates", sha256: hash),
        .inUse(.dictionary, name: "/etc/RDMFieldDictionary", sha256: hash),
        .inUse(.configuration, name: "", sha256: hash, by: .init(by: "unix:alice", from: "page", why: "new \"rate\"")),
        .inUse(.configuration, name: "", sha256: hash, by: .init(by: nil, from: "signal")),
        .inUse(
            .configuration, name: "", sha256: hash,
            by: .init(by: "unix:alice", from: "page", why: "w", approvedBy: "page:bob")),
        .clock(ClockState(isSynchronised: true, estimatedError: 1234)),
        .signed(day: "2026-11-28", line: 3, sha256: hash, key: hash, signature: hash + hash),
        .removed(drop: 8, files: ["failed/a.csv", "failed/a.csv.result.csv"]),
    ]

    @Test("Each line is one of JSON, and reads back as what was written", arguments: entries)
    func reads(_ entry: RecordEntry) {
        let line = RecordLine(number: 42, previous: Self.hash, at: 1_795_000_000_000_001, entry: entry)
        #expect(!line.text.contains { $0.isNewline } && VisibleText.isVisible(line.text))
        #expect(JSONValue.parse(line.text)?["what"]?.text == entry.what)
        #expect(RecordLine(line.text) == line)
    }

    @Test("What is no line is none; members of a later version are passed over")
    func others() {
        let line = RecordLine(number: 1, previous: RecordLine.noHash, at: 0, entry: .forgotten(drop: 9)).text
        #expect(RecordLine(line.dropLast() + ",\"more\":[1]}")?.entry == .forgotten(drop: 9))
        for text in ["", "{}", String(line.dropLast()), line.replacing("forgotten", with: "odd"), "x" + line] {
            #expect(RecordLine(text) == nil, "\(text)")
        }
    }

    @Test("An act that an earlier version called otherwise is read by its word of today")
    func earlierWord() {
        let act = RecordAct("no-action", drop: 8, by: "unix:alice", from: "command", why: "known")
        let line = RecordLine(number: 1, previous: Self.hash, at: 0, entry: .act(act)).text
        let earlier = line.replacing("no-action", with: "no_action")
        #expect(earlier != line && RecordLine(earlier)?.entry == .act(act))
    }

    // MARK: - The chain

    /// A hash that tells lines apart, which is all that is wanted of it here.
    private static func sum(_ text: String) -> String {
        var value: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 1_099_511_628_211 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    private static func settled(_ drop: Int) -> RecordEntry {
        .settled(
            RecordEntry.Settled(
                drop: drop, file: "a.csv", verdict: .done, path: "done/\(drop).csv", summarySHA256: hash,
                resultSHA256: hash))
    }

    private static func lines(_ entries: [RecordEntry]) -> [String] {
        var hash = RecordLine.noHash
        return entries.enumerated().map { index, entry in
            let text = RecordLine(number: index + 1, previous: hash, at: 1_000_000, entry: entry).text
            hash = sum(text)
            return text
        }
    }

    /// What the chain says of lines: nil: nothing is wrong.
    private static func fault(_ lines: [String]) -> RecordChain.Fault? {
        var chain = RecordChain()
        for line in lines {
            do throws(RecordChain.Fault) {
                _ = try chain.take(line, sha256: sum(line), isSigned: { _, key, _ in key == "good" })
            } catch {
                return error
            }
        }
        return nil
    }

    @Test("A record that nobody touched holds; altered, removed, added and exchanged lines are named")
    func chain() {
        let whole = Self.lines([
            .began(last: 0, open: [], version: "1"), Self.settled(1), Self.settled(2), Self.settled(3),
        ])
        #expect(Self.fault(whole) == nil)
        var altered = whole
        altered[1] = altered[1].replacing("\"done\"", with: "\"failed\"")
        #expect(Self.fault(altered)?.line == 3)
        #expect(Self.fault(altered)?.text.contains("altered") == true)
        #expect(
            Self.fault(whole.enumerated().filter { $0.offset != 1 }.map(\.element))?.text.contains("removed") == true)
        #expect(Self.fault(Array(whole.dropFirst()))?.line == 1)
        #expect(Self.fault(whole[..<2] + [whole[1]] + whole[2...])?.text.contains("put in") == true)
        #expect(Self.fault(whole[..<2] + ["no line"] + whole[2...])?.line == 3)
        // Somebody who numbers and chains his own line anew cannot do so for those behind it.
        let forged = RecordLine(number: 2, previous: Self.sum(whole[0]), at: 5, entry: Self.settled(9)).text
        #expect(Self.fault([whole[0], forged, whole[2]])?.line == 3)
    }

    @Test("A drop that is settled twice at two places, and a signature that is none, are named")
    func twice() {
        var other = Self.lines([Self.settled(1), Self.settled(1)])
        #expect(Self.fault(other) == nil)
        other = Self.lines([
            Self.settled(1),
            .settled(
                RecordEntry.Settled(
                    drop: 1, file: "a.csv", verdict: .done, path: "elsewhere", summarySHA256: Self.hash,
                    resultSHA256: Self.hash)),
        ])
        #expect(Self.fault(other)?.text.contains("second time") == true)
        let first = Self.lines([Self.settled(1)])[0]
        func signed(_ line: Int, _ sha256: String, _ key: String) -> [String] {
            Self.lines([
                Self.settled(1), .signed(day: "2026-11-28", line: line, sha256: sha256, key: key, signature: "ff"),
            ])
        }
        #expect(Self.fault(signed(1, Self.sum(first), "good")) == nil)
        #expect(Self.fault(signed(1, Self.sum(first), "bad"))?.line == 2)
        #expect(Self.fault(signed(1, Self.hash, "good"))?.line == 2)
        #expect(Self.fault(signed(2, Self.sum(first), "good"))?.line == 2)
    }

    @Test(
        "Every number is accounted for by its end, by coming to nothing, by being open, or by being older than the record"
    )
    func numbers() throws {
        var chain = RecordChain()
        for line in Self.lines([
            .began(last: 4, open: [3], version: "1"), Self.settled(5), .forgotten(drop: 6),
            .reserved(first: 8, last: 9),
            .made(drop: 8, original: 5),
        ]) {
            _ = try chain.take(line, sha256: Self.sum(line), isSigned: { _, _, _ in false })
        }
        let known = (1...10).map { chain.accounts(for: $0, isOpen: false) }
        #expect(known == [true, true, false, true, true, true, false, false, true, false])
        #expect(chain.accounts(for: 3, isOpen: true) && chain.isBeforeRecord(4) && !chain.isBeforeRecord(3))
    }

    @Test("What a person did is told to people in words, and kept by a word that stays")
    func words() {
        let alice = Person(text: "unix:alice", isNamed: true)
        let proposed = RecordAct(.withdraw(Withdrawal(.drop(2), why: "wrong")), by: alice, proposed: true)
        #expect(proposed.act == "propose_withdraw" && proposed.words == "propose to withdraw")
        for (word, words) in [
            ("propose_release", "propose to release"), ("propose_reload", "propose to reload"),
            ("sign_day", "sign off"), ("expect_skip", "expect no file"), ("expect_undo", "expect the file again"),
            ("no-action", "no action"), ("hold", "hold"), ("made_up", "made up"),
        ] {
            #expect(RecordAct(word, by: "unix:alice", from: "command").words == words)
        }
        for verb in DeskVerb.allCases {
            #expect(!RecordAct(verb.rawValue, by: "unix:alice", from: "command").words.contains { "_-".contains($0) })
        }
    }
}
