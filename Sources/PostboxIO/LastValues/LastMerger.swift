internal import Glibc
internal import PostboxCore

/// Makes one run of new rows and of some runs of a store: reads and writes for `LastMerge`.
struct LastMerger {
    /// Runs that become part of the new one, the newest first.
    let newer: [LastRun]
    /// Runs that stay, the newest first.
    let older: [LastRun]
    let rows: RowSpill
    /// By the rows' ordinals.
    let places: [DropPlace]

    /// Writes the run, durable but for its name. Throws `LastRun.Damaged` and `DiskError`.
    func write(number: Int, path: String) throws -> LastRun {
        do {
            let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
            let end: LastRunText.End
            do {
                end = try write(descriptor, path)
                try Disk.fdatasync(descriptor, path: path)
            } catch {
                // What is not finished counts for nothing.
                _ = Glibc.close(descriptor)
                throw error
            }
            try Disk.close(descriptor, path: path)
            return try LastRun(number: number, path: path, end)
        } catch let error as SortedRecords.Damaged {
            throw LastRun.Damaged(path: newer[error.run].path)
        } catch is SortedRows.Damaged {
            throw LastRun.Damaged(path: rows.path)
        } catch is LastRecord.Damaged {
            throw LastRun.Damaged(path: (newer.first ?? older.first)?.path ?? path)
        }
    }

    /// Gives `body` every record that such a run would have, in order, and writes nothing. A record holds only within `body`. Throws
    /// `LastRun.Damaged`, `DiskError`, and what `body` throws.
    func eachRecord(_ body: (LastRecord) throws -> Void) throws {
        do {
            let bytes = newer.reduce(rows.bytes) { $0 + $1.recordBytes }
            var merge = LastMerge(
                rows: try rows.sorted(), records: try records(bytes), places: places, lookUp: lookUp())
            var text = LastRunText()
            while try merge.run(to: &text, until: Self.pieceBytes) { try text.takeRecords(body) }
            try text.takeRecords(body)
        } catch let error as SortedRecords.Damaged {
            throw LastRun.Damaged(path: newer[error.run].path)
        } catch is SortedRows.Damaged {
            throw LastRun.Damaged(path: rows.path)
        } catch is LastRecord.Damaged {
            throw LastRun.Damaged(path: (newer.first ?? older.first)?.path ?? rows.path)
        }
    }

    private func write(_ descriptor: Int32, _ path: String) throws -> LastRunText.End {
        let bytes = newer.reduce(rows.bytes) { $0 + $1.recordBytes }
        var merge = LastMerge(
            rows: try rows.sorted(), records: try records(bytes), places: places, lookUp: lookUp())
        var text = LastRunText()
        let piece = max(1 << 14, min(Self.pieceBytes, bytes))
        // Much of it is not read again soon, and memory of the page cache costs as much as making the bytes.
        var isDirect = bytes >= Self.directMin && Disk.goDirectly(descriptor, true)
        while try merge.run(to: &text, until: piece) {
            try text.take(pieces: Self.pageBytes) { bytes, at in
                do throws(DiskError) {
                    try Disk.write(descriptor, bytes, at: at, path: path)
                } catch {
                    // A disk that is full or broken is so either way; any other code says that this is no way to write to it.
                    guard isDirect, ![ENOSPC, EDQUOT, EIO].contains(error.code), Disk.goDirectly(descriptor, false)
                    else { throw error }
                    isDirect = false
                    try Disk.write(descriptor, bytes, at: at, path: path)
                }
            }
        }
        // The last page is no whole one.
        if isDirect, !Disk.goDirectly(descriptor, false) { throw DiskError(code: EINVAL, call: "fcntl", path: path) }
        return try text.finish(magic: LastRun.magic) { bytes, at in
            try Disk.write(descriptor, bytes, at: at, path: path)
        }
    }

    private static let pageBytes = 4096
    private static let pieceBytes = 1 << 18
    private static let directMin = 1 << 20

    private func records(_ bytes: Int) throws -> SortedRecords {
        let readings = try newer.map { try RunReading($0) }
        let runBytes = max(Self.pageBytes, min(1 << 17, bytes / Self.pageBytes * Self.pageBytes))
        return try SortedRecords(runs: newer.count, runBytes: runBytes) { index, room in
            try readings[index].read(into: room)
        }
    }

    private func lookUp() -> LastMerge.LookUp? {
        guard !older.isEmpty else { return nil }
        let runs = older.map { (run: $0, room: LastRun.Room()) }
        return { hash, key, body in
            for (run, room) in runs {
                var keyCount: Int?
                _ = try run.find(hash, key, in: room) { record in
                    body.append(record.body)
                    keyCount = record.key.count
                }
                if let keyCount { return keyCount }
            }
            return nil
        }
    }
}

/// A run that is read once from its beginning to its end.
private final class RunReading {
    private let run: LastRun
    private let descriptor: Int32
    private let isDirect: Bool
    private var at = 0

    /// Throws `DiskError`.
    init(_ run: LastRun) throws(DiskError) {
        self.run = run
        // Its own: others read the run through the page cache meanwhile.
        descriptor = try run.opened()
        isDirect = run.recordBytes >= 1 << 20 && Disk.goDirectly(descriptor, true)
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// The next bytes of records; 0: that was all. `room` is whole pages. Throws `LastRun.Damaged` and `DiskError`.
    func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
        guard at < run.recordBytes else { return 0 }
        let wanted = min(room.count, run.recordBytes - at)
        var got = pread(descriptor, room.baseAddress, room.count, off_t(at))
        if got < wanted {
            if isDirect, !Disk.goDirectly(descriptor, false) {
                throw DiskError(code: EINVAL, call: "fcntl", path: run.path)
            }
            // A signal cut it short, this is no way to read it, or the disk is broken: that one says so again.
            got = try Disk.read(descriptor, into: room, at: at, path: run.path)
            if isDirect { _ = Disk.goDirectly(descriptor, true) }
        }
        guard got >= wanted else { throw LastRun.Damaged(path: run.path) }
        at += wanted
        return wanted
    }
}
