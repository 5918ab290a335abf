import Foundation
import Simulator
import TestSupport
import Testing

/// Everything is run with secrets that nothing else could be taken for, and none of them may be found anywhere.
@Suite("Secrets, end to end", .serialized, .ownThreads)
struct SecretsTests {
    private static let password = "MARKEDPASSWORDquokka"
    private static let clientSecret = "MARKEDCLIENTSECRETwombat"
    private static let token = "MARKEDTOKENnumbat"
    private static let refreshToken = "MARKEDREFRESHbilby"
    private static let proxyPassword = "MARKEDPROXYpotoroo"

    private static let all = [password, clientSecret, token, refreshToken, proxyPassword]

    private static let environment = [
        "TEST_PASSWORD": password, "TEST_CLIENT_SECRET": clientSecret, "TEST_PROXY_PASSWORD": proxyPassword,
    ]

    /// As bytes go over a wire or into a file: plain, and as the Basic header has them.
    private static var forms: [(name: String, bytes: Data)] {
        all.map { ($0, Data($0.utf8)) }
            + [
                ("the proxy's Basic header", Data(Data("desk:\(proxyPassword)".utf8).base64EncodedString().utf8))
            ]
    }

    /// Looks at every file below the folder, the configuration's own references included.
    private static func expectNone(in folder: URL, _ except: Set<String> = []) throws -> Int {
        var count = 0
        let found = FileManager.default.enumerator(atPath: folder.path)
        while let name = found?.nextObject() as? String {
            let url = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue,
                !except.contains(name),
                try FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType != .typeSocket
            else { continue }
            let bytes = try Data(contentsOf: url)
            count += 1
            for form in forms {
                #expect(bytes.range(of: form.bytes) == nil, "\(form.name) stands in \(name)")
            }
        }
        return count
    }

    /// `postbox.yaml` with every secret by reference, and an alert command that writes down what it is told.
    private static func configure(_ desk: Desk, _ channel: SimulatedChannel, version: Int) throws {
        let proxy = try #require(channel.server.proxy)
        let secret = version == 1 ? "${env:TEST_PASSWORD}" : "${env:TEST_CLIENT_SECRET}"
        try SimulatedChannel.configure(
            desk, [channel.server.url],
            try channel.token(version: version, secret: secret)
                + "\nproxy: \"http://desk:${env:TEST_PROXY_PASSWORD}@127.0.0.1:\(proxy.port)\"\nmax_posts_per_second: 100",
            top: "alert_command: \"cat >> alerts.jsonl\"")
    }

    private static func scenario(_ more: String = "", script: String = "", login: String = "") -> String {
        """
        tls: {}
        token_endpoint:
          expires_in: [2]
          script:
        \(script.isEmpty ? "    - {status: 200, body: '{\"access_token\":\"\(token)\",\"refresh_token\":\"\(refreshToken)\",\"expires_in\":\"2\"}', times: 1000}" : script)
        login: {shape: rcc\(login)}
        proxy: {port: 0, user: desk, password: \(proxyPassword)}
        \(more)
        """
    }

    @Test(
        "A whole day, its renewals, a lost connection and its alerts leave no secret anywhere",
        arguments: [1, 2])
    func goodDay(version: Int) async throws {
        let desk = try Desk()
        try await SimulatedChannel.with(
            Self.scenario("disconnect: {after_posts: 150}\nunknown: [R7.TST]"), desk: desk
        ) { channel in
            try Self.configure(desk, channel, version: version)
            try desk.drop("a.csv", "RIC,BID\n" + (1...400).map { "R\($0).TST,\($0)\n" }.joined())
            let service = try desk.start(["--trace", "trace.txt"], environment: Self.environment)
            try await eventually("a part is posted") { try channel.posts().count > 100 }
            let arguments = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(service.processIdentifier)/cmdline"))
            #expect(arguments.range(of: Data("postbox.yaml".utf8)) != nil)
            for form in Self.forms { #expect(arguments.range(of: form.bytes) == nil, "\(form.name)") }
            // While it runs, the ledger's newest pages stand in its -wal file.
            #expect(desk.names(in: .state).contains { $0.hasSuffix("-wal") })
            _ = try Self.expectNone(in: desk.path(.state))
            let socket = desk.path(.state).appendingPathComponent("postbox.sock").path
            let status = Data(try #require(UnixClient.ask(socket, "GET", "/api/v1/status")).utf8)
            #expect(status.range(of: Data("destinations".utf8)) != nil)
            for form in Self.forms { #expect(status.range(of: form.bytes) == nil, "\(form.name) stands in the status") }
            let file = try await desk.finish("a.csv", in: .failed)
            #expect(file.summary.outcomes["acked"] == 399)
            _ = try await channel.server.report { $0.reissues > 0 }
            service.send(SIGTERM)
            #expect(try await service.exitCode() == 0)
            #expect(channel.server.report().connections > 1)

            let check = try await desk.command(["config", "check"], environment: Self.environment)
            #expect(check.code == 0)
            let probe = try await desk.command(
                ["probe", "--trace", "probe.txt"], environment: Self.environment)
            #expect(probe.code == 0)
            let count = try Self.expectNone(in: desk.folder)
            for name in ["trace.txt", "probe.txt", "run-1.stderr", "channel.record.jsonl"] {
                #expect(FileManager.default.fileExists(atPath: desk.folder.appendingPathComponent(name).path))
            }
            #expect(count >= 12)
        }
    }

    @Test("A token endpoint that repeats what it refuses does not get it into the log", arguments: [1, 2])
    func refusedByEndpoint(version: Int) async throws {
        let desk = try Desk()
        let secret = version == 1 ? Self.password : Self.clientSecret
        let script =
            "    - {status: 401, body: '{\"error\":\"invalid_grant\",\"error_description\":\"no \(secret) here\"}', times: 1000}"
        try await SimulatedChannel.with(Self.scenario(script: script), desk: desk) { channel in
            try Self.configure(desk, channel, version: version)
            try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
            #expect(try await desk.once(["--trace", "trace.txt"], environment: Self.environment) == 69)
            #expect(desk.log().contains("HTTP 401 invalid_grant"))
            #expect(try await desk.command(["probe"], environment: Self.environment).code == 69)
            #expect(
                FileManager.default.fileExists(atPath: desk.folder.appendingPathComponent("alerts.jsonl").path))
            _ = try Self.expectNone(in: desk.folder)
        }
    }

    @Test("A proxy that refuses its credentials, or is not there, does not get them into the log")
    func refusedByProxy() async throws {
        let desk = try Desk()
        let wrong = Self.scenario().replacing("password: \(Self.proxyPassword)", with: "password: other")
        try await SimulatedChannel.with(wrong, desk: desk) { channel in
            try Self.configure(desk, channel, version: 1)
            try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
            #expect(try await desk.once(["--wait", "8s"], environment: Self.environment) == 69)
            #expect(try #require(channel.server.proxy).report().refusedCredentials > 0)
        }
        #expect(try await desk.once(["--wait", "2s"], environment: Self.environment) == 69)
        #expect(try await desk.command(["probe", "--wait", "1s"], environment: Self.environment).code == 69)
        _ = try Self.expectNone(in: desk.folder)
    }

    @Test(
        "A mistake in a value that holds a secret is told without the value",
        arguments: [
            ("proxy: \"ftp://desk:${env:TEST_PROXY_PASSWORD}@127.0.0.1:1\"", "proxy"),
            ("window: ${env:TEST_PASSWORD}", "window"),
            ("ack_timeout: ${env:TEST_PASSWORD}", "ack_timeout"),
            ("urls: \"http://${env:TEST_PASSWORD}\"", "urls"),
            ("resend: ${env:TEST_PASSWORD}", "resend"),
            ("post_user_info: {address: \"${env:TEST_PASSWORD}\", user_id: 1}", "address"),
            (
                "token: {version: 1, url: \"http://${env:TEST_PASSWORD}/\", username: u, password: p, client_id: c}",
                "url"
            ),
        ])
    func mistake(line: String, key: String) async throws {
        let desk = try Desk()
        let urls = line.hasPrefix("urls:") ? "" : "    urls: \"ws://h\"\n"
        try desk.write(
            "spool: spool\ndestinations:\n  cache:\n    user: u\n    service: S\n\(urls)    \(line)\n")
        for arguments in [["config", "check"], ["run", "--config", "postbox.yaml", "--once"], ["probe"]] {
            let answer = try await desk.command(arguments, environment: Self.environment)
            #expect(answer.code == 78)
            #expect(answer.errorOutput.contains(key), "\(answer.errorOutput)")
        }
        _ = try Self.expectNone(in: desk.folder)
    }
}
