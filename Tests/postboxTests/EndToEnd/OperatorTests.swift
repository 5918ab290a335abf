import Foundation
import TestSupport
import Testing

@Suite("What an operator meets, end to end", .serialized, .ownThreads)
struct OperatorTests {
    private static let rows = 400

    private static func file(_ prefix: String = "R", rows: Int = rows) -> String {
        "RIC,BID\n" + (1...rows).map { "\(prefix)\($0).TST,\($0)\n" }.joined()
    }

    /// Slow enough to be met in mid-file on a busy machine.
    private static let slow = "window: 10\nmax_posts_per_second: 10"

    private static func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    private static func orders(_ desk: Desk) -> [String] {
        FileManager.default.names(in: desk.path(.state).appendingPathComponent("control")).filter { !$0.hasPrefix(".") }
    }

    private static func lines(_ path: URL) -> [String] {
        ((try? String(contentsOf: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// What the alert command was told.
    private static func alerts(_ desk: Desk) throws -> [[String: Any]] {
        try lines(desk.folder.appendingPathComponent("alerts")).compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    // MARK: - Orders

    @Test("A configuration that is broken, or wants a secret that this shell lacks, stops no order")
    func brokenConfiguration() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "alert_command: \"true ${env:DESK_SECRET}\"", destination: Self.slow)
        try desk.drop("wrong.csv", Self.file())
        let service = try desk.start(environment: ["DESK_SECRET": "s"])
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        let held = try await desk.command(["hold", "inbox"])
        #expect(held.code == 0 && held.output.contains("the inbox is held"), "\(held)")
        // Somebody saved a bad line.
        let config = try String(contentsOf: desk.folder.appendingPathComponent("postbox.yaml"), encoding: .utf8)
        try desk.write(config + "files:\n  - match: *.csv\n")
        #expect(try await desk.command(["config", "check"]).code == 78)
        let resumed = try await desk.command(["resume", "inbox"])
        #expect(resumed.code == 0 && resumed.output.contains("goes on"))
        #expect(resumed.errorOutput.contains("postbox.yaml is not right as a whole"))
        let destination = try await desk.command(["hold", "destination", "cache"])
        #expect(destination.code == 0 && destination.errorOutput.contains("cannot be told"))
        #expect(try await desk.command(["resume", "destination", "cache"]).code == 0)
        let cancelled = try await desk.command(["cancel", "wrong.csv", "--wait", "100s"])
        #expect(cancelled.code == 0 && cancelled.output.contains("is cancelled: partial"), "\(cancelled)")
        #expect(try desk.finished("wrong.csv", in: .failed).summary.reason == "cancelled")
        // Nothing is left of it: the spool can still be named.
        try desk.write("]]]")
        let lost = try await desk.command(["hold", "inbox"])
        #expect(lost.code == 78 && lost.errorOutput.contains("--spool"))
        #expect(try await desk.command(["hold", "inbox", "--spool", "spool"]).code == 0)
        #expect(Self.orders(desk) == ["hold-inbox"])
        let other = try await desk.command(["hold", "inbox", "--spool", "spol"])
        #expect(other.code == 74 && other.errorOutput.contains("there is no spool"))
        #expect(!FileManager.default.fileExists(atPath: desk.folder.appendingPathComponent("spol").path))
        try await Self.stop(service)
    }

    @Test(
        "A full disk stops no order: what was set aside is enough for several",
        .enabled(if: SmallDisk.isPossible, "only root can mount a small file system"))
    func fullDisk() async throws {
        let desk = try Desk()
        let spool = desk.path(.inbox).deletingLastPathComponent()
        let disk = try SmallDisk(at: spool, bytes: 4 << 20)
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try FileManager.default.createDirectory(at: desk.path(.inbox), withIntermediateDirectories: true)
        // Another file system than the rest of the desk: no rename leads there.
        let inbox = desk.path(.inbox)
        try Self.file().write(to: inbox.appendingPathComponent(".wrong"), atomically: false, encoding: .utf8)
        try FileManager.default.moveItem(
            at: inbox.appendingPathComponent(".wrong"), to: inbox.appendingPathComponent("wrong.csv"))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try disk.fill()
        #expect(throws: (any Error).self) { try Data([1]).write(to: inbox.appendingPathComponent(".x")) }

        for words in [["hold", "inbox"], ["hold", "destination", "cache"], ["hold", "drop", "1"]] {
            let said = try await desk.command(words)
            #expect(said.code == 0, "\(words): \(said)")
        }
        #expect(Self.orders(desk) == ["hold-destination-cache", "hold-drop-1", "hold-inbox"])
        try await eventually("the service knows") {
            service.errorOutput.components(separatedBy: "notice  held ").count == 4
        }
        // Who ordered it stands in it.
        let note = try String(
            contentsOf: desk.path(.state).appendingPathComponent("control/hold-inbox"), encoding: .utf8)
        #expect(note.hasPrefix("by ") && note.hasSuffix("\n") && note.utf8.count < 200)
        try FileManager.default.removeItem(at: spool.appendingPathComponent("filler"))
        for words in [["inbox"], ["destination", "cache"]] {
            #expect(try await desk.command(["resume"] + words).code == 0)
        }
        let cancelled = try await desk.command(["cancel", "1", "--wait", "100s"])
        #expect(cancelled.code == 0, "\(cancelled)")
        try await Self.stop(service)
        withExtendedLifetime(disk) {}
    }

    // MARK: - Signals

    @Test(
        "SIGHUP opens log and trace again under their names; SIGUSR1 and SIGUSR2 are told; none of them stops anything")
    func signals() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        try desk.drop("a.csv", Self.file(rows: 40))
        let once = try desk.start(["--once", "--trace", "trace.txt"])
        try await eventually("a part is posted") { try simulator.posts().count >= 5 }
        once.send(SIGUSR1)
        once.send(SIGUSR2)
        try await eventually("both are told") {
            once.errorOutput.components(separatedBy: " signal_ignored ").count == 3
        }
        let log = desk.folder.appendingPathComponent("run-1.stderr")
        let trace = desk.folder.appendingPathComponent("trace.txt")
        for file in [log, trace] {
            try FileManager.default.moveItem(at: file, to: file.appendingPathExtension("old"))
        }
        once.send(SIGHUP)
        try await eventually("the log is there again") { Self.lines(log).contains { $0.contains(" reopened ") } }
        #expect(try await once.exitCode() == 0)
        #expect(Self.lines(log).contains { $0.contains(" file_done ") })
        #expect(Self.lines(log.appendingPathExtension("old")).contains { $0.contains("signal=SIGUSR2") })
        #expect(Self.lines(trace).contains { $0.contains("Ack") })
        #expect(Self.lines(trace.appendingPathExtension("old")).contains { $0.contains("Login") })
        #expect(try desk.finished("a.csv", in: .done).summary.outcomes["acked"] == 40)
    }

    @Test("Whoever stops reading what a command prints ends it neither with a signal nor with another exit code")
    func closedPipe() async throws {
        let desk = try Desk()
        try desk.drop("a.csv", Self.file(rows: 20_000) + "BAD.TST,1e5\n")
        let program = try BuiltProgram.named("postbox").path
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.currentDirectoryURL = desk.folder
        shell.arguments = [
            "-c",
            "{ '\(program)' check --json spool/inbox/a.csv 2>&1; echo $? >code; } | head -n 1 >first; { '\(program)' --help; echo $? >help; } | true",
        ]
        try Spawning.start(shell)
        try await eventually("the shell ends") { !shell.isRunning }
        #expect(Self.lines(desk.folder.appendingPathComponent("code")) == ["2"])
        #expect(Self.lines(desk.folder.appendingPathComponent("help")) == ["0"])
        #expect(Self.lines(desk.folder.appendingPathComponent("first")).count == 1)
    }

    // MARK: - Alerts

    @Test("A file that is partial, failed or refused is an alert with its counts by reason; one that is done is none")
    func files() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [DAVE.TST]")
        try desk.configure([simulator.url], top: "alert_command: cat >> alerts")
        try desk.drop("done.csv", Self.file(rows: 1))
        try desk.drop("partial.csv", Self.file(rows: 2) + "DAVE.TST,1\nB.TST,1e5\nC.TST,1e6\n")
        try desk.drop("failed.csv", "RIC,BID\nDAVE.TST,2\n")
        try desk.drop("refused.csv", "RIC,BID\nA.TST,1")
        #expect(try await desk.once() == 3)
        try await eventually("three alerts are told") { try Self.alerts(desk).count == 3 }
        let alerts = Dictionary(grouping: try Self.alerts(desk)) { $0["event"] as? String ?? "" }
        let partial = try #require(alerts["file_partial"]?.first)
        #expect(partial["file"] as? String == "partial.csv" && partial["acked"] as? String == "2")
        #expect(partial["reasons"] as? [String: Int] == ["not_a_decimal": 2, "SymbolUnknown": 1])
        #expect(alerts["file_failed"]?.first?["reasons"] as? [String: Int] == ["SymbolUnknown": 1])
        #expect(alerts["file_refused"]?.first?["reason"] as? String == "no_final_newline")
        #expect(desk.log().contains("reasons=not_a_decimal:2,SymbolUnknown:1"))
        let summary = try Data(
            contentsOf: desk.path(.failed).appendingPathComponent("partial.csv.summary.json"))
        let tree = try #require(try JSONSerialization.jsonObject(with: summary) as? [String: Any])
        #expect(tree["reasons"] as? [String: Int] == ["not_a_decimal": 2, "SymbolUnknown": 1])
    }

    @Test("A destination that is down for long and files that wait for long are alerts, each with its all-clear")
    func down() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        // It takes connections, and answers none.
        simulator.process.send(SIGSTOP)
        try desk.configure([simulator.url], top: "alert_command: cat >> alerts\ndown_alert: 1s\nrescan: 100ms")
        try desk.drop("a.csv", Self.file(rows: 1))
        try desk.drop("b.csv", Self.file(rows: 2))
        let service = try desk.start()
        func events() throws -> [String] { try Self.alerts(desk).compactMap { $0["event"] as? String } }
        try await eventually("both are told") {
            try events().contains("destination_down") && events().contains("waiting_long")
        }
        let down = try #require(try Self.alerts(desk).first { $0["event"] as? String == "destination_down" })
        #expect(down["destination"] as? String == "cache" && down["level"] as? String == "error")
        #expect(down["reasons"] as? [String: Int] == ["in_inbox": 2])
        let waiting = try #require(try Self.alerts(desk).first { $0["event"] as? String == "waiting_long" })
        #expect(waiting["files"] as? String == "2" && waiting["file"] as? String == "a.csv")
        #expect(waiting["reasons"] as? [String: Int] == ["destination": 2])
        simulator.process.send(SIGCONT)
        _ = try await desk.finish("b.csv", in: .done)
        try await eventually("both are well again") {
            try events().contains("destination_up") && events().contains("waiting_over")
        }
        try await Self.stop(service)
        // Once an outage.
        #expect(try events().sorted() == ["destination_down", "destination_up", "waiting_long", "waiting_over"])
    }

    // MARK: - Secrets and rights

    @Test(
        "The alert command gets none of the service's secrets, the log warns of one in the configuration, no core is written"
    )
    func secrets() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], top: "alert_command: env > environment",
            destination: "proxy: \"http://desk:wombat@127.0.0.1:1\"")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1")
        let service = try desk.start(environment: ["DESK_SECRET": "numbat", "LANG": "C", "no_proxy": "127.0.0.1"])
        try await eventually("it says so") { service.errorOutput.contains(" literal_secret ") }
        #expect(service.errorOutput.contains("postbox.yaml:") && !service.errorOutput.contains("wombat"))
        let limits = try String(contentsOfFile: "/proc/\(service.processIdentifier)/limits", encoding: .utf8)
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").dropFirst(4).prefix(2).elementsEqual(["0", "0"]) == true, "\(limits)")
        try await Self.stop(service)
        let check = try await desk.command(["config", "check"])
        #expect(check.code == 0 && check.output.contains("WARNING: ") && !check.output.contains("wombat"))

        try desk.configure([simulator.url], top: "alert_command: env > environment")
        #expect(try await desk.once(environment: ["DESK_SECRET": "numbat", "LANG": "C"]) == 3)
        let environment = desk.folder.appendingPathComponent("environment")
        try await eventually("the command ran") { Self.lines(environment).contains { $0.hasPrefix("PATH=") } }
        let names = Set(Self.lines(environment).map { String($0.prefix { $0 != "=" }) })
        #expect(names.isSubset(of: ["PATH", "HOME", "LANG", "TZ", "PWD", "SHLVL", "_", "OLDPWD"]), "\(names)")
    }

    @Test("What lies beside a file is not more readable than the file", arguments: [0o600, 0o640, 0o644])
    func rights(mode: Int) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [DAVE.TST]")
        try desk.configure([simulator.url])
        try FileManager.default.removeItem(at: desk.path(.failed))
        let outside = desk.folder.appendingPathComponent("outside")
        try Spawning.write(Data((Self.file(rows: 2) + "DAVE.TST,1\n").utf8), to: outside)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: outside.path)
        try FileManager.default.moveItem(at: outside, to: desk.path(.inbox).appendingPathComponent("a.csv"))
        #expect(try await desk.once() == 2)
        let names = desk.names(in: .failed)
        #expect(names.count == 4)
        for name in names {
            let path = desk.path(.failed).appendingPathComponent(name).path
            let given = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
            #expect(given & ~mode == 0 && given & 0o600 == 0o600, "\(name): \(String(given, radix: 8))")
        }
        let folder =
            try FileManager.default.attributesOfItem(atPath: desk.path(.failed).path)[.posixPermissions] as? Int
        #expect((folder ?? -1) & 0o007 == 0)
    }

    @Test("A name with line ends and escapes in it breaks no line of the log, of the terminal or of an alert")
    func names() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "alert_command: cat >> alerts")
        let name = "a\nb\u{1b}[2J\u{202e}\u{85}.csv"
        try desk.drop(name, "RIC,BID\nA.TST,1")
        #expect(try await desk.once() == 3)
        let log = Self.lines(desk.folder.appendingPathComponent("run-1.stderr"))
        #expect(log.allSatisfy { $0.hasPrefix("20") }, "\(log)")
        #expect(log.contains { $0.contains(#"file="a\nb\u001b[2J\u202e\u0085.csv""#) }, "\(log)")
        try await eventually("the alert is told") { try !Self.alerts(desk).isEmpty }
        #expect(try Self.alerts(desk).map { $0["file"] as? String } == [name])
        let check = try await desk.command(["check", "spool/failed/" + name])
        #expect(check.code == 3 && check.output.contains(#"a\nb\u001b[2J\u202e\u0085.csv"#), "\(check)")
        #expect(!check.output.unicodeScalars.contains("\u{1b}"))
    }

    @Test("check prints the first 20 problems of each reason and how many more there are; --all and --json print all")
    func manyProblems() async throws {
        let desk = try Desk()
        try desk.drop("a.csv", "RIC,BID\n" + (1...50).map { "R\($0).TST,1e5\n" }.joined() + ",1\nA.TST,1\n")
        func problems(_ text: String) -> Int { text.split(separator: "\n").count { $0.contains(": not_a_decimal: ") } }
        let some = try await desk.command(["check", "spool/inbox/a.csv"])
        #expect(some.code == 2 && problems(some.output) == 20, "\(some.output)")
        #expect(some.output.contains("not_a_decimal: 30 more rows") && some.output.contains(": no_ric: "))
        let all = try await desk.command(["check", "--all", "spool/inbox/a.csv"])
        #expect(all.code == 2 && problems(all.output) == 50 && !all.output.contains(" more row"))
        let json = try await desk.command(["check", "--json", "spool/inbox/a.csv"])
        #expect(
            json.code == 2
                && json.errorOutput.split(separator: "\n").count { $0.contains(#""reason": "not_a_decimal""#) } == 50
                && json.output.split(separator: "\n").count == 1)
    }

    @Test("A file that no rule is for is refused with the patterns that there are")
    func noRule() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], files: "  - {match: \"eod_*.csv\"}\n  - {match: \"px_*.json\"}")
        try desk.drop("a.csv", Self.file(rows: 1))
        #expect(try await desk.once() == 3)
        #expect(desk.log().contains("eod_*.csv, px_*.json"))
        let check = try await desk.command(["check", "--config", "postbox.yaml", "spool/failed/a.csv"])
        #expect(check.code == 3 && check.output.contains("no_rule") && check.output.contains("eod_*.csv, px_*.json"))
    }
}
