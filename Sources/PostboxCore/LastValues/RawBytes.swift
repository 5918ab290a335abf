/// Bytes in memory that grows, without an array's questions at every write.
package struct RawBytes: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes written.
    package private(set) var count = 0

    package init(capacity: Int = 256) {
        self.capacity = max(64, capacity)
        memory = Self.make(self.capacity)
    }

    deinit {
        memory.deallocate()
    }

    /// The bytes written so far; they hold until the next write.
    package var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Forgets everything; the memory stays.
    package mutating func removeAll() { count = 0 }

    /// Takes back what was written behind the first so many bytes.
    package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "only what was written can be taken back")
        count = kept
    }

    /// Takes the first bytes away; the others move up.
    package mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count, "only what was written can be taken away")
        let left = count - removed
        if left > 0, removed > 0 { memory.copyMemory(from: memory + removed, byteCount: left) }
        count = left
    }

    /// Room for that many bytes more; what was written counts from `added` on.
    package mutating func room(for more: Int) -> UnsafeMutableRawBufferPointer {
        if capacity - count < more { grow(by: more) }
        return UnsafeMutableRawBufferPointer(start: memory + count, count: capacity - count)
    }

    /// The place behind what was written, with room for that many bytes; what is written there counts from `added` on.
    @inline(__always)
    mutating func pointer(for more: Int) -> UnsafeMutableRawPointer {
        if capacity &- count < more { grow(by: more) }
        return memory + count
    }

    /// So many bytes were written to the room.
    @inline(__always)
    package mutating func added(_ bytes: Int) {
        precondition(bytes >= 0 && bytes <= capacity - count, "no more can be written than there is room for")
        count += bytes
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress, bytes.count > 0 else { return }
        if capacity &- count < bytes.count { grow(by: bytes.count) }
        copyShort(from, to: memory + count, bytes.count)
        count &+= bytes.count
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if capacity &- count < 1 { grow(by: 1) }
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// A number in its own bytes, the lowest first.
    @inline(__always)
    package mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(fixed number: Number) {
        if capacity &- count < MemoryLayout<Number>.size { grow(by: MemoryLayout<Number>.size) }
        memory.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count &+= MemoryLayout<Number>.size
    }

    /// A number in as few bytes as it needs: seven bits each, the lowest first.
    @inline(__always)
    package mutating func append(number: UInt64) {
        let at = pointer(for: 10)
        count &+= Self.write(number: number, at: at) - at
    }

    /// Writes a number as `append` does, where there is room for ten bytes. Returns the place behind it.
    @inline(__always)
    static func write(number: UInt64, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var rest = number
        var at = start
        while rest > 0x7F {
            at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            at += 1
            rest &>>= 7
        }
        at.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        return at + 1
    }

    /// Writes over what stands at a place.
    package mutating func store<Number: FixedWidthInteger & BitwiseCopyable>(fixed number: Number, at place: Int) {
        precondition(place >= 0 && place + MemoryLayout<Number>.size <= count, "only what was written can be changed")
        memory.storeBytes(of: number.littleEndian, toByteOffset: place, as: Number.self)
    }

    /// What is long begins with a page, as reads and writes past the page cache want it.
    private static func make(_ bytes: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: bytes, alignment: bytes < 1 << 16 ? 16 : 4096)
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        capacity = max(capacity * 2, count + more + 64)
        let larger = Self.make(capacity)
        larger.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = larger
    }
}

/// Reads what `RawBytes` wrote. Bytes that are missing are no fault of the program: everything asks whether they are there.
package struct RawReader {
    private let base: UnsafeRawPointer
    /// The next byte's place, and the last one's behind it.
    package private(set) var at: Int
    package let end: Int

    /// nil: there is not one byte.
    @inline(__always)
    package init?(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) {
        guard let base = bytes.baseAddress, start >= 0, start < bytes.count else { return nil }
        self.base = base
        at = start
        end = bytes.count
    }

    @inline(__always)
    package var isAtEnd: Bool { at >= end }

    @inline(__always)
    package mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < end, shift < 64 {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            at &+= 1
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    @inline(__always)
    package mutating func fixed<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number? {
        guard end &- at >= MemoryLayout<Number>.size else { return nil }
        defer { at &+= MemoryLayout<Number>.size }
        return Number(littleEndian: base.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    /// The next so many bytes.
    @inline(__always)
    package mutating func bytes(_ count: UInt64) -> UnsafeRawBufferPointer? {
        guard count <= UInt64(end &- at) else { return nil }
        defer { at &+= Int(count) }
        return UnsafeRawBufferPointer(start: base + at, count: Int(count))
    }
}

/// A sum over bytes that tells whether a file is still what was written; it is no defence against anybody.
package struct RawSum: Sendable {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    package private(set) var count = 0

    package init() {}

    /// Takes the next bytes: as many words of eight as there are, at the end also fewer.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var index = 0
        while index &+ 8 <= bytes.count {
            mix(UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index &+= 8
        }
        if index < bytes.count {
            var tail: UInt64 = 0
            while index < bytes.count {
                tail = tail &<< 8 | UInt64(bytes[index])
                index &+= 1
            }
            mix(tail)
        }
        count &+= bytes.count
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        // Left alone, a state of zero would stay one.
        state = (product.high ^ product.low) &+ 0x2545_F491_4F6C_DD1D
    }

    package var value: UInt64 { state ^ UInt64(count) }
}
