internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// One reading of a price file: chunks of bytes in, batches of rows out.
final class PriceFileReading {
    private var decoder: SourceDecoder
    private var reader: any PriceFileReader
    private var trailer: TrailerCheck?
    /// nil: rows and values are the file's, as they stand.
    private var shaper: RowShaper?
    private var columnNotes: ColumnNotes?
    /// nil: the rule does not ask what the file looks like.
    private var layoutNotes: LayoutNotes?
    /// The columns are known before the first row.
    let hasHeader: Bool

    /// - Parameters:
    ///   - sources: what the rule's values are made with, besides the rows.
    ///   - notesColumns: it is asked for `unread`, `broken` and `hasReadRow`, and for `layout`.
    init(
        rule: MappingRule, format: PriceFileFormat, sources: RowSources, for purpose: RowShaper.Purpose = .rows,
        notesColumns: Bool = false
    ) {
        hasHeader = rule.hasFixedColumns(format)
        shaper = RowShaper(rule: rule, hasHeader: format.traits.hasHeader, sources: sources, for: purpose)
        if notesColumns, !hasHeader { columnNotes = ColumnNotes() }
        if notesColumns { layoutNotes = LayoutNotes(rule, format.traits) }
        decoder = SourceDecoder(encoding: rule.encoding, format: format)
        reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: rule.finalNewline, rowElement: rule.rowElement,
            layout: rule.layout, usedColumns: rule.usedColumns, namedColumns: rule.namedColumns,
            scan: sources.scan)
        trailer = TrailerCheck(rule, format: format)
    }

    /// Data rows read so far; a trailer is none.
    var rowCount: Int { shaper?.rowCount ?? reader.rowCount - (trailer?.trailers ?? 0) }
    /// Those of them that do not count, by the rule's `where` and `take`; nil: the rule has neither.
    var skipped: RowSet? { shaper?.skippedRows }
    /// Why each row of the last batch does not count, where it is read for these rows.
    var reasons: [String] { shaper?.reasons ?? [] }
    /// Whether a value that no mapper sees had marks that no number on the wire has.
    var hasSeenOddMarks: Bool { shaper?.hasSeenOddMarks ?? false }
    /// What was found for `take`.
    var rowScan: RowScan? { shaper?.found }
    /// Columns that no row of data had, only a trailer, as far as that was noted.
    var unread: Set<Int> { placed((columnNotes?.unread ?? []).intersection(trailer?.columns ?? [])) }
    /// Columns that only rows had which cannot be read, as far as that was noted.
    var broken: Set<Int> { placed((columnNotes?.unread ?? []).subtracting(trailer?.columns ?? [])) }

    /// Columns that lines have and no row any more.
    var usedUp: Set<Int> { shaper?.usedUp ?? [] }

    /// Lines that cannot be read may name columns.
    var mayHideColumns: Bool { shaper?.mayHideColumns ?? false }

    /// Columns of the file as they are behind what shapes the rows.
    private func placed(_ columns: Set<Int>) -> Set<Int> {
        guard let places = shaper?.places else { return columns }
        return Set(columns.map { Int(places[$0]) })
    }

    /// Some row could be read, as far as that was noted.
    var hasReadRow: Bool { columnNotes?.hasReadRow ?? true }
    /// What the file looks like, once its last chunk was taken; nil: the rule does not ask.
    var layout: SeenLayout? { layoutNotes?.seen(reader.columns) }
    /// Trailers read so far.
    var trailers: Int { trailer?.trailers ?? 0 }
    /// What the file's trailer says against it, once its last chunk was taken.
    var control: FileProblem? { trailer?.problem }
    var frame: RowFrame { reader.frame }
    var columns: [Column] { shaper?.columns ?? reader.columns }
    /// Names of what the rows have, where the columns are but those that the rule names.
    var memberNames: [String] { reader.memberNames }
    /// The file's own.
    var fileColumns: [Column] { reader.columns }

    /// Cuts a chunk into pieces whose rows and cells stay in a core's cache until they are mapped.
    static func pieces(
        of chunk: UnsafeRawBufferPointer, isLast: Bool,
        _ body: (UnsafeRawBufferPointer, Bool) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        var start = 0
        repeat {
            let end = min(chunk.count, start + pieceBytes)
            try body(UnsafeRawBufferPointer(rebasing: chunk[start..<end]), isLast && end == chunk.count)
            start = end
        } while start < chunk.count
    }

    private static let pieceBytes = 64 << 10

    /// Takes the file's next chunk, or a piece of one; the batch gets the rows that are whole now. Throws what is wrong with
    /// the file.
    func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        try decoder.decode(chunk, isLast: isLast) { (text, isLast) throws(FileProblem) in
            try reader.read(text, isLast: isLast, into: &batch)
        }
        trailer?.take(&batch, columns: reader.columns)
        columnNotes?.take(batch, columns: reader.columns.count, trailers: trailer?.trailers ?? 0)
        layoutNotes?.take(batch, columns: reader.columns.count)
        // Asked once a batch: most rules make nothing.
        if shaper != nil { try shaper?.shape(&batch, columns: reader.columns, isLast: isLast) }
    }
}

/// Which columns only rows had that are no data, or that cannot be read.
private struct ColumnNotes {
    /// Columns known so far, and those of them that no row of data had yet.
    private var count = 0
    private(set) var unread: Set<Int> = []
    private var trailers = 0
    /// Where no row could be read, no column is missing.
    private(set) var hasReadRow = false

    mutating func take(_ batch: borrowing RowBatch, columns: Int, trailers: Int) {
        if !hasReadRow { hasReadRow = batch.rows.contains { $0.problem < 0 } }
        let isOdd = trailers > self.trailers || batch.rows.contains { $0.problem >= 0 }
        self.trailers = trailers
        if isOdd { unread.formUnion(count..<max(count, columns)) }
        count = columns
        guard !unread.isEmpty else { return }
        for row in batch.rows where row.problem < 0 {
            for cell in batch.cells[row.firstCell..<row.firstCell + row.cellCount] { unread.remove(Int(cell.column)) }
        }
    }
}

extension MappingRule {
    /// All columns are known before the first row, and each row has all of them.
    func hasFixedColumns(_ format: PriceFileFormat) -> Bool { format.traits.hasHeader && shape?.group == nil }
}

/// Maps the rows of a price file for one destination.
struct DestinationMapper {
    /// How a destination wants the rows.
    struct Target: Sendable {
        /// The default service first, by the drop's own snapshot.
        var services: [String]
        var updateOnly: Bool
        /// Index in the lane's own table for each of `services`.
        var laneServices: [Int]
        var codec: MessageCodec
        /// Bytes of a whole message.
        var maxMsgSize: Int
        /// What checks against last accepted values found in the file; nil: the rule does not ask, or it was not looked for yet.
        var findings: LastFindings?
    }

    private var mapper: RowMapper
    /// nil: nothing is asked about the rows' prices.
    private var checks: RowChecks?
    private let target: Target
    /// The lane has the destination's services in the same order.
    private let hasLaneServices: Bool

    /// - Parameter sources: what rows are mapped and checked with: the servers' dictionary, tables, the day of the claim; `tellsAll` of
    ///   them: all that is wrong with a row is told.
    init(rule: MappingRule, format: PriceFileFormat, target: Target, sources: RowSources) {
        mapper = RowMapper(
            rule: rule, services: target.services, updateOnly: target.updateOnly,
            columnsAreFixed: rule.hasFixedColumns(format), mayNest: format.traits.hasPaths,
            dictionary: sources.dictionary, tables: sources.tables)
        mapper.tellsAll = sources.tellsAll
        checks = RowChecks(rule, sources: sources, findings: target.findings)
        self.target = target
        hasLaneServices = target.laneServices.prefix(target.services.count).elementsEqual(target.services.indices)
    }

    /// What stands against a file whose rows have these columns and no others.
    /// `unread`: those that only rows have which are no data; `broken`: those of rows which cannot be read; `usedUp`: those of lines
    /// alone; `mayHide`: others may stand in lines that cannot be read; `members`: names of what the rows have, where the columns are
    /// but those that the rule names.
    mutating func missingColumn(
        among columns: [Column], besides unread: Set<Int>, broken: Set<Int>, usedUp: Set<Int>, mayHide: Bool,
        members: [String]
    ) -> FileProblem? {
        mapper.missingColumn(
            among: columns, besides: unread, broken: broken, usedUp: usedUp, mayHide: mayHide, members: members)
    }

    /// Why what was found by last accepted values can no longer be read; what was mapped since the last call counts for nothing.
    var fault: (any Error)? { checks?.fault }

    /// Whether a row was rejected for marks that no number on the wire has.
    var hasSeenOddMarks: Bool { mapper.hasSeenOddMarks }

    /// Appends one mapped row for each row of the batch.
    ///
    /// - Parameter columns: The reading's columns; they may have grown since the last call.
    mutating func map(_ batch: borrowing RowBatch, columns: [Column], into posts: inout PostBatch) {
        let first = posts.rows.count
        mapper.map(batch, columns: columns, into: &posts)
        refuseOversized(&posts, from: first)
        checks?.judge(&posts, from: first, batch, columns: columns)
        if !hasLaneServices { useLaneServices(&posts, from: first) }
    }

    /// How many of the batch's rows are rejected.
    ///
    /// - Parameters:
    ///   - columns: As in `map`.
    ///   - mapsAll: All rows are mapped, also those that surely are posts.
    ///   - scratch: Gets the rows that were mapped; its contents are lost.
    mutating func rejected(
        _ batch: borrowing RowBatch, columns: [Column], mapsAll: Bool, scratch: inout PostBatch
    ) -> Int {
        scratch.removeAll()
        guard checks == nil, !mapsAll else {
            map(batch, columns: columns, into: &scratch)
            return rejected(scratch)
        }
        mapper.mapDoubtful(batch, columns: columns, bytesMax: target.maxMsgSize - bytesAroundFields, into: &scratch)
        refuseOversized(&scratch, from: 0)
        return rejected(scratch)
    }

    private func rejected(_ posts: PostBatch) -> Int {
        posts.problems.isEmpty ? 0 : posts.rows.reduce(0) { $0 + ($1.problem >= 0 ? 1 : 0) }
    }

    /// Of a post without its RIC and its Fields, with room to spare.
    private var bytesAroundFields: Int { 1024 }

    /// A post above the server's limit costs the connection (The wire §2.2): it is never sent.
    private func refuseOversized(_ posts: inout PostBatch, from first: Int) {
        for index in first..<posts.rows.count where posts.rows[index].problem < 0 {
            let row = posts.rows[index]
            // Far below the limit nothing has to be counted.
            guard row.fieldsLength + row.ricLength * 4 + bytesAroundFields > target.maxMsgSize else { continue }
            let size = target.codec.sizeMax(of: row, in: posts) + FrameCodec.headerBytesMax
            guard size > target.maxMsgSize else { continue }
            posts.rows[index].problem = posts.problems.count
            posts.rows[index].fieldsLength = 0
            if !posts.warnings.isEmpty { posts.warnings[row.row] = nil }
            posts.problems.append(
                RowProblem(
                    reason: "message_too_long", line: row.line,
                    what: "the post would be \(size) bytes long, the server takes \(target.maxMsgSize)",
                    hint: "send fewer or shorter fields in one row"))
        }
    }

    private func useLaneServices(_ posts: inout PostBatch, from first: Int) {
        for index in first..<posts.rows.count {
            let service = posts.rows[index].service
            guard service >= 0, service < target.laneServices.count else { continue }
            let mapped = target.laneServices[service]
            guard mapped != service else { continue }
            posts.rows[index].service = mapped
            let row = posts.rows[index]
            posts.rows[index].keyHash = posts.bytes.withUnsafeBytes { bytes in
                keyHash(
                    ric: UnsafeRawBufferPointer(rebasing: bytes[row.ricStart..<row.ricStart + row.ricLength]),
                    service: mapped)
            }
        }
    }
}

/// One reading of a price file for one destination: chunks of bytes in, batches of mapped rows out.
///
/// The same bytes give the same rows and PostIDs every time: the first pass, the second, and the one after a restart.
final class PriceFilePass {
    private let reading: PriceFileReading
    private var mapper: DestinationMapper
    private var batch = RowBatch()
    private var posts = PostBatch()
    /// What the chunk before needed: the next one needs as much.
    private var room = (bytes: 0, rows: 0)

    /// `sources`: what the rule's values are made with; of the drop as it was claimed, with what its first pass found.
    init(
        rule: MappingRule, format: PriceFileFormat, target: DestinationMapper.Target, sources: RowSources,
        for purpose: RowShaper.Purpose = .rows
    ) {
        reading = PriceFileReading(rule: rule, format: format, sources: sources, for: purpose)
        mapper = DestinationMapper(rule: rule, format: format, target: target, sources: sources)
    }

    /// Why each row that was taken last does not count, where it is read for these rows.
    var reasons: [String] { reading.reasons }

    /// The place of a column among the file's own, from 1; nil: it is none of them.
    func place(ofColumn name: String?) -> Int? { reading.fileColumns.firstIndex { $0.name == name }.map { $0 + 1 } }

    /// Data rows read so far; a trailer is none.
    var rowCount: Int { reading.rowCount }
    /// What the file's trailer says against it, once its last chunk was taken.
    var control: FileProblem? { reading.control }

    /// Takes the file's next chunk. `body` gets the rows that are whole now, as read and as mapped; what it keeps of them is
    /// copied at the next call.
    ///
    /// Throws `FileProblem` when the file cannot be read, and whatever `body` throws.
    func take(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ body: (borrowing RowBatch, PostBatch) throws -> Void
    ) throws {
        posts.removeAll()
        try map(chunk, isLast: isLast, into: &posts)
        if let fault = mapper.fault { throw fault }
        try body(batch, posts)
    }

    private func map(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into posts: inout PostBatch
    ) throws(FileProblem) {
        try reading.read(chunk, isLast: isLast, into: &batch)
        mapper.map(batch, columns: reading.columns, into: &posts)
    }

    /// Takes the file's next chunk and returns its rows as mapped.
    @inline(never)
    func mapped(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws -> PostBatch {
        var mapped = PostBatch()
        mapped.reserve(bytes: room.bytes, rows: room.rows)
        var seen = 0
        try PriceFileReading.pieces(of: chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
            try map(piece, isLast: isLast, into: &mapped)
            seen += piece.count
            if room.rows == 0, seen > 0 {
                // As many for each byte of the chunk as for those that were read.
                let pieces = (chunk.count + seen - 1) / seen
                room = (mapped.bytes.count * pieces, mapped.rows.count * pieces)
                mapped.reserve(bytes: room.bytes, rows: room.rows)
            }
        }
        if let fault = mapper.fault { throw fault }
        room = (mapped.bytes.count, mapped.rows.count)
        return mapped
    }
}

/// The second reading of a price file, which goes on while what was read before is committed and handed over. It is asked for one
/// thing at a time.
final class SecondPass: Sendable {
    typealias Batch = (batch: PostBatch, isLast: Bool)

    private struct State {
        let pass: PriceFilePass
        let reading: SecondReading
        /// The first chunk's rows, or what stands against them.
        var ahead: Result<Batch?, any Error>?
    }

    private let state: Mutex<State>

    init(_ pass: sending PriceFilePass, _ reading: sending SecondReading) {
        state = Mutex(State(pass: pass, reading: reading))
    }

    /// Reads the first chunk, for whoever waits for the disk just now.
    func readAhead() {
        state.withLock { state in state.ahead = Result { try Self.next(state) } }
    }

    /// What was read ahead; nil: nothing was. Throws as `next`.
    func takeAhead() throws -> Batch? {
        let ahead = state.withLock { state in
            defer { state.ahead = nil }
            return state.ahead
        }
        return try ahead?.get()
    }

    /// The rows of the next chunk, and whether it was the last; nil: there is none. Waits for the disk. Throws `SourceFile.Changed`,
    /// `FileProblem` and `DiskError`.
    func next() throws -> Batch? {
        try state.withLock { state in try Self.next(state) }
    }

    private static func next(_ state: State) throws -> Batch? {
        guard let (chunk, isLast) = try state.reading.next() else { return nil }
        return (try state.pass.mapped(chunk, isLast: isLast), isLast)
    }
}
