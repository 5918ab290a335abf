import DequeModule

/// The handovers with rows that have not ended, by their handles; and in order the rows of them that nobody has taken yet.
struct HandoverTable {
    private struct Entry {
        let handover: Handover
        /// The next row that was not taken yet.
        var next: Int
    }

    private var entries: [Entry?] = []
    /// Of each handover the rows that have not ended.
    private var open: [Int] = []
    private var free: [Int32] = []
    /// Handovers of which rows were not taken yet.
    private var queue: Deque<Int32> = []

    // MARK: - Handovers

    /// Takes a handover in and returns its handle. `isTaken`: the caller takes all its rows at once.
    mutating func add(_ handover: Handover, isTaken: Bool) -> Int32 {
        let handle: Int32
        let entry = Entry(handover: handover, next: isTaken ? handover.rows.count : 0)
        if let old = free.popLast() {
            handle = old
            entries[Int(handle)] = entry
            open[Int(handle)] = handover.rows.count
        } else {
            handle = Int32(entries.count)
            entries.append(entry)
            open.append(handover.rows.count)
        }
        if !isTaken, !handover.rows.isEmpty { queue.append(handle) }
        return handle
    }

    subscript(handle: Int32) -> Handover? { entries[Int(handle)]?.handover }

    /// One of the handover's rows has ended.
    @inline(__always)
    mutating func settled(_ handle: Int32) { open[Int(handle)] -= 1 }

    /// Forgets those of the handovers whose rows have all ended.
    mutating func release(_ handles: some Sequence<Int32>) {
        for handle in handles {
            guard entries[Int(handle)] != nil, open[Int(handle)] == 0 else { continue }
            entries[Int(handle)] = nil
            free.append(handle)
        }
    }

    // MARK: - Rows not taken yet

    var hasQueued: Bool { !queue.isEmpty }

    /// Rows that were not taken yet.
    var queued: Int {
        queue.reduce(0) { sum, handle in
            sum + (entries[Int(handle)].map { $0.handover.rows.count - $0.next } ?? 0)
        }
    }

    /// The handover whose rows come next, and the first of them that was not taken.
    var first: (handle: Int32, handover: Handover, next: Int)? {
        guard let handle = queue.first, let entry = entries[Int(handle)] else { return nil }
        return (handle, entry.handover, entry.next)
    }

    /// Of the first handover the rows before this one were taken.
    mutating func took(before next: Int) {
        guard let handle = queue.first, let handover = self[handle] else { return }
        entries[Int(handle)]?.next = next
        if next == handover.rows.count { queue.removeFirst() }
    }

    /// The number of the drop's first row that was never taken, so certainly never sent.
    func firstUntaken(of drop: Int) -> Int? {
        for handle in queue {
            guard let entry = entries[Int(handle)], entry.handover.drop == drop, !entry.handover.isInDoubt else {
                continue
            }
            return entry.handover.rows[entry.next].row
        }
        return nil
    }

    /// Takes out the drop's rows that were not taken yet, and returns which they are: a handover's handle, and indices into its rows.
    mutating func withdraw(drop: Int) -> [(handle: Int32, handover: Handover, rows: Range<Int>)] {
        var gone: [(Int32, Handover, Range<Int>)] = []
        for handle in queue {
            guard let entry = entries[Int(handle)], entry.handover.drop == drop else { continue }
            gone.append((handle, entry.handover, entry.next..<entry.handover.rows.count))
            entries[Int(handle)]?.next = entry.handover.rows.count
        }
        queue.removeAll { entries[Int($0)]?.handover.drop == drop }
        return gone
    }

    // MARK: - Rows that were taken

    /// The handover of a row that has not ended.
    @inline(__always)
    func handover(of attempt: Attempt) -> Handover {
        guard let handover = self[attempt.handover] else {
            preconditionFailure("a row that has not ended has a handover")
        }
        return handover
    }

    /// What was mapped.
    func row(of attempt: Attempt) -> MappedRow { handover(of: attempt).rows[Int(attempt.index)] }

    func postID(of attempt: Attempt) -> UInt32 { handover(of: attempt).postID(of: row(of: attempt).row) }

    /// `DROP:ROW`, as result files name a row.
    func name(of attempt: Attempt) -> String { "\(handover(of: attempt).drop):\(row(of: attempt).row)" }

    /// Whether the row is of the same RIC and service as one that has not ended.
    func isSameItem(_ attempt: Attempt, _ row: MappedRow, in handover: Handover) -> Bool {
        let other = self.handover(of: attempt)
        let match = other.rows[Int(attempt.index)]
        return match.service == row.service
            && other.batch.bytes[match.ricStart..<match.ricStart + match.ricLength]
                .elementsEqual(handover.batch.bytes[row.ricStart..<row.ricStart + row.ricLength])
    }

    /// Whether the newer row makes the older one of the same RIC and service needless.
    func covers(_ newer: Attempt, _ older: Attempt) -> Bool {
        PostboxCore.covers(
            newer: row(of: newer), in: handover(of: newer).batch, older: row(of: older), in: handover(of: older).batch)
    }
}
