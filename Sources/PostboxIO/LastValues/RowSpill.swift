internal import Glibc
internal import PostboxCore

/// Accepted rows in the order of their keys, of which only a few are in memory: the others lie sorted in a file, piece by piece.
final class RowSpill {
    /// One sorted piece, read on from where it was.
    private final class Piece {
        let end: Int
        private var next: Int
        private var text = RawBytes(capacity: 1 << 12)
        private var at = 0
        private(set) var row: LastRow?

        init(from start: Int, to end: Int) {
            next = start
            self.end = end
        }

        func step(_ descriptor: Int32, _ path: String, _ pieceBytes: Int) throws {
            if let row { at += row.bytes.count }
            row = LastRow(text.written, at: at)
            guard row == nil else { return }
            text.removeFirst(at)
            at = 0
            while row == nil, next < end {
                let count = min(pieceBytes, end - next)
                let room = UnsafeMutableRawBufferPointer(rebasing: text.room(for: count)[..<count])
                let got = try Disk.read(descriptor, into: room, at: next, path: path)
                guard got > 0 else { throw LastRun.Damaged(path: path) }
                text.added(got)
                next += got
                row = LastRow(text.written, at: 0)
            }
        }
    }

    private let path: String
    private let memoryMax: Int
    private var rows = LastRows()
    private var index = 0
    private var pieces: [Piece] = []
    private var descriptor: Int32 = -1
    private var written = 0
    /// Which piece has the row that comes next; -1: it is in memory.
    private var first = -1
    /// The row that comes next, and the one in memory; nil: that was the last one. They hold until the next step.
    private(set) var row: LastRow?
    private var inMemory: LastRow?

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
    private(set) var bytes = 0
    private(set) var count = 0

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
        var text = RawBytes(capacity: 1 << 18)
        var index = 0
        while let row = rows.row(index) {
            text.append(row.bytes)
            index += 1
            if text.count > 1 << 17 {
                try Disk.write(descriptor, text.written, at: written, path: path)
                written += text.count
                text.removeAll()
            }
        }
        try Disk.write(descriptor, text.written, at: written, path: path)
        written += text.count
        count += rows.count
        pieces.append(Piece(from: start, to: written))
        rows.removeAll()
    }

    /// All rows are taken: from here on they can be had in order. Throws `DiskError`.
    func sort() throws {
        rows.sort()
        count += rows.count
        bytes = written + rows.bytes
        let pieceBytes = max(1 << 14, min(1 << 18, (8 << 20) / max(1, pieces.count)))
        self.pieceBytes = pieceBytes
        for piece in pieces { try piece.step(descriptor, path, pieceBytes) }
        inMemory = rows.row(0)
        choose()
    }

    private var pieceBytes = 1 << 18

    /// Goes on to the next row. Throws `DiskError`.
    func step() throws {
        if first < 0 {
            index += 1
            inMemory = rows.row(index)
        } else {
            try pieces[first].step(descriptor, path, pieceBytes)
        }
        choose()
    }

    private func choose() {
        first = -1
        row = inMemory
        guard !pieces.isEmpty else { return }
        var hash = row?.hash ?? .max
        for index in pieces.indices {
            guard let other = pieces[index].row, other.hash <= hash else { continue }
            if let row, !other.comesBefore(row) { continue }
            row = other
            hash = other.hash
            first = index
        }
    }

    /// Removes the file. Throws `DiskError`.
    func remove() throws(DiskError) {
        guard descriptor >= 0 else { return }
        try Disk.remove(path)
    }
}
