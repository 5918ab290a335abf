internal import PostboxCore
internal import PostboxIO

/// The first reading of a price file, for all its destinations; nothing is sent. While a chunk is read, the one before is
/// digested and mapped.
struct FirstPass {
    /// What the reading learned.
    struct Found: Sendable {
        var digests: SourceFile.Digests
        var rows = 0
        /// Rows rejected at each destination.
        var rejected: [Int] = []
        /// The line of the last row; 0: there is none.
        var lastLine = 0
        /// What the file's trailer says against it.
        var control: FileProblem?
    }

    let rule: MappingRule
    let format: PriceFileFormat
    let targets: [DestinationMapper.Target]

    /// Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and `DiskError`.
    func run(_ source: SourceFile) async throws -> Found {
        let reader = FirstPassReader(PriceFileReading(rule: rule, format: format), source)
        let mapper = FirstPassMapper(
            targets.map { DestinationMapper(rule: rule, format: format, target: $0) }, ChunkDigest(source))
        var upcoming = try await reader.next()
        while let piece = upcoming {
            async let following = reader.next()
            await mapper.take(piece)
            upcoming = try await following
        }
        try source.checkUnchanged()
        var found = await mapper.found()
        (found.rows, found.control) = await reader.ended()
        return found
    }
}

/// A chunk, and the rows that were whole with it.
private struct FirstPassPiece: Sendable {
    var chunk: [UInt8]
    var batch: RowBatch
    var columns: [Column]
}

/// One half of the first pass.
private actor FirstPassReader {
    private let reading: PriceFileReading
    private let source: SourceFile
    private var index = 0
    /// What the chunk before needed: the next one needs as much.
    private var room = (text: 0, cells: 0, rows: 0)

    init(_ reading: sending PriceFileReading, _ source: SourceFile) {
        self.reading = reading
        self.source = source
    }

    /// The next chunk; nil: that was the last one.
    func next() throws -> FirstPassPiece? {
        guard index == 0 || index < source.chunkCount else { return nil }
        let chunk = try source.chunk(index)
        index += 1
        var batch = RowBatch()
        batch.text.reserveCapacity(room.text)
        batch.cells.reserveCapacity(room.cells)
        batch.rows.reserveCapacity(room.rows)
        try chunk.withUnsafeBytes { try reading.read($0, isLast: index >= source.chunkCount, into: &batch) }
        // And a little more, as rows differ in length.
        room = (batch.text.count * 9 / 8, batch.cells.count * 9 / 8, batch.rows.count * 9 / 8)
        return FirstPassPiece(chunk: chunk, batch: batch, columns: reading.columns)
    }

    func ended() -> (rows: Int, control: FileProblem?) { (reading.rowCount, reading.control) }
}

/// The other half.
private actor FirstPassMapper {
    private var mappers: [DestinationMapper]
    private var digest: ChunkDigest
    private var rejected: [Int]
    private var lastLine = 0
    private var posts = PostBatch()

    init(_ mappers: sending [DestinationMapper], _ digest: ChunkDigest) {
        rejected = mappers.map { _ in 0 }
        self.mappers = mappers
        self.digest = digest
    }

    func take(_ piece: FirstPassPiece) {
        piece.chunk.withUnsafeBytes { digest.take($0) }
        for at in mappers.indices {
            rejected[at] += mappers[at].rejected(piece.batch, columns: piece.columns, scratch: &posts)
        }
        if let last = piece.batch.rows.last { lastLine = last.line }
    }

    func found() -> FirstPass.Found {
        FirstPass.Found(digests: digest.finish(), rejected: rejected, lastLine: lastLine)
    }
}
