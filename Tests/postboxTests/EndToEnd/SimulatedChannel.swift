import Foundation
import Simulator
import TestSupport
import Testing

/// A simulated server inside the test, whose whole report can be read, for a program of its own that talks to it.
struct SimulatedChannel {
    /// Where its authority's certificate lies, from the desk's folder.
    static let certificateFile = "ca.pem"

    let server: SimulatorServer
    let record: PostedRecord

    /// Starts it, hands it to the body and stops it.
    static func with(
        _ scenario: String, desk: Desk, name: String = "channel", _ body: (SimulatedChannel) async throws -> Void
    ) async throws {
        var scenario = try Scenario.load(yaml: scenario, file: "scenario")
        if scenario.tls != nil || scenario.tokenEndpoint != nil {
            scenario.certificateAuthorityFile = desk.folder.appendingPathComponent(certificateFile).path
        }
        let record = desk.folder.appendingPathComponent(name + ".record.jsonl")
        let server = try await SimulatorServer.start(scenario: scenario, recordPath: record.path)
        do {
            try await body(SimulatedChannel(server: server, record: PostedRecord(record)))
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    /// The posts that came so far.
    func posts() throws -> [RunningSimulator.Event] {
        try record.posts()
    }

    /// Lines of a destination's `token:`.
    func token(version: Int, secret: String) throws -> String {
        let url = try #require(server.tokenURL(version: version))
        return version == 1
            ? "token: {version: 1, url: \"\(url)\", username: GE-A-1, password: \"\(secret)\", client_id: GE-A-1}"
            : "token: {version: 2, url: \"\(url)\", client_id: GE-1, client_secret: \"\(secret)\"}"
    }

    /// `postbox.yaml` for the Contributions Channel behind these servers.
    static func configure(_ desk: Desk, _ urls: [String], _ lines: String, top: String = "") throws {
        var yaml = "spool: spool\nsettle: 0s\n\(top)\ndestinations:\n  rcc:\n    profile: rcc\n"
        yaml += "    urls: [\(urls.map { "\"\($0)\"" }.joined(separator: ", "))]\n"
        yaml += "    position: 127.0.0.1/net\n    tls: {ca_file: \(certificateFile)}\n"
        for line in lines.split(separator: "\n") { yaml += "    \(line)\n" }
        try desk.write(yaml)
    }
}
