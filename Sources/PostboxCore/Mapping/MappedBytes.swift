#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes being written, in memory that nobody else holds: a write is a bounds check and a store, where an array would ask at
/// every write whether it is alone.
struct MappedBytes: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes written so far.
    private(set) var count = 0
    /// The memory was lent, and is somebody else's to free: everything written so far stands at its beginning.
    private(set) var isLent: Bool

    init() {
        capacity = 64
        memory = .allocate(capacity: capacity)
        isLent = false
    }

    /// Writes to memory that was lent as long as there is room in it, else to its own; see `isLent`.
    init(lent: UnsafeMutableBufferPointer<UInt8>) {
        isLent = lent.baseAddress != nil
        capacity = isLent ? lent.count : 64
        memory = lent.baseAddress ?? .allocate(capacity: capacity)
    }

    deinit {
        if !isLent { memory.deallocate() }
    }

    subscript(index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count, "only what was written can be read")
            return memory[index]
        }
        set {
            precondition(index >= 0 && index < count, "only what was written can be changed")
            memory[index] = newValue
        }
    }

    /// The bytes written so far; they hold only within `body`.
    func withWritten<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Takes back everything written after `count` bytes.
    mutating func rewind(to count: Int) {
        precondition(count >= 0 && count <= self.count, "only what was written can be taken back")
        self.count = count
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        memory[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        if capacity - count < added { grow(by: added) }
        let target = UnsafeMutableRawPointer(memory + count)
        bytes.withUnsafeBytes { source in
            if let from = source.baseAddress { copyShort(from, to: target, added) }
        }
        count += added
    }

    /// Gives `body` the memory behind what was written; as many of its bytes as it returns count from then on.
    @inline(__always)
    mutating func append(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
        let added = body(UnsafeMutableRawBufferPointer(start: memory + count, count: capacity &- count))
        precondition(added >= 0 && added <= capacity &- count, "no more can be written than there is room for")
        count &+= added
    }

    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    @inline(never)
    private mutating func grow(by added: Int) {
        let size = max(capacity * 2, count + added)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        memcpy(larger, memory, count)
        if !isLent { memory.deallocate() }
        memory = larger
        capacity = size
        isLent = false
    }
}

/// Copies bytes that are mostly few, as field names and prices are: two pieces that overlap instead of a call.
@inline(__always)
func copyShort(_ from: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
    if count > 64 {
        memcpy(target, from, count)
    } else if count > 32 {
        copyEnds(SIMD32<UInt8>.self, from, target, count)
    } else if count >= 16 {
        copyEnds(SIMD16<UInt8>.self, from, target, count)
    } else if count >= 8 {
        copyEnds(UInt64.self, from, target, count)
    } else if count >= 4 {
        copyEnds(UInt32.self, from, target, count)
    } else if count > 0 {
        target.storeBytes(of: from.load(as: UInt8.self), as: UInt8.self)
        target.storeBytes(
            of: from.load(fromByteOffset: count &>> 1, as: UInt8.self), toByteOffset: count &>> 1, as: UInt8.self)
        target.storeBytes(
            of: from.load(fromByteOffset: count &- 1, as: UInt8.self), toByteOffset: count &- 1, as: UInt8.self)
    }
}

/// Copies the first and the last piece of that size.
@inline(__always)
private func copyEnds<Piece: BitwiseCopyable>(
    _: Piece.Type, _ from: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
) {
    let behind = count &- MemoryLayout<Piece>.size
    let first = from.loadUnaligned(as: Piece.self)
    let last = from.loadUnaligned(fromByteOffset: behind, as: Piece.self)
    target.storeBytes(of: first, as: Piece.self)
    target.storeBytes(of: last, toByteOffset: behind, as: Piece.self)
}
