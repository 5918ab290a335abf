import Foundation
import Logging
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

@testable import postbox

@Suite("Posting alerts to a webhook", .serialized, .ownThreads)
struct WebhookSenderTests {
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])

        var text: String { lines.withLock { $0.joined(separator: "\n") } }

        var logger: Logger {
            Logger(label: "test") { _ in Lines { line in self.lines.withLock { $0.append(line) } } }
        }
    }

    private struct Lines: LogHandler {
        let note: @Sendable (String) -> Void
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(_ note: @escaping @Sendable (String) -> Void) { self.note = note }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { note("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    private static let quick = ReconnectBackoff(first: .milliseconds(10), most: .milliseconds(50))

    private static func sender(_ url: String, _ log: Log, timeout: Int = 20) -> WebhookSender {
        WebhookSender(
            AlertWebhook(url: url, headers: [.init(name: "Authorization", value: "Bearer very-secret")]),
            backoff: quick, timeout: timeout, logger: log.logger)
    }

    private static func message(_ number: Int) -> AlertMessage {
        AlertMessage(Alert(event: .fault, message: "m\(number)"), id: number, at: 0, host: "desk1")
    }

    @Test("It answers 500, then 200: the alert arrives, in its order, and the log says both and no secret")
    func again() async throws {
        let server = try #require(HookServer([.status(500), .status(503), .status(200)]))
        let log = Log()
        let sender = Self.sender(server.url, log)
        for number in 1...3 { sender.add(Self.message(number)) }
        try await eventually("all arrive") { server.requests.count >= 5 }
        await sender.finish(within: .seconds(60))
        let told = server.bodies.compactMap { JSONValue.parse($0)?["message"]?.text }
        #expect(told == ["m1", "m1", "m1", "m2", "m3"])
        let first = try #require(server.requests.first)
        #expect(
            first.hasPrefix("POST /hook/secret-path HTTP/1.1\r\n")
                && first.contains("Authorization: Bearer very-secret"))
        #expect(first.contains("Content-Type: application/json"))
        #expect(log.text.contains("alerts do not reach 127.0.0.1") && log.text.contains("it answers HTTP 500"))
        #expect(log.text.components(separatedBy: "alert_webhook_failed").count == 2)
        #expect(log.text.components(separatedBy: "alert_webhook_works").count == 2)
        #expect(!log.text.contains("secret"))
        server.stop()
    }

    @Test("A webhook that hangs is given up, tried again, and keeps nobody who has an alert")
    func hangs() async throws {
        let server = try #require(HookServer([.silence, .status(200)]))
        let log = Log()
        let sender = Self.sender(server.url, log, timeout: 1)
        sender.add(Self.message(1))
        try await eventually("the second try arrives") { server.requests.count == 2 }
        await sender.finish(within: .seconds(60))
        #expect(log.text.contains("no answer in time") && log.text.contains("alert_webhook_works"))
        server.stop()
    }

    @Test("A redirect is not followed: what is posted, and its headers, go nowhere else")
    func redirect() async throws {
        let other = try #require(HookServer())
        let server = try #require(HookServer([.status(302, headers: "Location: \(other.url)\r\n")]))
        let log = Log()
        let sender = Self.sender(server.url, log)
        sender.add(Self.message(1))
        try await eventually("it is said") { log.text.contains("which is not followed") }
        #expect(other.requests.isEmpty && server.requests.count == 1)
        await sender.finish(within: .milliseconds(1))
        #expect(log.text.contains("1 alert was not delivered to 127.0.0.1"))
        for one in [server, other] { one.stop() }
    }

    @Test("Away, then back: a thousand arrive, and the first of them tells how many are lost")
    func away() async throws {
        let first = try #require(HookServer([.silence]))
        let port = first.port
        first.stop()
        let log = Log()
        let sender = Self.sender("http://127.0.0.1:\(port)/x", log)
        for number in 1...1500 { sender.add(Self.message(number)) }
        try await eventually("it is missed") { log.text.contains("alerts do not reach") }
        let server = try #require(HookServer(port: port))
        await sender.finish(within: .seconds(300))
        let bodies = server.bodies.compactMap { JSONValue.parse($0) }
        #expect((1000...1001).contains(bodies.count) && bodies.last?["message"]?.text == "m1500")
        let missed = try #require(bodies.first?["missed"]?.integer)
        #expect(missed + bodies.count == 1500 && bodies.dropFirst().allSatisfy { $0["missed"] == nil })
        #expect(log.text.contains("\(missed) are lost"))
        server.stop()
    }

    @Test("What it does not want is not posted again")
    func unwanted() async throws {
        let server = try #require(HookServer([.status(400)]))
        let log = Log()
        let sender = Self.sender(server.url, log)
        for number in 1...2 { sender.add(Self.message(number)) }
        await sender.finish(within: .seconds(60))
        #expect(
            server.bodies.compactMap { JSONValue.parse($0)?["missed"]?.integer } == [1] && server.requests.count == 2)
        #expect(log.text.contains("does not take an alert"))
        server.stop()
    }
}
