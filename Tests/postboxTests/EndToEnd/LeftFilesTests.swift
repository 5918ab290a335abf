import Foundation
import TestSupport
import Testing

/// Files that cannot or must not be taken stay in the inbox, are told, and hold up no other.
@Suite("Files that stay in the inbox, end to end", .serialized, .ownThreads)
struct LeftFilesTests {
    private static let rows = "RIC,BID\nA.TST,1\n"

    private static func count(_ word: String, _ text: String) -> Int {
        text.split(separator: "\n").count { $0.contains(" \(word) ") }
    }

    /// What the program is started with where one file cannot be moved out of the inbox while the disk is broken.
    private static func stuck(_ name: String, _ disk: WatchedDisk) throws -> [String: String] {
        try disk.environment(onceBroken: EPERM).merging(
            ["DISK_FAULTS_CALL": "rename", "DISK_FAULTS_PATH": "/inbox/\(name)"]) { $1 }
    }

    private static func disk(_ desk: Desk) -> WatchedDisk {
        WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
    }

    @Test(
        "A file that cannot be moved is left and named once; the others go on, and it costs a number a minute at most")
    func immovable() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let told = desk.folder.appendingPathComponent("told").path
        try desk.configure([simulator.url], top: "alert_command: cat >> \(told)\nrescan: 100ms")
        let disk = Self.disk(desk)
        try disk.breakDown()
        try desk.drop("stuck.csv", Self.rows)
        try desk.drop("a.csv", Self.rows)
        let start = ContinuousClock.now
        // It is tried again after a minute: on a busy machine that may be over by now.
        func most(_ number: Int) -> Int { number + Int((ContinuousClock.now - start) / .seconds(60)) }
        let service = try desk.start(environment: try Self.stuck("stuck.csv", disk))
        _ = try await desk.finish("a.csv", in: .done)
        // Many listings later.
        for number in 1...5 {
            let writer = try desk.create("b\(number).csv")
            try writer.write(contentsOf: Data(Self.rows.utf8))
            try writer.close()
            let file = try await desk.finish("b\(number).csv", in: .done)
            #expect(file.summary.drop >= 2 + number && file.summary.drop <= most(2 + number))
        }
        #expect(desk.names(in: .inbox) == ["stuck.csv"])
        #expect(Self.count("claim_fault", service.errorOutput) == 1)
        #expect(service.errorOutput.contains("stuck.csv cannot be moved out of the inbox and is left there"))
        #expect(try String(contentsOfFile: told, encoding: .utf8).contains("\"file\":\"stuck.csv\""))
        // A directory goes after its file was moved.
        try await eventually("no directory is left in work") {
            desk.names(in: .work).allSatisfy { $0 == "guard" }
        }

        // Whatever is done about it is seen by the file's change time.
        try disk.mend()
        let path = desk.path(.inbox).appendingPathComponent("stuck.csv").path
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let number = try await desk.finish("stuck.csv", in: .done).summary.drop
        #expect(number >= 8 && number <= most(8))
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("run --once contributes the rest and ends with 74; the next one takes the file")
    func immovableOnce() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {match: \"*.csv\", ready: {suffix: .ok}}")
        let disk = Self.disk(desk)
        try disk.breakDown()
        for name in ["stuck.csv", "a.csv"] {
            try desk.drop(name, Self.rows.replacingOccurrences(of: "A", with: name == "a.csv" ? "A" : "S"))
            try desk.drop(name + ".ok", "")
        }
        #expect(try await desk.once(environment: try Self.stuck("stuck.csv", disk)) == 74)
        _ = try desk.finished("a.csv", in: .done)
        // Its marker is where it was.
        #expect(desk.names(in: .inbox) == ["stuck.csv", "stuck.csv.ok"])
        #expect(Self.count("claim_fault", desk.log()) == 1)
        #expect(try await desk.once() == 0)
        _ = try desk.finished("stuck.csv", in: .done)
    }

    @Test("Names that the configuration ignores are left alone, and so are those of producers' tools")
    func ignored() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "ignore: [\"*.lck\", \"old_*\"]")
        let names = [
            "a.csv.!ut", "a.csv.crdownload", "a.csv.inprogress", "a.csv.lck", "a.csv.lftp", "a.csv.temp",
            "a.csv.uploading", "a.csv.writing", "old_a.csv",
        ]
        for name in names { try desk.drop(name, Self.rows) }
        try desk.drop("a.csv", Self.rows)
        #expect(try await desk.once() == 0)
        #expect(desk.names(in: .inbox) == names)
        #expect(try simulator.posts().count == 1)
    }

    @Test("Names that are too long or no UTF-8 are named once, end --once with 74, and hold up no other")
    func unusable() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let long = String(repeating: "l", count: 250) + ".csv"
        try desk.drop(long, Self.rows)
        let path = Array(desk.path(.inbox).path.utf8) + Array("/K".utf8) + [0xfc] + Array("rs.csv".utf8) + [0]
        let descriptor = open(path.map { CChar(bitPattern: $0) }, O_WRONLY | O_CREAT, 0o644)
        #expect(descriptor >= 0)
        close(descriptor)
        try desk.drop("a.csv", Self.rows)
        #expect(try await desk.once() == 74)
        _ = try desk.finished("a.csv", in: .done)
        #expect(Self.count("name_too_long", desk.log()) == 1)
        #expect(Self.count("name_unreadable", desk.log()) == 1)
        #expect(desk.log().contains(#"xfcrs.csv""#))
        try FileManager.default.removeItem(at: desk.path(.inbox).appendingPathComponent(long))
        try desk.drop("b.csv", Self.rows)
        #expect(try await desk.once() == 74)
    }

    @Test("What no rule and no ending tells is left by --once while it is young, refused when it lay long enough")
    func unmatched() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = "  - {match: \"eod_*\"}"
        try desk.configure([simulator.url], files: rules)
        try desk.drop("eod_1.csv.x", Self.rows)
        try desk.drop("prices.dat", Self.rows)
        try desk.drop("other.csv", Self.rows)
        #expect(try await desk.once() == 3)
        // Its ending is a price file's: refused at once, as before.
        #expect(try desk.finished("other.csv", in: .failed).summary.reason == "no_rule")
        #expect(desk.names(in: .inbox) == ["prices.dat"])
        #expect(desk.log().contains("prices.dat is left in the inbox"))
        #expect(try await desk.once() == 0)
        try desk.configure([simulator.url], top: "unmatched_after: 1ms", files: rules)
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("prices.dat", in: .failed).summary.reason == "no_rule")
    }

    @Test("A file that gets its real name in time is taken under it")
    func renamed() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {match: \"eod_*.csv\"}")
        let service = try desk.start()
        try await eventually("it has logged in") { service.errorOutput.contains(" logged_in ") }
        try desk.drop("eod_1.csv.uploading2", Self.rows)
        try desk.drop("eod_0.csv", "RIC,BID\nB.TST,1\n")
        _ = try await desk.finish("eod_0.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["eod_1.csv.uploading2"])
        let inbox = desk.path(.inbox)
        try FileManager.default.moveItem(
            at: inbox.appendingPathComponent("eod_1.csv.uploading2"), to: inbox.appendingPathComponent("eod_1.csv"))
        _ = try await desk.finish("eod_1.csv", in: .done)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(desk.names(in: .failed).isEmpty)
    }

    @Test("Directories, FIFOs and sockets in the inbox are told once each, and never taken")
    func oddFiles() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "rescan: 50ms")
        let inbox = desk.path(.inbox)
        try FileManager.default.createDirectory(
            at: inbox.appendingPathComponent("folder.csv"), withIntermediateDirectories: false)
        #expect(mkfifo(inbox.appendingPathComponent("fifo.csv").path, 0o644) == 0)
        let service = try desk.start()
        for number in 1...4 {
            try desk.drop("a\(number).csv", Self.rows)
            _ = try await desk.finish("a\(number).csv", in: .done)
        }
        let lines = service.errorOutput.split(separator: "\n").filter { $0.contains(" ignored ") }
        #expect(lines.count == 2)
        #expect(lines.contains { $0.contains("folder.csv is a directory") })
        #expect(lines.contains { $0.contains("fifo.csv is no regular file") })
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(desk.names(in: .inbox) == ["fifo.csv", "folder.csv"])
    }

    @Test("Inbox and work in two mounts of one file system: the start says so and ends with 78")
    func twoMounts() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"])
        let environment = try Self.disk(desk).environment().merging([
            "DISK_FAULTS_CALL": "rename", "DISK_FAULTS_PATH": "/work/.probe", "DISK_FAULTS_AT": "1",
            "DISK_FAULTS_ERRNO": "\(EXDEV)",
        ]) { $1 }
        #expect(try await desk.once(environment: environment) == 78)
        #expect(desk.log().contains("are on one file system, but in two mounts of it"))
        #expect(!desk.names(in: .work).contains(".probe"))
    }

    @Test("run takes postbox.yaml of the working directory, as the other commands do")
    func defaultConfiguration() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", Self.rows)
        #expect(try await desk.command(["run", "--once"]).code == 0)
        _ = try desk.finished("a.csv", in: .done)
    }

    // MARK: - No rows

    @Test(
        "A file without a row is refused, and done where its rule says no_rows: ok; check says the same",
        arguments: [
            ("a.csv", "RIC,BID\n", ""), ("a.json", "[]\n", ""), ("a.json", "[ ]", ""), ("a.xml", "<prices/>\n", ""),
            ("a.xml", "<?xml version=\"1.0\"?>\n<prices>\n</prices>\n", ""),
            ("t.csv", "RIC,BID\nTRL,0\n", ", trailer: {match: TRL, count: 2}"),
        ])
    func noRows(name: String, text: String, more: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        for (rule, verdict, code) in [("", "refused", Int32(3)), (", no_rows: ok", "done", Int32(0))] {
            try desk.configure(
                [simulator.url],
                files: "  - {match: \"*.\(name.split(separator: ".")[1])\", ric: RIC, fields: {BID: BID}\(more)\(rule)}"
            )
            try desk.drop(name, text)
            let check = try await desk.command(
                ["check", "--config", "postbox.yaml", desk.path(.inbox).appendingPathComponent(name).path])
            #expect(check.code == code, "\(check.output)\(check.errorOutput)")
            #expect(try await desk.once() == code, "\(desk.log())")
            let file = try desk.finished(name, in: code == 0 ? .done : .failed)
            #expect(file.summary.verdict == verdict && file.summary.rows == 0)
            #expect(file.summary.reason == (code == 0 ? "" : "no_rows"))
            #expect(file.result.header == FateTests.header && file.result.lines.isEmpty)
        }
        #expect(try simulator.posts().isEmpty)
    }

    @Test("A file without any byte is refused, whatever its rule says", arguments: ["csv", "json", "jsonl", "xml"])
    func noBytes(format: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {match: \"*\", no_rows: ok}")
        try desk.drop("a.\(format)", "")
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("a.\(format)", in: .failed).summary.reason == "empty_file")
    }
}
