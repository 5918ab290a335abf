/// A row in the index: the hash of its RIC, its drop by the place in the run's list of drops, and its place in the drop's files.
package struct IndexEntry: Sendable, Equatable {
    /// `RICHash`.
    package var hash: UInt64
    /// The index of the drop in the run's list.
    package var drop: UInt32
    /// Twice the offset of its line in the unpacked result, and one more when the line is in the list of skipped rows.
    package var place: UInt64

    package init(hash: UInt64, drop: UInt32, place: UInt64) {
        self.hash = hash
        self.drop = drop
        self.place = place
    }

    package init(hash: UInt64, drop: UInt32, offset: Int, isSkipped: Bool) {
        self.init(hash: hash, drop: drop, place: UInt64(offset) << 1 | (isSkipped ? 1 : 0))
    }

    package var offset: Int { Int(place >> 1) }
    package var isSkipped: Bool { place & 1 == 1 }

    /// The order of a run.
    @inline(__always)
    package func comesBefore(_ other: IndexEntry) -> Bool {
        hash != other.hash ? hash < other.hash : drop != other.drop ? drop < other.drop : place < other.place
    }
}

/// Entries in memory that are to be sorted: by hash, and those of one hash as they were added.
package struct IndexEntries: ~Copyable {
    private var memory: UnsafeMutablePointer<IndexEntry>
    private let capacity: Int
    package private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        memory = .allocate(capacity: self.capacity)
    }

    deinit { memory.deallocate() }

    package var isFull: Bool { count == capacity }

    @inline(__always)
    package mutating func append(_ entry: IndexEntry) {
        precondition(count < capacity, "entries are sorted and taken before more come")
        memory[count] = entry
        count &+= 1
    }

    package mutating func removeAll() { count = 0 }

    /// Takes back what was added behind the first so many.
    package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "only what was added can be taken back")
        count = kept
    }

    @inline(__always)
    package subscript(_ index: Int) -> IndexEntry {
        precondition(index < count)
        return memory[index]
    }

    /// By ten bits of the hash after the other, the lowest first.
    package mutating func sort() {
        guard count > 1 else { return }
        var other = UnsafeMutablePointer<IndexEntry>.allocate(capacity: capacity)
        let size = 1 << 10
        let starts = UnsafeMutablePointer<Int>.allocate(capacity: size)
        defer {
            starts.deallocate()
            other.deallocate()
        }
        for shift in stride(from: UInt64(0), to: UInt64(RICHash.bits), by: 10) {
            starts.initialize(repeating: 0, count: size)
            for index in 0..<count { starts[Int((memory[index].hash &>> shift) & 1023)] &+= 1 }
            var sum = 0
            for digit in 0..<size {
                let more = starts[digit]
                starts[digit] = sum
                sum &+= more
            }
            for index in 0..<count {
                let digit = Int((memory[index].hash &>> shift) & 1023)
                other[starts[digit]] = memory[index]
                starts[digit] &+= 1
            }
            swap(&memory, &other)
        }
    }
}
