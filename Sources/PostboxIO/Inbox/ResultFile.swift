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
    private let alert: @Sendable (Alert) -> Void
    private let failing: @Sendable (Bool) -> Void
    private var file: JournalBytes
    /// Of all bytes that are written: read again they would cost as much once more.
    private var hash: SHA256
    /// Bytes that an earlier run wrote, until they are in `hash`.
    private var unhashed: Int
    private var lastSync: Int64
    /// Its name is durable: before that no line of it is.
    private var isNamed = false
    private var lines: [String: ResultLines] = [:]
    /// Lines that the file has when it is complete.
    private let linesInAll: Int
    private var isFailing = false
    /// It was given up: the journal ends with what was written before.
    private var lost: DiskError?
    private var isWriting = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// What its lines say.
    package private(set) var tally: ResultTally
    package private(set) var syncs = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Creates the file, of so many rows of which some are skipped, with its header, or goes on after the first `keeping` bytes of one
    /// that is there. `mode`: the permission bits of a new one. `failing` is told when it cannot be written for now, and when that is
    /// over. Throws `DiskError`.
    ///
    /// - Parameter tally: What an earlier run's lines say; nil: there is none.
    package init(
        path: String, rows: Int, skipped: Int = 0, lines: [String: ResultLines], keeping: Int = 0,
        tally: ResultTally? = nil, mode: UInt32 = 0o644, thread: DiskThread,
        alert: @escaping @Sendable (Alert) -> Void, failing: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(DiskError) {
        self.failing = failing
        self.lines = lines
        linesInAll = (rows - skipped) * lines.count
        self.thread = thread
        self.alert = alert
        self.tally = tally ?? ResultTally(rows: rows, destinations: lines.keys)
        lastSync = Clock.monotonic()
        file = try JournalBytes(
            path: path, header: lines.values.first?.header ?? ResultLines.header, keeping: keeping, mode: mode)
        var hash = SHA256()
        hash.update(data: file.buffer.bytes)
        self.hash = hash
        unhashed = keeping
    }

    /// Begins the hash with what an earlier run wrote.
    private func hashKept() async {
        guard unhashed > 0 else { return }
        await persist { () throws(DiskError) in
            var kept = SHA256()
            var at = 0
            while at < unhashed {
                let piece = try file.read(at: at, count: min(1 << 20, unhashed - at))
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

    /// Writes the lines of rows that the lane has settled.
    package func append(_ runs: [SettledRun], of destination: String) async {
        guard var renderer = lines[destination] else { return }
        for run in runs {
            renderer.append(run, to: &file.buffer)
            tally.count(run, of: destination)
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
                postIDBase: postIDBase, to: &file.buffer)
            tally.count(entry.outcome, entry.detail, row: entry.row.row, of: destination, settledAt: now)
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
            try await group.sync([file.path, directory] + others)
        } catch {
            // Its own bytes are written again until they stay.
            await flush(syncing: true)
            for other in others { try Disk.sync(other) }
        }
        if let lost { throw lost }
        try file.close()
    }

    private var directory: String { String(file.path[..<(file.path.lastIndex(of: "/") ?? file.path.startIndex)]) }

    /// Writes what is buffered, and syncs where that is asked for or due. One at a time: a second one would write at the place
    /// where the first one still tries to.
    private func flush(syncing: Bool = false) async {
        while isWriting {
            // Asked again where the wait begins: before that the actor may have done something else.
            await withCheckedContinuation { if isWriting { waiting.append($0) } else { $0.resume() } }
        }
        isWriting = true
        let (start, end) = (file.written, file.buffer.count)
        if start < end, lost == nil {
            // Others may append while it is tried again.
            await persist { () throws(DiskError) in try file.write(upTo: end) }
            await hashKept()
            file.buffer.withUnsafeBytes {
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[start..<end]))
            }
            file.wrote(upTo: end)
        }
        if syncing || file.written > Self.unsyncedMax || isSyncDue {
            await sync(file.written)
        }
        isWriting = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    /// Lines do not stay unsynced for long. Once every row has its line `finish` follows at once, whose sync is shared with
    /// those of other drops.
    private var isSyncDue: Bool {
        file.written > 0 && tally.outcomes.total < linesInAll && Clock.monotonic() - lastSync > 200_000_000
    }

    /// Bytes that are kept in memory until they are durable.
    private static let unsyncedMax = 1 << 20

    private func sync(_ count: Int) async {
        guard lost == nil else { return }
        var isFirst = true
        await persist { () throws(DiskError) in
            defer { isFirst = false }
            try file.sync(count, again: !isFirst)
            if !isNamed { try Disk.syncDirectory(directory) }
        }
        guard lost == nil else { return }
        isNamed = true
        file.synced(count)
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
                            event: .diskRecovered, isError: false, message: "the result file can be written again",
                            facts: ["path": file.path]))
                }
                return
            } catch {
                if !isFailing {
                    isFailing = true
                    failing(true)
                    alert(
                        Alert(
                            event: .diskFault, message: "\(error)",
                            facts: ["path": file.path, "errno": "\(error.code)"]))
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
