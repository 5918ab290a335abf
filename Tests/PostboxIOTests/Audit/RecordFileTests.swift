import Foundation
import GRDB
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite("The record's file")
struct RecordFileTests {
    private let folder: TemporaryFolder
    private let file: RecordFile

    init() throws {
        folder = try TemporaryFolder()
        file = RecordFile(folder: folder.path)
    }

    private func text() throws -> String { try folder.text("record.jsonl") }

    @Test("Lines are appended; what a kill left of them is written over, however much that is")
    func appended() throws {
        #expect(try file.append(["one", "two"], behind: 0) == (8, .whole))
        for left in ["", "th", "three", "three\n", "three\nfo", "th\0\0\0\nfou", String(repeating: "\0", count: 50)] {
            try folder.write("one\ntwo\n" + left, to: "record.jsonl")
            #expect(try file.append(["three", "four"], behind: 8) == (19, .whole), "\(left)")
            #expect(try text() == "one\ntwo\nthree\nfour\n")
        }
    }

    @Test("Bytes that Postbox did not write, and those that are missing, are told and stay as they are")
    func altered() throws {
        _ = try file.append(["one", "two"], behind: 0)
        try folder.write("one\ntwo\nforged", to: "record.jsonl")
        #expect(try file.append(["three"], behind: 8) == (21, .altered))
        #expect(try text() == "one\ntwo\nforged\nthree\n")
        try folder.write("one\n", to: "record.jsonl")
        #expect(try file.append(["three"], behind: 8) == (10, .altered))
        #expect(try text() == "one\nthree\n")
        try FileManager.default.removeItem(atPath: file.path)
        #expect(try file.append(["three"], behind: 8) == (6, .altered))
    }

    @Test("The end of a record whose ledger is lost is found, also behind a line that was cut")
    func tail() throws {
        #expect(try file.tail() == RecordTail())
        let line = RecordLine(number: 12, previous: RecordLine.noHash, at: 1, entry: .forgotten(drop: 3)).text
        try folder.write(line + "\n" + line.prefix(10), to: "record.jsonl")
        let tail = try file.tail()
        #expect(tail.number == 12 && tail.bytes == line.utf8.count + 1)
        #expect(tail.sha256 == SHA256Text.of(Array((line + "\n").utf8)))
        #expect(try file.append(["next"], behind: tail.bytes).found == .altered)
    }

    @Test("Its last lines are read without the others, each of them whole")
    func lastLines() throws {
        func last(_ bytes: Int) throws -> [String] {
            var found: [String] = []
            try file.eachLastLine(within: bytes) { text, sha256 in
                #expect(sha256 == SHA256Text.of(Array((text + "\n").utf8)))
                found.append(text)
            }
            return found
        }
        #expect(try last(100) == [])
        try folder.write("one\nthree\nfive\nsev", to: "record.jsonl")
        #expect(try last(100) == ["one", "three", "five"] && last(18) == ["one", "three", "five"])
        #expect(try last(14) == ["three", "five"] && last(13) == ["five"] && last(8) == ["five"] && last(7) == [])
    }

    // MARK: - In the ledger

    private func ledger() throws -> Ledger { try Ledger(path: folder.path("ledger.sqlite"), firstNumber: 1) }

    private func lines(_ ledger: Ledger) async throws -> [RecordLine] {
        try await ledger.pendingRecord()?.lines.compactMap { RecordLine($0) } ?? []
    }

    @Test("A drop's line is in the transaction that settles it: both are there, or neither")
    func oneTransaction() async throws {
        let ledger = try ledger()
        try await ledger.beginRecord(version: "1") { RecordTail() }
        let rule = MappingRule(match: "*", destinations: ["cache"])
        let drops = try await ledger.claim(
            [
                ("a.csv", DropSnapshot(rule: rule, services: [:], updateOnly: [:])),
                ("b.csv", DropSnapshot(rule: rule, services: [:], updateOnly: [:])),
            ], at: 1)
        func settle(_ made: [MadeDrop] = []) async throws {
            try await ledger.settle(
                drops[0], verdict: .done, folder: "/s/done", target: "a.csv", summary: Array("{}".utf8), size: 1,
                sha256: "x", firstSentAt: 1, isSent: true, made: made,
                proof: SettledProof(path: "done/a.csv", resultSHA256: "r"), at: 5)
        }
        // A drop that has a number of another one cannot be made: nothing of the transaction stays.
        await #expect(throws: LedgerError.self) {
            try await settle([
                MadeDrop(
                    number: drops[1], name: "x", snapshot: DropSnapshot(rule: rule, services: [:], updateOnly: [:]),
                    hold: nil)
            ])
        }
        #expect(try await lines(ledger).map(\.entry.what) == ["began"])
        try await settle()
        try await ledger.forget(drops[1])
        try await ledger.forget(drops[1])
        _ = try await ledger.reserve(2)
        let all = try await lines(ledger)
        #expect(all.map(\.entry.what) == ["began", "settled", "forgotten", "reserved"])
        #expect(all.map(\.number) == [1, 2, 3, 4])
        guard case .settled(let settled) = all[1].entry else { return }
        #expect(settled.file == "a.csv" && settled.resultSHA256 == "r" && settled.path == "done/a.csv")
        #expect(settled.summarySHA256 == SHA256Text.of(Array("{}".utf8)))
        #expect(all[3].entry == .reserved(first: drops[1] + 1, last: drops[1] + 2))
    }

    @Test("Lines wait in the ledger until the file has them; what stands for a while is told once")
    func waiting() async throws {
        let ledger = try ledger()
        func hold(_ since: String?) async throws {
            try await ledger.record(.forgotten(drop: 1), ifNew: since, of: "command", "hold-inbox", at: 1)
        }
        for since in [nil, "1", "1", "2", nil, nil] { try await hold(since) }
        #expect(try await lines(ledger).count == 3)
        let pending = try #require(try await ledger.pendingRecord(atMost: 2))
        #expect(pending.lines.count == 2 && pending.lastNumber == 2 && pending.fileBytes == 0)
        try await ledger.recordWritten(through: 2, fileBytes: 77)
        let rest = try #require(try await ledger.pendingRecord())
        #expect(rest.lines.count == 1 && rest.fileBytes == 77)
        let reading = try #require(try LedgerReading(path: folder.path("ledger.sqlite")))
        let state = try #require(try reading.recordState())
        #expect(state.number == 3 && state.pending.map(\.number) == [3] && state.pending[0].sha256 == state.sha256)
    }

    @Test("Of steps that came one after the other each is told once, from the one on that was told last")
    func steps() async throws {
        let ledger = try ledger()
        func tell(_ values: String...) async throws -> [String] {
            let before = try await lines(ledger).count
            let steps = values.map { Ledger.Step(.act(RecordAct($0, by: "unix:a", from: "here")), $0) }
            try await ledger.record(steps, of: "command", "hold-inbox", at: 1)
            return try await lines(ledger).dropFirst(before).map {
                if case .act(let act) = $0.entry { act.act } else { "" }
            }
        }
        #expect(try await tell("given 1", "back 1") == ["given 1", "back 1"])
        #expect(try await tell("given 1", "back 1") == [])
        #expect(try await tell("given 1", "back 1", "given 2", "back 2") == ["given 2", "back 2"])
        #expect(try await tell("given 3") == ["given 3"])
        #expect(try await tell("given 3", "back 3", "given 4") == ["back 3", "given 4"])
    }

    @Test("A day's last line is known once a later day has one, until it is signed")
    func days() async throws {
        let ledger = try ledger()
        let day: Int64 = 86_400_000_000
        for at in [1, 2, day + 1, 2 * day + 1, 2 * day + 2] { try await ledger.record(.forgotten(drop: 1), at: at) }
        let days = try await ledger.unsignedDays(before: "1970-01-03")
        #expect(days.map(\.day) == ["1970-01-01", "1970-01-02"] && days.map(\.number) == [2, 3])
        let hash = try #require(try await lines(ledger).first { $0.number == 3 }?.previous)
        #expect(days[0].sha256 == hash)
        try await ledger.signed(days[0], nil, at: 3 * day)
        #expect(try await ledger.unsignedDays(before: "1970-01-03").map(\.day) == ["1970-01-02"])
    }

    @Test("A ledger that was lost goes on where the file ends")
    func lost() async throws {
        let ledger = try ledger()
        try await ledger.beginRecord(version: "1") { RecordTail(number: 12, sha256: "h", bytes: 99) }
        try await ledger.beginRecord(version: "1") { RecordTail(number: 500) }
        let pending = try #require(try await ledger.pendingRecord())
        #expect(pending.fileBytes == 99)
        let first = try #require(RecordLine(pending.lines[0].replacing("\"h\"", with: "\"\(RecordLine.noHash)\"")))
        #expect(first.number == 13 && pending.lines.count == 1)
    }
}

@Suite("The key of the record", .computing)
struct RecordKeyTests {
    @Test("A key as openssl writes it signs what anybody can check; everything else is refused with a sentence")
    func signs() throws {
        let folder = try TemporaryFolder()
        // RFC 8410 §10.3 and §10.1.
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
            -----END PRIVATE KEY-----

            """
        let path = try folder.write(pem, to: "key.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let key = try RecordKey(path: path)
        #expect(key.publicHex == "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
        let hash = String(repeating: "0a", count: 32)
        guard
            case .signed(let day, let line, hash, key.publicHex, let signature) =
                try key.signature(ofDay: "2026-11-28", line: 7, sha256: hash)
        else {
            Issue.record("it is no signature")
            return
        }
        #expect(day == "2026-11-28" && line == 7)
        #expect(RecordKey.isSigned(signature, key.publicHex, hash))
        #expect(!RecordKey.isSigned(signature, key.publicHex, "0b" + hash.dropFirst(2)))
        #expect(!RecordKey.isSigned("00" + signature.dropFirst(2), key.publicHex, hash))
        for broken in ["", "x", "zz", "00"] { #expect(!RecordKey.isSigned(broken, key.publicHex, hash)) }

        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect { try RecordKey(path: path) } throws: { "\($0)".contains("chmod 600") }
        try folder.write("secret", to: "other.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path("other.pem"))
        #expect { try RecordKey(path: folder.path("other.pem")) } throws: { "\($0)".contains("openssl genpkey") }
        #expect { try RecordKey(path: folder.path("none.pem")) } throws: { "\($0)".contains("cannot be read") }
    }
}
