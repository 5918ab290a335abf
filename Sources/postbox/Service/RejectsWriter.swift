internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Writes the bad rows of a file in the file's own format, header and encoding, each row's bytes unchanged.
struct RejectsWriter {
    let rule: MappingRule
    let format: PriceFileFormat

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
        var decoder = SourceDecoder(encoding: rule.encoding, format: format)
        var reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: .optional, rowElement: rule.rowElement,
            layout: rule.layout, usedColumns: rule.usedColumns)
        var trailer = TrailerCheck(rule, format: format)
        var batch = RowBatch()
        // Decoded bytes from the end of the last whole row on.
        var window: [UInt8] = []
        var windowStart = 0
        var out: [UInt8] = []
        var prologue: [UInt8]?
        var hasBegun = false
        var isFirst = true
        try source.eachChunk { _, chunk, isLast in
            try decoder.decode(chunk, isLast: isLast) { (text, isLast) throws(FileProblem) in
                window.append(contentsOf: text)
                try reader.read(text, isLast: isLast, into: &batch)
            }
            trailer?.take(&batch, columns: reader.columns)
            if prologue == nil, !batch.rows.isEmpty { prologue = Array(window[reader.frame.prologue]) }
            func begin() {
                guard !hasBegun else { return }
                out.append(contentsOf: prologue ?? [])
                out.append(contentsOf: reader.frame.opening.utf8)
                hasBegun = true
            }
            func put(_ range: Range<Int>) {
                out.append(contentsOf: window[range.lowerBound - windowStart..<range.upperBound - windowStart])
                if format.traits.isByLine, out.last != 0x0a, out.last != 0x0d { out.append(0x0a) }
            }
            var kept = batch.kept[...]
            // What stands between rows says what those below it mean: it is written whichever of them are.
            func putKept(before place: Int) {
                while let range = kept.first, range.lowerBound < place {
                    begin()
                    put(range)
                    kept.removeFirst()
                }
            }
            for row in batch.rows {
                if !kept.isEmpty { putKept(before: row.sourceStart) }
                guard bad.contains(row.number) else { continue }
                begin()
                if !isFirst { out.append(contentsOf: reader.frame.separator.utf8) }
                isFirst = false
                put(row.sourceStart..<row.sourceStart + row.sourceLength)
            }
            putKept(before: Int.max)
            let end = max(
                batch.rows.last.map { $0.sourceStart + $0.sourceLength } ?? 0, batch.kept.last?.upperBound ?? 0)
            if end > windowStart {
                window.removeFirst(end - windowStart)
                windowStart = end
            }
            if out.count > 1 << 20 { try flush(&out, decoder.encoding, descriptor, path) }
        }
        if hasBegun { out.append(contentsOf: reader.frame.closing.utf8) }
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
