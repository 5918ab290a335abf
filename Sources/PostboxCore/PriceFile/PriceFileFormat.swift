/// The ways a price file can be written.
package enum PriceFileFormat: String, Sendable, Equatable, CaseIterable, Codable {
    /// RFC 4180 with a header line.
    case csv
    /// JSON: an array of objects; a file whose first object stands on a line of its own is read as `jsonLines`.
    case json
    /// One JSON object a line.
    case jsonLines = "jsonl"
    /// The repeated element below the root; attributes and child elements are its columns.
    case xml

    /// The format that a file's extension stands for (any case), or nil when it says nothing.
    package init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[fileName.index(after: dot)...].lowercased() {
        case "csv": self = .csv
        case "json": self = .json
        case "jsonl", "ndjson": self = .jsonLines
        case "xml": self = .xml
        default: return nil
        }
    }

    /// Bytes that are read at once: where every row says its columns' names, as many rows as of CSV take twice as many.
    package var chunkBytes: Int { self == .csv ? 256 * 1024 : 512 * 1024 }
}

/// How a price file's bytes stand for text.
package enum TextEncoding: String, Sendable, Equatable, CaseIterable, Codable {
    case utf8 = "utf-8"
    case latin1
    case cp1252
    case utf16 = "utf-16"
}

/// Whether the last line of a CSV or JSON-lines file must have a line end; without one the file may have been cut off.
package enum FinalNewline: String, Sendable, Equatable, CaseIterable, Codable {
    case required
    case optional
}
