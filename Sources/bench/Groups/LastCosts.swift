internal import Foundation
internal import PostboxCore

/// What it costs to keep the last accepted values, to look them up, and to check prices against them.
struct LastCosts {
    let desk: Desk

    func measure(_ show: (Table) -> Void) throws {
        let server = try Server(.fast, desk)
        show(try whole(server))
        show(try checked(server))
        show(try small(server))
        try server.stop()
        let result = try Self.result(desk.sizes.rows)
        var runs: [MemoryRun] = []
        show(try parts(result, &runs))
        show(try lookUps(runs))
    }

    private static let choices: [(name: String, rules: String)] = [("kept", ""), ("off", "last_values: off")]

    /// Runs with and without, in turns.
    private func whole(_ server: Server) throws -> Table {
        var table = Table(
            "Whole runs with and without them",
            [
                "last values", "files", "rows/s while posting", "against off", "CPU s / 10⁶ rows", "peak MB",
                "MB on disk",
            ])
        table.note = """
            CSV, \(Figure.count(desk.sizes.rows)) rows each, in turns. The two files have the same RICs: the second one is posted \
            while the first one's values are put away, and the rows a second are its own. `against off`: the median of the turns' own \
            differences; with two files it must not be below -3 %. What the values cost is the difference between two lines.
            """
        let file = try desk.scratch.priceFile(.csv, rows: desk.sizes.rows)
        let again = file.path + ".again.csv"
        try FileManager.default.copyItem(atPath: file.path, toPath: again)
        defer { try? FileManager.default.removeItem(atPath: again) }
        for files in [[file.path], [file.path, again]] {
            var runs: [[PostboxRun]] = [[], []]
            var disk = [0, 0]
            for _ in 0..<desk.runs {
                for (index, choice) in Self.choices.enumerated() {
                    let run = try PostboxRun.measure(
                        desk, files, rows: file.rows * files.count, port: server.port, rules: choice.rules)
                    runs[index].append(run)
                    disk[index] = Self.bytes(in: desk.scratch.path + "/spool/state/last")
                }
            }
            let rates = runs.map { $0.map(\.postedPerSecond) }
            for (index, choice) in Self.choices.enumerated() {
                table.add(
                    choice.name, Figure.count(files.count), Figure.count(rates[index].median),
                    choice.rules.isEmpty ? Figure.difference(rates[index].medianShare(of: rates[1])) : "",
                    Figure.short(runs[index].cpuSecondsPerMillion), runs[index].peakMegabytes,
                    disk[index] == 0 ? "" : Figure.megabytes(disk[index]))
            }
        }
        return table
    }

    private static let checks: [(name: String, text: String)] = [
        ("none", ""), ("`min` and `max`", "checks: [{field: BID, min: 0.0001, max: 1000000}]"),
        ("`move`", "checks: [{field: BID, move: 10%}]"),
    ]

    /// Two files with the same RICs: the second one has checks that compare with the first one, checks that do not, or none; in turns.
    private func checked(_ server: Server) throws -> Table {
        var table = Table(
            "A second file that is checked",
            ["checks", "rows/s", "rows/s of the second file", "against none", "CPU s / 10⁶ rows", "peak MB"])
        table.note = """
            CSV, \(Figure.count(desk.sizes.rows)) rows each, every one of its own RIC, prices 1 % apart, in turns. `move` compares \
            with what was accepted of the first file, and waits for its end; the others are read while the first one is posted. \
            Rows a second of both files are from the program's start to its exit, those of the second one from the first one's end to \
            its own. `against none`: the median of the turns' own differences, of the second file.
            """
        let first = try desk.scratch.distinctRows("first.csv", rows: desk.sizes.rows, percent: 0)
        let second = try desk.scratch.distinctRows("second.csv", rows: desk.sizes.rows, percent: 1)
        var runs = [[PostboxRun]](repeating: [], count: Self.checks.count)
        for _ in 0..<desk.runs {
            for (index, check) in Self.checks.enumerated() {
                let run = try PostboxRun.measure(
                    desk, [first.path, second.path], rows: first.rows + second.rows, port: server.port,
                    rules: """
                        files:
                          - {match: "first.csv", destination: server}
                          - match: "second.csv"
                            destination: server
                            \(check.text)
                        """)
                guard run.checkWarnings == 0 else {
                    throw BenchError("\(check.name): the checks warned of \(run.checkWarnings) rows")
                }
                runs[index].append(run)
            }
        }
        // Very small files end in the same microsecond.
        let rates = runs.map { $0.map { Double(second.rows) / max(1e-6, $0.secondsAfterFirst) } }
        for (index, check) in Self.checks.enumerated() {
            table.add(
                check.name, Figure.count(runs[index].rowsPerSecond.median), Figure.count(rates[index].median),
                index == 0 ? "" : Figure.difference(rates[index].medianShare(of: rates[0])),
                Figure.short(runs[index].cpuSecondsPerMillion), runs[index].peakMegabytes)
        }
        try desk.scratch.remove(first)
        try desk.scratch.remove(second)
        return table
    }

    /// Very many files of one row, which are put away together.
    private func small(_ server: Server) throws -> Table {
        let count = max(2, desk.sizes.files * 2 / 5)
        var table = Table(
            "Files of one row, waiting at the start", ["last values", "files", "files/s", "CPU µs / file", "peak MB"])
        let files = try desk.scratch.smallFiles(count)
        var runs: [[PostboxRun]] = [[], []]
        for _ in 0..<desk.runs {
            for (index, choice) in Self.choices.enumerated() {
                runs[index].append(
                    try PostboxRun.measure(desk, files, rows: count, port: server.port, rules: choice.rules))
            }
        }
        for (index, choice) in Self.choices.enumerated() {
            table.add(
                choice.name, Figure.count(count),
                Figure.count(Double(count) / runs[index].median { $0.lastFileSeconds - $0.firstPostSeconds }),
                Figure.short(runs[index].median(\.end.cpuSeconds) / Double(count) * 1e6), runs[index].peakMegabytes)
        }
        return table
    }

    private static func bytes(in folder: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.reduce(0) { sum, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return sum + ((attributes?[.size] as? Int) ?? 0)
        }
    }

    // MARK: - In memory

    /// The result of a file of that many rows, all acked, as the program writes it.
    private static func result(_ count: Int) throws -> [UInt8] {
        var out = LineBuffer()
        out.append(contentsOf: ResultLines.header.utf8)
        var lines = ResultLines(drop: 1, destination: "server", services: ["NIPROV"], hasLines: true)
        let bytes = PriceBytes.make(.csv, rows: count)
        var mapper = RowMapper(
            rule: MappingRule(destinations: ["server"]), services: ["NIPROV"], updateOnly: false, columnsAreFixed: true)
        var settled: Int64 = 1_790_000_000_000_000
        _ = try ChunkedReading.read(bytes, .csv) { batch, columns in
            var posts = PostBatch()
            mapper.map(batch, columns: columns, into: &posts)
            // Some hundred are answered together.
            for first in stride(from: 0, to: posts.rows.count, by: 200) {
                settled += 150
                let rows = (first..<min(posts.rows.count, first + 200)).map {
                    SettledRow(index: $0, outcome: .acked, attempts: 1, sentAt: settled - 120, settledAt: settled)
                }
                let handover = Handover(drop: 1, batch: posts, rows: posts.rows, postIDBase: 0)
                lines.append(SettledRun(handover: handover, rows: rows), to: &out)
            }
        }
        return out.bytes
    }

    /// The steps from the result's bytes to a run's, with no disk.
    private func parts(_ result: [UInt8], _ runs: inout [MemoryRun]) throws -> Table {
        var table = Table(
            "Putting the values of a closed drop away, on one core", ["step", "ns / row", "rows/s", "bytes / RIC"])
        table.note =
            "In memory, without reading and writing. `again`: the same RICs once more, laid over what is known of them."
        var times: [String: [Double]] = [:]
        var bytes: [String: Int] = [:]
        var rows = 0
        for _ in 0..<desk.runs {
            runs = []
            for step in ["merge", "merge again"] {
                var words = LastWords()
                var reading = SortedPieces(drop: runs.count + 1)
                try reading.take(result, &words)
                times["read and sort", default: []].append(reading.seconds)
                rows = reading.count
                let start = Usage.ownThread()
                let run = try MemoryRun(reading, over: runs.last, drop: runs.count + 1, words: words)
                times[step, default: []].append(Usage.ownThread() - start)
                bytes[step] = run.bytes.count
                runs.append(run)
            }
        }
        for step in ["read and sort", "merge", "merge again"] {
            let time = (times[step] ?? []).median
            table.add(
                step, Figure.short(time / Double(rows) * 1e9), Figure.count(Double(rows) / time),
                bytes[step].map { Figure.short(Double($0) / Double(max(1, runs.last?.count ?? 1))) } ?? "")
        }
        return table
    }

    private func lookUps(_ runs: [MemoryRun]) throws -> Table {
        var table = Table("Looking up what was accepted last, on one core", ["keys together", "ns / key", "keys/s"])
        guard let run = runs.last else { throw BenchError("no run was made") }
        table.note = """
            Of \(Figure.count(run.count)) RICs in one run, in memory: reading a block is a copy. Sorting the keys is part of it, and \
            looking at every field.
            """
        var rows = PriceRows(seed: 1)
        let rics = (0..<desk.sizes.rows).map { _ in rows.next().ric }
        for size in [desk.sizes.rows, 4096, 64, 1] {
            var seconds: [Double] = []
            for _ in 0..<desk.runs { seconds.append(try lookUp(rics, size, run)) }
            table.add(
                Figure.count(size), Figure.short(seconds.median / Double(rics.count) * 1e9),
                Figure.count(Double(rics.count) / seconds.median))
        }
        return table
    }

    /// Seconds that it takes to find all of them, so many together.
    private func lookUp(_ rics: [[UInt8]], _ size: Int, _ run: MemoryRun) throws -> Double {
        let window = LastWindow()
        var keys = LastKeys()
        var fields = 0
        var found = 0
        let start = Usage.ownThread()
        var index = 0
        while index < rics.count {
            keys.removeAll()
            for number in index..<min(rics.count, index + size) {
                rics[number].withUnsafeBytes { keys.add(target: 0, ric: $0, number: number) }
            }
            index += size
            keys.sort()
            try keys.each { hash, key, _ in
                let isKnown = try window.find(hash, key, in: run.index, read: run.read) { record in
                    guard record.eachField({ fields += $0.json.count }) else { throw BenchError("no record") }
                }
                if isKnown { found += 1 }
            }
        }
        let seconds = Usage.ownThread() - start
        guard found == rics.count, fields > found else { throw BenchError("of \(rics.count) keys \(found) were found") }
        return seconds
    }
}

/// Accepted rows of a result in sorted pieces, as they would lie in a file.
private struct SortedPieces {
    private(set) var pieces: [[UInt8]] = []
    private(set) var seconds = 0.0
    private(set) var count = 0
    private let drop: Int

    init(drop: Int) { self.drop = drop }

    mutating func take(_ result: [UInt8], _ words: inout LastWords) throws {
        let start = Usage.ownThread()
        var rows = LastRows()
        // The drop's number stands in each line, and is the same for every drop here.
        var accepted = AcceptedRows(drop: 1, ordinal: 0)
        var at = 0
        while at < result.count {
            // Behind the last bytes must be some that can be read.
            var piece = Array(result[at..<min(result.count, at + 1 << 18)])
            let count = piece.count
            piece.append(contentsOf: [UInt8](repeating: 0, count: AcceptedRows.padding))
            let taken = piece.withUnsafeBytes {
                accepted.take(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: &rows, &words)
            }
            guard taken > 0, !accepted.isBroken else { throw BenchError("the result does not read") }
            at += taken
            if rows.bytes > 4 << 20 { spill(&rows) }
        }
        spill(&rows)
        count = accepted.count
        seconds = Usage.ownThread() - start
    }

    private mutating func spill(_ rows: inout LastRows) {
        rows.sort()
        var piece = [UInt8](repeating: 0, count: rows.textBytes)
        _ = piece.withUnsafeMutableBytes { rows.read(into: $0) }
        pieces.append(piece)
        rows.removeAll()
    }
}

/// A run of the store in memory.
private struct MemoryRun {
    private(set) var bytes: [UInt8] = []
    let index: LastRunIndex
    let count: Int

    init(_ rows: SortedPieces, over older: MemoryRun?, drop: Int, words: LastWords) throws {
        let pieces = rows.pieces
        var places = pieces.map { _ in 0 }
        let sorted = try SortedRows(pieces: pieces.count, pieceBytes: 1 << 17) { piece, room in
            let got = Self.copy(pieces[piece], from: places[piece], to: room)
            places[piece] += got
            return got
        }
        let known = older.map { Array($0.bytes[..<$0.index.recordBytes]) } ?? []
        var place = 0
        let records = try SortedRecords(runs: older == nil ? 0 : 1, runBytes: 1 << 17) { _, room in
            let got = Self.copy(known, from: place, to: room)
            place += got
            return got
        }
        var merge = LastMerge(
            rows: sorted, records: records, places: [DropPlace(drop: drop, age: Int64(drop))], lookUp: nil)
        var text = LastRunText()
        var out: [UInt8] = []
        while try merge.run(to: &text, until: 1 << 18) {
            text.take(pieces: 4096) { bytes, _ in out.append(contentsOf: bytes) }
        }
        let end = text.finish(magic: 0) { bytes, _ in out.append(contentsOf: bytes) }
        index = end.index
        bytes = out
        count = end.records
    }

    private static func copy(_ bytes: [UInt8], from start: Int, to room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, bytes.count - start)
        guard count > 0 else { return 0 }
        bytes.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
        return count
    }

    /// For `LastWindow`.
    func read(_ at: Int, _ room: UnsafeMutableRawBufferPointer) throws {
        guard Self.copy(bytes, from: at, to: room) == room.count else { throw BenchError("the run is too short") }
    }
}
