/// Where in a result that grows lines of a RIC may stand, so that whoever asks for one does not have it read from its beginning again.
///
/// The result is taken as it grows, once. Of each piece of it there is a filter: what is not in that certainly does not stand in the piece,
/// and one in some hundred others is looked for in vain. A filter takes 2 KB of 256 KB.
package struct GrowingRows: Sendable {
    private static let pieceBytes = 1 << 18
    /// A power of two.
    private static let bitsOfPiece = 1 << 14
    private static let wordsOfPiece = bitsOfPiece / 64
    /// Bits of a RIC.
    private static let marks = 4
    /// What lies behind so many pieces is looked through each time: 2 GB of a result are behind a filter.
    package static let piecesMax = 8192

    private var lines: ResultRows
    /// Where each piece begins and ends; it is whole lines.
    private var pieces: [Range<Int>] = []
    private var filters: [UInt64] = []
    /// Bytes that were taken: whole lines.
    package private(set) var taken = 0
    /// The last of them.
    private var end: [UInt8] = []

    /// - Parameter drop: whose result it is.
    package init(drop: Int) {
        lines = ResultRows(resultOf: drop)
    }

    package var count: Int { pieces.count }
    /// Nothing more is taken.
    package var isFull: Bool { pieces.count >= Self.piecesMax }

    /// What lay before the place where it goes on. If that has changed, the result was cut short meanwhile, and all of it is another one.
    package var witness: (place: Int, bytes: [UInt8]) { (taken - end.count, end) }

    /// Takes the result's next bytes, from `taken` on. False: it does not read as a result.
    package mutating func take(_ text: UnsafeRawBufferPointer) -> Bool {
        guard !lines.isBroken else { return false }
        let start = taken
        let got = lines.take(text, isLast: false) { ric, line in
            if pieces.last.map({ $0.count >= Self.pieceBytes }) ?? true {
                pieces.append(start + line.lowerBound..<start + line.lowerBound)
                filters.append(contentsOf: repeatElement(0, count: Self.wordsOfPiece))
            }
            let last = pieces.count - 1
            pieces[last] = pieces[last].lowerBound..<start + line.upperBound
            Self.eachBit(of: ric) { filters[last * Self.wordsOfPiece + $0 / 64] |= 1 << UInt64($0 % 64) }
        }
        guard !lines.isBroken else { return false }
        taken += got
        if got > 0 { end = Array(text[max(0, got - 128)..<got]) }
        return true
    }

    /// The parts of what was taken in which lines of a RIC may stand, in order; each is whole lines.
    package func parts(of ric: [UInt8]) -> [Range<Int>] {
        var bits: [Int] = []
        ric.withUnsafeBytes { Self.eachBit(of: $0) { bits.append($0) } }
        return pieces.indices.filter { piece in
            bits.allSatisfy { filters[piece * Self.wordsOfPiece + $0 / 64] >> UInt64($0 % 64) & 1 == 1 }
        }.map { pieces[$0] }
    }

    private static func eachBit(of ric: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        var hash = RICHash.of(ric)
        // Of the hash's forty bits ten at a time, and some of the next.
        for _ in 0..<marks {
            body(Int(truncatingIfNeeded: hash & UInt64(bitsOfPiece - 1)))
            hash = (hash >> 10 | hash << 30) & (1 << UInt64(RICHash.bits) - 1)
        }
    }
}
