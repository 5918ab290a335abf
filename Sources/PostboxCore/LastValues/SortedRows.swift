/// Rows of several sorted pieces as one sequence in order: of the pieces' next rows the first one, found by a tree of matches in which
/// a row that goes on meets only those that lost where it won.
///
/// It reads nothing itself: whoever makes it fills its memory, piece by piece.
package struct SortedRows: ~Copyable {
    /// Reads on in a piece: fills the room as far as there are bytes, and returns how many; 0: that was all.
    package typealias Fill = (_ piece: Int, _ room: UnsafeMutableRawBufferPointer) throws -> Int

    /// A piece does not hold what was written to it.
    package struct Damaged: Error {}

    private struct Piece {
        /// Memory, and the bytes in it that are not passed yet.
        var memory: UnsafeMutableRawPointer
        var capacity: Int
        var at: UnsafeMutableRawPointer
        var end: UnsafeMutableRawPointer
        /// Of the next row; the last one there is where the piece is at its end, and `isOver` tells that from a row that has it.
        var hash: UInt64
        var isOver: Bool
    }

    private let count: Int
    private let pieces: UnsafeMutablePointer<Piece>
    /// Which piece lost the match at a node; the first one is the piece whose row comes first of all.
    private let losers: UnsafeMutablePointer<Int>
    private let fill: Fill
    /// The piece that has the next row; all of its bytes are in memory. nil: there is none left.
    private var first: Int?

    /// - Parameters:
    ///   - pieces: How many there are.
    ///   - pieceBytes: Memory for each; a row that is longer gets more.
    ///
    /// Throws what `fill` throws, and `Damaged`.
    package init(pieces count: Int, pieceBytes: Int, fill: @escaping Fill) throws {
        self.count = count
        self.fill = fill
        pieces = .allocate(capacity: max(1, count))
        losers = .allocate(capacity: max(1, count))
        for index in 0..<count {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: pieceBytes, alignment: 16)
            (pieces + index).initialize(
                to: Piece(memory: memory, capacity: pieceBytes, at: memory, end: memory, hash: .max, isOver: false))
        }
        first = nil
        for index in 0..<count { try ready(index) }
        guard count > 0 else { return }
        losers.initialize(repeating: -1, count: count)
        first = play(1)
        settle()
    }

    deinit {
        for index in 0..<count { pieces[index].memory.deallocate() }
        pieces.deallocate()
        losers.deallocate()
    }

    /// There is no row left.
    @inline(__always)
    var isAtEnd: Bool { first == nil }

    /// The next row's hash; nil: there is none left.
    @inline(__always)
    var hash: UInt64? { first.map { pieces[$0].hash } }

    /// The next row; nil: there is none left, or it is none. It holds until the next step.
    @inline(__always)
    var row: LastRow? {
        guard let first else { return nil }
        let piece = pieces + first
        return LastRow(piece.pointee.at, count: piece.pointee.end - piece.pointee.at)
    }

    /// Goes on to the next row. Throws as `init`.
    @inline(__always)
    mutating func step() throws {
        guard var winner = first else { return }
        let piece = pieces + winner
        piece.pointee.at += Self.size(piece.pointee.at)
        try ready(winner)
        var node = (winner &+ count) &>> 1
        while node > 0 {
            let other = losers[node]
            if comesBefore(other, winner) {
                losers[node] = winner
                winner = other
            }
            node &>>= 1
        }
        first = winner
        settle()
    }

    @inline(__always)
    private mutating func settle() {
        if let winner = first, pieces[winner].isOver { first = nil }
    }

    /// Plays all matches below a node for the first time, and returns who wins.
    private func play(_ node: Int) -> Int {
        guard node < count else { return node &- count }
        let (one, other) = (play(2 * node), play(2 * node + 1))
        if comesBefore(other, one) {
            losers[node] = one
            return other
        }
        losers[node] = other
        return one
    }

    @inline(__always)
    private func comesBefore(_ one: Int, _ other: Int) -> Bool {
        let (a, b) = (pieces[one].hash, pieces[other].hash)
        return a != b ? a < b : isBefore(one, other)
    }

    @inline(never)
    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        let (a, b) = (pieces + one, pieces + other)
        if a.pointee.isOver || b.pointee.isOver { return !a.pointee.isOver }
        guard let row = LastRow(a.pointee.at, count: a.pointee.end - a.pointee.at),
            let next = LastRow(b.pointee.at, count: b.pointee.end - b.pointee.at)
        else { return false }
        return row.comesBefore(next)
    }

    @inline(__always)
    private static func size(_ row: UnsafeRawPointer) -> Int {
        Int(UInt32(littleEndian: row.loadUnaligned(fromByteOffset: LastRow.Place.size, as: UInt32.self)))
    }

    /// Sees to it that all of the piece's next row is in memory.
    @inline(__always)
    private func ready(_ index: Int) throws {
        let piece = pieces + index
        let left = piece.pointee.end - piece.pointee.at
        if left < LastRow.headBytes || left < Self.size(piece.pointee.at) { try read(index) }
        if !piece.pointee.isOver { piece.pointee.hash = LastRow.hash(at: piece.pointee.at) }
    }

    @inline(never)
    private func read(_ index: Int) throws {
        let piece = pieces + index
        var left = piece.pointee.end - piece.pointee.at
        piece.pointee.memory.copyMemory(from: piece.pointee.at, byteCount: left)
        piece.pointee.at = piece.pointee.memory
        while left < LastRow.headBytes || left < Self.size(piece.pointee.at) {
            let wanted = left < LastRow.headBytes ? LastRow.headBytes : Self.size(piece.pointee.at)
            if wanted > piece.pointee.capacity { grow(piece, to: wanted + LastRow.headBytes, keeping: left) }
            let room = UnsafeMutableRawBufferPointer(
                start: piece.pointee.memory + left, count: piece.pointee.capacity - left)
            let got = try fill(index, room)
            guard got > 0 else {
                guard left == 0 else { throw Damaged() }
                piece.pointee.end = piece.pointee.memory
                piece.pointee.hash = .max
                piece.pointee.isOver = true
                return
            }
            left += got
        }
        piece.pointee.end = piece.pointee.memory + left
        guard LastRow(piece.pointee.at, count: left) != nil else { throw Damaged() }
    }

    private func grow(_ piece: UnsafeMutablePointer<Piece>, to capacity: Int, keeping left: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: piece.pointee.memory, byteCount: left)
        piece.pointee.memory.deallocate()
        piece.pointee.memory = larger
        piece.pointee.at = larger
        piece.pointee.capacity = capacity
    }
}
