internal import Glibc
internal import PostboxCore

/// Accepted rows in the order of their keys, of which only a few are in memory: where there are more, they lie sorted in a file, piece by
/// piece.
final class RowSpill {
    let path: String
    private let memoryMax: Int
    private var rows = LastRows()
    /// What is left of each piece in the file.
    private var pieces: [Range<Int>] = []
    private var descriptor: Int32 = -1
    private var written = 0

    /// - Parameters:
    ///   - path: Where the file may lie; it is removed at the end.
    ///   - memoryMax: Bytes that rows may take in memory before they go to the file.
    init(path: String, memoryMax: Int) {
        self.path = path
        self.memoryMax = memoryMax
    }

    deinit {
        // What it holds counts for nothing.
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    /// Bytes of all rows.
    var bytes: Int { written + rows.textBytes }
    var isEmpty: Bool { bytes == 0 }

    /// Takes the accepted rows of a result; see `AppliedResult.read`.
    func take(_ result: AppliedResult, _ accepted: inout AcceptedRows, _ words: inout LastWords) throws -> Bool {
        try result.read(&accepted, into: &rows, &words) { rows in
            if rows.bytes > memoryMax { try spill(&rows) }
        }
    }

    private func spill(_ rows: inout LastRows) throws {
        rows.sort()
        if descriptor < 0 { descriptor = try Disk.open(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o640) }
        let start = written
        let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 4096)
        defer { text.deallocate() }
        while true {
            let count = rows.read(into: text)
            guard count > 0 else { break }
            try Disk.write(descriptor, UnsafeRawBufferPointer(rebasing: text[..<count]), at: written, path: path)
            written += count
        }
        pieces.append(start..<written)
        rows.removeAll()
    }

    /// All rows are taken: from here on they can be had in order. Throws `DiskError`.
    func sorted() throws -> SortedRows {
        guard !pieces.isEmpty else {
            rows.sort()
            return try SortedRows(pieces: 1, pieceBytes: min(1 << 16, rows.textBytes + 64)) { [self] _, room in
                rows.read(into: room)
            }
        }
        try spill(&rows)
        // The pieces take its memory.
        rows = LastRows()
        let pieceBytes = max(1 << 14, min(1 << 17, memoryMax / pieces.count))
        return try SortedRows(pieces: pieces.count, pieceBytes: pieceBytes) { [self] index, room in
            let piece = pieces[index]
            let count = min(room.count, piece.count)
            guard count > 0 else { return 0 }
            let got = try Disk.read(
                descriptor, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), at: piece.lowerBound,
                path: path)
            guard got == count else { throw LastRun.Damaged(path: path) }
            pieces[index] = piece.lowerBound + count..<piece.upperBound
            return count
        }
    }

    /// Removes the file. Throws `DiskError`.
    func remove() throws(DiskError) {
        guard descriptor >= 0 else { return }
        try Disk.remove(path)
    }
}
