/// A hash of a RIC and its service, eight bytes a step: two posts of one RIC and service share it, others rarely do.
///
/// It is no defence against names made to collide; who relies on it compares the names as well.
package func keyHash(ric: UnsafeRawBufferPointer, service: Int) -> UInt64 {
    var hash = folded(
        UInt64(truncatingIfNeeded: service) ^ 0xa076_1d64_78bd_642f, UInt64(ric.count) ^ 0xe703_7ed1_a0b4_28db)
    var index = 0
    while ric.count - index >= 8 {
        hash = folded(hash ^ ric.loadUnaligned(fromByteOffset: index, as: UInt64.self), 0x8ebc_6af0_9c88_c6e3)
        index += 8
    }
    // The rest in two pieces that overlap, or byte by byte.
    var tail: UInt64 = 0
    let left = ric.count - index
    if left >= 4 {
        let first = ric.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        let last = ric.loadUnaligned(fromByteOffset: ric.count - 4, as: UInt32.self)
        tail = UInt64(first) << 32 | UInt64(last)
    } else if left > 0 {
        tail = UInt64(ric[index]) << 16 | UInt64(ric[index + left / 2]) << 8 | UInt64(ric[ric.count - 1])
    }
    return folded(hash ^ tail, 0x5899_65cc_7537_4cc3)
}

/// Both halves of a product of 128 bits laid over each other: every input bit reaches the middle ones.
@inline(__always)
private func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
}
