internal import PostboxCore
internal import PostboxIO

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
        let reading = PriceFileReading(rule: rule, format: format, sources: sources)
        var mappers = targets.map { target in
            var target = target
            target.findings = nil
            return DestinationMapper(rule: rule, format: format, target: target, sources: sources)
        }
        var batch = RowBatch()
        var posts = PostBatch()
        let digests = try source.readAll { chunk, isLast in
            try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast, into: &batch)
                for at in mappers.indices {
                    posts.removeAll()
                    mappers[at].map(batch, columns: reading.columns, into: &posts)
                    judge?.take(posts, destination: at)
                }
            }
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
