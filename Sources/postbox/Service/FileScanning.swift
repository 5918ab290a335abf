internal import PostboxCore
internal import PostboxIO

/// Reads a file for what has to be known of all of it before its first row.
struct FileScanning {
    private var document: DocumentScan
    private var decoder: SourceDecoder

    /// Nil: the rule needs nothing, and no file is read. Throws `bad_rule`.
    init?(_ rule: MappingRule, format: PriceFileFormat) throws(FileProblem) {
        guard let document = try PriceFileReaders.documentScan(rule, format: format) else { return nil }
        self.document = document
        decoder = SourceDecoder(encoding: rule.encoding, format: format)
    }

    /// Of a file that nobody has read yet. Nil: the rule needs none. Throws `FileProblem`, `SourceFile.Changed` and `DiskError`.
    static func scan(_ source: SourceFile, _ rule: MappingRule, format: PriceFileFormat) throws -> FileScan? {
        guard var scan = try FileScanning(rule, format: format) else { return nil }
        try source.eachChunk { _, chunk, isLast in try scan.take(chunk, isLast: isLast) }
        return try scan.finish()
    }

    /// Of a file as it was when it had these digests. Nil: the rule needs none. Throws `SourceFile.Changed` and `DiskError`, and
    /// `FileProblem` only if the first pass did.
    static func scan(
        _ source: SourceFile, _ digests: SourceFile.Digests, _ rule: MappingRule, format: PriceFileFormat
    ) throws -> FileScan? {
        guard var scan = try FileScanning(rule, format: format) else { return nil }
        let reading = try SecondReading(source, digests)
        while let (chunk, isLast) = try reading.next() {
            try scan.take(chunk, isLast: isLast)
        }
        return try scan.finish()
    }

    private mutating func take(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        try decoder.decode(chunk, isLast: isLast) { (text, isLast) throws(FileProblem) in
            try document.take(text, isLast: isLast)
        }
    }

    private mutating func finish() throws(FileProblem) -> FileScan { FileScan(document: try document.finish()) }
}
