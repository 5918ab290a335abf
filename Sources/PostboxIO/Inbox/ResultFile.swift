internal import Crypto
internal import Glibc
package import PostboxCore

/// The growing result file of one drop: its row journal.
///
/// A line is written with every batch of answers and synced in groups. When the disk is full or fails, the bytes are kept and
/// written again until it works: rows that were answered are never forgotten while the program runs. Only a task that is
/// cancelled gives up; its rows are in doubt at the next start.
package actor ResultFile {
    private let thread: DiskThread
    private let path: String
    private let alert: @Sendable (Alert) -> Void
    private let failing: @Sendable (Bool) -> Void
    private let descriptor: Int32
    private var isOpen = true
    /// For writing past the page cache; nil: not opened yet, or not to be had.
    private var direct: Int32?
    private var mayWriteDirectly = Disk.isDurable
    /// Bytes that are known to be durable.
    private var durable: Int
    /// Bytes that the page cache was told to forget, and what went through it since.
    private var released: Int
    private var cached = 0
    /// What comes after the durable ones: lines that no sync has made durable yet, and after those that are written the others.
    private var buffer: LineBuffer
    /// Bytes of `buffer` that are known to be written whole.
    private var written: Int
    /// Of all bytes up to `written`: read again they would cost as much once more.
    private var hash: SHA256
    /// Bytes that an earlier run wrote, until they are in `hash`.
    private var unhashed: Int
    private var lastSync: Int64
    /// Its name is durable: before that no line of it is.
    private var isNamed = false
    private var lines: [String: ResultLines] = [:]
    /// Lines that the file has when it is complete.
    private let linesInAll: Int
    private let rows: Int
    private var isFailing = false
    /// It was given up: the journal ends with what was written before.
    private var lost: DiskError?
    private var isWriting = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Settled rows so far, over all destinations; good rows as well as bad ones.
    package private(set) var outcomes: OutcomeCounts
    /// By destination: rows with a bad outcome that are not held.
    package private(set) var bad: [String: RowSet]
    /// By destination: rows that are held.
    package private(set) var held: [String: RowSet]
    /// Lines of rows that were sent.
    package private(set) var sent: Int
    /// Microseconds since 1970 of the first post and the last answer; 0: none.
    package private(set) var firstSentAt: Int64
    package private(set) var lastSettledAt: Int64 = 0
    package private(set) var syncs = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Creates the file, of so many rows of which some are skipped, with its header, or goes on after the first `keeping` bytes of one that is there. `mode`: the permission
    /// bits of a new one. `failing` is told
    /// when it cannot be written for now, and when that is over. Throws `DiskError`.
    package init(
        path: String, rows: Int, skipped: Int = 0, lines: [String: ResultLines], keeping: Int = 0,
        outcomes: OutcomeCounts = OutcomeCounts(), bad: [String: RowSet]? = nil,
        held: [String: RowSet] = [:], sent: Int = 0,
        firstSentAt: Int64 = 0, mode: UInt32 = 0o644,
        thread: DiskThread,
        alert: @escaping @Sendable (Alert) -> Void, failing: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(DiskError) {
        self.path = path
        self.failing = failing
        self.lines = lines
        linesInAll = (rows - skipped) * lines.count
        self.thread = thread
        self.alert = alert
        self.outcomes = outcomes
        self.bad = bad ?? lines.mapValues { _ in RowSet(rows: rows) }
        self.held = held
        self.rows = rows
        self.sent = sent
        self.firstSentAt = firstSentAt
        lastSync = Clock.monotonic()
        descriptor = try Disk.open(path, O_RDWR | O_CREAT, mode: mode)
        durable = keeping
        released = keeping / Self.pageBytes * Self.pageBytes
        var first = LineBuffer(offset: keeping)
        if keeping == 0 { first.append(contentsOf: (lines.values.first?.header ?? ResultLines.header).utf8) }
        written = first.count
        let header = first.bytes
        buffer = first
        var hash = SHA256()
        hash.update(data: header)
        self.hash = hash
        unhashed = keeping
        // Thrown from here on, `deinit` closes it.
        guard ftruncate(descriptor, off_t(keeping)) == 0 else {
            throw DiskError(code: errno, call: "ftruncate", path: path)
        }
        if keeping == 0 {
            try header.span.withUnsafeBytes { (bytes) throws(DiskError) in
                try Disk.write(descriptor, bytes, at: 0, path: path)
            }
        } else {
            try Disk.fdatasync(descriptor, path: path)
        }
    }

    /// Begins the hash with what an earlier run wrote.
    private func hashKept() async {
        guard unhashed > 0 else { return }
        await persist { () throws(DiskError) in
            var kept = SHA256()
            var at = 0
            while at < unhashed {
                let piece = try Disk.read(descriptor, at: at, count: min(1 << 20, unhashed - at), path: path)
                guard !piece.isEmpty else { break }
                kept.update(data: piece)
                at += piece.count
            }
            hash = kept
            unhashed = 0
        }
    }

    /// SHA-256 of all that was written so far, in hexadecimal digits; of the whole file once it is finished.
    package var sha256: String { SHA256Text.hex(hash.finalize()) }

    deinit {
        // Of a contribution that ended with a fault: it opens the file again, and every byte counts as not synced then.
        if isOpen { _ = Glibc.close(descriptor) }
        if let direct { _ = Glibc.close(direct) }
    }

    /// Writes the lines of rows that the lane has settled.
    package func append(_ runs: [SettledRun], of destination: String) async {
        guard var renderer = lines[destination] else { return }
        for run in runs {
            renderer.append(run, to: &buffer)
            count(run, destination)
        }
        lines[destination] = renderer
        await flush()
    }

    /// Writes the lines of rows that never reach a lane: rejected, unsent, or in doubt since an earlier run, with PostIDs from
    /// `postIDBase`.
    package func append(
        _ rows: [RowEnd], in batch: PostBatch, of destination: String, at now: Int64, postIDBase: UInt32? = nil
    ) async {
        guard !rows.isEmpty, var renderer = lines[destination] else { return }
        for entry in rows {
            renderer.append(
                entry.row, in: batch, outcome: entry.outcome, detail: entry.detail, settledAt: now,
                postIDBase: postIDBase, to: &buffer)
            count(entry.outcome, entry.detail, row: entry.row.row, destination, settledAt: now)
        }
        lines[destination] = renderer
        await flush()
    }

    /// Makes everything written so far durable.
    package func sync() async {
        await flush(syncing: true)
    }

    /// The last sync, together with other files that have to be durable by then: the file is complete. Throws `DiskError` when
    /// it was given up or cannot be closed well, or when another one cannot be synced.
    package func finish(with others: [String] = [], in group: SyncGroup) async throws {
        await flush()
        await hashKept()
        do {
            try await group.sync([path, directory] + others)
        } catch {
            // Its own bytes are written again until they stay.
            await flush(syncing: true)
            for other in others { try Disk.sync(other) }
        }
        if let lost { throw lost }
        try closeDirect()
        isOpen = false
        try Disk.close(descriptor, path: path)
    }

    private var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    private func count(_ run: SettledRun, _ destination: String) {
        var acked = 0
        var others = 0
        var first = Int64.max
        var last: Int64 = 0
        for settled in run.rows {
            if settled.sentAt > 0 { first = min(first, settled.sentAt) }
            if settled.outcome == .acked {
                acked += 1
                last = max(last, settled.settledAt)
            } else {
                if settled.sentAt > 0 { others += 1 }
                count(
                    settled.outcome, settled.detail < 0 ? nil : run.details[settled.detail],
                    row: run.handover.rows[settled.index].row, destination, settledAt: settled.settledAt)
            }
        }
        outcomes.add(.acked, count: acked)
        sent += acked + others
        if first < .max, firstSentAt == 0 || first < firstSentAt { firstSentAt = first }
        lastSettledAt = max(lastSettledAt, last)
    }

    private func count(
        _ outcome: PostOutcome, _ detail: OutcomeDetail?, row: Int, _ destination: String, settledAt: Int64
    ) {
        // As it stands in the line, from where the next start counts it.
        let word = detail.map { $0.nakCode.isEmpty ? $0.reason : VisibleText.line($0.nakCode) } ?? ""
        outcomes.add(outcome, word: word)
        if outcome == .unsent, word == Hold.held {
            held[destination, default: RowSet(rows: rows)].insert(row)
        } else if !outcome.isGood {
            bad[destination]?.insert(row)
        }
        lastSettledAt = max(lastSettledAt, settledAt)
    }

    /// Writes what is buffered, and syncs where that is asked for or due. One at a time: a second one would write at the place
    /// where the first one still tries to.
    private func flush(syncing: Bool = false) async {
        while isWriting {
            // Asked again where the wait begins: before that the actor may have done something else.
            await withCheckedContinuation { if isWriting { waiting.append($0) } else { $0.resume() } }
        }
        isWriting = true
        if written < buffer.count, lost == nil {
            // Others may append while it is tried again.
            let end = buffer.count
            await persist { () throws(DiskError) in try write(written..<end) }
            await hashKept()
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[written..<end])) }
            written = end
        }
        if syncing || written > Self.unsyncedMax || isSyncDue {
            await sync(written)
        }
        isWriting = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    /// Lines do not stay unsynced for long. Once every row has its line `finish` follows at once, whose sync is shared with
    /// those of other drops.
    private var isSyncDue: Bool {
        written > 0 && outcomes.total < linesInAll && Clock.monotonic() - lastSync > 200_000_000
    }

    /// Bytes that are kept in memory until they are durable.
    private static let unsyncedMax = 1 << 20

    /// Whole pages go past the page cache where there are many: hardly anybody reads them soon, and copies and fresh memory for
    /// them would cost as much as all else about their lines. The first and the last page, which are shared with other
    /// lines, go through it. Where a page lies in the cache that is written directly, as when lines are written again after a
    /// sync that failed, the kernel writes it back and drops it first (open(2), NOTES).
    private func write(_ range: Range<Int>) throws(DiskError) {
        let page = LineBuffer.pageBytes
        let (start, end) = (durable + range.lowerBound, durable + range.upperBound)
        let first = (start + page - 1) / page * page
        let pages = first..<max(first, end / page * page)
        guard pages.count >= Self.directMin, let direct = openDirectly() else {
            return try write(start..<end, to: descriptor)
        }
        try write(start..<pages.lowerBound, to: descriptor)
        do {
            try write(pages, to: direct)
        } catch {
            // A disk that is full or broken is so either way; any other code says that this is no way to write to it.
            guard ![ENOSPC, EDQUOT, EIO].contains(error.code) else { throw error }
            mayWriteDirectly = false
            try closeDirect()
            try write(pages, to: descriptor)
        }
        try write(pages.upperBound..<end, to: descriptor)
    }

    private func closeDirect() throws(DiskError) {
        guard let descriptor = direct else { return }
        direct = nil
        try Disk.close(descriptor, path: path)
    }

    private static let directMin = 1 << 16

    private func openDirectly() -> Int32? {
        guard mayWriteDirectly else { return nil }
        if direct == nil {
            do {
                direct = try Disk.openDirectly(path)
            } catch {
                mayWriteDirectly = false
            }
        }
        return direct
    }

    /// Writes what stands at these places of the file.
    private func write(_ places: Range<Int>, to descriptor: Int32) throws(DiskError) {
        guard !places.isEmpty else { return }
        if descriptor == self.descriptor { cached += places.count }
        try buffer.withUnsafeBytes { (bytes) throws(DiskError) in
            let range = places.lowerBound - durable..<places.upperBound - durable
            try Disk.write(
                descriptor, UnsafeRawBufferPointer(rebasing: bytes[range]), at: places.lowerBound, path: path)
        }
    }

    /// A sync that failed may have been the only one to learn of it: the kernel then takes the bytes for written. So they are
    /// written again before it is tried again.
    private func sync(_ count: Int) async {
        guard lost == nil else { return }
        var isFirst = true
        await persist { () throws(DiskError) in
            if !isFirst { try write(0..<count) }
            isFirst = false
            try Disk.fdatasync(descriptor, path: path)
            if !isNamed { try Disk.syncDirectory(directory) }
        }
        guard lost == nil else { return }
        isNamed = true
        durable += count
        buffer.removeFirst(count)
        written = 0
        lastSync = Clock.monotonic()
        syncs += 1
        release()
    }

    /// Takes what is durable out of the page cache: hardly anybody reads it soon, and the next lines find memory that is there
    /// already. A fresh page costs as much as all else about its lines where a machine has to ask its host for it.
    private func release() {
        // A page that is not full yet would have to be read again.
        let end = durable / Self.pageBytes * Self.pageBytes
        guard cached >= Self.releasedMin, end > released else { return }
        Disk.release(descriptor, released..<end)
        released = end
        cached = 0
    }

    /// A multiple of every page size.
    private static let pageBytes = 1 << 16
    private static let releasedMin = 1 << 20

    /// Does it until it works: written at its place, a second try overwrites what the first one left half done.
    private func persist(_ work: () throws(DiskError) -> Void) async {
        while true {
            do throws(DiskError) {
                try work()
                if isFailing {
                    isFailing = false
                    failing(false)
                    alert(
                        Alert(
                            event: .diskRecovered, isError: false, message: "the result file can be written again",
                            facts: ["path": path]))
                }
                return
            } catch {
                if !isFailing {
                    isFailing = true
                    failing(true)
                    alert(
                        Alert(
                            event: .diskFault, message: "\(error)",
                            facts: ["path": path, "errno": "\(error.code)"]))
                }
                if Task.isCancelled {
                    lost = error
                    failing(false)
                    return
                }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
