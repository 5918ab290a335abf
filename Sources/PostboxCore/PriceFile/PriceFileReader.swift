/// Reads a price file's decoded bytes, chunk by chunk, into batches of rows.
///
/// The caller hands over every chunk in order and says which is the last; rows come out as soon as they are whole. What is
/// left of an unfinished row is kept inside, so memory is bounded by a chunk and the longest row (`rowBytesMax`).
package protocol PriceFileReader {
    /// Columns known so far. CSV knows them after its header; JSON and XML learn new ones as rows bring them.
    var columns: [Column] { get }
    /// Names of what the first rows have at their top, one more than is told of them at most; empty where `columns` has them all.
    var memberNames: [String] { get }
    /// How rejected rows are put together again; complete once the first row was read.
    var frame: RowFrame { get }
    /// Rows read so far.
    var rowCount: Int { get }

    /// Takes the next chunk of the file, decoded to UTF-8, and fills the batch (which it empties first) with the rows that
    /// are whole now. The last call may bring an empty chunk.
    ///
    /// Throws when the file is broken in its structure: nothing after that can be read.
    mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem)
}

extension PriceFileReader {
    package var memberNames: [String] { [] }
}

/// Whether the last line of a CSV or JSON-lines file must have a line end; without one the file may have been cut off.
package enum FinalNewline: String, Sendable, Equatable, CaseIterable, Codable {
    case required
    case optional
}

/// A row longer than this many bytes is a fault of the file's structure: a quote or bracket that never closes.
package let rowBytesMax = 1 << 20
