internal import PostboxCore

/// Whether the cost of a row or a file stays the same when there are more of them.
struct Growth {
    let desk: Desk

    static let windows = [1, 10, 100, 1000, 10_000]

    func measure(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        try rows(server, show)
        try windows(server, show)
        try files(server, show)
        try server.stop()
    }

    private func rows(_ server: Server, _ show: (Table) -> Void) throws {
        var table = Table("Rows of one CSV file", ["rows", "s", "µs / row", "CPU µs / row", "peak MB"])
        table.note = "From the program's start to its exit; start, login and end are most of the first line."
        for rows in desk.sizes.growing {
            let file = try desk.scratch.priceFile(.csv, rows: rows)
            let runs = try measure([file.path], rows, server)
            table.add(Figure.count(rows), more: row(runs, Double(rows)))
        }
        show(table)
    }

    private func windows(_ server: Server, _ show: (Table) -> Void) throws {
        var table = Table("Posts in flight", ["window", "s", "µs / row", "CPU µs / row", "peak MB"])
        let rows = desk.sizes.rows / 10
        table.note =
            "A CSV file of \(Figure.count(rows)) rows. A window of 1 waits for every answer before the next post."
        let file = try desk.scratch.priceFile(.csv, rows: rows)
        for window in Self.windows {
            let runs = try measure([file.path], rows, server, window: window)
            table.add(Figure.count(window), more: row(runs, Double(rows)))
        }
        show(table)
    }

    private func files(_ server: Server, _ show: (Table) -> Void) throws {
        var table = Table(
            "Files of one row each, waiting at the start",
            ["files", "s", "µs / file", "CPU µs / file", "peak MB", "syncs / file", "commits / file"])
        table.note = "From the program's start to its exit."
        var count = 1
        while count <= desk.sizes.files * (desk.sizes.isLong ? 10 : 1) {
            let runs = try measure(try desk.scratch.smallFiles(count), count, server)
            let perFile = [runs.median { Double($0.syncs) }, runs.median { Double($0.commits) }]
                .map { Figure.short($0 / Double(count)) }
            table.add(Figure.count(count), more: row(runs, Double(count)) + perFile)
            count *= 10
        }
        show(table)
    }

    private func measure(
        _ paths: [String], _ rows: Int, _ server: Server, window: Int = 1000
    ) throws -> [PostboxRun] {
        try (0..<desk.runs).map { _ in
            try PostboxRun.measure(desk, paths, rows: rows, port: server.port, window: window)
        }
    }

    private func row(_ runs: [PostboxRun], _ units: Double) -> [String] {
        let seconds = runs.median(\.end.seconds)
        return [
            Figure.short(seconds), Figure.short(seconds / units * 1e6),
            Figure.short(runs.median(\.end.cpuSeconds) / units * 1e6), runs.peakMegabytes,
        ]
    }
}
