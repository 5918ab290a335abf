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
    /// Bytes that are known to be written whole.
    private var length: Int
    /// The last of them: those that no sync has made durable yet.
    private var unsynced: [UInt8] = []
    private var lastSync: Int64
    /// Its name is durable: before that no line of it is.
    private var isNamed = false
    private var lines: [String: ResultLines] = [:]
    private var buffer = LineBuffer()
    private var isFailing = false
    /// It was given up: the journal ends with what was written before.
    private var lost: DiskError?
    private var isWriting = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Settled rows so far, over all destinations; good rows as well as bad ones.
    package private(set) var outcomes: OutcomeCounts
    /// Rows with a bad outcome at any destination.
    package private(set) var bad: RowSet
    /// Microseconds since 1970 of the first post and the last answer; 0: none.
    package private(set) var firstSentAt: Int64
    package private(set) var lastSettledAt: Int64 = 0
    package private(set) var syncs = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Creates the file with its header, or goes on after the first `keeping` bytes of one that is there. `failing` is told
    /// when it cannot be written for now, and when that is over. Throws `DiskError`.
    package init(
        path: String, rows: Int, lines: [String: ResultLines], keeping: Int = 0,
        outcomes: OutcomeCounts = OutcomeCounts(), bad: RowSet? = nil, firstSentAt: Int64 = 0,
        thread: DiskThread,
        alert: @escaping @Sendable (Alert) -> Void, failing: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(DiskError) {
        self.path = path
        self.failing = failing
        self.lines = lines
        self.thread = thread
        self.alert = alert
        self.outcomes = outcomes
        self.bad = bad ?? RowSet(rows: rows)
        self.firstSentAt = firstSentAt
        lastSync = Clock.monotonic()
        descriptor = try Disk.open(path, O_RDWR | O_CREAT)
        length = keeping
        do throws(DiskError) {
            guard ftruncate(descriptor, off_t(keeping)) == 0 else {
                throw DiskError(code: errno, call: "ftruncate", path: path)
            }
            if keeping == 0 {
                let header = Array(ResultLines.header.utf8)
                try Disk.write(descriptor, header, at: 0, path: path)
                length = header.count
                unsynced = header
            } else {
                try Disk.fdatasync(descriptor, path: path)
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Of a contribution that ended with a fault: it opens the file again, and every byte counts as not synced then.
        if isOpen { _ = Glibc.close(descriptor) }
    }

    /// Writes the lines of rows that the lane has settled.
    package func append(_ runs: [SettledRun], of destination: String) async {
        guard var renderer = lines[destination] else { return }
        for run in runs {
            renderer.append(run, to: &buffer)
            for settled in run.rows {
                if settled.sentAt > 0, firstSentAt == 0 || settled.sentAt < firstSentAt { firstSentAt = settled.sentAt }
                let detail = settled.detail < 0 ? nil : run.details[settled.detail]
                count(
                    settled.outcome, detail, row: run.lot.rows[settled.index].row, settledAt: settled.settledAt)
            }
        }
        lines[destination] = renderer
        await flush()
    }

    /// Writes the lines of rows that never reach a lane: rejected, or unsent.
    package func append(
        _ rows: [(row: MappedRow, outcome: PostOutcome, detail: OutcomeDetail)], in batch: PostBatch,
        of destination: String, at now: Int64
    ) async {
        guard !rows.isEmpty, var renderer = lines[destination] else { return }
        for entry in rows {
            renderer.append(
                entry.row, in: batch, outcome: entry.outcome, detail: entry.detail, settledAt: now, to: &buffer)
            count(entry.outcome, entry.detail, row: entry.row.row, settledAt: now)
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
        do {
            try await group.sync([path, directory] + others)
        } catch {
            // Its own bytes are written again until they stay.
            await flush(syncing: true)
            for other in others { try Disk.sync(other) }
        }
        if let lost { throw lost }
        isOpen = false
        try Disk.close(descriptor, path: path)
    }

    private var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    private func count(_ outcome: PostOutcome, _ detail: OutcomeDetail?, row: Int, settledAt: Int64) {
        let word = detail.map { $0.nakCode.isEmpty ? $0.reason : $0.nakCode } ?? ""
        outcomes.add(outcome, word: word)
        if !outcome.isGood { bad.insert(row) }
        lastSettledAt = max(lastSettledAt, settledAt)
    }

    /// Writes what is buffered, and syncs where that is asked for or due. One at a time: a second one would write at the place
    /// where the first one still tries to.
    private func flush(syncing: Bool = false) async {
        while isWriting { await withCheckedContinuation { waiting.append($0) } }
        isWriting = true
        if !buffer.isEmpty, lost == nil {
            let bytes = Array(buffer.bytes)
            buffer.removeAll()
            let at = length
            await persist { [descriptor, path] () throws(DiskError) in
                try Disk.write(descriptor, bytes, at: at, path: path)
            }
            length = at + bytes.count
            unsynced += bytes
        }
        if syncing || unsynced.count > 4 << 20
            || !unsynced.isEmpty && Clock.monotonic() - lastSync > 200_000_000
        {
            await syncUnsynced()
        }
        isWriting = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    /// A sync that failed may have been the only one to learn of it: the kernel then takes the bytes for written. So they are
    /// written again before it is tried again.
    private func syncUnsynced() async {
        guard lost == nil else { return }
        let bytes = unsynced
        let at = length - bytes.count
        var isFirst = true
        await persist { [descriptor, path, directory, isNamed] () throws(DiskError) in
            if !isFirst { try Disk.write(descriptor, bytes, at: at, path: path) }
            isFirst = false
            try Disk.fdatasync(descriptor, path: path)
            if !isNamed { try Disk.syncDirectory(directory) }
        }
        isNamed = true
        unsynced.removeAll(keepingCapacity: true)
        lastSync = Clock.monotonic()
        syncs += 1
    }

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
                            event: "disk_recovered", isError: false, message: "the result file can be written again",
                            facts: ["path": path]))
                }
                return
            } catch {
                if !isFailing {
                    isFailing = true
                    failing(true)
                    alert(
                        Alert(
                            event: "disk_fault", message: "\(error)",
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
