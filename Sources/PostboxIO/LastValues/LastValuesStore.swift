internal import Glibc
package import PostboxCore

/// The last accepted values of every RIC, in `state/last/`: sorted runs that never change, and a manifest that names those which
/// count. It is replaced by a rename, so that a crash leaves the old store or the new one, whole.
///
/// Drops are applied to it after they were closed, each once; the manifest says which. What a crash keeps from being applied is applied
/// at the next start from the results, which are the truth.
package actor LastValuesStore {
    /// A closed drop.
    package struct Closed: Sendable {
        package var place: DropPlace
        /// nil: it sent nothing.
        package var result: AppliedResult?

        package init(_ place: DropPlace, result: AppliedResult?) {
            self.place = place
            self.result = result
        }
    }

    /// A drop's result cannot be read.
    package struct Unreadable: Error {
        package var drop: Int
        package var cause: DiskError

        package init(drop: Int, cause: DiskError) {
            self.drop = drop
            self.cause = cause
        }
    }

    /// What was found when the store was opened.
    package struct Opening: Sendable, Equatable {
        /// There was none.
        package var isNew = false
        /// Files that do not hold what was written to them: what only they had is known no more.
        package var damaged: [String] = []

        package init(isNew: Bool = false) {
            self.isNew = isNew
        }
    }

    private let thread = DiskThread(label: "last values")
    private let folder: String
    private let rowMemory: Int
    private let reach: @Sendable (Step) throws -> Void
    private var manifest = LastManifest()
    /// As the manifest has them.
    private var runs: [LastRun] = []
    private var isOpen = false
    /// The manifest knows of more drops than the one on the disk.
    private var isBehind = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Steps of an application, between which a crash leaves something on the disk.
    package enum Step: String, Sendable, CaseIterable {
        case runWritten = "last_run_written"
        case runNamed = "last_run_named"
        case manifestWritten = "last_manifest_written"
        case manifestNamed = "last_manifest_named"
        case merged = "last_merged"
    }

    /// - Parameters:
    ///   - folder: `state/last`. Nothing is read or made before `open`.
    ///   - rowMemory: Bytes that rows may take in memory while they are sorted.
    ///   - reach: Told of each step that was done; what it throws ends the application there, as a crash would.
    package init(
        folder: String, rowMemory: Int = 4 << 20, reach: @escaping @Sendable (Step) throws -> Void = { _ in }
    ) {
        self.folder = folder
        self.rowMemory = rowMemory
        self.reach = reach
    }

    // MARK: - Opening

    /// Reads the store, or makes one. Nothing but this process may have it open for writing. Throws `DiskError`.
    package func open() throws -> Opening {
        var opening = Opening()
        try Disk.makeDirectory(folder)
        let path = folder + "/" + LastStoreFiles.manifest
        manifest = LastManifest()
        runs = []
        if try Disk.exists(path) {
            if let known = LastManifest(try Disk.contents(path)) {
                manifest = known
            } else {
                opening.damaged.append(path)
            }
        } else {
            opening.isNew = true
        }
        for run in manifest.runs {
            let path = LastStoreFiles.path(of: run, in: folder)
            do {
                runs.append(try LastRun(run, path: path))
            } catch let error {
                guard error is LastRun.Damaged || (error as? DiskError)?.code == ENOENT else { throw error }
                opening.damaged.append(path)
            }
        }
        if !opening.damaged.isEmpty {
            // What is lost is applied again from results that are still there. No number is given twice.
            manifest.runs = runs.map(\.run)
            manifest.applied = AppliedDrops()
            manifest.next = max(manifest.next, try numbers().max().map { $0 + 1 } ?? 1)
            try write(manifest)
        }
        for name in try Disk.names(in: folder).names where LastStoreFiles.isOurs(name) {
            let isNamed = manifest.runs.contains { LastStoreFiles.name(of: $0.number) == name }
            if !isNamed { try Disk.remove(folder + "/" + name) }
        }
        isOpen = true
        return opening
    }

    private func numbers() throws -> [Int] {
        try Disk.names(in: folder).names.compactMap(LastStoreFiles.number)
    }

    /// Every drop up to the last one that was ever claimed is done with, but these. To be called before one is claimed.
    package func settle(through last: Int, besides open: Set<Int>) {
        let before = manifest.applied
        manifest.applied.settle(through: last, besides: open)
        isBehind = isBehind || manifest.applied != before
    }

    /// Drops that were applied, or need not be.
    package var applied: AppliedDrops { manifest.applied }

    /// Bytes of all records, and how many runs they are in.
    package var size: (bytes: Int, runs: Int) { (runs.reduce(0) { $0 + $1.recordBytes }, runs.count) }

    // MARK: - Applying

    /// Applies closed drops, in the order in which their values count, and returns those whose results did not read as whole ones to
    /// their ends. One that was applied before is passed over.
    ///
    /// Throws `Unreadable` for a result that cannot be read, `DiskError` for the store's own files: then nothing was applied.
    package func apply(_ drops: [Closed]) throws -> [Int] {
        precondition(isOpen, "a store is opened before anything is applied to it")
        var known = manifest.applied
        let drops = drops.filter { drop in
            defer { known.insert(drop.place.drop) }
            return !known.contains(drop.place.drop)
        }.sorted { $1.place.isNewer(than: $0.place) }
        guard !drops.isEmpty else { return [] }
        var next = manifest
        var broken: [Int] = []
        let spill = RowSpill(path: folder + "/" + LastStoreFiles.spill, memoryMax: rowMemory)
        for (ordinal, drop) in drops.enumerated() {
            next.applied.insert(drop.place.drop)
            guard let result = drop.result else { continue }
            var rows = AcceptedRows(drop: drop.place.drop, ordinal: ordinal)
            do {
                if try !spill.take(result, &rows, &next.words) { broken.append(drop.place.drop) }
            } catch let error as DiskError {
                guard error.path == result.path else { throw error }
                throw Unreadable(drop: drop.place.drop, cause: error)
            }
        }
        guard !spill.isEmpty else {
            // Whoever starts next learns it from the ledger, too.
            manifest = next
            isBehind = true
            return broken
        }
        next.next += 1
        let first = firstMerged(spill.bytes)
        let path = LastStoreFiles.path(of: LastManifest.Run(number: manifest.next, size: 0, sum: 0), in: folder)
        let merger = LastMerger(
            newer: Array(runs[first...].reversed()), older: Array(runs[..<first].reversed()), rows: spill,
            places: drops.map(\.place))
        let run = try merger.write(number: manifest.next, path: path)
        next.runs = runs[..<first].map(\.run) + [run.run]
        try reach(.runWritten)
        try Disk.syncDirectory(folder)
        try reach(.runNamed)
        try write(next)
        manifest = next
        let merged = runs[first...].map(\.path)
        runs = Array(runs[..<first]) + [run]
        isBehind = false
        for path in merged { try Disk.remove(path) }
        try reach(.merged)
        try spill.remove()
        return broken
    }

    /// Notes durably which drops were applied, where that is not done yet. Throws `DiskError`.
    package func note() throws {
        guard isOpen, isBehind else { return }
        try write(manifest)
        isBehind = false
    }

    /// The first of the runs that become one with so many new bytes: those that are not much longer than what is newer.
    private func firstMerged(_ bytes: Int) -> Int {
        var size = bytes
        var first = runs.count
        while first > 0, runs[first - 1].recordBytes < 4 * size {
            first -= 1
            size += runs[first].recordBytes
        }
        return first
    }

    private func write(_ manifest: LastManifest) throws {
        let path = folder + "/" + LastStoreFiles.newManifest
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
        do throws(DiskError) {
            try Disk.write(descriptor, manifest.text, path: path)
            try Disk.fsync(descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
        try reach(.manifestWritten)
        try Disk.rename(path, folder + "/" + LastStoreFiles.manifest)
        try reach(.manifestNamed)
        try Disk.syncDirectory(folder)
    }

    // MARK: - Looking up

    /// Everything that is applied by now; what is applied later does not change it.
    package func view() -> LastValuesView { lookUp().view }

    /// The same for many keys together.
    package func lookUp() -> LastLookUp { LastLookUp(runs: runs.reversed(), words: manifest.words) }

    /// The same, for the rows of a file.
    package func answers() -> LastAnswers { lookUp().answers }
}

/// The names in `state/last/`.
enum LastStoreFiles {
    static let manifest = "manifest"
    static let newManifest = "manifest.new"
    static let spill = "spill"

    static func name(of number: Int) -> String { "\(number).run" }

    static func path(of run: LastManifest.Run, in folder: String) -> String { folder + "/" + name(of: run.number) }

    /// The number of a run by its name; nil: it is none.
    static func number(_ name: String) -> Int? {
        guard name.hasSuffix(".run") else { return nil }
        return Int(name.dropLast(4))
    }

    /// What may be removed when no manifest names it.
    static func isOurs(_ name: String) -> Bool { name == newManifest || name == spill || number(name) != nil }
}
