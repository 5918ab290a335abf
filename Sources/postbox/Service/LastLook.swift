internal import PostboxCore
internal import PostboxIO

/// A reading of a price file that maps its rows for all of its rule's destinations, and sends nothing.
struct MappedReading: Sendable {
    let rule: MappingRule
    let format: PriceFileFormat
    /// Of all the rule's destinations, in its order.
    let targets: [DestinationMapper.Target]

    /// Reads all of it. `take` gets mapped rows, and the index of their destination; `afterChunk` how many bytes were read just now.
    ///
    /// Throws `FileProblem` when the file cannot be read, `SourceFile.Changed`, `DiskError`, and what `afterChunk` throws. Waits for
    /// the disk.
    func run(
        _ source: SourceFile, _ sources: RowSources, take: (PostBatch, Int) -> Void, afterChunk: (Int) throws -> Void
    ) throws -> SourceFile.Digests {
        let reading = PriceFileReading(rule: rule, format: format, sources: sources)
        var mappers = targets.map { target in
            var target = target
            target.findings = nil
            return DestinationMapper(rule: rule, format: format, target: target, sources: sources)
        }
        var batch = RowBatch()
        var posts = PostBatch()
        return try source.readAll { chunk, isLast in
            try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast, into: &batch)
                for at in mappers.indices {
                    posts.removeAll()
                    mappers[at].map(batch, columns: reading.columns, into: &posts)
                    take(posts, at)
                }
            }
            try afterChunk(chunk.count)
        }
    }
}

/// Which RICs the rows of a small file are about.
struct FileRICs: Sendable {
    /// Hashes of the RICs, whatever their services.
    var rics: Set<UInt64> = []
    /// Of the file as it was read, in hexadecimal digits.
    var sha256 = ""

    /// Longer files are not read once more for it, in bytes.
    private static let bytesMax = 1 << 18

    private struct TooLong: Error {}

    /// nil: the file is long, something of it has to be known before its first row, or it cannot be read, which the first pass tells. Waits
    /// for the disk.
    init?(_ file: ClaimedFile, _ reading: MappedReading, _ sources: RowSources) {
        do {
            guard try !reading.rule.needsRowScan && FileScanning(reading.rule, format: reading.format) == nil else {
                return nil
            }
            let source = try file.source(reading.format)
            guard source.status.size <= Self.bytesMax else { return nil }
            var rics: Set<UInt64> = []
            var bytes = 0
            sha256 = try reading.run(source, sources) { posts, _ in
                posts.bytes.withUnsafeBytes { all in
                    for row in posts.rows where row.ricLength > 0 {
                        let ric = all[row.ricStart..<row.ricStart + row.ricLength]
                        rics.insert(keyHash(ric: UnsafeRawBufferPointer(rebasing: ric), service: 0))
                    }
                }
            } afterChunk: { count in
                bytes += count
                if bytes > Self.bytesMax { throw TooLong() }
            }.sha256
            self.rics = rics
        } catch {
            return nil
        }
    }
}

/// A reading of a price file that finds the rows which fail checks against last accepted values, at any of the rule's destinations.
struct LastLook: Sendable {
    let rule: MappingRule
    let format: PriceFileFormat
    /// Of all the rule's destinations, in its order.
    let targets: [DestinationMapper.Target]
    /// By destination: names of services by their index in mapped rows.
    let services: [[String]]
    /// The drop that is looked at.
    let place: DropPlace
    let answers: LastAnswers

    /// Looks at all rows. `write` gets what was found, piece by piece.
    ///
    /// Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and `DiskError`, and what keeps the last values from
    /// being known. Waits for the disk.
    func run(_ source: SourceFile, _ sources: RowSources, write: ([UInt8]) throws -> Void) throws {
        var writer = LastFindingsWriter()
        var judge = LastJudge(rule, services: services, place: place, sources: sources)
        let digests = try MappedReading(rule: rule, format: format, targets: targets).run(source, sources) {
            judge?.take($0, destination: $1)
        } afterChunk: { _ in
            if judge?.isFull == true { try judge?.judge(by: answers, into: &writer) }
            if writer.count > Self.pieceBytes { try write(writer.take()) }
        }
        try judge?.judge(by: answers, into: &writer)
        try write(writer.take())
        try write(writer.finish(sha256: digests.sha256))
    }

    private static let pieceBytes = 1 << 20

    /// The same, kept in memory. Throws as `run`.
    func found(in source: SourceFile, _ sources: RowSources) throws -> LastFindings {
        var bytes: [UInt8] = []
        try run(source, sources) { bytes += $0 }
        return try LastFindings(destinations: rule.destinations, bytes: bytes)
    }

    /// The same, kept in a drop's directory, durably. `mode`: permission bits. Throws as `run`.
    func kept(of source: SourceFile, _ sources: RowSources, in directory: String, mode: UInt32) throws -> LastFindings {
        var file = try FindingsFile.Writer(in: directory, mode: mode)
        try run(source, sources) { try file.write($0) }
        FailPoint.reach("checks_written")
        try file.finish()
        FailPoint.reach("checks_kept")
        guard let findings = try FindingsFile.open(in: directory, destinations: rule.destinations) else {
            throw LastFindings.Damaged()
        }
        return findings
    }
}
