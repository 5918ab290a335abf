internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Writes the bad rows of a file in the file's own format, header and encoding, each row's bytes unchanged.
struct RejectsWriter {
    let rule: MappingRule
    let format: PriceFileFormat
    /// What the rule's values are made with: rows have the numbers that they had when the file was posted.
    let sources: RowSources

    /// Writes the rows of `bad` to `path`, synced; `mode`: its permission bits. Throws when the source cannot be read or the
    /// target not be written.
    func write(_ bad: RowSet, of source: SourceFile, to path: String, mode: UInt32) throws {
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        do {
            try copy(bad, of: source, to: descriptor, path)
            try Disk.fsync(descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
    }

    private func copy(_ bad: RowSet, of source: SourceFile, to descriptor: Int32, _ path: String) throws {
        if case .zip(let paths)? = rule.layout?.rows {
            return try copyEntries(paths, bad, of: source, to: descriptor, path)
        }
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        var reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: .optional, rowElement: rule.rowElement,
            layout: rule.layout, usedColumns: rule.usedColumns, namedColumns: rule.namedColumns,
            scan: try sources.scan ?? FileScanning.scan(source, rule, format: format))
        var trailer = TrailerCheck(rule, format: format)
        var shaper = RowShaper(rule: rule, hasHeader: format.traits.hasHeader, sources: sources)
        shaper?.editing = LineEditing(rule, format: format, bad: bad)
        var batch = RowBatch()
        var text = RejectsText(endsLines: format.traits.isByLine)
        var out: [UInt8] = []
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                text.note(piece)
                try reader.read(piece, isLast: isLast, into: &batch)
            }
            trailer?.take(&batch, columns: reader.columns)
            let read = batch.rows.last.map { $0.sourceStart + $0.sourceLength }
            if shaper != nil { try shaper?.shape(&batch, columns: reader.columns, isLast: isLast) }
            text.copy(
                batch, reader.frame, readTo: read, heldFrom: shaper?.heldStart, isBad: bad.contains, into: &out)
            if out.count > 1 << 20 { try flush(&out, decoder.encoding, descriptor, path) }
        }
        text.finish(reader.frame, into: &out)
        try flush(&out, decoder.encoding, descriptor, path)
    }

    /// Of a file whose columns are arrays: the same arrays, with the entries of the bad rows alone.
    private func copyEntries(
        _ paths: [String], _ bad: RowSet, of source: SourceFile, to descriptor: Int32, _ path: String
    ) throws {
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        var document = try JSONZipCopy(paths: paths)
        var out: [UInt8] = []
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try document.copy(piece, isLast: isLast, isWanted: bad.contains, into: &out)
            }
            if out.count > 1 << 20 { try flush(&out, decoder.encoding, descriptor, path) }
        }
        try flush(&out, decoder.encoding, descriptor, path)
    }

    private func flush(
        _ text: inout [UInt8], _ encoding: SourceEncoding?, _ descriptor: Int32, _ path: String
    ) throws {
        var bytes: [UInt8] = []
        text.withUnsafeBytes { SourceEncoder(encoding ?? .utf8).encode($0, into: &bytes) }
        try Disk.write(descriptor, bytes, path: path)
        text.removeAll(keepingCapacity: true)
    }
}
