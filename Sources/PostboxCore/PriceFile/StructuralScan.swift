/// Finds, in order, the bytes that give a CSV text its structure: delimiter, quote, LF, CR.
///
/// It looks at 64 bytes at once, so the text must be followed by `padding` readable bytes; none of them is reported.
struct StructuralScan {
    /// Bytes that must be readable behind the text.
    static let padding = 64

    /// Bytes of the text.
    let count: Int
    private let bytes: UnsafeRawPointer
    private let delimiters: UInt64
    private var block: Int
    private var found: UInt64

    init(_ bytes: UnsafePointer<UInt8>, count: Int, from start: Int, delimiter: UInt8) {
        self.bytes = UnsafeRawPointer(bytes)
        self.count = count
        delimiters = repeated(delimiter)
        block = start
        found = 0
        found = structure(at: start)
    }

    /// The next structural byte that was not returned yet; `count` when there is none left.
    @inline(__always)
    mutating func next() -> Int {
        while found == 0 {
            block &+= 64
            guard block < count else { return count }
            found = structure(at: block)
        }
        let index = block &+ found.trailingZeroBitCount
        found &= found &- 1
        return index
    }

    @inline(__always)
    private func structure(at start: Int) -> UInt64 {
        guard start < count else { return 0 }
        var found: UInt64 = 0
        var part: UInt64 = 0
        while part < 8 {
            found |= structure8(at: start &+ Int(truncatingIfNeeded: part &* 8)) &<< (part &* 8)
            part &+= 1
        }
        let rest = count &- start
        return rest < 64 ? found & ((1 << UInt64(rest)) &- 1) : found
    }

    /// One bit for each of the eight bytes from `start`. (`SIMD16` costs ten times as much: its masks are not vectorised.)
    @inline(__always)
    private func structure8(at start: Int) -> UInt64 {
        let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        let others =
            nonzeroBytes(word ^ delimiters) & nonzeroBytes(word ^ repeated(Byte.quote))
            & nonzeroBytes(word ^ repeated(Byte.lineFeed)) & nonzeroBytes(word ^ repeated(Byte.carriageReturn))
        // The multiplication moves the lowest bit of byte i to bit 56 + i, without carries.
        return (((~others & 0x8080_8080_8080_8080) &>> 7) &* 0x0102_0408_1020_4080) &>> 56
    }
}

/// Eight times the same byte.
@inline(__always)
func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// Sets the high bit of every byte that is not zero; the other bits mean nothing.
@inline(__always)
func nonzeroBytes(_ bytes: UInt64) -> UInt64 {
    ((bytes & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | bytes
}

/// All bits of a word's first bytes, of one to eight; the first is the lowest.
@inline(__always)
func leadingBytes(_ count: Int) -> UInt64 { ~UInt64(0) &>> UInt64(truncatingIfNeeded: 64 &- count &* 8) }

/// So many bytes from `start`, eight at most, as a word, the first in its lowest byte. What stands above them means nothing
/// where other bytes follow in memory, and is zero where none do.
@inline(__always)
func shortWord(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64 {
    if start &+ 8 <= bytes.count {
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
    var word: UInt64 = 0
    for index in 0..<count {
        word |= UInt64(bytes[start &+ index]) &<< UInt64(truncatingIfNeeded: index &* 8)
    }
    return word
}

/// Whether so many bytes from `start` are all plain. `plain` sets the high bit of every byte of a word that is; the other bits
/// mean nothing.
@inline(__always)
func areAllPlain(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ plain: (UInt64) -> UInt64
) -> Bool {
    guard let base = bytes.baseAddress, count > 0 else { return true }
    precondition(start >= 0 && start &+ count <= bytes.count, "only what is there can be looked at")
    let highs = repeated(0x80)
    if count < 8 {
        return (plain(shortWord(bytes, start, count)) | ~leadingBytes(count)) & highs == highs
    }
    var all = plain(base.loadUnaligned(fromByteOffset: start &+ count &- 8, as: UInt64.self))
    var index = start
    while index &+ 8 < start &+ count {
        all &= plain(base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index &+= 8
    }
    return all & highs == highs
}
