internal import PostboxCore

/// One reading of a price file for one destination: chunks of bytes in, batches of mapped rows out.
///
/// The same bytes give the same rows and PostIDs every time: the first pass, the second, and the one after a restart.
struct PriceFilePass {
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
    }

    private var decoder: SourceDecoder
    private var reader: any PriceFileReader
    private var mapper: RowMapper
    private let target: Target
    private let hasFixedColumns: Bool
    private var batch = RowBatch()

    init(rule: MappingRule, format: PriceFileFormat, firstBytes: UnsafeRawBufferPointer, target: Target) throws(FileProblem) {
        decoder = try SourceDecoder(format: format, encoding: rule.encoding, firstBytes: firstBytes)
        reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: rule.finalNewline, rowElement: rule.rowElement)
        mapper = RowMapper(
            rule: rule, services: target.services, updateOnly: target.updateOnly, columnsAreFixed: format == .csv)
        self.target = target
        hasFixedColumns = format == .csv
    }

    var rowCount: Int { reader.rowCount }
    var frame: RowFrame { reader.frame }

    /// Takes the file's next chunk. `body` gets the rows that are whole now, as read and as mapped.
    mutating func take(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ body: (borrowing RowBatch, PostBatch) throws -> Void
    ) throws {
        var decoded: [UInt8] = []
        if let plain = try decoder.decode(chunk, isLast: isLast, into: &decoded) {
            try reader.read(plain, isLast: isLast, into: &batch)
        } else {
            let result: Result<Void, FileProblem> = decoded.withUnsafeBytes { raw in
                do throws(FileProblem) {
                    return .success(try reader.read(raw, isLast: isLast, into: &batch))
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
        var posts = PostBatch()
        mapper.map(batch, columns: reader.columns, into: &posts)
        refuseOversized(&posts)
        useLaneServices(&posts)
        try body(batch, posts)
    }

    /// A post above the server's limit costs the connection (protocol §2.2): it is never sent.
    private func refuseOversized(_ posts: inout PostBatch) {
        for index in posts.rows.indices where posts.rows[index].problem < 0 {
            let row = posts.rows[index]
            // Far below the limit nothing has to be counted.
            guard row.fieldsLength + row.ricLength * 4 + 1024 > target.maxMsgSize else { continue }
            let size = target.codec.sizeMax(of: row, in: posts) + FrameCodec.headerBytesMax
            guard size > target.maxMsgSize else { continue }
            posts.rows[index].problem = posts.problems.count
            posts.rows[index].fieldsLength = 0
            posts.problems.append(
                RowProblem(
                    reason: "message_too_long", line: row.line,
                    what: "the post would be \(size) bytes long, the server takes \(target.maxMsgSize)",
                    hint: "send fewer or shorter fields in one row"))
        }
    }

    private func useLaneServices(_ posts: inout PostBatch) {
        for index in posts.rows.indices {
            let service = posts.rows[index].service
            let mapped = target.laneServices[service]
            guard mapped != service else { continue }
            posts.rows[index].service = mapped
            let row = posts.rows[index]
            posts.rows[index].keyHash = posts.bytes.withUnsafeBytes { bytes in
                keyHash(UnsafeRawBufferPointer(rebasing: bytes[row.ricStart..<row.ricStart + row.ricLength]), service: mapped)
            }
        }
    }
}
