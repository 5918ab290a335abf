import DequeModule

/// The lots with rows that have not ended, by their handles; and in order the rows of them that nobody has taken yet.
struct LotTable {
    private struct Entry {
        let lot: PostLot
        /// The next row that was not taken yet.
        var next: Int
    }

    private var entries: [Entry?] = []
    /// Of each lot the rows that have not ended.
    private var open: [Int] = []
    private var free: [Int32] = []
    /// Lots of which rows were not taken yet.
    private var queue: Deque<Int32> = []

    // MARK: - Lots

    /// Takes a lot in and returns its handle. `isTaken`: the caller takes all its rows at once.
    mutating func add(_ lot: PostLot, isTaken: Bool) -> Int32 {
        let handle: Int32
        let entry = Entry(lot: lot, next: isTaken ? lot.rows.count : 0)
        if let old = free.popLast() {
            handle = old
            entries[Int(handle)] = entry
            open[Int(handle)] = lot.rows.count
        } else {
            handle = Int32(entries.count)
            entries.append(entry)
            open.append(lot.rows.count)
        }
        if !isTaken, !lot.rows.isEmpty { queue.append(handle) }
        return handle
    }

    subscript(handle: Int32) -> PostLot? { entries[Int(handle)]?.lot }

    /// One of the lot's rows has ended.
    @inline(__always)
    mutating func settled(_ handle: Int32) { open[Int(handle)] -= 1 }

    /// Forgets those of the lots whose rows have all ended.
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
            sum + (entries[Int(handle)].map { $0.lot.rows.count - $0.next } ?? 0)
        }
    }

    /// The lot whose rows come next, and the first of them that was not taken.
    var first: (handle: Int32, lot: PostLot, next: Int)? {
        guard let handle = queue.first, let entry = entries[Int(handle)] else { return nil }
        return (handle, entry.lot, entry.next)
    }

    /// Of the first lot the rows before this one were taken.
    mutating func took(before next: Int) {
        guard let handle = queue.first, let lot = self[handle] else { return }
        entries[Int(handle)]?.next = next
        if next == lot.rows.count { queue.removeFirst() }
    }

    /// The number of the drop's first row that was never taken, so certainly never sent.
    func firstUntaken(of drop: Int) -> Int? {
        for handle in queue {
            guard let entry = entries[Int(handle)], entry.lot.drop == drop, !entry.lot.isInDoubt else { continue }
            return entry.lot.rows[entry.next].row
        }
        return nil
    }

    /// Takes out the drop's rows that were not taken yet, and returns which they are: a lot's handle, and indices into its rows.
    mutating func withdraw(drop: Int) -> [(handle: Int32, lot: PostLot, rows: Range<Int>)] {
        var gone: [(Int32, PostLot, Range<Int>)] = []
        for handle in queue {
            guard let entry = entries[Int(handle)], entry.lot.drop == drop else { continue }
            gone.append((handle, entry.lot, entry.next..<entry.lot.rows.count))
            entries[Int(handle)]?.next = entry.lot.rows.count
        }
        queue.removeAll { entries[Int($0)]?.lot.drop == drop }
        return gone
    }

    // MARK: - Rows that were taken

    /// The lot of a row that has not ended.
    @inline(__always)
    func lot(of attempt: Attempt) -> PostLot {
        guard let lot = self[attempt.lot] else { preconditionFailure("a row that has not ended has a lot") }
        return lot
    }

    /// What was mapped.
    func row(of attempt: Attempt) -> MappedRow { lot(of: attempt).rows[Int(attempt.index)] }

    func postID(of attempt: Attempt) -> UInt32 { lot(of: attempt).postID(of: row(of: attempt).row) }

    /// `DROP:ROW`, as result files name a row.
    func name(of attempt: Attempt) -> String { "\(lot(of: attempt).drop):\(row(of: attempt).row)" }

    /// Whether the row is of the same RIC and service as one that has not ended.
    func isSameItem(_ attempt: Attempt, _ row: MappedRow, in lot: PostLot) -> Bool {
        let other = self.lot(of: attempt)
        let match = other.rows[Int(attempt.index)]
        return match.service == row.service
            && other.batch.bytes[match.ricStart..<match.ricStart + match.ricLength]
                .elementsEqual(lot.batch.bytes[row.ricStart..<row.ricStart + row.ricLength])
    }

    /// Whether the newer row makes the older one of the same RIC and service needless.
    func covers(_ newer: Attempt, _ older: Attempt) -> Bool {
        PostboxCore.covers(
            newer: row(of: newer), in: lot(of: newer).batch, older: row(of: older), in: lot(of: older).batch)
    }
}
