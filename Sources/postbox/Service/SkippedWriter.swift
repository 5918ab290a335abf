internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Writes which rows of a file do not count, and why: proof of what was not sent.
struct SkippedWriter {
    let rule: MappingRule
    let format: PriceFileFormat
    let sources: RowSources
    /// By which the rows' RICs are told; all destinations' rows have the same.
    let target: DestinationMapper.Target

    /// Writes the list to `path`, synced; `mode`: its permission bits. Throws when the source cannot be read or the target not be
    /// written.
    func write(of source: SourceFile, to path: String, mode: UInt32) throws {
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        do {
            try list(source, to: descriptor, path)
            try Disk.fsync(descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
    }

    private func list(_ source: SourceFile, to descriptor: Int32, _ path: String) throws {
        let pass = PriceFilePass(rule: rule, format: format, target: target, sources: sources, for: .skipped)
        func cell(_ text: String) -> String { CSVText.cell(VisibleText.line(text)) }
        var out = Array("row,line,ric,why\r\n".utf8)
        try source.eachChunk { _, chunk, isLast in
            try pass.take(chunk, isLast: isLast) { _, posts in
                for (row, why) in zip(posts.rows, pass.reasons) {
                    let ric = String(
                        decoding: posts.bytes[row.ricStart..<row.ricStart + row.ricLength], as: UTF8.self)
                    out += "\(row.row),\(row.line),\(cell(ric)),\(cell(why))\r\n".utf8
                }
            }
            if out.count > 1 << 20 || isLast {
                try Disk.write(descriptor, out, path: path)
                out.removeAll(keepingCapacity: true)
            }
        }
    }
}
