internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The first reading of a price file, for all its destinations; nothing is sent. While a chunk is read and digested, the one
/// before is looked at.
struct FirstPass {
    /// What the reading learned.
    struct Found: Sendable {
        var digests: SourceFile.Digests
        /// With what was found by last accepted values.
        var targets: [DestinationMapper.Target] = []
        var rows = 0
        /// Rows rejected at each destination.
        var rejected: [Int] = []
        /// Rows of these that do not count, by the rule's `where` and `take`; nil: the rule has neither.
        var skipped: RowSet?
        /// What the rule's values are made with from here on.
        @Shared var sources = RowSources()
        /// The line of the last row; 0: there is none.
        var lastLine = 0
        /// What the file's trailer says against it.
        var control: FileProblem?
        /// What the rule's checks say.
        var checks = CheckReport()
        /// What the file looks like; nil: the rule does not ask.
        var layout: SeenLayout?
        /// Why checks hold the whole file; nil: they do not.
        var fileHold: FileHold?
        /// Rows that checks hold at each destination.
        var held: [HeldRows] = []

        /// Rows that count.
        var counted: Int { rows - (skipped?.count ?? 0) }
    }

    @Shared var rule: MappingRule
    let format: PriceFileFormat
    let targets: [DestinationMapper.Target]
    /// What the rule's values are made with, besides the file.
    @Shared var sources: RowSources
    /// Finds what last accepted values say against rows; nil: nothing is compared with them.
    var look: Look?

    /// Waits for the disk. Throws as `run`, and what keeps the last values from being known.
    typealias Look = @Sendable (SourceFile, RowSources) throws -> LastFindings

    /// Throws `FileProblem` when the file cannot be read, `SourceFile.Changed` and `DiskError`. `disk`: where is read.
    func run(_ reader: FirstPassReader, on disk: DiskThreads) async throws -> Found {
        let source = reader.source
        // What is something else than its name says is told as that, whatever has to be known of it before. What was read ahead is
        // there without a change of threads.
        var upcoming = try reader.takeAhead()
        if upcoming == nil { upcoming = try await disk.run { try reader.next() } }
        let sources = try await scanned(source, on: disk)
        var findings: LastFindings?
        if let look { findings = try await disk.run { try look(source, sources) } }
        let targets = self.targets.map { target in
            var target = target
            target.findings = findings
            return target
        }
        var mapper = FirstPassMapper(
            PriceFileReading(rule: rule, format: format, sources: sources, notesColumns: true),
            targets.map { DestinationMapper(rule: rule, format: format, target: $0, sources: sources) },
            FileChecks(rule, sources: sources), rule, going: sources.going)
        while let chunk = upcoming {
            guard !chunk.isLast else {
                try mapper.take(chunk.bytes, isLast: true)
                break
            }
            async let following = disk.run { try reader.next() }
            try mapper.take(chunk.bytes, isLast: false)
            upcoming = try await following
        }
        if let fault = mapper.fault { throw fault }
        var found = mapper.found(try await reader.digests(on: disk))
        if let problem = rule.numberProblem(ofFileWith: found.rows, sources.context.numbers) { throw problem }
        found.sources = sources
        found.targets = targets
        if let findings, findings.sha256 != found.digests.sha256 { throw source.changed }
        if mapper.hasSeenOddMarks { try await disk.run { try readMarks(of: source, sources) } }
        try source.checkUnchanged()
        return found
    }

    /// What the rule's values are made with, with what has to be known of all of the file before its first row; that is not read
    /// where the rule needs nothing of the kind. Throws as `run`.
    private func scanned(_ source: SourceFile, on disk: DiskThreads) async throws -> RowSources {
        guard try rule.needsRowScan || FileScanning(rule, format: format) != nil else { return sources }
        return try await disk.run {
            var sources = sources
            sources.scan = try FileScanning.scan(source, rule, format: format)
            if rule.needsRowScan { sources.scan = try scan(source, sources) }
            return sources
        }
    }

    /// Reads the file for what has to be known of all of it before its first row. Throws as `run`.
    private func scan(_ source: SourceFile, _ sources: RowSources) throws -> FileScan {
        let reading = PriceFileReading(rule: rule, format: format, sources: sources, for: .scan)
        var batch = RowBatch()
        try source.eachChunk { _, chunk, isLast in
            try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast, into: &batch)
            }
        }
        var scan = sources.scan ?? FileScan()
        scan.rows = reading.rowScan
        return scan
    }

    /// Reads the file once more for its decimal marks. Throws as `run`, `FileProblem` also when a column has two of them.
    private func readMarks(of source: SourceFile, _ sources: RowSources) throws {
        let reading = PriceFileReading(rule: rule, format: format, sources: sources, for: .marks)
        var marks = DecimalMarks(rule, dictionary: sources.dictionary)
        var batch = RowBatch()
        try source.eachChunk { _, chunk, isLast in
            try reading.read(chunk, isLast: isLast, into: &batch)
            marks.take(batch, columns: reading.columns, skipped: reading.skipped)
        }
        if let problem = marks.problem { throw problem }
    }
}

/// One half of the first pass. It is asked for one thing at a time.
final class FirstPassReader: Sendable {
    typealias Chunk = (bytes: [UInt8], isLast: Bool)

    private struct State {
        let reader: ChunkReader
        var digest: ChunkDigest
        var isFirst = true
        /// The first chunk, or what stands against it.
        var ahead: Result<Chunk?, any Error>?
    }

    let source: SourceFile
    private let look: FileLook
    private let state: Mutex<State>

    init(_ source: SourceFile, _ look: FileLook) {
        self.source = source
        self.look = look
        state = Mutex(State(reader: ChunkReader(source), digest: ChunkDigest(source)))
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

    /// The next chunk; nil: that was the last one. Waits for the disk. Throws `SourceFile.Changed` and `DiskError`, and `FileProblem`
    /// also for a file that is something else than it should be.
    func next() throws -> Chunk? {
        try state.withLock { state in try next(&state) }
    }

    private func next(_ state: inout State) throws -> Chunk? {
        var isLast = true
        var isOver = false
        let chunk = try [UInt8](unsafeUninitializedCapacity: source.bufferBytes) { room, count in
            guard let next = try state.reader.next(UnsafeMutableRawBufferPointer(room)) else {
                isOver = true
                return
            }
            (count, isLast) = (next.bytes.count, next.isLast)
            if state.isFirst, let problem = look.problem(of: next.bytes) { throw problem }
            state.isFirst = false
            state.digest.take(next.bytes)
        }
        return isOver ? nil : (chunk, isLast)
    }

    /// Of all that was read. Throws as `next`: of a packed file the whole is read for it.
    func digests(on disk: DiskThreads) async throws -> SourceFile.Digests {
        let digest = state.withLock { $0.digest }
        return source.wrapping == .none ? try digest.finish() : try await disk.run { try digest.finish() }
    }
}

/// The other half.
private struct FirstPassMapper {
    private let reading: PriceFileReading
    private var mappers: [DestinationMapper]
    private var rejected: [Int]
    /// nil: nothing is asked about the file as a whole.
    private var fileChecks: FileChecks?
    /// What checks of rows say, by destination.
    private var reports: [CheckReport]
    /// Rows that they hold, by destination.
    private var held: [HeldRows]
    private let rule: MappingRule
    /// Rows that are sent, as far as a person decided that.
    private let going: RowChoice
    private var lastLine = 0
    private var hasAllColumns = false
    private var batch = RowBatch()
    private var posts = PostBatch()

    init(
        _ reading: PriceFileReading, _ mappers: [DestinationMapper], _ fileChecks: FileChecks?, _ rule: MappingRule,
        going: RowChoice
    ) {
        rejected = mappers.map { _ in 0 }
        reports = mappers.map { _ in CheckReport() }
        held = mappers.map { _ in HeldRows() }
        self.rule = rule
        self.going = going
        self.fileChecks = fileChecks
        self.mappers = mappers
        self.reading = reading
    }

    /// Throws what is wrong with the file.
    mutating func take(_ chunk: [UInt8], isLast: Bool) throws(FileProblem) {
        try chunk.span.withUnsafeBytes { (chunk) throws(FileProblem) in
            try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast, into: &batch)
                for at in mappers.indices {
                    let mapsAll = at == 0 && fileChecks?.needsRows == true
                    rejected[at] += mappers[at].rejected(
                        batch, columns: reading.columns, mapsAll: mapsAll, scratch: &posts)
                    if !posts.warnings.isEmpty { reports[at].take(posts, going: going) }
                    if !posts.holds.isEmpty { held[at].take(posts) }
                    if mapsAll { fileChecks?.take(posts) }
                }
                if let last = batch.rows.last { lastLine = last.line }
                try checkColumns(isLast: isLast)
            }
        }
    }

    /// A column that the rule needs and that the file lacks is told as soon as no more columns can come.
    private mutating func checkColumns(isLast: Bool) throws(FileProblem) {
        guard !hasAllColumns, reading.hasHeader ? !reading.columns.isEmpty : isLast && reading.hasReadRow else {
            return
        }
        hasAllColumns = true
        let problem = mappers[0].missingColumn(
            among: reading.columns, besides: reading.unread, broken: reading.broken, usedUp: reading.usedUp,
            mayHide: reading.mayHideColumns, members: reading.memberNames)
        if let problem { throw problem }
    }

    var hasSeenOddMarks: Bool { reading.hasSeenOddMarks || mappers.contains { $0.hasSeenOddMarks } }

    /// As `DestinationMapper` has it.
    var fault: (any Error)? { mappers.lazy.compactMap(\.fault).first }

    func found(_ digests: SourceFile.Digests) -> FirstPass.Found {
        var found = FirstPass.Found(
            digests: digests, rows: reading.rowCount, rejected: rejected, skipped: reading.skipped, lastLine: lastLine,
            control: reading.control)
        if let most = reports.max(by: { $0.warnedRows < $1.warnedRows }) { found.checks = most }
        found.layout = reading.layout
        if let fileChecks {
            found.checks.findings = fileChecks.findings(rows: found.rows, counted: found.counted, layout: found.layout)
        }
        found.held = held
        found.fileHold = FileHold(rule, findings: found.checks.findings, held: held, counted: found.counted)
        return found
    }
}
