import HeapModule

/// RIC and service, compared by their bytes: only then may one post stand for another.
struct ItemKey: Hashable {
    let hash: UInt64
    let ric: [UInt8]
    let service: Int

    init(of row: MappedRow, in handover: Handover) {
        hash = row.keyHash
        ric = Array(handover.batch.bytes[row.ricStart..<row.ricStart + row.ricLength])
        service = row.service
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// The queues of those RICs that have one, and when each may send its next post.
struct RICQueues {
    /// When a queue's next post is due. It may be out of date: who takes it out looks again.
    private struct Due: Comparable {
        var at: Int64
        var sequence: UInt64
        var key: ItemKey

        static func < (left: Due, right: Due) -> Bool {
            left.at != right.at ? left.at < right.at : left.sequence < right.sequence
        }
    }

    /// To be changed in place; `add` and `remove` put queues in and take them out.
    var byKey: [ItemKey: RICQueue] = [:]
    /// How many queues have a hash.
    private var hashes: [UInt64: Int] = [:]
    /// How many queues' hashes end in each byte: most rows are told from all of them by that.
    private var marks = [UInt32](repeating: 0, count: 256)
    private var due = Heap<Due>()

    /// Whether a RIC with that hash has a queue.
    @inline(__always)
    func has(hash: UInt64) -> Bool { marks[Int(hash & 255)] > 0 && hashes[hash] != nil }

    mutating func add(_ queue: RICQueue, _ key: ItemKey) {
        byKey[key] = queue
        hashes[key.hash, default: 0] += 1
        marks[Int(key.hash & 255)] += 1
    }

    mutating func remove(_ key: ItemKey) {
        byKey[key] = nil
        marks[Int(key.hash & 255)] -= 1
        let left = (hashes[key.hash] ?? 0) - 1
        hashes[key.hash] = left > 0 ? left : nil
    }

    /// When the first queue's post falls due, in nanoseconds.
    var nextDue: Int64? { due.min?.at }

    /// The queue's next post is this one, and may go at that time, in nanoseconds.
    mutating func wait(_ key: ItemKey, for attempt: Attempt, until at: Int64) {
        due.insert(Due(at: at, sequence: attempt.sequence, key: key))
    }

    /// Takes out the queue whose next post has been due for longest.
    mutating func popDue(at now: Int64) -> ItemKey? {
        guard let first = due.min, first.at <= now else { return nil }
        return due.removeMin().key
    }
}
