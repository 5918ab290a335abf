/// Finds, in order, the bytes that give a CSV text its structure: delimiter, quote, LF, CR.
///
/// It looks at 64 bytes at once, so the text must be followed by `padding` readable bytes; none of them is reported.
struct StructuralScan {
    /// Bytes that must be readable behind the text.
    static let padding = 64

    /// Bytes of the text.
    let count: Int
    private let bytes: UnsafeRawPointer
    private let delimiters: SIMD16<UInt8>
    private var block: Int
    private var found: UInt64

    init(_ bytes: UnsafePointer<UInt8>, count: Int, from start: Int, delimiter: UInt8) {
        self.bytes = UnsafeRawPointer(bytes)
        self.count = count
        delimiters = SIMD16(repeating: delimiter)
        block = start
        found = 0
        found = structure(at: start)
    }

    /// The next structural byte that was not returned yet; `count` or more when there is none left.
    @inline(__always)
    mutating func next() -> Int {
        while found == 0 {
            block &+= 64
            guard block < count else { return Int.max }
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
        for part in 0..<4 { found |= structure16(at: start &+ part &* 16) << UInt64(part &* 16) }
        let rest = count &- start
        return rest < 64 ? found & ((1 << UInt64(rest)) &- 1) : found
    }

    @inline(__always)
    private func structure16(at start: Int) -> UInt64 {
        let part = bytes.loadUnaligned(fromByteOffset: start, as: SIMD16<UInt8>.self)
        let hits =
            (part .== delimiters) .| (part .== SIMD16(repeating: Byte.quote))
            .| (part .== SIMD16(repeating: Byte.lineFeed)) .| (part .== SIMD16(repeating: Byte.carriageReturn))
        let halves = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
        return bits(halves[0]) | bits(halves[1]) << 8
    }

    /// One bit for each of eight bytes that are all ones or all zeros.
    @inline(__always)
    private func bits(_ bytes: UInt64) -> UInt64 {
        // The multiplication moves the lowest bit of byte i to bit 56 + i, without carries.
        ((bytes & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) >> 56
    }
}
