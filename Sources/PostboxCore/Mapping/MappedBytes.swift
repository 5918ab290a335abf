#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes being written: an array that is longer than what is used of it, so that a write is a bounds check and a store.
///
/// It is emptied and used again for every batch; what it once grew to, it keeps.
struct MappedBytes: Sendable {
    private var storage: [UInt8] = []
    /// Bytes written so far. Setting it back takes back what was written after.
    private(set) var count = 0

    subscript(index: Int) -> UInt8 {
        get { storage[index] }
        set { storage[index] = newValue }
    }

    /// The bytes written so far.
    var written: ArraySlice<UInt8> { storage[..<count] }

    mutating func removeAll() {
        count = 0
    }

    /// Takes back everything written after `count` bytes.
    mutating func rewind(to count: Int) {
        precondition(count >= 0 && count <= self.count, "only what was written can be taken back")
        self.count = count
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == storage.count { grow(by: 1) }
        storage[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        if storage.count - count < added { grow(by: added) }
        let used = count
        bytes.withUnsafeBufferPointer { source in
            storage.withUnsafeMutableBufferPointer { target in
                // Both addresses exist whenever there is a byte to copy: `grow` saw to the target.
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                memcpy(to + used, from, added)
            }
        }
        count = used + added
    }

    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    @inline(never)
    private mutating func grow(by added: Int) {
        let size = max(storage.count * 2, count + added, 4096)
        var larger = [UInt8](repeating: 0, count: size)
        larger.replaceSubrange(0..<count, with: storage[..<count])
        storage = larger
    }
}
