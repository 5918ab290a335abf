internal import PostboxCore
internal import PostboxIO

/// A file that lies in its own directory below `work/`, and what is known about it.
struct ClaimedFile: Sendable {
    var drop: Int
    var name: String
    /// `work/N`.
    var directory: String
    /// Microseconds since 1970.
    var claimedAt: Int64
    @Shared var snapshot: DropSnapshot
    /// Why it is refused whatever it holds: it matches no rule.
    var refusal: OutcomeDetail?
    /// Files that came with it, by their names in the inbox; nil: an earlier run took them.
    var companions: [String]?
    /// What an earlier run left; nil: claimed just now.
    @Shared var record: DropRecord? = nil
    /// The ledger was lost: everything without a line may have been sent.
    var isAdopted = false
    /// The ledger that knew of its release was lost.
    var wasReleased = false
    /// It met a fault before, and the desk was told.
    var wasFaulty = false
    /// Rows of it may have been sent by a run that ended: nothing is sent before these are known.
    var presents = false

    var path: String { directory + "/" + name }
    var rule: MappingRule { snapshot.rule }
    /// `isReadBack`: rows of it were read back by this run; what an earlier one did is not known here.
    func moved(isReadBack: Bool = false) -> FileMover.Moved {
        var moved = FileMover.Moved(
            drop: drop, name: name, destinations: rule.destinations, maySkip: rule.maySkipRows,
            wasHeld: record != nil, companions: companions)
        moved.mayBeReadBack = isReadBack || record != nil
        moved.mayHoldRows = rule.holdsRows || record != nil
        moved.hasIncidents = IncidentWriter.isWanted(of: snapshot)
        moved.mayHaveFindings = rule.comparesWithLast || record != nil
        return moved
    }
    var place: DropPlace { snapshot.place(of: drop) }

    /// How the file is written; nil: neither its rule nor its name tells.
    var format: PriceFileFormat? {
        rule.format ?? PriceFileFormat(fileName: RejectsName.root(of: name))
    }

    /// What its rule's times count it as; nil: its rows were another drop's, and it is no file of its own.
    func scheduled(_ place: ScheduledFile.Place) -> ScheduledFile? {
        guard snapshot.original == nil else { return nil }
        return ScheduledFile(
            drop: drop, name: name, rule: rule.match, at: snapshot.arrivedAt ?? claimedAt, place: place)
    }

    /// The file, to be read. Throws `DiskError`.
    func source(_ format: PriceFileFormat) throws(DiskError) -> SourceFile {
        try SourceFile(
            path: path, chunkBytes: format.traits.chunkBytes,
            wrapping: Wrapping(fileName: name, format: format, rule: rule))
    }

    /// That it says again what an earlier file said is no news: its rows were held, or somebody wants them sent again.
    var mayRepeat: Bool { snapshot.isMade == true && snapshot.asked?.repeats != false || isReleased }

    /// Somebody released it: its checks hold nothing any more.
    var isReleased: Bool { record?.hold?.released != nil || wasReleased }

    /// Until when its rows may be sent; nil: it may be of any age.
    var ageLimit: AgeLimit? { AgeLimit(rule, arrivedAt: snapshot.arrivedAt ?? claimedAt) }

    /// What an earlier run left of the drop.
    var past: Admission.Past {
        guard let record else { return .new }
        switch record.stage {
        case .claimed, .held: return isAdopted ? .adopted(starts: record.starts) : .claimed(starts: record.starts)
        case .posting: return .posting(starts: record.starts, size: record.size, sha256: record.sha256)
        // Nothing is asked of it any more before it is posted: it is read back, or moved.
        case .verifying, .settled, .closed: return .settled
        }
    }

    /// What its rule's values are made with, besides its rows. A file of rejects has the name that its rows came under.
    func sources(in context: Context) throws -> RowSources {
        var sources = RowSources(
            context: rule.rowContext(file: name, claimedAt: claimedAt),
            tables: try context.shelves.tables.tables(of: self),
            zones: try ZoneFiles.rules(of: rule), dictionary: try context.shelves.dictionaries.dictionary(of: self))
        sources.isReleased = isReleased
        sources.take(snapshot)
        record?.hold?.released.map { sources.going = $0 }
        rule.calendar.map { sources.calendar = $0 }
        return sources
    }

    // MARK: - What lies in its directory

    /// Which of its rows do not count, as an earlier run noted; nil: all count.
    func skippedRows() throws -> RowSet? {
        let path = directory + "/" + FileMover.Part.skippedRows
        guard rule.maySkipRows else { return nil }
        return try Disk.exists(path) ? RowSet(bytes: try Disk.contents(path)) : RowSet(rows: 0)
    }

    /// Notes which of its rows do not count, durably: a run that goes on with the drop may no longer have the file.
    func note(skipped: RowSet?) throws {
        guard let skipped, skipped.count > 0 else { return }
        try FileMover().write(
            skipped.bytes, to: directory + "/" + FileMover.Part.skippedRows, mode: try mode())
        try Disk.syncDirectory(directory)
    }

    /// By destination: rows that do not go with the others, as an earlier run noted. Throws when that cannot be read: nothing is sent then.
    func heldRows() throws -> [String: HeldRows] { try HeldFiles.checked(in: directory) }

    /// Notes which of its rows do not go, as checks hold them or a release left them out, durably and before the first of the others
    /// goes: whatever a later run knows, these are not sent. Of a file that was released the note says so, should the ledger be lost.
    func note(held: [String: HeldRows]) throws {
        let wasHeld = record?.hold != nil || wasReleased
        if record != nil, !wasHeld {
            // An earlier try may have come to another end.
            for part in [FileMover.Part.heldRows, FileMover.Part.checkedRows] {
                try Disk.remove(directory + "/" + part)
            }
        }
        if wasHeld || !held.isEmpty { try HeldFiles.write(checked: held, to: directory, mode: try mode()) }
    }

    /// SHA-256 in hexadecimal; nil: it cannot be read, or its writer is still at it. Throws `DiskError`.
    func digest() throws -> String? {
        guard let source = try? SourceFile(path: path), source.status.isRegular else { return nil }
        do {
            return try source.readAll { _, _ in }.sha256
        } catch is SourceFile.Changed {
            return nil
        }
    }

    /// What the checksum that came with the file says against it. `isNeeded`: there has to be one. Throws `DiskError`.
    func damage(_ sha256: String, isNeeded: Bool) throws(DiskError) -> FileProblem? {
        try CompanionFiles(in: directory, known: companions).problem(sha256: sha256, of: name, isNeeded: isNeeded)
    }

    /// The permission bits of what lies beside the file: nobody may read there what they may not read in the file itself. Throws
    /// `DiskError`.
    func mode() throws(DiskError) -> UInt32 {
        ((try Disk.status(path)?.mode ?? 0o640) & 0o066) | 0o600
    }
}

/// How a contribution ended, for the exit code.
enum ContributionEnd: Sendable {
    /// `isHeldInPart`: rows of it may be held, as drops of their own.
    case closed(Verdict, unknown: Int, isHeldInPart: Bool)
    /// It is held as a whole until somebody releases it.
    case held
    /// The program stops; the drop goes on at the next start.
    case interrupted
    /// A fault of the disk or the ledger; the drop goes on when it is mended.
    case fault(String)
}

extension RowSources {
    /// Takes what is known of a drop's rows before they are read.
    mutating func take(_ snapshot: DropSnapshot) {
        taken = snapshot.taken
        context.numbers = snapshot.numbers.map(RowNumbers.init)
    }
}
