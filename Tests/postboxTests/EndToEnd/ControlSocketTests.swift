import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("The control socket, end to end", .serialized, .ownThreads)
struct ControlSocketTests {
    private static func socket(_ desk: Desk) -> String { desk.path(.state).appendingPathComponent("postbox.sock").path }

    private static func file(rows: Int) -> String {
        "RIC,BID\n" + (1...rows).map { "R\($0).TST,\($0)\n" }.joined()
    }

    /// Ten posts a second.
    private static let slow = "window: 10\nmax_posts_per_second: 10"

    /// Starts the service and waits until it listens.
    private static func start(_ desk: Desk) async throws -> ChildProcess {
        let service = try desk.start()
        try await eventually("it listens") { UnixClient(socket(desk)) != nil || !service.isRunning }
        return service
    }

    private static func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    /// The body of an answer.
    private static func value(_ answer: String?) -> JSONValue? {
        guard let answer, let end = answer.range(of: "\r\n\r\n") else { return nil }
        return JSONValue.parse(String(answer[end.upperBound...]))
    }

    private static func items(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let items)? = value { items } else { [] }
    }

    @Test("Status tells destinations, files in work and how far they are, what waits and why, and what is finished")
    func status() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url, "ws://127.0.0.1:1/WebSocket"], destination: Self.slow,
            files: "  - {match: \"a*\", destination: cache}\n  - {match: \"b*\", destination: second}")
        let service = try await Self.start(desk)
        try desk.drop("a1.csv", Self.file(rows: 1))
        _ = try await desk.finish("a1.csv", in: .done)
        try desk.drop("a2.csv", Self.file(rows: 400))
        try desk.drop("b1.csv", Self.file(rows: 1))
        var board: JSONValue?
        try await eventually("rows of the second file are settled, and others wait to be sent") {
            board = Self.value(UnixClient.ask(Self.socket(desk), "GET", "/api/v1/status"))
            let lane = Self.items(board?["destinations"]).first
            return (lane?["queued"]?.integer ?? 0) > 0
                && (Self.items(board?["work"]?["files"]).first?["settled"]?.integer ?? 0) > 0
                && board?["inbox"]?["count"]?.integer == 1
        }
        let lanes = Self.items(board?["destinations"])
        #expect(lanes.map { $0["name"]?.text } == ["cache", "second"])
        #expect(lanes[0]["state"]?.text == "ready" && lanes[0]["url"]?.text == simulator.url)
        #expect(lanes[1]["state"]?.text == "connecting" && lanes[1]["last_error"]?.text != nil)
        let work = Self.items(board?["work"]?["files"])
        #expect(work.count == 1 && work[0]["file"]?.text == "a2.csv" && work[0]["lines"]?.integer == 400)
        #expect(work[0]["state"]?.text == "posting" && (work[0]["outcomes"]?["acked"]?.integer ?? 0) > 0)
        let waiting = Self.items(board?["inbox"]?["files"])
        #expect(waiting.map { $0["file"]?.text } == ["b1.csv"] && waiting[0]["why"]?.text == "destination")
        #expect(Self.items(board?["finished"]).map { $0["file"]?.text } == ["a1.csv"])
        #expect(board?["service"]?["ready"]?.flag == false)
        let last = Self.value(UnixClient.ask(Self.socket(desk), "GET", "/api/v1/last?ric=R1.TST&destination=cache"))
        #expect(Self.items(last?["last"]).map { $0["fields"]?["BID"]?["value"]?.integer } == [1])
        let unknown = Self.value(UnixClient.ask(Self.socket(desk), "GET", "/api/v1/last?ric=R1"))
        #expect(unknown?["last"] != nil && Self.items(unknown?["last"]).isEmpty)
        #expect(UnixClient.ask(Self.socket(desk), "GET", "/readyz")?.hasPrefix("HTTP/1.1 503") == true)
        #expect(UnixClient.ask(Self.socket(desk), "GET", "/healthz")?.hasPrefix("HTTP/1.1 200") == true)

        let shown = try await desk.command(["status"])
        #expect(shown.code == 0, "\(shown.errorOutput)")
        for part in ["a2.csv", "b1.csv", "its destination", "a1.csv"] { #expect(shown.output.contains(part)) }
        let json = try await desk.command(["status", "--json"])
        #expect(json.code == 0 && JSONValue.parse(json.output)?["schema"]?.integer == 1)
        let held = try await desk.command(["held"])
        #expect(held.code == 0 && held.output == "nothing is held\n")
        service.send(SIGTERM)
        _ = try await service.exitCode()
        #expect(!FileManager.default.fileExists(atPath: Self.socket(desk)))
    }

    @Test("A watch shows it anew, with the rate and the time that is left, until the service ends")
    func watch() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        let service = try await Self.start(desk)
        try desk.drop("a.csv", Self.file(rows: 3000))
        let watch = try ChildProcess(
            ["status", "--watch", "--json", "--config", "postbox.yaml"], in: desk.folder, name: "watch")
        // Ten a second, as the limit has it: the first seconds tell less.
        try await eventually("the time left is told as it will be") {
            let seen = watch.output.split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
            guard let file = seen.compactMap({ Self.items($0["work"]?["files"]).first }).last,
                let left = file["seconds_left"]?.integer, let lines = file["lines"]?.integer
            else { return false }
            let rows = lines - (file["settled"]?.integer ?? 0)
            return left * 8 < rows && left * 15 > rows
        }
        let seen = watch.output.split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
        let lane = try #require(seen.compactMap { Self.items($0["destinations"]).first }.last)
        #expect(lane["rate_limit"]?.integer == 10 && lane["ack_p99_ms"] != nil)
        try await Self.stop(service)
        #expect(try await watch.exitCode() == 69)
    }

    @Test("A drop is held, resumed and cancelled at the socket; who did it stands in the log")
    func acts() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        let service = try await Self.start(desk)
        try desk.drop("wrong.csv", Self.file(rows: 400))
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        func ask(_ act: String, body: String = "") -> String? {
            UnixClient.ask(Self.socket(desk), "POST", "/api/v1/drops/\(act)", body: body)
        }
        #expect(ask("1/hold", body: #"{"why":"looks odd"}"#)?.hasPrefix("HTTP/1.1 200") == true)
        try await eventually("it is held") {
            let board = Self.value(UnixClient.ask(Self.socket(desk), "GET", "/api/v1/status"))
            return Self.items(board?["work"]?["files"]).first?["state"]?.text == "held"
        }
        #expect(Self.value(ask("1/hold"))?["text"]?.text == "drop 1 is held already")
        #expect(ask("1/resume")?.hasPrefix("HTTP/1.1 200") == true)
        #expect(ask("1/resume")?.hasPrefix("HTTP/1.1 409") == true)
        #expect(ask("2/hold")?.hasPrefix("HTTP/1.1 404") == true)
        #expect(ask("1/hold", body: "{\"whom\":1}")?.hasPrefix("HTTP/1.1 400") == true)
        #expect(UnixClient.ask(Self.socket(desk), "GET", "/api/v1/drops/1/cancel")?.hasPrefix("HTTP/1.1 405") == true)
        #expect(ask("1/cancel", body: #"{"why":"wrong day"}"#)?.hasPrefix("HTTP/1.1 200") == true)
        let file = try await desk.finish("wrong.csv", in: .failed)
        #expect(file.summary.reason == "cancelled")
        #expect(ask("1/cancel")?.hasPrefix("HTTP/1.1 409") == true)
        try await Self.stop(service)
        let person = try #require(Self.account(geteuid()))
        let lines = service.errorOutput.split(separator: "\n").filter { $0.contains(" desk_act ") }
        for part in ["looks odd", "wrong day", "what=cancel", "by=unix:\(person)"] {
            #expect(lines.contains { $0.contains(part) }, "\(part) is missing in \(lines)")
        }
    }

    private static func account(_ uid: UInt32) -> String? {
        getpwuid(uid).map { String(cString: $0.pointee.pw_name) }
    }

    @Test("Without a service the commands say so, and end with 69; wrong words end with 64")
    func nobody() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"])
        let commands = [
            ["status"], ["held", "--json"], ["release", "1"], ["release", "1", "--rows", "3,17-20"],
            ["refuse", "1", "--why", "wrong"], ["retry", "1"], ["resend", "1", "--outcome", "nacked", "--force"],
        ]
        for command in commands {
            let end = try await desk.command(command)
            #expect(end.code == 69, "\(command): \(end.output)\(end.errorOutput)")
            #expect(end.errorOutput.contains("no service is running on the spool"))
        }
        for command in [
            ["release"], ["release", "0"], ["release", "x"], ["release", "1", "--rows", "0"],
            ["release", "1", "--rows", "1", "--except", "2"], ["refuse", "1"], ["refuse", "1", "--why", " "],
            ["resend", "1", "--outcome", "lost"], ["resend", "1", "--outcome", "rejected"],
        ] {
            let end = try await desk.command(command)
            #expect(end.code == 64, "\(command): \(end.output)\(end.errorOutput)")
        }
        let other = try await desk.command(["status", "--config", "missing.yaml"])
        #expect(other.code == 78)
        for command in [["files"], ["audit", "--ric", "A.TST"], ["status"], ["hold", "inbox"]] {
            let end = try await desk.command(command + ["--spool", "elsewhere"])
            #expect(
                end.code == 74 && end.errorOutput.contains("there is no spool at "), "\(command): \(end.errorOutput)")
        }
    }

    @Test("The socket lies where the configuration says; a path that is too long is an error of it")
    func elsewhere() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "socket: here.sock")
        let service = try desk.start()
        try await eventually("it listens") {
            UnixClient(desk.folder.appendingPathComponent("here.sock").path) != nil
        }
        let shown = try await desk.command(["status"])
        #expect(shown.code == 0, "\(shown.errorOutput)")
        // Its configuration is broken by now.
        try desk.write("spool: spool\nsocket: here.sock\nnonsense: 1\n")
        let loose = try await desk.command(["status"])
        #expect(loose.code == 0, "\(loose.errorOutput)")
        try await Self.stop(service)

        try desk.configure([simulator.url], top: "socket: /tmp/\(String(repeating: "a", count: 103))")
        let check = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(check.code == 78 && check.errorOutput.contains("108 bytes"))
        #expect(try await desk.once() == 78)
    }

    @Test("A run that was killed leaves its socket, and the next one takes its place")
    func killed() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let first = try await Self.start(desk)
        first.send(SIGKILL)
        _ = try await first.exitCode()
        #expect(FileManager.default.fileExists(atPath: Self.socket(desk)))
        let said = try await desk.command(["status"])
        #expect(said.code == 69)
        let second = try await Self.start(desk)
        let shown = try await desk.command(["status"])
        #expect(shown.code == 0, "\(shown.errorOutput)")
        try await Self.stop(second)
    }

    @Test("Clients that send nonsense, or nothing, keep no row from its outcome")
    func hostile() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 100")
        let service = try await Self.start(desk)
        let path = Self.socket(desk)
        try desk.drop("prices.csv", Self.file(rows: 20_000))
        let idle = (1...64).compactMap { _ in UnixClient(path) }
        for client in idle.prefix(32) {
            client.send("POST /api/v1/drops/1/cancel HTTP/1.1\r\nContent-Length: 50\r\n\r\n{")
        }
        let heads = [
            "GET /../../etc/passwd HTTP/1.1\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
            "POST /api/v1/drops/1/cancel HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET / HTTP/1.1\r\nX: \(String(repeating: "b", count: 100_000))\r\n\r\n",
            "GET /api/v1/drops/1/cancel HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /api/v1/drops/%31/cancel HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        ]
        for number in 0..<2000 { UnixClient(path)?.send(heads[number % heads.count]) }
        let file = try await desk.finish("prices.csv", in: .done)
        #expect(file.summary.outcomes["acked"] == 20_000)
        withExtendedLifetime(idle) {}
        try await eventually("the others are cut off") {
            UnixClient.ask(path, "GET", "/healthz")?.hasPrefix("HTTP/1.1 200") == true
        }
        try await Self.stop(service)
    }

    @Test("Another account is known by its own name, and only with the group's rights")
    func otherAccount() async throws {
        guard geteuid() == 0, let other = Self.account(1) else {
            print("not run: another account's name can only be tried by root")
            return
        }
        let desk = try Desk()
        let simulator = try await desk.simulate()
        // Where everybody may look for a socket.
        let path = "/tmp/postbox-\(UUID().uuidString.prefix(8)).sock"
        try desk.configure([simulator.url], top: "socket: \(path)", destination: Self.slow)
        let service = try desk.start()
        try await eventually("it listens") { UnixClient(path) != nil }
        try desk.drop("a.csv", Self.file(rows: 400))
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        func ask() throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments = [
                "--reuid", "1", "--regid", "1", "--clear-groups", "/usr/bin/curl", "-sf", "-X", "POST",
                "--unix-socket", path, "http://postbox/api/v1/drops/1/hold",
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try Spawning.start(process)
            process.waitUntilExit()
            return process.terminationStatus
        }
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv"),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")
        else {
            print("not run: setpriv and curl are needed to speak as another account")
            return try await Self.stop(service)
        }
        // curl: it could not connect.
        #expect(try ask() == 7)
        #expect(chown(path, 0, 1) == 0)
        #expect(try ask() == 0)
        try await eventually("it is in the log") { service.errorOutput.contains("by=unix:\(other)") }
        let resumed = try await desk.command(["cancel", "1"])
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        try await Self.stop(service)
    }
}
