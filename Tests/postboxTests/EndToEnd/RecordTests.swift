import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("The record, end to end", .serialized, .ownThreads)
struct RecordTests {
    private static func spool(_ desk: Desk) -> String { desk.path(.inbox).deletingLastPathComponent().path }

    private static func record(_ desk: Desk) throws -> [String] {
        try String(contentsOfFile: spool(desk) + "/record.jsonl", encoding: .utf8).split(separator: "\n").map(
            String.init)
    }

    private static func write(_ lines: [String], _ desk: Desk) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: spool(desk) + "/record.jsonl"))
    }

    private static func contributed() async throws -> (Desk, RunningSimulator) {
        let desk = try Desk()
        let simulator = try await desk.simulate(SmallContribution.scenario)
        try desk.configure([simulator.url], top: "archive: flat")
        try SmallContribution.drop(at: desk)
        #expect(try await desk.once() == 2)
        return (desk, simulator)
    }

    @Test("What was contributed is proved; every line can be checked by hand with sha256sum")
    func proved() async throws {
        let (desk, simulator) = try await Self.contributed()
        let shown = try await desk.command(["audit", "verify"])
        #expect(shown.code == 0 && shown.output.hasPrefix("proved: "), "\(shown.output)\(shown.errorOutput)")
        #expect(shown.output.contains("3 drops"))
        let lines = try Self.record(desk).compactMap { RecordLine($0) }
        let words = lines.map(\.entry.what)
        #expect(words.filter { $0 == "settled" }.count == 3 && words[0] == "began" && words.contains("configuration"))
        // As the manual has it.
        let sums = Process()
        sums.executableURL = URL(fileURLWithPath: "/bin/sh")
        sums.arguments = [
            "-c", "cd '\(Self.spool(desk))' && sed -n 1p record.jsonl | sha256sum && sha256sum done/b.json.result.csv",
        ]
        let pipe = Pipe()
        sums.standardOutput = pipe
        try sums.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let hashes = text.split(separator: "\n").map { String($0.prefix(64)) }
        #expect(lines[1].previous == hashes[0])
        let settled = lines.compactMap { if case .settled(let settled) = $0.entry { settled } else { nil } }
        #expect(settled.first { $0.file == "b.json" }?.resultSHA256 == hashes[1])
        #expect(settled.map(\.path).sorted() == ["done/b.json", "done/c.xml", "failed/a.csv"])
        // A second run tells nothing again that is as it was.
        #expect(try await desk.once() == 0)
        #expect(try Self.record(desk).count - lines.count <= 1)
        withExtendedLifetime(simulator) {}
    }

    @Test("Whatever is altered, removed or put in is named, and nothing else is")
    func altered() async throws {
        let (desk, simulator) = try await Self.contributed()
        let spool = Self.spool(desk)
        let lines = try Self.record(desk)
        let directories = Settings.Directories(spool: spool)
        func fault() -> String {
            do {
                _ = try RecordProof(directories: directories).run()
                return ""
            } catch {
                return "\(error)"
            }
        }
        /// Changes a file, looks, and puts it back.
        func changed(_ name: String, _ change: (String) throws -> Void) throws -> String {
            let path = spool + "/" + name
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            try change(path)
            let found = fault()
            try before.write(to: URL(fileURLWithPath: path))
            return found
        }
        func alter(_ path: String) throws {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        #expect(fault() == "")
        for name in ["done/b.json.result.csv", "failed/a.csv.summary.json", "done/b.json", "failed/a.csv"] {
            #expect(try changed(name, alter).contains("altered"), "\(name)")
            let gone = try changed(name) { try FileManager.default.removeItem(atPath: $0) }
            // A price file that ended badly may be moved, to drop it again.
            #expect(name == "failed/a.csv" ? gone.isEmpty : gone.contains("gone"), "\(name): \(gone)")
        }
        // Whatever is wrong with one file, the others are looked at.
        let both = try changed("done/b.json") { path in
            try alter(path)
            #expect(try changed("failed/a.csv.result.csv", alter).contains("(b.json): its file was altered"))
        }
        #expect(both.contains("(b.json): its file was altered") && !both.contains("a.csv"))
        let ledger = spool + "/state/ledger.sqlite"
        try FileManager.default.moveItem(atPath: ledger, toPath: ledger + ".away")
        #expect(fault().contains("the ledger is gone"))
        try FileManager.default.moveItem(atPath: ledger + ".away", toPath: ledger)
        #expect(fault() == "")
        let copy = spool + "/done/d.csv.summary.json"
        try FileManager.default.copyItem(atPath: spool + "/done/c.xml.summary.json", toPath: copy)
        #expect(fault().contains("no file of the record"))
        try FileManager.default.removeItem(atPath: copy)
        for index in lines.indices {
            var other = lines
            other.remove(at: index)
            try Self.write(other, desk)
            #expect(!fault().isEmpty, "without line \(index + 1)")
            other = lines
            other[index] = other[index].replacing("20", with: "21", maxReplacements: 1)
            try Self.write(other, desk)
            #expect(!fault().isEmpty, "line \(index + 1) altered")
        }
        try Self.write(lines + ["{}"], desk)
        #expect(!fault().isEmpty)
        try Self.write(Array(lines.dropLast(2)), desk)
        #expect(fault().contains("the last 2 lines are gone"))
        // The service goes on, says so, and what was removed stays missed.
        try desk.drop("later.csv", "RIC,BID\nL.TST,7\n")
        let run = try desk.start(["--once"])
        #expect(try await run.exitCode() == 0)
        #expect(fault().contains("lines were removed"))
        try FileManager.default.removeItem(atPath: spool + "/record.jsonl")
        #expect(fault().contains("is gone"))
        withExtendedLifetime(simulator) {}
    }

    @Test(
        "Killed between ledger and file, the record is whole again at the next start",
        arguments: ["settled", "record_appended", "record_noted", "closed"])
    func killed(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(SmallContribution.scenario)
        try desk.configure([simulator.url])
        try SmallContribution.drop(at: desk)
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        _ = try await desk.once()
        try SmallContribution.verify(desk, simulator.events())
        // No line waits in the ledger any more.
        let proved = try RecordProof(directories: Settings.Directories(spool: Self.spool(desk))).run()
        #expect(try Self.record(desk).count == proved.lines)
    }

    @Test("A ledger that is lost begins a new part of the same record")
    func lostLedger() async throws {
        let (desk, simulator) = try await Self.contributed()
        let before = try Self.record(desk)
        for name in desk.names(in: .state) where name.hasPrefix("ledger") {
            try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent(name))
        }
        try desk.drop("later.csv", "RIC,BID\nL.TST,7\n")
        #expect(try await desk.once() == 0)
        let after = try Self.record(desk)
        #expect(Array(after[..<before.count]) == before)
        #expect(after.compactMap { RecordLine($0) }.filter { $0.entry.what == "began" }.count == 2)
        let proved = try RecordProof(directories: Settings.Directories(spool: Self.spool(desk))).run()
        #expect(proved.drops == 4)
        withExtendedLifetime(simulator) {}
    }

    @Test("Who held, resumed and cancelled stands in the record, once, whatever is started again")
    func acts() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.command(["hold", "inbox"]).code == 0)
        for _ in 0..<2 { _ = try await desk.once() }
        #expect(try await desk.command(["resume", "inbox"]).code == 0)
        #expect(try await desk.once() == 0)
        let acts = try Self.record(desk).compactMap { RecordLine($0) }.compactMap {
            if case .act(let act) = $0.entry { act } else { nil }
        }
        #expect(acts.map(\.act).first == "hold" && acts.filter { $0.act == "hold" }.count == 1)
        #expect(acts[0].subject == "the inbox" && acts[0].by.hasPrefix("unix:"))
        withExtendedLifetime(simulator) {}
    }

    @Test("The day before is signed with the key and told to the anchor command")
    func signed() async throws {
        let (desk, simulator) = try await Self.contributed()
        let ledgerPath = desk.path(.state).appendingPathComponent("ledger.sqlite").path
        let pem =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n"
        let key = desk.folder.appendingPathComponent("key.pem")
        try Data(pem.utf8).write(to: key)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key.path)
        // A day's end as the next day finds it.
        do {
            let ledger = try Ledger(path: ledgerPath, firstNumber: 1)
            try await ledger.record(.forgotten(drop: 1), at: Clock.wall() - 86_400_000_000)
            try await ledger.record(.forgotten(drop: 1), at: Clock.wall())
        }
        let told = desk.folder.appendingPathComponent("anchored").path
        try desk.configure([simulator.url], top: "record_key: key.pem\nanchor_command: cat >> \(told)")
        let service = try desk.start()
        try await eventually("the day is signed") {
            (try? Self.record(desk).contains { $0.contains("\"signed\"") }) == true
        }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let line = try #require(
            try Self.record(desk).compactMap { RecordLine($0) }.last { $0.entry.what == "signed" })
        guard case .signed(_, _, let hash, let publicKey, let signature) = line.entry else { return }
        #expect(RecordKey.isSigned(signature, publicKey, hash))
        let anchored = try String(contentsOfFile: told, encoding: .utf8)
        #expect(JSONValue.parse(anchored.split(separator: "\n").last.map(String.init) ?? "")?["sha256"]?.text == hash)
        let proved = try RecordProof(directories: Settings.Directories(spool: Self.spool(desk))).run()
        #expect(proved.signatures > 0 && proved.keys == [publicKey])
    }
}
