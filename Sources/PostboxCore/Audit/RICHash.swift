/// A RIC's place in the index of results: 40 bits, so that a row takes few bytes there. Two RICs may have the same; whoever looks one
/// up compares the RIC in the result's own line.
///
/// Indexes on disks hold these numbers: they never change.
package enum RICHash {
    package static let bits = 40

    @inline(__always)
    package static func of(_ ric: UnsafeRawBufferPointer) -> UInt64 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: ric.count)
        var index = 0
        while index &+ 8 <= ric.count {
            mix(&state, UInt64(littleEndian: ric.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index &+= 8
        }
        var tail: UInt64 = 0
        while index < ric.count {
            tail = tail &<< 8 | UInt64(ric[index])
            index &+= 1
        }
        mix(&state, tail)
        return state &>> (64 - UInt64(bits))
    }

    @inline(__always)
    private static func mix(_ state: inout UInt64, _ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        state = (product.high ^ product.low) &+ 0x2545_F491_4F6C_DD1D
    }
}
