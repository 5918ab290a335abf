internal import PostboxCore

/// A file in memory read and mapped as the program does it.
struct RuleReading {
    private var reader: any PriceFileReader
    private var shaper: RowShaper?
    private var mapper: RowMapper
    private var batch = RowBatch()

    /// As large as in the program: rows and cells stay in a core's cache.
    private static let pieceBytes = 64 << 10

    init(_ rule: MappingRule, tables: [String: LookupTable]) {
        reader = PriceFileReaders.make(
            format: .csv, delimiter: rule.delimiter, layout: rule.layout, usedColumns: rule.usedColumns,
            namedColumns: rule.namedColumns)
        shaper = RowShaper(rule: rule, hasHeader: true, sources: RowSources(tables: tables))
        mapper = RowMapper(rule: rule, services: ["NIPROV"], updateOnly: false, columnsAreFixed: true)
    }

    /// How many of the file's rows are posts.
    mutating func posts(of bytes: [UInt8]) throws -> Int {
        var count = 0
        var posts = PostBatch()
        try bytes.withUnsafeBytes { all in
            var at = 0
            while at < all.count {
                let end = min(all.count, at + Self.pieceBytes)
                try reader.read(
                    UnsafeRawBufferPointer(rebasing: all[at..<end]), isLast: end == all.count, into: &batch)
                if shaper != nil {
                    try shaper?.shape(&batch, columns: reader.columns, isLast: end == all.count)
                }
                posts.removeAll()
                mapper.map(batch, columns: shaper?.columns ?? reader.columns, into: &posts)
                count += posts.rows.count - posts.problems.count
                at = end
            }
        }
        return count
    }
}
