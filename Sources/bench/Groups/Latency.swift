internal import Foundation

/// How long a small file takes from its rename into the inbox to the server.
struct Latency {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let count = max(5, min(300, desk.sizes.rows / 1000))
        let server = try Server(.recording, desk)
        let spool = try Spool(desk, port: server.port)
        let service = try spool.start(once: false)
        try service.wait(until: "the service is logged in") { service.errors.contains(" logged_in ") }
        var renamed: [String: Int] = [:]
        for number in 0..<count {
            let ric = "LAT\(number).L"
            let staged = "\(spool.folder)/staging/\(number).csv"
            try Data("RIC,BID,ASK\n\(ric),1.25,1.26\n".utf8).write(to: URL(fileURLWithPath: staged))
            renamed[ric] = Child.wall()
            rename(staged, "\(spool.folder)/inbox/\(number).csv")
            usleep(20_000)
        }
        try service.wait(until: "every file is in done/") { try spool.finished().files == count }
        try service.stop()
        try server.stop()
        let posts = try arrivals(server.record)
        let milliseconds = renamed.compactMap { ric, at in posts[ric].map { Double($0 - at) / 1000 } }
        guard milliseconds.count == count else { throw BenchError("\(milliseconds.count) of \(count) posts came") }
        var table = Table(
            "From the rename into the inbox to the post's arrival at the server",
            ["files", "p50 ms", "p90 ms", "p99 ms", "worst ms"])
        table.add(
            [Figure.count(count)] + [0.5, 0.9, 0.99, 1].map { Figure.short(milliseconds.percentile($0)) })
        table.note =
            "One file of one row every 20 ms. The server is the simulator, strict: its reading of the post is in it."
        show(table)
    }

    /// When each RIC's post came, microseconds since 1970.
    private func arrivals(_ record: String) throws -> [String: Int] {
        struct Event: Decodable {
            var event: String
            var time: Int
            var ric: String

            private enum CodingKeys: String, CodingKey {
                case event, time
                case ric = "RIC"
            }
        }
        var posts: [String: Int] = [:]
        for line in try Data(contentsOf: URL(fileURLWithPath: record)).split(separator: 0x0a) {
            let event = try JSONDecoder().decode(Event.self, from: Data(line))
            if event.event == "post" { posts[event.ric] = event.time }
        }
        return posts
    }
}
