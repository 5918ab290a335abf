internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// All that the servers hold by what was accepted, in one moment: of closed drops and of those in work.
struct LastImages: Sendable {
    /// What it was made of.
    let known: KnownResults
    /// Results of drops in work, as far as they were looked at.
    let growing: [(place: DropPlace, path: String, bytes: Int)]
    private let reading: LastReading
    private let results: [LastValuesStore.Closed]
    private let spill: String
    private let ledger: LedgerReading?

    /// Looks. Whoever is going to post what it finds has taken the place among the drops before: from then on what is accepted is kept
    /// for it.
    ///
    /// - Parameter number: of the drop that is to be made; nil: nothing is.
    ///
    /// Throws what keeps it from being known, also `LastBook.Unknown`.
    init(in context: Context, for number: Int?) async throws {
        // What is closed by now is in the store.
        _ = try await context.lastValues?.answers()
        let known = try await context.ledger.known()
        let directories = context.settings.directories
        spill = directories.state + "/last/.images-\(number ?? 0)"
        (self.known, growing, reading, results, ledger) = try await context.disk.run {
            var besides: [Int: Int] = [:]
            var open: [LastValuesStore.Closed] = []
            let growing = try Self.growing(of: known.open, in: directories)
            for record in known.open { besides[record.number] = 0 }
            for drop in growing {
                besides[drop.place.drop] = drop.bytes
                open.append(
                    LastValuesStore.Closed(drop.place, result: try AppliedResult(path: drop.path, whole: drop.bytes)))
            }
            for number in known.unmade { besides[number] = 0 }
            let ledger = try LedgerReading(in: directories)
            let store = try LastReading(folder: directories.state + "/last")
            // Closed since, and in the store with all that they say.
            for drop in known.open where store.applied.contains(drop.number) { besides[drop.number] = nil }
            // Closed just now, and not in the store.
            let numbers = Set(known.open.map(\.number))
            for sent in try ledger?.lastSent(from: store.applied.firstMissing, atMost: 1000) ?? []
            where !store.applied.contains(sent.place.drop) && !numbers.contains(sent.place.drop) {
                guard let result = try? AppliedResult(path: sent.folder + "/" + FileNames.result(sent.target)) else {
                    continue
                }
                open.append(LastValuesStore.Closed(sent.place, result: result))
            }
            return (
                KnownResults(through: known.last, besides: besides, at: Clock.wall()), growing, store, open, ledger
            )
        }
    }

    /// Results of drops that are not closed, as far as they are whole lines that no power cut takes away any more. Waits for the disk. Throws
    /// `DiskError`, and what is wrong with such a result.
    static func growing(
        of open: [DropRecord], in directories: Settings.Directories
    ) throws -> [(place: DropPlace, path: String, bytes: Int)] {
        try open.compactMap { record -> (place: DropPlace, path: String, bytes: Int)? in
            let (bytes, path) = try wholeLines(of: record, in: directories)
            return path.flatMap { bytes > 0 ? (record.place, $0, bytes) : nil }
        }
    }

    /// How many bytes of an open drop's result are whole lines that no power cut takes away any more, and where it lies; nil: it has none.
    private static func wholeLines(
        of record: DropRecord, in directories: Settings.Directories
    ) throws -> (bytes: Int, path: String?) {
        let places =
            ["\(directories.work)/\(record.number)/" + FileMover.Part.result]
            + (record.target.isEmpty ? [] : [record.folder + "/" + FileNames.result(record.target)])
        for path in places {
            let source: SourceFile
            do throws(DiskError) {
                source = try SourceFile(path: path)
            } catch {
                guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
                continue
            }
            var journal = ResultJournal(drop: record.number, destinations: nil)
            try source.eachChunk(isWrittenTo: true) { _, chunk, isLast in
                journal.take(chunk, isLast: isLast) { _ in true }
            }
            let descriptor = try Disk.open(path, O_RDONLY)
            defer { _ = Glibc.close(descriptor) }
            try Disk.fsync(descriptor, path: path)
            return (journal.goodBytes, path)
        }
        return (0, nil)
    }

    /// Gives `body` every RIC at every target, and the names that its places stand for. Waits for the disk. Throws as `LastReading.each`.
    func each(_ body: (LastRecord, LastWords) throws -> Void) throws {
        try reading.each(over: results, spilling: spill, body)
    }

    /// What rules are asked for by drop: as they were claimed, and of values that Postbox posted again those of the file that said them
    /// first.
    func rules() -> Rules { Rules(ledger) }

    /// See `LastImages.rules`.
    final class Rules {
        private let ledger: LedgerReading?
        private var known: [Int: (match: String, post: PostRule)?] = [:]

        fileprivate init(_ ledger: LedgerReading?) { self.ledger = ledger }

        /// nil: the ledger does not know the drop any more. Throws `LedgerError`.
        func rule(of drop: Int) throws -> (match: String, post: PostRule)? {
            if let known = known[drop] { return known }
            var found = try ledger?.rule(of: drop)
            while let rule = found, rule.rule.sendsAsIs == true {
                found = try rule.original.flatMap { try ledger?.rule(of: $0) }
            }
            let answer = found.map { (match: $0.rule.match, post: $0.rule.post) }
            known[drop] = .some(answer)
            return answer
        }
    }
}
