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

    /// The numbers here of the rows that a file of these rows has, in its order: of an unpivoted line also the rows of the cells that are
    /// left out, which are skipped there. Reads the source for it where that may be so. Throws when it cannot be read.
    func rowsWritten(_ bad: RowSet, of source: SourceFile) throws -> RowSet {
        guard rule.skipsLeftOutCells else { return bad }
        return try read(source, editing: RowEditing(rule, format: format, bad: bad))?.rowsWritten ?? bad
    }

    private func copy(_ bad: RowSet, of source: SourceFile, to descriptor: Int32, _ path: String) throws {
        if case .zip(let paths)? = rule.layout?.rows {
            return try copyEntries(paths, bad, of: source, to: descriptor, path)
        }
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        let scanned = try scanned(source)
        var reading = RejectsReading(
            rule, format: format, sources: scanned, editing: RowEditing(rule, format: format, bad: bad))
        var text = RejectsText(endsLines: format.traits.isByLine)
        var out: [UInt8] = []
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                text.note(piece)
                try reading.read(piece, isLast: isLast)
            }
            text.copy(
                reading.batch, reading.frame, readTo: reading.readTo, heldFrom: reading.heldFrom,
                isBad: bad.contains, into: &out)
            if out.count > 1 << 20 { try flush(&out, decoder.encoding, descriptor, path) }
        }
        text.finish(reading.frame, into: &out)
        try flush(&out, decoder.encoding, descriptor, path)
    }

    private func scanned(_ source: SourceFile) throws -> RowSources {
        var sources = sources
        if sources.scan == nil { sources.scan = try FileScanning.scan(source, rule, format: format) }
        return sources
    }

    /// Of a file whose columns are arrays: the same arrays, with the entries of the bad rows alone.
    private func copyEntries(
        _ paths: [String], _ bad: RowSet, of source: SourceFile, to descriptor: Int32, _ path: String
    ) throws {
        let edits = try entryEdits(bad, of: source)
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        var document = try JSONZipCopy(paths: paths)
        var out: [UInt8] = []
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try document.copy(
                    piece, isLast: isLast,
                    fate: { row, path in
                        edits?.fate(of: row, at: path) ?? (bad.contains(row) ? .copied : .dropped)
                    }, into: &out)
            }
            if out.count > 1 << 20 { try flush(&out, decoder.encoding, descriptor, path) }
        }
        try flush(&out, decoder.encoding, descriptor, path)
    }

    /// What becomes of the entries where a row is not one of each array; nil: it is.
    private func entryEdits(_ bad: RowSet, of source: SourceFile) throws -> EntryEdits? {
        try read(source, editing: RowEditing(rule, format: format, bad: bad))?.entries
    }

    /// Reads all of the source for what is edited; nil: nothing is.
    private func read(_ source: SourceFile, editing: RowEditing?) throws -> RejectsReading? {
        guard let editing else { return nil }
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        let scanned = try scanned(source)
        var reading = RejectsReading(rule, format: format, sources: scanned, editing: editing)
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (piece, isLast) throws(FileProblem) in
                try reading.read(piece, isLast: isLast)
            }
        }
        return reading
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
