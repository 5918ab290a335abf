internal import PostboxCore

/// Whole runs of the program, file to result: both passes, every sync.
struct EndToEnd {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        try formats(show)
        try durability(show)
        if let yardsticks = desk.yardsticks {
            try clients(yardsticks, show)
            try delayed(yardsticks, show)
        }
    }

    private static let columns = [
        "rows/s", "from", "to", "CPU s / 10⁶ rows", "peak MB", "syncs / 1,000 rows", "commits / 1,000 rows",
    ]

    private func row(_ runs: [PostboxRun]) -> [String] {
        let rates = runs.rowsPerSecond
        return [
            Figure.count(rates.median), Figure.count(rates.min() ?? 0), Figure.count(rates.max() ?? 0),
            Figure.short(runs.cpuSecondsPerMillion), runs.peakMegabytes,
            Figure.short(runs.median { Double($0.syncs) / Double($0.rows) * 1000 }),
            Figure.short(runs.median { Double($0.commits) / Double($0.rows) * 1000 }),
        ]
    }

    private func formats(_ show: (Table) -> Void) throws {
        var table = Table("A file, from the program's start to its exit", ["format", "rows"] + Self.columns)
        table.note = "Server: the simulator in fast mode, a process of its own. Window 1,000. CPU of `postbox` alone."
        let server = try Server(.fast, desk)
        for format in [PriceFileFormat.csv, .json, .xml] {
            for rows in [desk.sizes.rows / 10, desk.sizes.rows] {
                let file = try desk.scratch.priceFile(format, rows: rows)
                let runs = try (0..<desk.runs).map { _ in
                    try PostboxRun.measure(desk, [file.path], rows: rows, port: server.port)
                }
                table.add([format.rawValue.uppercased(), Figure.count(rows)] + row(runs))
            }
        }
        try server.stop()
        show(table)
    }

    private func durability(_ show: (Table) -> Void) throws {
        var table = Table("What durability costs", ["CSV", "rows"] + Self.columns)
        table.note = "Without syncs: `POSTBOX_UNSAFE_NO_SYNC=1`, for measuring only."
        let file = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let server = try Server(.fast, desk)
        var runs: [Bool: [PostboxRun]] = [:]
        for _ in 0..<desk.runs {
            for isDurable in [true, false] {
                let run = try PostboxRun.measure(
                    desk, [file.path], rows: file.rows, port: server.port, isDurable: isDurable)
                runs[isDurable, default: []].append(run)
            }
        }
        try server.stop()
        table.add(["every sync", Figure.count(file.rows)] + row(runs[true] ?? []))
        table.add(["no sync", Figure.count(file.rows)] + row(runs[false] ?? []))
        show(table)
    }

    private func delayed(_ yardsticks: Yardsticks, _ show: (Table) -> Void) throws {
        var table = Table("Answers 500 µs late", ["window", "rows"] + Self.columns)
        table.note = "Server: the one among the yardsticks, `--delay-us 500`: what a network's way and back would do."
        let server = try Server(program: yardsticks.server, ["--delay-us", "500"], desk)
        for window in Growth.windows {
            let rows = min(desk.sizes.rows, max(100, desk.sizes.rows / 100 * window))
            let file = try desk.scratch.priceFile(.csv, rows: rows)
            let runs = try (0..<desk.runs).map { _ in
                try PostboxRun.measure(desk, [file.path], rows: rows, port: server.port, window: window)
            }
            table.add([Figure.count(window), Figure.count(rows)] + row(runs))
        }
        try server.stop()
        show(table)
        try SideBySide(desk: desk, yardsticks: yardsticks).measureDelayed(show)
    }

    private func clients(_ yardsticks: Yardsticks, _ show: (Table) -> Void) throws {
        try SideBySide(desk: desk, yardsticks: yardsticks).measure(show)
    }
}
