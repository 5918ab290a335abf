import Foundation
import Simulator
import TestSupport
import Testing

/// What a server's odd answers and its narrow read buffer make of a file, and what is told while there is no login.
@Suite("The wire, end to end", .serialized, .ownThreads)
struct WireTests {
    @Test("Three posts of 40 KB among 2,000 small ones reach a server with a real one's read buffer, on one connection")
    func largePosts() async throws {
        let desk = try Desk()
        let text = String(repeating: "x", count: 40_000)
        let rows = (1...2000).map { row in
            [500, 501, 1500].contains(row) ? "L\(row).TST,,\(text)\n" : "R\(row).TST,\(row),\n"
        }
        try await SimulatedChannel.with("read_buffer: 61690", desk: desk) { channel in
            try desk.configure([channel.server.url])
            try desk.drop("mixed.csv", "RIC,BID,GEN_TEXT16\n" + rows.joined())
            #expect(try await desk.once() == 0)
            let file = try desk.finished("mixed.csv", in: .done)
            #expect(file.summary.outcomes["acked"] == 2000)
            #expect(Set(file.column("attempts")) == ["1"])
            let report = channel.server.report()
            #expect(report.posts == 2000 && report.connections == 1)
            #expect(report.violations.isEmpty, "\(report.violations)")
            #expect(!desk.log().contains(" disconnected "))
        }
    }

    @Test("A post that is never answered does not keep a large one behind it, nor a file alone, from its end")
    func silentBeforeLarge() async throws {
        let desk = try Desk()
        let server = try await desk.simulate("silent: [SILENT.TST]\nlogin: {ping_timeout: 60s}")
        try desk.configure([server.url], destination: "ack_timeout: 2s")
        let text = String(repeating: "x", count: 40_000)
        try desk.drop("a.csv", "RIC,BID,GEN_TEXT16\nSILENT.TST,1,a\nOK.TST,1,\(text)\n")
        #expect(try await desk.once() == 4)
        #expect(try desk.finished("a.csv", in: .failed).column("outcome") == ["unknown", "acked"])
        #expect(!desk.log().contains(" disconnected "))
    }

    @Test(
        "A row whose answer may be a refusal ends unknown with the answer's text, whatever stands in the NakCode's place",
        arguments: ["{\"Code\":10}", "[\"SymbolUnknown\"]", "true", "false", "\"\""])
    func unreadable(json: String) async throws {
        let desk = try Desk()
        let server = try await desk.simulate("naks: [{ric: ODD.TST, nak_code_json: '\(json)'}]")
        try desk.configure([server.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nODD.TST,2\nB.TST,3\n")
        #expect(try await desk.once() == 4)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "partial")
        #expect(file.column("outcome") == ["acked", "unknown", "acked"])
        #expect(file.column("reason") == ["", "unreadable_answer", ""])
        #expect(file.column("text")[1].contains("\"NakCode\":\(json)"))
        #expect(file.column("nak_code")[1] == "")
        #expect(file.column("post_id").allSatisfy { !$0.isEmpty })
        #expect(desk.log().contains(" unreadable_answer "))
    }

    @Test("A message without end costs a connection, a clear word and no row")
    func oversize() async throws {
        let desk = try Desk()
        let server = try await desk.simulate("oversize: {after_posts: 20, times: 1}")
        try desk.configure([server.url])
        try desk.drop("a.csv", "RIC,BID\n" + (1...100).map { "R\($0).TST,\($0)\n" }.joined())
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("a.csv", in: .done).summary.outcomes["acked"] == 100)
        #expect(desk.log().contains("message_too_large: it sent a message longer than 16 MB"))
    }

    @Test("The summary names who logged in; rows of a file that was cancelled before they went have no PostID")
    func names() async throws {
        let desk = try Desk()
        let server = try await desk.simulate("")
        try desk.configure([server.url], destination: "max_posts_per_second: 20\nwindow: 5")
        try desk.drop("a.csv", "RIC,BID\n" + (1...400).map { "R\($0).TST,\($0)\n" }.joined())
        let run = try desk.start()
        try await eventually("some rows are sent") { try server.posts().count >= 10 }
        #expect(try await desk.command(["cancel", "a.csv", "--wait", "100s"]).code == 0)
        let file = try await desk.finish("a.csv", in: .failed)
        #expect(file.summary.login["cache"]?["user"] == "tester")
        #expect(file.summary.login["cache"]?["url"] == server.url)
        #expect(file.summary.outcomes["unsent", default: 0] > 0)
        for row in file.rows {
            #expect((row["post_id"] == "") == (row["outcome"] == "unsent"), "\(row["row"] ?? "")")
            #expect((row["attempts"] == "0") == (row["outcome"] == "unsent"))
        }
        run.send(SIGINT)
        #expect(try await run.exitCode() == 0)
    }

    /// Where a token is to come from, and what is told of it.
    private static let endpoints: [(script: String, words: String)] = [
        (
            "{status: 200, body: \"<html>Sign in</html>\", content_type: text/html, times: 99}",
            "no token from 127.0.0.1: what came is no token: \"<html>Sign in</html>\""
        ),
        ("{status: 503, times: 99}", "no token from 127.0.0.1: it answers HTTP 503"),
        ("{status: 401, body: '{\"error\":\"invalid_client\"}', times: 99}", "refuses: HTTP 401 invalid_client"),
    ]

    @Test("Without a token probe, the log and a file that waits say why, and never that there is no answer yet")
    func noToken() async throws {
        for (script, words) in Self.endpoints {
            let desk = try Desk()
            let scenario = """
                tls: {}
                token_endpoint: {clients: {GE-1: s3cret}, script: [\(script)]}
                login: {shape: rcc, tokens: true}
                """
            try await SimulatedChannel.with(scenario, desk: desk) { channel in
                try SimulatedChannel.configure(
                    desk, [channel.server.url], try channel.token(version: 2, secret: "${env:SECRET}"))
                let environment = ["SECRET": "s3cret"]
                let probe = try await desk.command(["probe", "--wait", "2s"], environment: environment)
                #expect(probe.code == 69)
                #expect(probe.output.hasPrefix("rcc (rcc)\n"))
                #expect(probe.output.contains(words), "\(probe.output)")
                try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
                #expect(try await desk.once(["--wait", "2s"], environment: environment) == 69)
                let log = desk.log()
                let waiting = log.split(separator: "\n").filter { $0.contains(" waiting ") }
                #expect(waiting.count == 1)
                #expect(waiting.first?.contains("rcc: ") == true)
                let quoted = words.replacing("\"", with: "\\\"")
                #expect(waiting.first?.contains(quoted) == true, "\(waiting)")
                #expect(!log.contains("no answer yet") && !probe.output.contains("no answer yet"))
                #expect(!log.contains("s3cret"))
                #expect(channel.server.report().connections == 0)
            }
        }
    }

    @Test("A token endpoint, a proxy and a server of a wrong name are told with the name and what to check")
    func wrongNames() async throws {
        let desk = try Desk()
        let scenario = """
            tls: {}
            token_endpoint: {clients: {GE-1: s3cret}}
            login: {shape: rcc, tokens: true}
            proxy: {user: desk, password: right}
            """
        try await SimulatedChannel.with(scenario, desk: desk) { channel in
            let token = try channel.token(version: 2, secret: "${env:SECRET}")
            let proxy = try #require(channel.server.proxy)
            for (lines, words) in [
                (token.replacing("127.0.0.1", with: "no-such-host.invalid"), "check the host in the token's `url`"),
                (token + "\nproxy: \"http://desk:wr0ng@127.0.0.1:\(proxy.port)\"", "HTTP 407"),
            ] {
                try SimulatedChannel.configure(desk, [channel.server.url], lines)
                let probe = try await desk.command(["probe", "--wait", "3s"], environment: ["SECRET": "s3cret"])
                #expect(probe.code == 69)
                #expect(probe.output.contains(words), "\(probe.output)")
                #expect(!probe.output.contains("wr0ng"))
            }
        }
    }
}
