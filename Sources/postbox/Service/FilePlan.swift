internal import PostboxCore
internal import PostboxIO

/// A price file as it was read through, and how its rows are mapped.
struct FilePlan: Sendable {
    var format: PriceFileFormat
    /// How each of the rule's destinations wants the rows, in the rule's order; none: they are not read any more.
    var targets: [DestinationMapper.Target]
    var digests: SourceFile.Digests
    var rows: Int
    /// Rows rejected at the destination that rejects most.
    var rejected: Int
    /// Rows have line numbers of their own: not so in a JSON array on one line.
    var hasLines: Bool
    /// What the file's trailer says against it.
    var control: FileProblem?

    /// Reads and maps everything, sends nothing. Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and
    /// `DiskError`. `disk`: where is read.
    init(
        _ reader: FirstPassReader, on disk: DiskThreads, _ rule: MappingRule, format: PriceFileFormat,
        targets: [DestinationMapper.Target]
    ) async throws {
        let found = try await FirstPass(rule: rule, format: format, targets: targets).run(reader, on: disk)
        self.format = format
        self.targets = targets
        digests = found.digests
        rows = found.rows
        rejected = found.rejected.max() ?? 0
        hasLines = !(format.traits.mayBeOneLine && found.lastLine <= 1)
        control = found.control
    }

    /// As the ledger knows it from its first reading.
    init(_ record: DropRecord, format: PriceFileFormat) {
        self.format = format
        targets = []
        digests = SourceFile.Digests(chunks: record.digests, sha256: record.sha256, size: record.size)
        rows = record.rows
        rejected = 0
        hasLines = true
    }

    /// What counts of it for whether it is posted.
    var reading: Admission.Reading {
        Admission.Reading(
            size: digests.size, sha256: digests.sha256, rows: rows, rejected: rejected, control: control)
    }
}
