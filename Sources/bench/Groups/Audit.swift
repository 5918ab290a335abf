internal import Foundation
internal import PostboxCore

/// What it costs to index rows at the close of a file, and to look them up and prove them afterwards.
struct Audit {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        try outside(show)
        inside(show)
    }

    // MARK: - The program

    private func outside(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        let spool = try Spool(desk, port: server.port)
        let files = 20
        let rows = max(1, desk.sizes.rows / files)
        for number in 0..<files {
            try Data(Self.file(number, rows).utf8).write(
                to: URL(fileURLWithPath: "\(spool.folder)/inbox/\(number).csv"))
        }
        let run = try spool.start(once: true).wait()
        guard run.exitCode == 0 else { throw BenchError("postbox ended with \(run.exitCode)") }
        try server.stop()
        let all = files * rows
        let bytes = try size(of: "\(spool.folder)/state/index")
        var table = Table("\(files) results of \(Figure.count(rows)) rows", ["what", "s", "CPU s", "peak MB"])
        table.note =
            "From the program's start to its exit. The index takes \(Figure.short(Double(bytes) / Double(all))) bytes a row."
        for (what, arguments, code) in [
            ("audit --ric, one row in each", ["--ric", "ALL.TST", "--json"], 0),
            ("audit --ric, one row in all", ["--ric", "R1F3.TST", "--json"], 0),
            ("audit --ric, none", ["--ric", "NONE.TST"], 2), ("audit --outcome, all read", ["--outcome", "nacked"], 2),
            ("audit verify", ["verify"], 0), ("audit reindex", ["reindex"], 0),
        ] as [(String, [String], Int32)] {
            let ends = try (0..<desk.runs).map { _ in
                try Child(
                    desk.postbox, ["audit"] + arguments + ["--config", spool.configuration],
                    files: desk.scratch.path + "/audit"
                ).wait()
            }
            guard ends.allSatisfy({ $0.exitCode == code }) else {
                throw BenchError("postbox audit \(arguments.joined(separator: " ")) ended with \(ends.map(\.exitCode))")
            }
            table.add([
                what, Figure.short(ends.map(\.seconds).median), Figure.short(ends.map(\.cpuSeconds).median),
                Figure.megabytes(ends.map(\.peakBytes).max() ?? 0),
            ])
        }
        show(table)
    }

    /// RICs of its own, but for the first, which every file has.
    private static func file(_ number: Int, _ rows: Int) -> String {
        var text = "RIC,BID,ASK,TRDPRC_1,DSPLY_NAME\n"
        for row in 0..<rows {
            let ric = row == 0 ? "ALL" : "R\(row)F\(number)"
            text += "\(ric).TST,\(row + 1).25,\(row + 1).5,\(row + 1).375,A NAME\n"
        }
        return text
    }

    private func size(of folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, name in
            let size = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    // MARK: - Its parts

    private func inside(_ show: (Table) -> Void) {
        let rows = desk.sizes.rows / 4
        let result = Self.result(rows)
        var (scanned, sorted, encoded) = ([Double](), [Double](), [Double]())
        var bytes = 0
        for _ in 0..<desk.runs {
            var entries = IndexEntries(capacity: max(1, rows))
            var start = Usage.ownThread()
            result.withUnsafeBytes { text in
                var lines = ResultRows(resultOf: 1)
                _ = lines.take(text, isLast: true) { ric, line in
                    entries.append(
                        IndexEntry(hash: RICHash.of(ric), drop: 0, offset: line.lowerBound, isSkipped: false))
                }
            }
            scanned.append(Usage.ownThread() - start)
            start = Usage.ownThread()
            entries.sort()
            sorted.append(Usage.ownThread() - start)
            start = Usage.ownThread()
            bytes = 0
            var block = IndexBlock()
            for index in 0..<entries.count {
                block.append(entries[index])
                if block.isFull { block.end { bytes += $0.count + 16 } }
            }
            if block.count > 0 { block.end { bytes += $0.count + 16 } }
            encoded.append(Usage.ownThread() - start)
        }
        var table = Table("Indexing a result's rows, on one core", ["step", "ns / row", "CPU s / 1,000,000 rows"])
        table.note =
            "A result of \(Figure.count(rows)) rows, \(Figure.count(result.count / max(1, rows))) bytes a line; \(Figure.short(Double(bytes) / Double(max(1, rows)))) bytes a row of index."
        func add(_ step: String, _ seconds: Double) {
            let perRow = seconds / Double(max(1, rows))
            table.add([step, Figure.short(perRow * 1e9), Figure.short(perRow * 1e6)])
        }
        add("find lines and RICs", scanned.median)
        add("sort", sorted.median)
        add("encode", encoded.median)
        add("all", scanned.median + sorted.median + encoded.median)
        show(table)
    }

    private static func result(_ rows: Int) -> [UInt8] {
        var text = Array(ResultLines.header.utf8)
        for row in 0..<rows {
            text +=
                "1,\(row + 1),\(row + 2),server,R\(row).TST,NIPROV,Update,acked,,,,,\(row + 1),1,2026-11-29T08:00:00.000000Z,2026-11-29T08:00:00.001000Z,\"{\"\"BID\"\":1.25,\"\"ASK\"\":1.5,\"\"TRDPRC_1\"\":1.375,\"\"DSPLY_NAME\"\":\"\"A NAME\"\"}\"\n"
                .utf8
        }
        return text
    }
}
