internal import Foundation
internal import PostboxCore

/// Postbox beside other clients, in turns, each against a fresh server that only answers.
struct SideBySide {
    let desk: Desk
    let yardsticks: Yardsticks

    /// A whole run: the rows a second, and what the client used.
    private typealias Run = (rate: Double, end: Child.End)

    private struct Case {
        var name: String
        var file: PriceFile
        var run: (PriceFile, Int) throws -> Child.End
    }

    func measure(_ show: (Table) -> Void) throws {
        var table = try compared("Beside other clients: a file to its result", try cases())
        table.note =
            "Server: the one among the yardsticks; it only answers. The others read CSV once, check nothing and sync nothing."
        if !yardsticks.missing.isEmpty { table.note += "\nNot measured: " + yardsticks.missing.joined(separator: "; ") }
        show(table)
    }

    /// The same with answers that come late, at the same window.
    func measureDelayed(_ show: (Table) -> Void) throws {
        let cases = try cases().filter { ["C++ own frames, window 1,000", Self.postbox].contains($0.name) }
        var table = try compared(
            "Answers 500 µs late, beside a client at the same window",
            cases.filter { $0.file.rows == desk.sizes.rows }, ["--delay-us", "500"])
        table.note = "Server: the one among the yardsticks, `--delay-us 500`."
        show(table)
    }

    private func compared(_ title: String, _ cases: [Case], _ options: [String] = []) throws -> Table {
        var runs = [[Run]](repeating: [], count: cases.count)
        for _ in 0..<desk.runs {
            for (index, one) in cases.enumerated() {
                let server = try Server(program: yardsticks.server, ["--idle-exit", "600"] + options, desk)
                let end = try one.run(one.file, server.port)
                try server.stop()
                runs[index].append((Double(one.file.rows) / end.seconds, end))
            }
        }
        var table = Table(title, ["client", "rows", "rows/s", "from", "to", "CPU s / 10⁶ rows", "peak MB"])
        for (one, runs) in zip(cases, runs) {
            let rates = runs.map(\.rate)
            table.add(
                [
                    one.name, Figure.count(one.file.rows), Figure.count(rates.median), Figure.count(rates.min() ?? 0),
                    Figure.count(rates.max() ?? 0),
                    Figure.short(runs.map { $0.end.cpuSeconds / Double(one.file.rows) * 1e6 }.median),
                    Figure.megabytes(Int(runs.map { Double($0.end.peakBytes) }.median)),
                ])
        }
        return table
    }

    private static let postbox = "**Postbox**, window 1,000"

    private func cases() throws -> [Case] {
        var cases = try yardsticks.clients.map { client in
            Case(name: client.name, file: try file(client.share)) { file, port in
                let result = desk.scratch.path + "/result"
                try? FileManager.default.removeItem(atPath: result)
                let command = client.command(file.path, port, result)
                let child = try Child(command[0], Array(command.dropFirst()), files: desk.scratch.path + "/client")
                let sampler = PeakSampler(of: child.pid)
                var end = try child.wait()
                end.peakBytes = sampler.peak(orAtLeast: end.peakBytes)
                guard end.exitCode == 0 else { throw BenchError("\(client.name) ended with \(end.exitCode)") }
                return end
            }
        }
        for (name, format, share, window, isDurable) in [
            ("**Postbox**, window 1", .csv, 0.02, 1, true), (Self.postbox, .csv, 0.1, 1000, true),
            (Self.postbox, .csv, 1, 1000, true), ("**Postbox**, window 1,000, no sync", .csv, 1, 1000, false),
            ("**Postbox**, JSON, window 1,000", .json, 1, 1000, true),
            ("**Postbox**, XML, window 1,000", .xml, 1, 1000, true),
        ] as [(String, PriceFileFormat, Double, Int, Bool)] {
            cases.append(
                Case(name: name, file: try file(share, format)) { file, port in
                    try PostboxRun.measure(
                        desk, [file.path], rows: file.rows, port: port, window: window, isDurable: isDurable
                    ).end
                })
        }
        return cases
    }

    private func file(_ share: Double, _ format: PriceFileFormat = .csv) throws -> PriceFile {
        try desk.scratch.priceFile(format, rows: max(1, Int(Double(desk.sizes.rows) * share)))
    }
}
