import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

/// A desk whose service runs and serves its page at a free port.
final class ServedDesk {
    let desk: Desk
    let service: ChildProcess
    let port: Int

    private init(_ desk: Desk, _ service: ChildProcess, port: Int) {
        (self.desk, self.service, self.port) = (desk, service, port)
    }

    /// Configures the desk and starts its service. `http`: lines below `http:` besides `listen`.
    static func start(
        _ desk: Desk, _ url: String, http: String = "anonymous: read", top: String = "", destination: String = "",
        files: String = ""
    ) async throws -> ServedDesk {
        let lines = http.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        try desk.configure(
            [url], top: top + "\nhttp:\n  listen: 127.0.0.1:0\n" + lines, destination: destination, files: files)
        let service = try desk.start()
        var port: Int?
        try await eventually("the page is served") {
            port = Self.port(service.errorOutput)
            return port != nil || !service.isRunning
        }
        return ServedDesk(desk, service, port: try #require(port, "\(service.errorOutput)"))
    }

    /// Where a service says that it serves its page; nil: it has not yet.
    static func port(_ log: String) -> Int? {
        log.split(separator: "\n").first { $0.contains(" page_served ") }?.split(separator: ":").last.flatMap {
            Int($0.prefix { $0.isNumber })
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    func ask(
        _ method: String, _ target: String, headers: String = "", body: String = "", type: String = "application/json"
    ) -> String {
        UnixClient.ask(port: port, method, target, headers: headers, body: body, type: type) ?? ""
    }

    func stop() async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    static func hash(_ token: String) -> String { SHA256Text.of(Array(token.utf8)) }

    static func file(rows: Int) -> String {
        "RIC,BID\n" + (1...rows).map { "R\($0).TST,\($0)\n" }.joined()
    }
}
