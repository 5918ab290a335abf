import Foundation
import TestSupport
import Testing

@Suite("Exit codes, end to end", .serialized, .ownThreads)
struct ExitCodeTests {
    private static let file = "RIC,BID\nA.TST,1\n"

    @Test("Nothing to do is 0")
    func nothing() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        #expect(try await desk.once() == 0)
    }

    @Test("The worst of several files decides")
    func worst() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [DAVE.TST]\nsilent: [MUTE.TST]")
        try desk.configure([simulator.url], destination: "ack_timeout: 4s")
        try desk.drop("done.csv", Self.file)
        try desk.drop("partial.csv", Self.file + "DAVE.TST,1\n")
        #expect(try await desk.once() == 2)
        try desk.drop("partial2.csv", Self.file + "DAVE.TST,2\n")
        try desk.drop("failed.csv", "RIC,BID\nDAVE.TST,3\n")
        #expect(try await desk.once() == 3)
        try desk.drop("failed2.csv", "RIC,BID\nDAVE.TST,4\n")
        try desk.drop("unknown.csv", "RIC,BID\nMUTE.TST,4\n")
        #expect(try await desk.once() == 4)
    }

    @Test(
        "Wrong usage is 64",
        arguments: [
            ["run", "--config", "postbox.yaml", "--wait", "soon"], ["nonsense"], ["run", "--nonsense"],
            ["simulate", "--listen", "nowhere"], ["check"],
        ])
    func usage(arguments: [String]) async throws {
        let desk = try Desk()
        let answer = try await desk.command(arguments)
        #expect(answer.code == 64)
        #expect(!answer.errorOutput.isEmpty)
    }

    @Test("--help is no mistake", arguments: [["--help"], ["run", "--help"], ["check", "--help"], ["--version"]])
    func help(arguments: [String]) async throws {
        let answer = try await Desk().command(arguments)
        #expect(answer.code == 0)
        #expect(!answer.output.isEmpty)
    }

    @Test("A server that is not there is 69 within --wait, and the file stays in the inbox")
    func absent() async throws {
        let desk = try Desk()
        // Nothing listens there: the simulator that had the port is gone.
        let simulator = try await desk.simulate()
        simulator.process.send(SIGTERM)
        _ = try await simulator.process.exitCode()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", Self.file)
        let start = ContinuousClock.now
        #expect(try await desk.once(["--wait", "1s"]) == 69)
        // Without --wait it is half a minute.
        #expect(ContinuousClock.now - start < .seconds(25))
        #expect(desk.names(in: .inbox) == ["a.csv"])
        #expect(desk.names(in: .done).isEmpty && desk.names(in: .failed).isEmpty && desk.names(in: .work).isEmpty)
        #expect(desk.log().contains(" gave_up "))

        // It is contributed when a server is there.
        let late = try await desk.simulate(name: "late")
        try desk.configure([late.url])
        #expect(try await desk.once() == 0)
        _ = try desk.finished("a.csv", in: .done)
    }

    @Test("A login that is refused is 69 at once, says why, and leaves the file in the inbox")
    func loginRefused() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(
            "login:\n  reject: {code: UserUnknownToPermSys, text: \"tester, unknown to system.\"}")
        try desk.configure([simulator.url])
        try desk.drop("a.csv", Self.file)
        #expect(try await desk.once(["--wait", "50s"]) == 69)
        #expect(desk.names(in: .inbox) == ["a.csv"])
        #expect(desk.log().contains("tester, unknown to system."))
        #expect(try simulator.posts().isEmpty)
    }

    @Test("A spool that cannot be made is 74")
    func spool() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"])
        let inbox = desk.path(.inbox)
        try FileManager.default.removeItem(at: inbox)
        try Data("no folder".utf8).write(to: inbox)
        #expect(try await desk.once() == 74)
        #expect(desk.log().contains(" spool_fault "))
    }

    @Test("A second instance on a spool is turned away with 75")
    func second() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }
        #expect(try await desk.once() == 75)
        #expect(desk.log().contains(" spool_taken "))
        #expect(service.isRunning)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "A configuration that is wrong is 78 and says where",
        arguments: [
            ("spool: spool\ndestinatons: {}\n", "destinations"),
            ("destinations:\n  a: {urls: ws://h, user: u, service: S}\n", "spool"),
            ("spool: [\n", "postbox.yaml:"),
        ])
    func configuration(yaml: String, word: String) async throws {
        let desk = try Desk()
        try desk.write(yaml)
        for arguments in [["run", "--config", "postbox.yaml", "--once"], ["config", "check"]] {
            let answer = try await desk.command(arguments)
            #expect(answer.code == 78)
            #expect(answer.errorOutput.contains("postbox.yaml"))
            #expect(answer.errorOutput.contains(word))
        }
    }

    @Test("A configuration is named to config check as to every other command, or by its path alone, and not twice")
    func namedConfiguration() async throws {
        let desk = try Desk()
        try desk.write("spool: [\n")
        let folder = desk.folder
        try FileManager.default.moveItem(
            at: folder.appendingPathComponent("postbox.yaml"), to: folder.appendingPathComponent("other.yaml"))
        let usual = try await desk.command(["config", "check", "other.yaml"])
        #expect(usual.code == 78 && usual.errorOutput.contains("other.yaml:"))
        for arguments in [["config", "check", "--config", "other.yaml"], ["config", "check", "-c", "other.yaml"]] {
            let answer = try await desk.command(arguments)
            #expect(answer.code == 78 && answer.errorOutput == usual.errorOutput, "\(answer)")
        }
        let twice = try await desk.command(["config", "check", "--config", "other.yaml", "other.yaml"])
        #expect(twice.code == 64 && twice.errorOutput.contains("Name one configuration"), "\(twice)")
    }

    @Test("check tells good, bad and unreadable files apart")
    func check() async throws {
        let desk = try Desk()
        for (name, content) in [
            ("good.csv", Self.file), ("bad.csv", Self.file + "B.TST,1e5\n"), ("broken.csv", "RIC,BID\nA.TST,\"1\n"),
        ] {
            try Data(content.utf8).write(to: desk.folder.appendingPathComponent(name))
        }
        #expect(try await desk.command(["check", "good.csv"]).code == 0)
        let bad = try await desk.command(["check", "bad.csv"])
        #expect(bad.code == 2)
        #expect(bad.output.contains("bad.csv:3"))
        #expect(bad.output.contains("not_a_decimal"))
        let broken = try await desk.command(["check", "broken.csv"])
        #expect(broken.code == 3)
        #expect(broken.output.contains("broken.csv:2:7: unclosed_quote"))
        #expect(try await desk.command(["check", "good.csv", "bad.csv", "broken.csv"]).code == 3)
        #expect(try await desk.command(["check", "missing.csv"]).code == 3)
    }
}
