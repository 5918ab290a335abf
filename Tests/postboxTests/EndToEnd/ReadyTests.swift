import Foundation
import TestSupport
import Testing

@Suite("Complete files only, end to end", .serialized, .ownThreads)
struct ReadyTests {
    private static let rows = "RIC,BID\nA.TST,1.10\nB.TST,2.205\n"
    private static let marked = "  - {match: \"*.csv\", ready: {suffix: .ok}}"

    /// As sha256sum tells it, which producers use.
    private static func sha256(_ text: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("postbox-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try Spawning.start(process)
        let output = try #require(try pipe.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        return String(decoding: output.prefix(64), as: UTF8.self)
    }

    /// A service on the desk, seen to have started.
    private func serve(_ desk: Desk) async throws -> ChildProcess {
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }
        return service
    }

    private func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    // MARK: - Markers

    @Test("A file is taken when its marker stands beside it, at once, and the marker goes where the file goes")
    func marker() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]")
        try desk.configure([simulator.url], top: "settle: 1h\nrescan: 200ms", files: Self.marked)
        let service = try await serve(desk)
        // Written, not renamed, and settle is an hour.
        for (name, text) in [("a.csv", Self.rows), ("bad.csv", "RIC,BID\nNO.TST,1\n")] {
            try Data(text.utf8).write(to: desk.path(.inbox).appendingPathComponent(name))
        }
        try await eventually("both wait") {
            service.errorOutput.contains("waits in the inbox for a.csv.ok")
                && service.errorOutput.contains("waits in the inbox for bad.csv.ok")
        }
        #expect(desk.names(in: .inbox) == ["a.csv", "bad.csv"])
        for name in ["a.csv.ok", "bad.csv.ok"] { try desk.drop(name, "") }
        #expect(try await desk.finish("a.csv", in: .done).column("outcome") == ["acked", "acked"])
        _ = try await desk.finish("bad.csv", in: .failed)
        #expect(desk.names(in: .inbox).isEmpty)
        #expect(desk.names(in: .done) == ["a.csv", "a.csv.ok", "a.csv.result.csv", "a.csv.summary.json"])
        #expect(desk.names(in: .failed).contains("bad.csv.ok"))
        try await stop(service)
    }

    @Test("A file that is still open for writing is not taken, although its marker is there")
    func openWithMarker() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: 1h\nrescan: 200ms", files: Self.marked)
        let service = try await serve(desk)
        let writer = try desk.create("a.csv")
        try writer.write(contentsOf: Data("RIC,BID\nA.TST,1\n".utf8))
        try desk.drop("a.csv.ok", "")
        try desk.drop("b.csv", Self.rows)
        try desk.drop("b.csv.ok", "")
        _ = try await desk.finish("b.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["a.csv", "a.csv.ok"])
        try writer.write(contentsOf: Data("B.TST,2\n".utf8))
        try writer.close()
        #expect(try await desk.finish("a.csv", in: .done).summary.rows == 2)
        try await stop(service)
    }

    @Test("--once leaves what waits for its marker, and markers without a file, and ends with 0")
    func onceLeaves() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.marked)
        for name in ["waits.csv", "taken.csv"] { try desk.drop(name, Self.rows) }
        for name in ["taken.csv.ok", "alone.csv.ok"] { try desk.drop(name, "") }
        #expect(try await desk.once() == 0)
        _ = try desk.finished("taken.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["alone.csv.ok", "waits.csv"])
        #expect(desk.names(in: .failed).isEmpty)
        let lines = desk.log().split(separator: "\n")
        #expect(lines.filter { $0.contains(" waiting ") && $0.contains("waits.csv.ok") }.count == 1)
        #expect(lines.filter { $0.contains(" companion_alone ") && $0.contains("alone.csv.ok") }.count == 1)
    }

    @Test("A link is no marker")
    func linkedMarker() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.marked)
        try desk.drop("a.csv", Self.rows)
        try FileManager.default.createSymbolicLink(
            at: desk.path(.inbox).appendingPathComponent("a.csv.ok"),
            withDestinationURL: desk.path(.inbox).appendingPathComponent("a.csv"))
        #expect(try await desk.once() == 0)
        #expect(desk.names(in: .inbox) == ["a.csv", "a.csv.ok"])
    }

    @Test(
        "Killed anywhere around the claim, file, marker and checksum stay together",
        arguments: ["claim_recorded", "companions_claimed", "claim_renamed", "claimed", "settled", "moved"])
    func killed(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.marked)
        try desk.drop("a.csv", Self.rows)
        try desk.drop("a.csv.sha256", try Self.sha256(Self.rows))
        try desk.drop("a.csv.ok", "")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        // No marker ever lies in the inbox without its file.
        if !desk.names(in: .inbox).contains("a.csv") { #expect(desk.names(in: .inbox).isEmpty) }
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("a.csv", in: .done).column("outcome") == ["acked", "acked"])
        #expect(
            desk.names(in: .done) == [
                "a.csv", "a.csv.ok", "a.csv.result.csv", "a.csv.sha256", "a.csv.summary.json",
            ])
        #expect(desk.names(in: .inbox).isEmpty && desk.names(in: .work).isEmpty)
    }

    @Test("Killed between marker and file with the ledger lost, both are taken anew")
    func killedAndLedgerLost() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.marked)
        try desk.drop("a.csv", Self.rows)
        try desk.drop("a.csv.ok", "")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": "companions_claimed"]) == 137)
        #expect(desk.names(in: .inbox) == ["a.csv"])
        for name in desk.names(in: .state) where name.contains("ledger") {
            try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent(name))
        }
        #expect(try await desk.once() == 0)
        _ = try desk.finished("a.csv", in: .done)
        #expect(desk.names(in: .inbox).isEmpty && desk.names(in: .work).isEmpty)
    }

    // MARK: - Checksums

    @Test("A file whose checksum agrees is done; the checksum moves along", arguments: ["checksum: sha256, ", ""])
    func checksum(key: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {\(key)match: \"*.csv\"}")
        try desk.drop("a.csv.sha256", try Self.sha256(Self.rows).uppercased() + " *a.csv\n")
        try desk.drop("a.csv", Self.rows)
        #expect(try await desk.once() == 0)
        _ = try desk.finished("a.csv", in: .done)
        #expect(desk.names(in: .done).contains("a.csv.sha256"))
        #expect(desk.names(in: .inbox).isEmpty)
    }

    @Test(
        "A checksum of other bytes, or one that cannot be read, refuses the file: nothing is sent",
        arguments: [
            (String(repeating: "0", count: 64), "checksum_mismatch"), ("", "checksum_unreadable"),
            ("md5 it is", "checksum_unreadable"),
        ], ["checksum: sha256, ", ""])
    func checksumRefuses(_ companion: (text: String, reason: String), key: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {\(key)match: \"*.csv\"}")
        try desk.drop("a.csv.sha256", companion.text)
        try desk.drop("a.csv", Self.rows)
        // One that is broken by the same damage.
        try desk.drop("cut.csv.sha256", companion.text)
        try desk.drop("cut.csv", "RIC,BID\nA.TST,\"1")
        #expect(try await desk.once() == 3)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == companion.reason)
        #expect(file.column("outcome") == ["unsent", "unsent"])
        #expect(file.column("reason") == [companion.reason, companion.reason])
        #expect(desk.names(in: .failed).contains("a.csv.sha256"))
        #expect(try desk.finished("cut.csv", in: .failed).summary.reason == companion.reason)
        #expect(try simulator.posts().isEmpty)
    }

    @Test("A checksum that the rule asks for is waited for; without a rule for it nothing is")
    func checksumMissing() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], files: "  - {match: \"s*.csv\", checksum: sha256}\n  - {match: \"*.csv\"}")
        try desk.drop("s.csv", Self.rows)
        try desk.drop("a.csv", Self.rows)
        try desk.drop("late.csv.sha256", try Self.sha256(Self.rows))
        #expect(try await desk.once() == 0)
        _ = try desk.finished("a.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["late.csv.sha256", "s.csv"])
        try desk.drop("s.csv.sha256", try Self.sha256(Self.rows))
        #expect(try await desk.once() == 0)
        _ = try desk.finished("s.csv", in: .done)
    }

    @Test("In the plain mapping a checksum is checked as well")
    func plainChecksum() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv.sha256", try Self.sha256("else"))
        try desk.drop("a.csv", Self.rows)
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("a.csv", in: .failed).summary.reason == "checksum_mismatch")
        #expect(desk.names(in: .inbox).isEmpty)
    }

    // MARK: - Trailers

    private static let trailer =
        "  - {match: \"*.csv\", trailer: {match: TRL, count: 2, sum: {column: BID, field: 3}}}"

    @Test("A trailer that agrees is not posted, and stands neither in the result nor among the rejects")
    func trailer() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]")
        try desk.configure([simulator.url], files: Self.trailer)
        try desk.drop("a.csv", Self.rows + "TRL,2,3.3050\n")
        // A row that is rejected counts as well.
        try desk.drop("b.csv", "RIC,BID\nA.TST,1\nNO.TST,2\n,4\nTRL,3,7\n")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .done)
        #expect(file.column("ric") == ["A.TST", "B.TST"] && file.summary.rows == 2)
        let bad = try desk.finished("b.csv", in: .failed)
        #expect(bad.column("outcome") == ["acked", "nacked", "rejected"])
        #expect(String(decoding: try #require(bad.rejects), as: UTF8.self) == "RIC,BID\nNO.TST,2\n,4\n")
        #expect(try simulator.posts().count == 4)
    }

    @Test(
        "A trailer that is missing, misplaced or wrong refuses the file: nothing is sent",
        arguments: [
            (rows, "trailer_missing"), ("RIC,BID\nA.TST,1\nTRL,1,1\nB.TST,2\n", "trailer_misplaced"),
            (rows + "TRL,2,3.305\nTRL,2,3.305\n", "trailer_misplaced"), (rows + "TRL,3,3.305\n", "trailer_count"),
            (rows + "TRL,2,3.3051\n", "trailer_sum"), ("RIC,BID\nTRL,2,3.305\n", "trailer_count"),
        ])
    func trailerRefuses(text: String, reason: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: Self.trailer)
        try desk.drop("a.csv", text)
        #expect(try await desk.once() == 3)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == reason)
        #expect(file.rows.allSatisfy { $0["outcome"] == "unsent" && $0["reason"] == reason })
        #expect(file.rows.count == file.summary.rows)
        #expect(!String(decoding: file.rejects ?? Data(), as: UTF8.self).contains("TRL"))
        #expect(try simulator.posts().isEmpty)

        let check = try await desk.command(
            ["check", "--config", "postbox.yaml", desk.path(.failed).appendingPathComponent("a.csv").path])
        #expect(check.code == 3)
        #expect(check.output.contains(" \(reason): "))
    }

    @Test("In JSON the trailer is an object with a member of its own")
    func jsonTrailer() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url],
            files: "  - {match: \"*.jsonl\", trailer: {match: rows, count: rows, sum: {column: BID, field: bids}}}")
        let row = "{\"RIC\":\"A.TST\",\"BID\":1.10}\n{\"RIC\":\"B.TST\",\"BID\":2.20}\n"
        try desk.drop("a.jsonl", row + "{\"rows\":2,\"bids\":3.3}\n")
        try desk.drop("b.jsonl", row + "{\"rows\":2,\"bids\":3.4}\n")
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("a.jsonl", in: .done).summary.rows == 2)
        #expect(try desk.finished("b.jsonl", in: .failed).summary.reason == "trailer_sum")
        #expect(try simulator.posts().count == 2)
    }

    @Test("Rejects that are dropped again need no marker, checksum or trailer")
    func rejects() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]")
        try desk.configure(
            [simulator.url],
            files: "  - {match: \"eod.csv\", ready: {suffix: .ok}, checksum: sha256, trailer: {match: TRL, count: 2}}")
        let text = "RIC,BID\nA.TST,1\nNO.TST,2\nTRL,2\n"
        for _ in 1...2 {
            try desk.drop("eod.csv", text)
            try desk.drop("eod.csv.sha256", try Self.sha256(text))
            try desk.drop("eod.csv.ok", "")
            #expect(try await desk.once() == 2)
        }
        let second = try desk.finished("eod.2.csv", in: .failed)
        #expect(desk.names(in: .failed).contains("eod.2.csv.ok"))
        for (name, data, ric) in [
            ("eod.csv.rejects-1.csv", try desk.finished("eod.csv", in: .failed).rejects, "YES1.TST"),
            ("eod.csv.rejects-2.csv", second.rejects, "YES2.TST"),
        ] {
            let corrected = String(decoding: try #require(data), as: UTF8.self)
                .replacingOccurrences(of: "NO.TST", with: ric)
            #expect(corrected == "RIC,BID\n\(ric),2\n")
            try desk.drop(name, corrected)
            #expect(try await desk.once() == 0)
            #expect(try desk.finished(name, in: .done).column("outcome") == ["acked"])
        }
        let check = try await desk.command(
            [
                "check", "--config", "postbox.yaml",
                desk.path(.done).appendingPathComponent("eod.csv.rejects-1.csv").path,
            ])
        #expect(check.code == 0)
    }

    // MARK: - Order

    @Test("A rule may take its files in the order of their names")
    func order() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], files: "  - {match: \"n*.csv\", order: name}\n  - {match: \"*.csv\", order: arrival}")
        for name in ["n3.csv", "z.csv", "n1.csv", "a.csv", "n2.csv"] {
            try desk.drop(name, "RIC,BID\n\(name.prefix(2).uppercased()),1\n")
        }
        #expect(try await desk.once() == 0)
        let drops = try ["n1.csv", "z.csv", "n2.csv", "a.csv", "n3.csv"].map {
            try desk.finished($0, in: .done).summary.drop
        }
        #expect(drops == drops.sorted())
        #expect(try simulator.posts().first?.ric == "N1")
    }
}
