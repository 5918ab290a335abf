internal import Foundation
internal import PostboxCore

/// What it costs the service that people and programs look at it, and how soon they see something.
struct DeskLoad {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        show(try views(server))
        show(try posting(server))
        show(try limitedPosting(server))
        try server.stop()
    }

    // MARK: - Views

    /// One person looks, and nothing else happens.
    private func views(_ server: Server) throws -> Table {
        let file = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let served = try ServedSpool(desk, server: server.port)
        let drop = try served.contribute(file).drop
        let rows = try PageConnection.answer(port: served.port, "/api/v1/drops/\(drop)/rows")
        let place = try JSONDecoder().decode(Place.self, from: Data(rows.body))
        let views: [(name: String, target: String, share: Int)] = [
            ("the first view", "/", 1), ("a finished file", "/drops/\(drop)", 1),
            ("its next rows", "/drops/\(drop)" + (place.next.map { "?page=\($0)" } ?? ""), 1),
            ("its refused rows, which it has none of", "/drops/\(drop)?outcome=nacked", 10),
        ]
        let rounds = max(3, min(100, desk.sizes.rows / 10_000))
        var waits = [[Double]](repeating: [], count: views.count)
        var bytes = [Int](repeating: 0, count: views.count)
        for round in 0..<rounds {
            // What was found out a moment ago is shown again for 0.2 s.
            usleep(210_000)
            for (index, view) in views.enumerated() where round.isMultiple(of: view.share) {
                let answer = try PageConnection.answer(port: served.port, view.target)
                waits[index].append(answer.milliseconds)
                bytes[index] = answer.body.count
            }
        }
        try served.service.stop()
        var table = Table("How soon a view is there", ["view", "times", "KB", "p50 ms", "p99 ms", "worst ms"])
        for (index, view) in views.enumerated() {
            let shares = [0.5, 0.99, 1].map { Figure.short(waits[index].percentile($0)) }
            table.add(
                view.name, Figure.count(waits[index].count), Figure.short(Double(bytes[index]) / 1000), more: shares)
        }
        table.note = """
            From before the connection is made to the last byte. The file has \(Figure.count(file.rows)) rows; the service does \
            nothing else. The first view must be there within 100 ms, a file and its rows within 300 ms.
            """
        return table
    }

    /// What a page of rows says of the next one.
    private struct Place: Decodable {
        var next: Int?
    }

    // MARK: - Posting

    private static let callsPerSecond = 50

    /// What was seen of one file.
    private struct Run {
        var rowsPerSecond: Double
        var cpuSecondsPerMillion: Double
        var callsPerSecond: Double
        /// Milliseconds of each call of the API.
        var waits: [Double]
        /// What all of them read meanwhile.
        var bytes: Int
    }

    /// A file is posted while nobody looks, and while there are those who do.
    private func posting(_ server: Server) throws -> Table {
        let file = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let followers = desk.sizes.followers
        let audiences: [(name: String, size: Audience.Size)] = [
            ("nobody", Audience.Size()), ("a browser with the page open", Audience.Size(hasPage: true)),
            (
                "\(followers) event streams, \(Self.callsPerSecond) calls a second",
                Audience.Size(followers: followers, callsPerSecond: Self.callsPerSecond)
            ),
        ]
        let turns = 2 * desk.runs
        var table = try table("A file is posted while somebody looks", file, audiences, turns: turns, server)
        table.note = """
            CSV, \(Figure.count(file.rows)) rows renamed into the inbox of a running service, \(Figure.count(turns)) turns. CPU of \
            `postbox` alone, from the rename to the summary. `against nobody`: the median of the turns' own differences, which must \
            not be more than 2 % to the worse. Each event stream told something before the file came and after it, each call was \
            answered with 200. Calls: status, drops, rows of a drop, posts of a RIC. The server and those who look have their share of \
            the \(ProcessInfo.processInfo.processorCount) cores.
            """
        return table
    }

    /// The same to a destination with a limit, as a real one has: the cores have time for those who look.
    private func limitedPosting(_ server: Server) throws -> Table {
        let file = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let followers = desk.sizes.followers
        let limit = max(1000, desk.sizes.rows / 10)
        let audiences: [(name: String, size: Audience.Size)] = [
            ("nobody", Audience.Size()),
            (
                "\(followers) event streams, \(Self.callsPerSecond) calls a second",
                Audience.Size(followers: followers, callsPerSecond: Self.callsPerSecond)
            ),
        ]
        let turns = max(2, desk.runs)
        var table = try table(
            "The same at a limit", file, audiences, turns: turns, server, postsPerSecond: limit)
        table.note = """
            As before, \(Figure.count(turns)) turns, with `max_posts_per_second: \(limit)`.
            """
        return table
    }

    /// The file's rows a second before each audience, in turns.
    private func table(
        _ title: String, _ file: PriceFile, _ audiences: [(name: String, size: Audience.Size)], turns: Int,
        _ server: Server, postsPerSecond: Int? = nil
    ) throws -> Table {
        var runs = [[Run]](repeating: [], count: audiences.count)
        for turn in 0..<turns {
            let order = Array(audiences.indices)
            // Who comes first in one turn comes last in the next.
            for index in turn.isMultiple(of: 2) ? order : order.reversed() {
                runs[index].append(
                    try post(file, before: audiences[index].size, server, postsPerSecond: postsPerSecond))
            }
        }
        var table = Table(
            title,
            [
                "who looks", "rows/s while posting", "from", "to", "rows/s against nobody", "CPU s / 10⁶ rows",
                "CPU against nobody", "calls/s", "call p50 ms", "call p99 ms", "MB read",
            ])
        for (audience, seen) in zip(audiences, runs) {
            table.add([audience.name] + cells(seen, beside: runs[0]))
        }
        return table
    }

    /// - Parameter alone: the same turns while nobody looked.
    private func cells(_ runs: [Run], beside alone: [Run]) -> [String] {
        let rates = runs.map(\.rowsPerSecond)
        let cpu = runs.map(\.cpuSecondsPerMillion)
        let waits = runs.flatMap(\.waits)
        let bytes = runs.map { Double($0.bytes) }.median
        let rate = Figure.difference(rates.medianShare(of: alone.map(\.rowsPerSecond)))
        let cost = Figure.difference(cpu.medianShare(of: alone.map(\.cpuSecondsPerMillion)))
        let isWatched = bytes > 0
        var cells = [Figure.count(rates.median), Figure.count(rates.min() ?? 0), Figure.count(rates.max() ?? 0)]
        cells += [isWatched ? rate : "", Figure.short(cpu.median), isWatched ? cost : ""]
        if waits.isEmpty {
            cells += ["", "", ""]
        } else {
            cells.append(Figure.short(runs.map(\.callsPerSecond).median))
            cells += [Figure.short(waits.median), Figure.short(waits.percentile(0.99))]
        }
        return cells + [isWatched ? Figure.megabytes(Int(bytes)) : ""]
    }

    private func post(
        _ file: PriceFile, before size: Audience.Size, _ server: Server, postsPerSecond: Int?
    ) throws -> Run {
        let served = try ServedSpool(desk, server: server.port, postsPerSecond: postsPerSecond)
        // Something to be asked for.
        let small = try desk.scratch.priceFile(.csv, rows: min(1000, desk.sizes.rows / 2))
        let audience = try Audience(size, of: served, drop: try served.contribute(small).drop)
        let name = (file.path as NSString).lastPathComponent
        try served.spool.put([file.path], into: "staging")
        // Whoever has just come has what he needs then.
        let settled = ContinuousClock.now + .milliseconds(500)
        try audience.goOn(until: "half a second is over") { ContinuousClock.now >= settled }
        let (calls, bytes) = (audience.waits.count, audience.bytes)
        let before = Usage(of: served.service.pid)
        let start = ContinuousClock.now
        try served.spool.enter(name)
        try audience.goOn(until: "\(name) is in done/") { served.spool.finishedAt(name) != nil }
        let after = Usage(of: served.service.pid)
        let seconds = (ContinuousClock.now - start).seconds
        let waits = Array(audience.waits[calls...])
        let heard = audience.bytes - bytes
        try audience.hear()
        audience.leave()
        try served.service.stop()
        let summary = try served.spool.summary(of: name)
        guard summary.outcomes["acked"] == file.rows else {
            throw BenchError("of \(file.rows) rows these came about: \(summary.outcomes)")
        }
        return Run(
            rowsPerSecond: summary.rowsPerSecond,
            cpuSecondsPerMillion: after.cpuSeconds(since: before) / Double(file.rows) * 1e6,
            callsPerSecond: Double(waits.count) / seconds, waits: waits, bytes: heard)
    }
}
