import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("Looking up what was sent, end to end", .serialized, .ownThreads)
struct AuditTests {
    private static func directories(_ desk: Desk) -> Settings.Directories {
        Settings.Directories(spool: desk.path(.inbox).deletingLastPathComponent().path)
    }

    /// `DROP:ROW OUTCOME` of each row that a query finds, and what was looked at besides.
    private static func find(
        _ desk: Desk, growing: GrowingResults? = nil, _ change: (inout AuditQuery) -> Void
    ) throws -> ([String], AuditLookup.Facts) {
        var query = AuditQuery()
        change(&query)
        var found: [String] = []
        let facts = try AuditLookup(directories(desk), growing: growing).rows(query) { row in
            found.append("\(row.drop):\(row.row) \(row[.outcome])")
            return true
        }
        return (found, facts)
    }

    /// Three files, in which the same RIC is acked, rejected, skipped.
    private static func contributed() async throws -> (Desk, RunningSimulator) {
        let desk = try Desk()
        let simulator = try await desk.simulate(SmallContribution.scenario)
        try desk.configure(
            [simulator.url],
            files: """
                  - match: "*.csv"
                    destination: cache
                    ric: RIC
                    fields: {BID: BID}
                    where: [{column: KIND, is: X}]
                    skipped: list
                """)
        try desk.drop("a.csv", "RIC,BID,KIND\nA.TST,1,X\nS.TST,1.50,X\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        try desk.drop("b.csv", "RIC,BID,KIND\nBAD.TST,2,X\nS.TST,1e5,X\nS.TST,3,Y\nB.TST,7,X\n")
        #expect(try await desk.once() == 2)
        return (desk, simulator)
    }

    @Test("Rows of a RIC are found by the index, with those that were not sent; without an index the same are found")
    func found() async throws {
        let (desk, simulator) = try await Self.contributed()
        let expected = ["2:2 rejected", "2:3 skipped", "1:2 acked"]
        let (rows, facts) = try Self.find(desk) { $0.ric = "S.TST" }
        #expect(rows == expected && facts == AuditLookup.Facts())
        #expect(
            try Self.find(desk) {
                $0.ric = "S.TST"; $0.outcomes = ["acked"]
            }.0 == ["1:2 acked"])
        #expect(
            try Self.find(desk) {
                $0.ric = "S.TST"; $0.value = ("BID", "1.5")
            }.0 == ["1:2 acked"])
        #expect(
            try Self.find(desk) {
                $0.file = "b*"; $0.outcomes = ["nacked", "skipped"]
            }.0 == ["2:1 nacked", "2:3 skipped"])
        #expect(
            try Self.find(desk) {
                $0.ric = "S.TST"; $0.to = 1
            }.0.isEmpty)
        #expect(try Self.find(desk) { $0.ric = "NONE" }.0.isEmpty)
        try FileManager.default.removeItem(atPath: Self.directories(desk).state + "/index")
        let (again, whole) = try Self.find(desk) { $0.ric = "S.TST" }
        #expect(again == expected && whole.read == [2, 1])
        let command = try await desk.command(["audit", "reindex"])
        #expect(command.code == 0 && command.output.contains("2 results"), "\(command.output)\(command.errorOutput)")
        #expect(try Self.find(desk) { $0.ric = "S.TST" } == (expected, AuditLookup.Facts()))
        withExtendedLifetime(simulator) {}
    }

    @Test("Rows of a RIC come the newest first wherever they are told, also those of one file at two destinations")
    func newestFirst() async throws {
        let desk = try Desk()
        let first = try await desk.simulate()
        let second = try await desk.simulate(name: "second")
        try desk.configure([first.url, second.url], files: "  - {match: \"*\", destination: [cache, second]}")
        for number in 1...2 {
            try desk.drop("\(number).csv", "RIC,BID\n" + (1...3).map { "A.TST,\(number)\($0)\n" }.joined())
            #expect(try await desk.once() == 0)
        }
        let (directories, ric) = (Self.directories(desk), "A.TST")
        let lookup = try AuditLookup(directories)
        var rows: [AuditRow] = []
        var places: [RICQuery.Place] = []
        _ = try lookup.newest(ric, AuditQuery(ric: ric), from: nil) { row, place in
            rows.append(row)
            places.append(place)
            return true
        }
        let times = rows.map { $0[.settledAt] }
        #expect(rows.count == 12 && times == times.sorted(by: >))
        for destination in ["cache", "second"] {
            let own = rows.filter { $0[.destination] == destination }.map { "\($0.drop):\($0.row)" }
            #expect(own == ["2:3", "2:2", "2:1", "1:3", "1:2", "1:1"])
        }
        // The command, the page and its file of CSV, the API; and each page of it.
        let lines = rows.map(\.csv)
        for (limit, count) in [([], 12), (["--limit", "5"], 5)] as [([String], Int)] {
            let command = try await desk.command(["audit", "--ric", ric, "--csv"] + limit)
            #expect(command.output.split(separator: "\n").dropFirst().map(String.init) == Array(lines.prefix(count)))
        }
        let posts = try RICHistory.posts(AuditQuery(ric: ric), in: directories, GrowingResults()).posts
        #expect(
            posts.map { "\($0.drop):\($0.row) \($0.destination)" }
                == rows.map { "\($0.drop):\($0.row) \($0[.destination])" })
        let export = try RICHistory.export(AuditQuery(ric: ric), in: directories, GrowingResults())
        #expect(export.body.split(separator: "\n").dropFirst().map(String.init) == lines)
        for (index, place) in places.enumerated() {
            let page = try RICHistory.rows(RICQuery(ric: ric, page: place), in: directories, GrowingResults())
            #expect(page.rows == Array(rows[index...]) && page.next == nil)
        }
        withExtendedLifetime((first, second)) {}
    }

    @Test("Files that are held or were refused as a whole are named to whoever asks for a RIC that they may have")
    func unlisted() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: """
                  - match: "*.csv"
                    checks: [{field: BID, min: 1, on_fail: hold}, {rows: {min: 2}}]
                    hold_file_above: 100%
                """)
        try desk.drop("few.csv", "RIC,BID\nA.TST,5\n")
        try desk.drop("low.csv", "RIC,BID\nB.TST,0.5\nC.TST,0.2\nD.TST,7\n")
        try desk.drop("none.csv", "RIC,BID\n")
        try desk.drop("torn.csv", "<html>no prices</html>\n")
        _ = try await desk.once()
        let directories = Self.directories(desk)
        let ledger = try #require(try LedgerReading(in: directories))
        func unlisted(_ ric: String) throws -> [String] {
            try Self.find(desk) { $0.ric = ric }.1.unlisted.map { "\($0.file) \($0.state) \($0.hasRow)" }
        }
        // The drop of held rows has B and C alone: both stand in its list.
        let rejects = try #require(try ledger.holds().keys.max())
        let name = try #require(try ledger.drop(rejects)?.name)
        let others = ["few.csv held false", "torn.csv refused false"]
        #expect(Set(try unlisted("D.TST")) == Set(others))
        #expect(Set(try unlisted("B.TST")) == Set(others + ["\(name) held true"]))
        let facts = try Self.find(desk) { $0.ric = "A.TST" }.1
        let few = try #require(facts.unlisted.first { $0.file == "few.csv" })
        #expect(few.why.contains("has 1 row") && few.since > 0)
        #expect(facts.unlisted.first { $0.file == "torn.csv" }?.why.isEmpty == false)

        let command = try await desk.command(["audit", "--ric", "A.TST"])
        #expect(command.code == 2 && command.errorOutput.contains("few.csv (drop \(few.drop)) is held since "))
        #expect(command.errorOutput.contains("and it may have rows of A.TST"))
        // As the page and the API tell it.
        #expect(
            try RICHistory.posts(AuditQuery(ric: "A.TST"), in: directories, GrowingResults()).unlisted == facts.unlisted
        )
        #expect(
            try RICHistory.rows(RICQuery(ric: "A.TST"), in: directories, GrowingResults()).unlisted == facts.unlisted)
        // A file of CSV without any row would say that nothing is held.
        let export = try RICHistory.export(AuditQuery(ric: "A.TST"), in: directories, GrowingResults())
        #expect(export.status == 404 && export.body.contains("few.csv (drop \(few.drop)) is held since "))
        var further = RICQuery(ric: "A.TST")
        further.page = RICQuery.Place(at: .max, drop: rejects, behind: 0)
        #expect(try RICHistory.rows(further, in: directories, GrowingResults()).unlisted.isEmpty)
        withExtendedLifetime(simulator) {}
    }

    @Test("An index that does not match its result is not trusted, whichever of the two was changed")
    func trust() async throws {
        let (desk, simulator) = try await Self.contributed()
        let path = desk.path(.done).appendingPathComponent("a.csv.result.csv")
        let before = try String(contentsOf: path, encoding: .utf8)
        let last = try #require(before.split(separator: "\n").last { $0.contains(",S.TST,") })
        for (change, expected) in [
            // One more line; a line that is of another RIC than the index says, in as many bytes.
            (before + last + "\n", ["1:2 acked", "1:2 acked"]), (before.replacing("S.TST", with: "T.TST"), []),
        ] {
            try Data(change.utf8).write(to: path)
            let (rows, facts) = try Self.find(desk) { $0.ric = "S.TST" }
            #expect(rows.filter { $0.hasPrefix("1:") } == expected && facts.read == [1])
            let verified = try await desk.command(["audit", "verify"])
            #expect(verified.code == 3 && verified.errorOutput.contains("altered"))
        }
        // An index that says another hash than the ledger.
        try Data(before.utf8).write(to: path)
        #expect(try Self.find(desk) { $0.ric = "S.TST" }.1 == AuditLookup.Facts())
        let store = RowIndexStore(folder: Self.directories(desk).state + "/index")
        try await store.clear()
        _ = try await store.open()
        _ = try await store.add([
            RowIndexStore.Closed(
                drop: 1, result: path.path, skipped: nil, resultSHA256: String(repeating: "0", count: 64))
        ])
        #expect(try Self.find(desk) { $0.ric = "S.TST" }.1.read == [2, 1])
        withExtendedLifetime(simulator) {}
    }

    @Test("Rows of a file in work and of one that was just closed are found as well")
    func inWork() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 10\nmax_posts_per_second: 20")
        let service = try desk.start()
        try desk.drop("a.csv", "RIC,BID\n" + (1...400).map { "R\($0).TST,\($0)\n" }.joined())
        try await eventually("a row of it is settled") {
            try Self.find(desk) { $0.ric = "R1.TST" }.0 == ["1:1 acked"]
        }
        // The service remembers what it has read of it, and sees what came since.
        let growing = GrowingResults()
        for row in [1, 2, 30, 31] {
            try await eventually("row \(row) is settled") {
                try Self.find(desk, growing: growing) { $0.ric = "R\(row).TST" }.0 == ["1:\(row) acked"]
            }
        }
        #expect(try Self.find(desk, growing: growing) { $0.ric = "R1.TST" }.0 == ["1:1 acked"])
        #expect(try Self.find(desk, growing: growing) { $0.ric = "R400.TST" }.0.isEmpty)
        // What has no outcome yet is not told to be not there.
        let (_, facts) = try Self.find(desk, growing: growing) { $0.ric = "R400.TST" }
        #expect(facts.unlisted.map { "\($0.drop) \($0.file) \($0.state) \($0.hasRow)" } == ["1 a.csv work false"])
        let command = try await desk.command(["audit", "--ric", "R400.TST"])
        #expect(command.code == 2 && command.errorOutput.contains("a.csv (drop 1) is in work since "))
        #expect(command.errorOutput.contains("those that have none yet may be of R400.TST"))
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        withExtendedLifetime(simulator) {}
    }

    @Test(
        "Killed while rows are indexed: nothing is missed, and the next start makes it whole",
        arguments: ["index_run_written", "index_manifest_written", "index_manifest_named"])
    func killed(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        #expect(try Self.find(desk) { $0.ric = "A.TST" }.0 == ["1:1 acked"])
        #expect(try await desk.once() == 0)
        let (rows, facts) = try Self.find(desk) { $0.ric = "A.TST" }
        #expect(rows == ["1:1 acked"] && facts == AuditLookup.Facts())
    }

    @Test("The commands list, show and mark files; as JSON and CSV they are read by programs")
    func commands() async throws {
        let (desk, simulator) = try await Self.contributed()
        func lines(_ arguments: [String], code: Int32 = 0) async throws -> [String] {
            let command = try await desk.command(arguments)
            #expect(command.code == code, "\(arguments): \(command.output)\(command.errorOutput)")
            return command.output.split(separator: "\n").map(String.init)
        }
        let files = try await lines(["files", "--json"]).compactMap { JSONValue.parse($0) }
        #expect(
            files.map { $0["drop"]?.integer } == [2, 1] && files.map { $0["verdict"]?.text } == ["partial", "done"])
        #expect(try await lines(["files", "a*"]).count == 2)
        #expect(try await lines(["files", "--verdict", "refused"], code: 2).isEmpty)
        #expect(try await lines(["files", "--day", "2001-01-01"], code: 2).isEmpty)
        #expect(try await lines(["files", "--from", "1h"]).count == 3)
        #expect(try await lines(["files", "--to", "1h"], code: 2).isEmpty)
        #expect(try await lines(["audit", "--from", "2001-01-01", "--to", "1h"], code: 2).isEmpty)
        #expect(try await lines(["files", "--open", "--json"]).count == 1)
        #expect(try await lines(["show", "2"]).contains { $0.contains("nacked 1") })
        let shown = try await lines(["show", "2", "--json"])
        let value = try #require(shown.first.flatMap { JSONValue.parse($0) })
        #expect(value["summary"]?["drop"]?.integer == 2 && value["drop"]?["file"]?.text == "b.csv")
        let rows = try await lines(["show", "2", "--outcome", "nacked", "--json"])
        #expect(rows.compactMap { JSONValue.parse($0)?["ric"]?.text } == ["BAD.TST"])
        let csv = try await lines(["audit", "--ric", "S.TST", "--csv"])
        #expect(csv.count == 4 && csv[0].hasPrefix("file,drop,row,"))
        #expect(try await lines(["audit", "--ric", "S.TST"]).count == 4)
        #expect(try await lines(["audit", "--ric", "NONE"], code: 2).isEmpty)
        for wrong in [
            ["audit"], ["audit", "--ric", "A", "--outcome", "odd"],
            ["audit", "--ric", "A", "--from", "2026-11-28", "--to", "2026-11-27"],
            ["audit", "verify", "--from", "1h", "--to", "2h"], ["files", "--from", "1h", "--to", "2h"], ["show", "77"],
            ["keep", "--why", "x"],
        ] {
            #expect(try await desk.command(wrong).code == 64, "\(wrong)")
        }
        // The page's list is that of the command.
        let lookup = try DropLookup(in: Self.directories(desk))
        #expect(try lookup.list(DropQuery(state: .open)).drops.map(\.drop) == [2])
        #expect(try await lines(["no-action", "2", "--why", "a holiday"]).count == 1)
        #expect(try await desk.command(["no-action", "1", "--why", "x"]).code == 64)
        #expect(try await lines(["files", "--open"], code: 2).isEmpty)
        #expect(try lookup.list(DropQuery(state: .open)).drops.isEmpty)
        #expect(try await lines(["keep", "1", "--why", "the auditor asks"]) == ["drop 1 will be kept"])
        #expect(try await lines(["keep", "1", "--why", "the auditor asks"]) == ["drop 1 is kept already"])
        #expect(
            try await lines(["show", "2"]).contains { $0.contains("no action by unix:") && $0.contains("a holiday") })
        let proved = try RecordProof(directories: Self.directories(desk)).run()
        #expect(proved.drops == 2)
        withExtendedLifetime(simulator) {}
    }

    @Test("Results are packed, read as before, removed when their time is over, and all of it is proved")
    func retention() async throws {
        let (desk, simulator) = try await Self.contributed()
        let before = try Data(contentsOf: desk.path(.done).appendingPathComponent("a.csv.result.csv"))
        let rows = try Self.find(desk) { $0.ric = "S.TST" }
        func run(_ retention: String, label: String? = nil, until what: String, _ isSo: () throws -> Bool) async throws
        {
            try desk.configure([simulator.url], top: retention)
            let service = try desk.start(environment: label.map { ["POSTBOX_FAIL_POINT": $0] } ?? [:])
            try await eventually("\(what)") { try isSo() || !service.isRunning }
            if label == nil { service.send(SIGTERM) }
            #expect(try await service.exitCode() == (label == nil ? 0 : 137), "\(desk.log())")
        }
        try await run("retention: {pack_after: 1ms}", until: "both are packed") {
            let names = desk.names(in: .done) + desk.names(in: .failed)
            return names.filter { $0.hasSuffix(".result.csv.zst") }.count == 2
                && !names.contains { $0.hasSuffix(".result.csv") }
        }
        #expect(try Self.find(desk) { $0.ric = "S.TST" } == rows)
        let packed = try #require(
            try ResultBytes(path: desk.path(.done).appendingPathComponent("a.csv.result.csv").path))
        #expect(packed.isPacked)
        #expect(Data(try packed.read(at: 0, count: 1 << 20)) == before)
        #expect(try RecordProof(directories: Self.directories(desk)).run().drops == 2)
        // As anybody unpacks it.
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/bin/sh")
        tool.arguments = ["-c", "zstd -dcq '\(packed.path)'"]
        let pipe = Pipe()
        tool.standardOutput = pipe
        try tool.run()
        #expect(pipe.fileHandleForReading.readDataToEndOfFile() == before)

        #expect(try await desk.command(["keep", "2", "--why", "a question"]).code == 0)
        try await run("retention: {done: 1ms, failed: 1ms}", label: "removal_recorded", until: "it is killed") { false }
        #expect(try RecordProof(directories: Self.directories(desk)).run().drops == 2)
        try await run("retention: {done: 1ms, failed: 1ms}", until: "the rest is removed") {
            desk.names(in: .done) == ["a.csv.summary.json"]
        }
        #expect(desk.names(in: .failed).contains("b.csv.result.csv.zst"))
        let proved = try RecordProof(directories: Self.directories(desk)).run()
        #expect(proved.drops == 2 && proved.removed == 1)
        let (left, facts) = try Self.find(desk) { $0.ric = "S.TST" }
        #expect(left == ["2:2 rejected", "2:3 skipped"] && facts.gone == [1])
        // That rows are missing is said wherever they were told.
        let directories = Self.directories(desk)
        #expect(try RICHistory.rows(RICQuery(ric: "S.TST"), in: directories, GrowingResults()).gone == [1])
        #expect(try RICHistory.posts(AuditQuery(ric: "S.TST"), in: directories, GrowingResults()).gone == [1])
        let export = try RICHistory.export(AuditQuery(ric: "S.TST"), in: directories, GrowingResults())
        #expect(export.headers.contains(.init("Postbox-Gone", "1")))
        #expect(try RICHistory.export(AuditQuery(ric: "A.TST"), in: directories, GrowingResults()).status == 404)
        #expect(try RICHistory.export(AuditQuery(ric: "NONE"), in: directories, GrowingResults()).status == 200)
    }

    @Test("A look at the record's end proves its last lines; what was altered there is told")
    func glance() async throws {
        #expect(try RecordGlance(directories: Self.directories(Desk())).look() == nil)
        let (desk, simulator) = try await Self.contributed()
        let glance = RecordGlance(directories: Self.directories(desk))
        let look = try #require(try glance.look())
        #expect(look.fault == nil && look.first == 1 && look.last > 3 && look.isHeldAgainstLedger)
        #expect(try RecordProof(directories: Self.directories(desk)).run().lastHash == look.hash)
        let path = RecordFile(folder: Self.directories(desk).recordFolder).path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\n")
        for (altered, what) in [
            (lines.dropLast().joined(separator: "\n") + "\n", "lines were removed"),
            (text.replacing("a.csv", with: "z.csv"), "altered or exchanged"),
            (text + "x\n", "no line of it"),
        ] {
            try Data(altered.utf8).write(to: URL(fileURLWithPath: path))
            let fault = try glance.look()?.fault
            #expect(fault?.contains(what) == true, "\(fault ?? "nothing")")
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(try glance.look()?.fault?.contains("gone") == true)
        withExtendedLifetime(simulator) {}
    }

    @Test(
        "A damaged result is named by search, proof and index; the others are searched, proved and indexed all the same"
    )
    func damaged() async throws {
        let (desk, simulator) = try await Self.contributed()
        try desk.drop("c.csv", "RIC,BID,KIND\nS.TST,4,X\n")
        #expect(try await desk.once() == 0)
        try desk.configure([simulator.url], top: "retention: {pack_after: 1ms}")
        let service = try desk.start()
        let packed = desk.path(.done).appendingPathComponent("a.csv.result.csv.zst")
        try await eventually("all are packed") {
            (desk.names(in: .done) + desk.names(in: .failed)).filter { $0.hasSuffix(".result.csv.zst") }.count == 3
        }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let whole = try Data(contentsOf: packed)
        // The bytes of its rows, and the table behind them.
        for place in [whole.count / 3, whole.count - 3] {
            var bytes = whole
            for at in place..<min(place + 8, bytes.count) { bytes[at] ^= 0xFF }
            try bytes.write(to: packed)
            let found = try await desk.command(["audit", "--ric", "S.TST", "--csv"])
            #expect(found.code == 74 && found.errorOutput.contains("drop 1 (a.csv)"), "\(found)")
            #expect(found.errorOutput.contains(packed.path) && !found.errorOutput.contains("drop 2"))
            let rows = found.output.split(separator: "\n").dropFirst().map { $0.prefix(7) }
            #expect(rows == ["c.csv,3", "b.csv,2", "b.csv,2"], "\(found.output)")
            #expect(try Self.find(desk) { $0.ric = "S.TST" }.1.unread.map(\.drop) == [1])
            #expect(
                try RICHistory.posts(AuditQuery(ric: "S.TST"), in: Self.directories(desk), GrowingResults()).fault?
                    .contains("drop 1")
                    == true)
            let proof = try await desk.command(["audit", "verify"])
            #expect(proof.code == 3 && proof.errorOutput.contains("drop 1 (a.csv)"), "\(proof)")
            #expect(proof.errorOutput.contains(packed.path) && !proof.errorOutput.contains("drop 3"))
            let reindexed = try await desk.command(["audit", "reindex"])
            #expect(reindexed.code == 3 && reindexed.output.contains("2 results"), "\(reindexed)")
        }
        // Each that is not as it was is named.
        let other = desk.path(.done).appendingPathComponent("c.csv.result.csv.zst")
        try Data("no".utf8).write(to: other)
        let proof = try await desk.command(["audit", "verify"])
        for drop in ["drop 1 (a.csv)", "drop 3 (c.csv)"] {
            #expect(proof.code == 3 && proof.errorOutput.contains(drop), "\(proof)")
        }
    }
}
