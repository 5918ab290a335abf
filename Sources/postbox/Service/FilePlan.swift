internal import PostboxCore
internal import PostboxIO

/// A price file as it was read through, and how its rows are mapped.
struct FilePlan: Sendable {
    var format: PriceFileFormat
    /// How each of the rule's destinations wants the rows, in the rule's order; none: they are not read any more.
    var targets: [DestinationMapper.Target]
    var digests: SourceFile.Digests
    var rows: Int
    /// Rows of these that do not count; nil: the rule has neither `where` nor `take`.
    var skipped: RowSet?
    /// What the rule's values are made with.
    @Shared var sources = RowSources()
    /// Rows rejected at the destination that rejects most.
    var rejected: Int
    /// Rows have line numbers of their own: not so in a JSON array on one line.
    var hasLines: Bool
    /// What the file's trailer says against it.
    var control: FileProblem?
    /// What the rule's checks say; nil: the file was not read again.
    var checks: CheckReport?
    /// What of that is told when the file is finished; nil: it is not known.
    var warned: CheckWarnings?
    /// What the file looks like; nil: the rule does not ask.
    var layout: SeenLayout?
    /// Why the whole file is held; nil: it is not.
    var fileHold: FileHold?
    /// By destination: rows that are held.
    var heldRows: [String: HeldRows] = [:]

    /// Reads and maps everything, sends nothing. Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and
    /// `DiskError`. `disk`: where is read.
    init(
        _ reader: FirstPassReader, on disk: DiskThreads, _ rule: MappingRule, format: PriceFileFormat,
        targets: [DestinationMapper.Target], sources: RowSources, look: FirstPass.Look? = nil
    ) async throws {
        let found = try await FirstPass(rule: rule, format: format, targets: targets, sources: sources, look: look)
            .run(reader, on: disk)
        self.format = format
        self.targets = found.targets
        digests = found.digests
        rows = found.rows
        skipped = found.skipped
        self.sources = found.sources
        rejected = found.rejected.max() ?? 0
        hasLines = !(format.traits.mayBeOneLine && found.lastLine <= 1)
        control = found.control
        checks = found.checks
        warned = found.checks.warned
        layout = found.layout
        fileHold = found.fileHold
        for (name, held) in zip(rule.destinations, found.held) where held.rows.count > 0 { heldRows[name] = held }
    }

    /// As the ledger knows it from its first reading. `warned`: what it keeps of the rule's checks; nil: nothing.
    init(_ record: DropRecord, skipped: RowSet?, format: PriceFileFormat, warned: CheckWarnings? = nil) {
        self.format = format
        targets = []
        digests = SourceFile.Digests(chunks: record.digests, sha256: record.sha256, size: record.size)
        rows = record.rows
        self.skipped = skipped
        rejected = 0
        hasLines = true
        self.warned = warned
    }

    /// Rows that count, each of which gets a line for each destination.
    var counted: Int { rows - (skipped?.count ?? 0) }

    /// Rows that checks hold at a destination.
    func keptBack(at destination: String) -> [KeptBack] { [heldRows[destination]?.keptBack].compactMap { $0 } }

    /// What counts of it for whether it is posted.
    var reading: Admission.Reading {
        Admission.Reading(
            size: digests.size, sha256: digests.sha256, rows: rows, skipped: skipped?.count ?? 0,
            rejected: rejected, control: control, implausible: checks?.refusal)
    }
}
