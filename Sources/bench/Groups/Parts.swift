internal import PostboxCore

/// What each step on a row's way costs by itself, in CPU time of one thread.
struct Parts {
    let desk: Desk

    private static let services = ["NIPROV"]

    func measure(_ show: (Table) -> Void) throws {
        var table = Table("Steps on a row's way, on one core", ["step", "ns / row", "rows/s", "MB/s"])
        table.note = "Of CSV. MB/s of what the step writes, or reads where it is the scanner."
        let handovers = try mapped(&table)
        encoded(handovers, &table)
        try scanned(&table)
        let runs = windowed(handovers, &table)
        written(runs, &table)
        show(table)
    }

    private func add(_ step: String, _ table: inout Table, rows: Int, _ measure: () throws -> (Double, Int)) rethrows {
        var seconds: [Double] = []
        var bytes = 0
        for _ in 0..<desk.runs {
            let (time, count) = try measure()
            seconds.append(time)
            bytes = count
        }
        let time = seconds.median
        table.add(
            step, Figure.short(time / Double(rows) * 1e9), Figure.count(Double(rows) / time),
            bytes == 0 ? "" : Figure.count(Double(bytes) / 1e6 / time))
    }

    /// Rows to posts, by the plain mapping.
    private func mapped(_ table: inout Table) throws -> [Handover] {
        let rows = desk.sizes.rows / 20
        let bytes = PriceBytes.make(.csv, rows: rows)
        var handovers: [Handover] = []
        try add("mapper", &table, rows: rows) {
            handovers = []
            var mapper = RowMapper(
                rule: MappingRule(destinations: ["server"]), services: Self.services, updateOnly: false,
                columnsAreFixed: true)
            var seconds = 0.0
            var written = 0
            _ = try ChunkedReading.read(bytes, .csv) { batch, columns in
                var posts = PostBatch()
                let start = Usage.ownThread()
                mapper.map(batch, columns: columns, into: &posts)
                seconds += Usage.ownThread() - start
                written += posts.bytes.count
                handovers.append(Handover(drop: 1, batch: posts, rows: posts.rows, postIDBase: 0))
            }
            return (seconds, written)
        }
        return handovers
    }

    /// Posts to masked frames.
    private func encoded(_ handovers: [Handover], _ table: inout Table) {
        let codec = MessageCodec(profile: .rtds, services: Self.services, postUserInfo: nil)
        let most =
            handovers.map { handover in
                handover.batch.bytes.withUnsafeBytes { bytes in
                    codec.withWriter(of: bytes) { writer in
                        handover.rows.reduce(0) { $0 + writer.frameBytesMax(of: $1) }
                    }
                }
            }.max() ?? 0
        let room = UnsafeMutableRawPointer.allocate(byteCount: max(most, 1), alignment: 16)
        defer { room.deallocate() }
        var masks = FrameMasks(seed: 1)
        add("codec, frame and mask", &table, rows: handovers.rowCount) {
            var written = 0
            let start = Usage.ownThread()
            for handover in handovers {
                handover.batch.bytes.withUnsafeBytes { bytes in
                    codec.withWriter(of: bytes) { writer in
                        var frames = PostFrames(at: room)
                        for row in handover.rows {
                            writer.writeFrame(
                                of: row, postID: handover.postID(of: row.row), mask: masks.next(), to: &frames)
                        }
                        written += frames.finish() - room
                    }
                }
            }
            return (Usage.ownThread() - start, written)
        }
    }

    /// Acks as servers send them: one a frame or many, with their Key or without.
    private func scanned(_ table: inout Table) throws {
        let scanner = MessageScanner()
        let rows = desk.sizes.rows / 20
        for (name, key, packed) in [
            ("scanner, an Ack a frame", #","Key":{"Service":"NIPROV","Name":"VOD.L"}"#, 1),
            ("scanner, 100 Acks a frame", #","Key":{"Service":"NIPROV","Name":"VOD.L"}"#, 100),
            ("scanner, 100 Acks a frame, no Key", "", 100),
        ] {
            let frames = stride(from: 1, through: rows, by: packed).map { first in
                let acks = (first..<min(first + packed, rows + 1)).map {
                    #"{"ID":1,"Type":"Ack","AckID":\#($0)\#(key)}"#
                }
                return Array(("[" + acks.joined(separator: ",") + "]").utf8)
            }
            try add(name, &table, rows: rows) {
                var acks = 0
                let start = Usage.ownThread()
                for frame in frames {
                    try frame.withUnsafeBytes { bytes in
                        try scanner.scan(bytes) { message in
                            if case .ack = message { acks += 1 }
                        }
                    }
                }
                let seconds = Usage.ownThread() - start
                guard acks == rows else { throw BenchError("\(acks) of \(rows) Acks were found") }
                return (seconds, frames.reduce(0) { $0 + $1.count })
            }
        }
    }

    /// Through the window: taken, acked, settled. Returns the settled rows as the lane hands them on.
    private func windowed(_ handovers: [Handover], _ table: inout Table) -> [SettledRun] {
        var runs: [SettledRun] = []
        for capacity in [1000, 10_000] {
            add("posting window of \(Figure.count(capacity))", &table, rows: handovers.rowCount) {
                runs = []
                var window = PostingWindow(
                    capacity: capacity, ackTimeout: 15_000_000_000, resend: .newest, attemptsMax: 5)
                var now = Moment(monotonic: 1, wall: 1_763_000_000_000_000)
                var sends: [PostingWindow.Send] = []
                var handed: [Int32: Handover] = [:]
                let start = Usage.ownThread()
                for handover in handovers { handed[window.add(handover, now: now)] = handover }
                while !window.isIdle {
                    sends.removeAll(keepingCapacity: true)
                    window.take(500, now: now, into: &sends)
                    now.monotonic += 1000
                    now.wall += 1
                    for send in sends { _ = window.acked(send.postID, now: now) }
                    collect(&window, handed, &runs)
                }
                return (Usage.ownThread() - start, 0)
            }
        }
        return runs
    }

    private func collect(_ window: inout PostingWindow, _ handovers: [Int32: Handover], _ runs: inout [SettledRun]) {
        var handle: Int32 = -1
        for (handover, row) in window.settled {
            if handover != handle, let shared = handovers[handover] {
                handle = handover
                runs.append(SettledRun(handover: shared))
            }
            runs[runs.count - 1].rows.append(row)
        }
        window.settled.removeAll(keepingCapacity: true)
    }

    /// Settled rows to lines of the result file.
    private func written(_ runs: [SettledRun], _ table: inout Table) {
        let rows = runs.reduce(0) { $0 + $1.rows.count }
        var out = LineBuffer()
        add("result lines", &table, rows: max(rows, 1)) {
            var lines = ResultLines(drop: 1, destination: "server", services: Self.services, hasLines: true)
            var written = 0
            let start = Usage.ownThread()
            for run in runs {
                out.removeAll()
                lines.append(run, to: &out)
                written += out.count
            }
            return (Usage.ownThread() - start, written)
        }
    }
}

extension [Handover] {
    fileprivate var rowCount: Int { reduce(0) { $0 + $1.rows.count } }
}
