#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes being written, in memory of their own: a write is a bounds check and a store, where an array would ask at every
/// write whether somebody else holds it.
struct MappedBytes: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes written so far.
    private(set) var count = 0

    init(capacity: Int = 64) {
        self.capacity = max(capacity, 64)
        memory = .allocate(capacity: self.capacity)
    }

    deinit {
        memory.deallocate()
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
        let target = memory + count
        bytes.withUnsafeBufferPointer { source in
            if let from = source.baseAddress { memcpy(target, from, added) }
        }
        count += added
    }

    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    @inline(never)
    private mutating func grow(by added: Int) {
        let size = max(capacity * 2, count + added)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        memcpy(larger, memory, count)
        memory.deallocate()
        memory = larger
        capacity = size
    }
}
