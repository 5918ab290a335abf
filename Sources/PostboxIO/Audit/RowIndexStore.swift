internal import Glibc
internal import PostboxCore

/// The index of all rows by their RICs, in `state/index/`: sorted runs that never change, and a manifest that names those which count.
/// It is replaced by a rename, so that a crash leaves the old index or the new one, whole.
///
/// It is no truth of its own: the results are. What is missing in it, or does not match its result, is looked up in the result itself.
package actor RowIndexStore {
    /// A closed drop.
    package struct Closed: Sendable, Equatable {
        package var drop: Int
        /// Where its result lies, packed or not, and the list of its skipped rows, if it has one.
        package var result: String
        package var skipped: String?
        /// SHA-256 of the unpacked result, as the ledger has it.
        package var resultSHA256: String

        package init(drop: Int, result: String, skipped: String?, resultSHA256: String) {
            self.drop = drop
            self.result = result
            self.skipped = skipped
            self.resultSHA256 = resultSHA256
        }
    }

    /// Steps between which a crash leaves something on the disk.
    package enum Step: String, Sendable, CaseIterable {
        case runWritten = "index_run_written"
        case manifestWritten = "index_manifest_written"
        case manifestNamed = "index_manifest_named"
        case merged = "index_merged"
    }

    private let thread = DiskThread(label: "index")
    private let folder: String
    private let rowsMax: Int
    private let runBytesMax: Int
    private let reach: @Sendable (Step) throws -> Void
    private var runs: [IndexRun] = []
    private var next = 1
    private var isOpen = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - folder: `state/index`. Nothing is read or made before `open`.
    ///   - rowsMax: Rows in memory at most, 48 bytes each while they are sorted.
    ///   - runBytesMax: A run with so many bytes is merged no more.
    ///   - reach: Told of each step that was done; what it throws ends the work there, as a crash would.
    package init(
        folder: String, rowsMax: Int = 1 << 16, runBytesMax: Int = 512 << 20,
        reach: @escaping @Sendable (Step) throws -> Void = { _ in }
    ) {
        self.folder = folder
        self.rowsMax = rowsMax
        self.runBytesMax = runBytesMax
        self.reach = reach
    }

    /// Opens the index, or makes one. Returns the files that do not hold what was written to them: their drops are indexed no more.
    /// Throws `DiskError`.
    package func open() throws -> [String] {
        try Disk.makeDirectory(folder)
        var damaged: [String] = []
        var names: [Int] = []
        let path = folder + "/" + IndexFiles.manifest
        if try Disk.exists(path) {
            if let known = IndexFiles.read(try Disk.contents(path)) {
                (names, next) = known
            } else {
                damaged.append(path)
            }
        }
        runs = []
        for number in names {
            do {
                runs.append(try IndexRun(number: number, folder: folder))
            } catch let error as IndexRun.Damaged {
                damaged.append(error.path)
            } catch let error as DiskError where error.code == ENOENT {
                damaged.append(error.path)
            }
        }
        let kept = Set(runs.map { IndexFiles.name(of: $0.number) })
        for name in try Disk.names(in: folder).names where IndexFiles.number(name) != nil && !kept.contains(name) {
            next = max(next, (IndexFiles.number(name) ?? 0) + 1)
            try Disk.remove(folder + "/" + name)
        }
        if !damaged.isEmpty { try writeManifest(runs.map(\.number)) }
        isOpen = true
        return damaged
    }

    /// Removes the whole index, before it is opened. Throws `DiskError`.
    package func clear() throws(DiskError) {
        guard !isOpen, try Disk.exists(folder) else { return }
        try Disk.remove(folder + "/" + IndexFiles.manifest)
        for name in try Disk.names(in: folder).names where IndexFiles.number(name) != nil {
            try Disk.remove(folder + "/" + name)
        }
    }

    /// Every drop of which all rows are indexed.
    package var indexed: Set<Int> { Set(IndexedPart.whole(runs.flatMap(\.parts)).keys) }

    /// Bytes, rows and runs.
    package var size: (bytes: Int, rows: Int, runs: Int) {
        (runs.reduce(0) { $0 + $1.size }, runs.reduce(0) { $0 + $1.rows }, runs.count)
    }

    // MARK: - Adding

    /// Indexes the rows of closed drops. Those whose results are gone or read as none are passed over; they are returned. Throws
    /// `DiskError` for a fault of the index's own files.
    package func add(_ drops: [Closed]) throws -> [Int] {
        precondition(isOpen, "an index is opened before anything is added to it")
        var left: [Int] = []
        var entries = IndexEntries(capacity: rowsMax)
        var parts: [IndexedPart] = []
        var made: [IndexRun] = []
        for drop in drops.sorted(by: { $0.drop < $1.drop }) {
            do {
                try read(drop, &entries, &parts, &made)
            } catch let error as Unreadable {
                left.append(error.drop)
            }
        }
        try write(&entries, &parts, &made)
        guard !made.isEmpty else { return left }
        try Disk.syncDirectory(folder)
        try reach(.runWritten)
        try writeManifest((runs + made).map(\.number))
        runs += made
        try merge()
        return left
    }

    private struct Unreadable: Error {
        var drop: Int
    }

    private func read(
        _ drop: Closed, _ entries: inout IndexEntries, _ parts: inout [IndexedPart], _ made: inout [IndexRun]
    ) throws {
        // A fault of the archive's own file is not one of the index.
        let result: ResultBytes?
        let skipped: ResultBytes?
        do {
            result = try ResultBytes(path: drop.result)
            skipped = try drop.skipped.flatMap { try ResultBytes(path: $0) }
        } catch {
            throw Unreadable(drop: drop.drop)
        }
        guard let result, let check = IndexedPart.check(drop.resultSHA256) else { throw Unreadable(drop: drop.drop) }
        var part = IndexedPart(
            drop: drop.drop, size: result.size, check: check, bytes: 0..<0, skippedSize: skipped?.size ?? -1)
        let (entriesBefore, partsBefore, madeBefore) = (entries.count, parts.count, made.count)
        func take(_ bytes: ResultBytes, _ rows: ResultRows, isSkipped: Bool) throws {
            var rows = rows
            try bytes.eachLine(&rows, once: true) { ric, offset, end in
                if entries.isFull {
                    parts.append(part)
                    try write(&entries, &parts, &made)
                    part.bytes = part.bytes.upperBound..<part.bytes.upperBound
                }
                entries.append(
                    IndexEntry(
                        hash: RICHash.of(ric), drop: UInt32(parts.count), offset: offset, isSkipped: isSkipped))
                part.bytes = part.bytes.lowerBound..<(isSkipped ? end : part.skippedBytes + end)
            }
        }
        do {
            if let skipped { try take(skipped, .skipped, isSkipped: true) }
            try take(result, ResultRows(resultOf: drop.drop), isSkipped: false)
            // The header of a result without rows, and nothing behind the last one.
            part.bytes = part.bytes.lowerBound..<part.wholeBytes
            parts.append(part)
        } catch {
            guard !(error is DiskError) || (error as? DiskError)?.path == result.path else { throw error }
            // What was taken of it is taken back, as far as it is not in a run: there it counts for nothing without the rest.
            if made.count == madeBefore {
                entries.truncate(to: entriesBefore)
                parts.removeSubrange(partsBefore...)
            } else {
                entries.removeAll()
                parts.removeAll()
            }
            throw Unreadable(drop: drop.drop)
        }
    }

    private func write(
        _ entries: inout IndexEntries, _ parts: inout [IndexedPart], _ made: inout [IndexRun]
    ) throws {
        guard !parts.isEmpty else { return }
        entries.sort()
        var writer = try IndexRunWriter(number: next, folder: folder, parts: parts)
        next += 1
        for index in 0..<entries.count { try writer.add(entries[index]) }
        made.append(try writer.finish())
        entries.removeAll()
        parts.removeAll()
    }

    private func writeManifest(_ numbers: [Int]) throws {
        let path = folder + "/" + IndexFiles.newManifest
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
        do throws(DiskError) {
            try Disk.write(descriptor, IndexFiles.text(runs: numbers, next: next), path: path)
            try Disk.fsync(descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
        try reach(.manifestWritten)
        try Disk.rename(path, folder + "/" + IndexFiles.manifest)
        try Disk.syncDirectory(folder)
        try reach(.manifestNamed)
    }

    // MARK: - Merging

    /// Runs that are not much longer than all that came behind them become one with it, until each is much longer than the next.
    private func merge() throws {
        guard runs.count > 1 else { return }
        var first = runs.count - 1
        var size = runs[first].size
        while first > 0, runs[first - 1].size < 4 * size, runs[first - 1].size < runBytesMax {
            first -= 1
            size += runs[first].size
        }
        guard runs.count - first > 1 else { return }
        let merged = Array(runs[first...])
        let parts = Self.parts(of: merged)
        var writer = try IndexRunWriter(number: next, folder: folder, parts: parts.all)
        next += 1
        var cursors = try merged.enumerated().map { try IndexRun.Cursor($1, drops: parts.places[$0]) }
        var last: IndexEntry?
        // What comes next of each run that is not at its end.
        var heads = cursors.indices.compactMap { index in cursors[index].entry.map { (entry: $0, cursor: index) } }
        // By themselves: hardly two are the same, and then no more is compared.
        var hashes = heads.map(\.entry.hash)
        while !heads.isEmpty {
            var least = 0
            for index in 1..<max(1, hashes.count) where hashes[index] <= hashes[least] {
                if hashes[index] < hashes[least] || heads[index].entry.comesBefore(heads[least].entry) { least = index }
            }
            let (entry, cursor) = heads[least]
            // A drop that was indexed twice.
            if entry != last { try writer.add(entry) }
            last = entry
            try cursors[cursor].step()
            if let next = cursors[cursor].entry {
                heads[least].entry = next
                hashes[least] = next.hash
            } else {
                heads.remove(at: least)
                hashes.remove(at: least)
            }
        }
        let run = try writer.finish()
        try Disk.syncDirectory(folder)
        try reach(.runWritten)
        let kept = Array(runs[..<first]) + [run]
        try writeManifest(kept.map(\.number))
        runs = kept
        for run in merged { try Disk.remove(run.path) }
        try reach(.merged)
    }

    /// The drops of runs as one list by number, parts that meet as one; and for each run where its drops are in it.
    private static func parts(of runs: [IndexRun]) -> (all: [IndexedPart], places: [[UInt32]]) {
        var all: [IndexedPart] = []
        for part in runs.flatMap(\.parts).sorted(by: {
            ($0.drop, $0.check, $0.bytes.lowerBound) < ($1.drop, $1.check, $1.bytes.lowerBound)
        }) {
            if let last = all.last, last.drop == part.drop, last.check == part.check, last.size == part.size,
                last.skippedSize == part.skippedSize, part.bytes.lowerBound <= last.bytes.upperBound
            {
                all[all.count - 1].bytes =
                    last.bytes.lowerBound..<max(last.bytes.upperBound, part.bytes.upperBound)
            } else {
                all.append(part)
            }
        }
        let byDrop = Dictionary(grouping: all.indices, by: { all[$0].drop })
        let places = runs.map { run in
            run.parts.map { part in
                let place = byDrop[part.drop]?.first { index in
                    let other = all[index]
                    return other.check == part.check && other.size == part.size
                        && other.skippedSize == part.skippedSize && other.bytes.lowerBound <= part.bytes.lowerBound
                        && part.bytes.upperBound <= other.bytes.upperBound
                }
                return place.map { UInt32($0) } ?? .max
            }
        }
        return (all, places)
    }
}
