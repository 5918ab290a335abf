internal import Foundation

/// A fresh spool whose service runs, is logged in, and serves its page.
struct ServedSpool {
    let spool: Spool
    let service: Child
    /// Where the page is.
    let port: Int

    /// - Parameters:
    ///   - server: the port that posts go to.
    ///   - postsPerSecond: the destination's limit; nil: as fast as it goes.
    init(_ desk: Desk, server: Int, postsPerSecond: Int? = nil) throws {
        let spool = try Spool(
            desk, port: server, postsPerSecond: postsPerSecond,
            files: """
                http:
                  listen: 127.0.0.1:0
                  users: {bench: {token_sha256: "\(PageConnection.tokenSHA256)", may: [read]}}
                """)
        let service = try spool.start(once: false)
        var port: Int?
        try service.wait(until: "the service is logged in and serves its page") {
            let log = service.errors
            port = Self.port(log)
            return port != nil && log.contains(" logged_in ")
        }
        guard let port else { throw BenchError("the log names no port of the page") }
        self.spool = spool
        self.service = service
        self.port = port
    }

    /// What the log says of where the page is; nil: nothing yet.
    private static func port(_ log: String) -> Int? {
        let line = log.split(separator: "\n").first { $0.contains(" page_served ") }
        return line?.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// Has a file posted and waits until the service has nothing more to do: what is put away after a file's end would be in the
    /// way of what is measured next.
    func contribute(_ file: PriceFile) throws -> Summary {
        let name = (file.path as NSString).lastPathComponent
        try spool.put([file.path], into: "staging")
        try spool.enter(name)
        try service.wait(until: "\(name) is in done/", seconds: 600) { spool.finishedAt(name) != nil }
        var before = Usage(of: service.pid)
        try service.wait(until: "the service is idle") {
            usleep(250_000)
            let now = Usage(of: service.pid)
            defer { before = now }
            return now.cpuSeconds(since: before) < 0.01
        }
        return try spool.summary(of: name)
    }
}
