/// Records of some runs as one sequence in order: of those with one key the newest run's alone.
///
/// It reads nothing itself: whoever makes it fills its memory, run by run.
package struct SortedRecords: ~Copyable {
    /// Reads on in a run: fills the room as far as there are bytes, and returns how many; 0: that was all.
    package typealias Fill = (_ run: Int, _ room: UnsafeMutableRawBufferPointer) throws -> Int

    /// A run does not hold what was written to it: which one.
    package struct Damaged: Error {
        package var run: Int
    }

    private struct Run {
        /// Memory, and where in it are the bytes that are not passed yet. What is read lies from `lead` on, what was left of the bytes
        /// before it ends there.
        var memory: UnsafeMutableRawPointer
        var lead: Int
        var at: Int
        var end: Int
        /// nil: it is at its end.
        var record: LastRecord?
    }

    private let count: Int
    private let runBytes: Int
    private let runs: UnsafeMutablePointer<Run>
    private let fill: Fill
    /// The run whose record comes next; nil: there is none left.
    private var first: Int?
    private var key = RawBytes()

    /// - Parameters:
    ///   - runs: How many there are, the newest first.
    ///   - runBytes: Read at once of each; into memory that begins with a page.
    ///
    /// Throws what `fill` throws, and `Damaged`.
    package init(runs count: Int, runBytes: Int, fill: @escaping Fill) throws {
        self.count = count
        self.runBytes = runBytes
        self.fill = fill
        runs = .allocate(capacity: max(1, count))
        for index in 0..<count {
            (runs + index).initialize(
                to: Run(
                    memory: Self.make(Self.pageBytes + runBytes), lead: Self.pageBytes, at: Self.pageBytes,
                    end: Self.pageBytes, record: nil))
        }
        first = nil
        for index in 0..<count { try step(index) }
        choose()
    }

    deinit {
        for index in 0..<count { runs[index].memory.deallocate() }
        runs.deallocate()
    }

    /// There is no record left.
    @inline(__always)
    var isAtEnd: Bool { first == nil }

    /// The next record. It holds until the next step.
    @inline(__always)
    var record: LastRecord {
        guard let first, let record = runs[first].record else { preconditionFailure("there is no record left") }
        return record
    }

    /// Goes on behind every record that has the next one's key. Throws as `init`.
    @inline(__always)
    mutating func step() throws {
        guard let first else { return }
        if count == 1 {
            try step(0)
            if runs[0].record == nil { self.first = nil }
            return
        }
        try stepAll(first)
    }

    @inline(never)
    private mutating func stepAll(_ first: Int) throws {
        let hash = record.hash
        key.removeAll()
        key.append(record.key)
        for index in 0..<count {
            guard let record = runs[index].record, record.hash == hash, LastKey.order(record.key, key.written) == 0
            else { continue }
            try step(index)
        }
        choose()
    }

    private mutating func choose() {
        first = nil
        for index in 0..<count {
            guard let record = runs[index].record else { continue }
            if let first, let known = runs[first].record, !record.comesBefore(known) { continue }
            first = index
        }
    }

    @inline(__always)
    private func step(_ index: Int) throws {
        let run = runs + index
        if let record = run.pointee.record { run.pointee.at &+= record.bytes.count }
        run.pointee.record = LastRecord(
            UnsafeRawBufferPointer(start: run.pointee.memory, count: run.pointee.end), at: run.pointee.at)
        if run.pointee.record == nil { try read(index) }
    }

    @inline(never)
    private func read(_ index: Int) throws {
        let run = runs + index
        while run.pointee.record == nil {
            let left = run.pointee.end - run.pointee.at
            if left > run.pointee.lead { grow(run) }
            let (memory, lead) = (run.pointee.memory, run.pointee.lead)
            (memory + lead - left).copyMemory(from: memory + run.pointee.at, byteCount: left)
            run.pointee.at = lead - left
            run.pointee.end = lead
            let got = try fill(index, UnsafeMutableRawBufferPointer(start: memory + lead, count: runBytes))
            guard got > 0 else {
                guard left == 0 else { throw Damaged(run: index) }
                return
            }
            run.pointee.end = lead + got
            run.pointee.record = LastRecord(
                UnsafeRawBufferPointer(start: memory, count: run.pointee.end), at: run.pointee.at)
        }
    }

    /// A record is longer than what there is room for before the next bytes.
    private func grow(_ run: UnsafeMutablePointer<Run>) {
        let left = run.pointee.end - run.pointee.at
        let lead = (2 * left + Self.pageBytes) / Self.pageBytes * Self.pageBytes
        let larger = Self.make(lead + runBytes)
        (larger + lead - left).copyMemory(from: run.pointee.memory + run.pointee.at, byteCount: left)
        run.pointee.memory.deallocate()
        run.pointee.memory = larger
        run.pointee.lead = lead
        run.pointee.at = lead - left
        run.pointee.end = lead
    }

    private static func make(_ bytes: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: bytes, alignment: pageBytes)
    }

    private static let pageBytes = 4096
}
