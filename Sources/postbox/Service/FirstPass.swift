internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The first reading of a price file, for all its destinations; nothing is sent. While a chunk is read and digested, the one
/// before is looked at.
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

    /// Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and `DiskError`. `disk`: where is read.
    func run(_ reader: FirstPassReader, on disk: DiskThreads) async throws -> Found {
        var mapper = FirstPassMapper(
            PriceFileReading(rule: rule, format: format),
            targets.map { DestinationMapper(rule: rule, format: format, target: $0) })
        // What was read ahead is there without a change of threads.
        var upcoming = try reader.takeAhead()
        if upcoming == nil { upcoming = try await disk.run { try reader.next() } }
        while let chunk = upcoming {
            guard !chunk.isLast else {
                try mapper.take(chunk.bytes, isLast: true)
                break
            }
            async let following = disk.run { try reader.next() }
            try mapper.take(chunk.bytes, isLast: false)
            upcoming = try await following
        }
        let source = reader.source
        if mapper.hasSeenOddMarks { try await disk.run { try readMarks(of: source) } }
        try source.checkUnchanged()
        return mapper.found(reader.digests())
    }

    /// Reads the file once more for its decimal marks. Throws as `run`, `FileProblem` also when a column has two of them.
    private func readMarks(of source: SourceFile) throws {
        let reading = PriceFileReading(rule: rule, format: format)
        var marks = DecimalMarks(rule)
        var batch = RowBatch()
        try source.eachChunk { _, chunk, isLast in
            try reading.read(chunk, isLast: isLast, into: &batch)
            marks.take(batch, columns: reading.columns)
        }
        if let problem = marks.problem { throw problem }
    }
}

/// One half of the first pass. It is asked for one thing at a time.
final class FirstPassReader: Sendable {
    typealias Chunk = (bytes: [UInt8], isLast: Bool)

    private struct State {
        var digest: ChunkDigest
        var index = 0
        /// The first chunk, or what stands against it.
        var ahead: Result<Chunk?, any Error>?
    }

    let source: SourceFile
    private let state: Mutex<State>

    init(_ source: SourceFile) {
        self.source = source
        state = Mutex(State(digest: ChunkDigest(source)))
    }

    /// Reads the first chunk, for whoever waits for the disk just now.
    func readAhead() {
        state.withLock { state in state.ahead = Result { try next(&state) } }
    }

    /// What was read ahead; nil: nothing was. Throws as `next`.
    func takeAhead() throws -> Chunk? {
        let ahead = state.withLock { state in
            defer { state.ahead = nil }
            return state.ahead
        }
        return try ahead?.get()
    }

    /// The next chunk; nil: that was the last one. Waits for the disk. Throws `SourceFile.Changed` and `DiskError`.
    func next() throws -> Chunk? {
        try state.withLock { state in try next(&state) }
    }

    private func next(_ state: inout State) throws -> Chunk? {
        guard state.index == 0 || state.index < source.chunkCount else { return nil }
        let chunk = try source.chunk(state.index)
        state.index += 1
        chunk.withUnsafeBytes { state.digest.take($0) }
        return (chunk, state.index >= source.chunkCount)
    }

    func digests() -> SourceFile.Digests { state.withLock { $0.digest.finish() } }
}

/// The other half.
private struct FirstPassMapper {
    private let reading: PriceFileReading
    private var mappers: [DestinationMapper]
    private var rejected: [Int]
    private var lastLine = 0
    private var hasAllColumns = false
    /// Columns known so far, and those of them that no row of data had yet.
    private var columnCount = 0
    private var unread: Set<Int> = []
    private var trailers = 0
    /// Some row could be read: where none could, no column is missing.
    private var hasReadRow = false
    private var batch = RowBatch()
    private var posts = PostBatch()

    init(_ reading: PriceFileReading, _ mappers: [DestinationMapper]) {
        rejected = mappers.map { _ in 0 }
        self.mappers = mappers
        self.reading = reading
    }

    /// Throws what is wrong with the file.
    mutating func take(_ chunk: [UInt8], isLast: Bool) throws(FileProblem) {
        try chunk.span.withUnsafeBytes { (chunk) throws(FileProblem) in
            try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast, into: &batch)
                for at in mappers.indices {
                    rejected[at] += mappers[at].rejected(batch, columns: reading.columns, scratch: &posts)
                }
                if let last = batch.rows.last { lastLine = last.line }
                if !hasReadRow { hasReadRow = batch.rows.contains { $0.problem < 0 } }
                noteColumns()
                try checkColumns(isLast: isLast)
            }
        }
    }

    /// A column that the rule needs and that the file lacks is told as soon as no more columns can come.
    private mutating func checkColumns(isLast: Bool) throws(FileProblem) {
        guard !hasAllColumns, reading.hasHeader ? !reading.columns.isEmpty : isLast && hasReadRow else { return }
        hasAllColumns = true
        if let problem = mappers[0].missingColumn(among: reading.columns, besides: unread) { throw problem }
    }

    /// Notes which columns the batch brought with rows that are no data, or cannot be read.
    private mutating func noteColumns() {
        guard !reading.hasHeader else { return }
        let isOdd = reading.trailers > trailers || batch.rows.contains { $0.problem >= 0 }
        trailers = reading.trailers
        if isOdd { unread.formUnion(columnCount..<max(columnCount, reading.columns.count)) }
        columnCount = reading.columns.count
        guard !unread.isEmpty else { return }
        for row in batch.rows where row.problem < 0 {
            for cell in batch.cells[row.firstCell..<row.firstCell + row.cellCount] { unread.remove(Int(cell.column)) }
        }
    }

    var hasSeenOddMarks: Bool { mappers.contains { $0.hasSeenOddMarks } }

    func found(_ digests: SourceFile.Digests) -> FirstPass.Found {
        FirstPass.Found(
            digests: digests, rows: reading.rowCount, rejected: rejected, lastLine: lastLine, control: reading.control)
    }
}
