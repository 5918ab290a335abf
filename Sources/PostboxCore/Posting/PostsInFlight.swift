/// The posts in flight: each has a slot, and is found by its PostID; by its RIC and service as well while it has no `RICQueue`.
///
/// Slots are told by their numbers; -1 is none. They are linked in the order in which their posts were sent.
struct PostsInFlight {
    /// As long as a line of a cache: there are as many as posts in flight.
    struct Slot {
        var attempt = Attempt(handover: -1, index: 0, sequence: 0)
        var keyHash: UInt64 = 0
        /// Nanoseconds of a clock that never steps.
        var sentMonotonic: Int64 = 0
        var postID: UInt32 = 0
        var older: Int32 = -1
        var newer: Int32 = -1
        /// Its RIC has a queue, and that knows of it.
        var isQueued = false
    }

    let capacity: Int
    private(set) var slots: [Slot]
    /// Posts in flight.
    private(set) var count = 0
    /// The slot of the post that was sent first.
    private(set) var oldest: Int32 = -1
    private var newest: Int32 = -1
    private var free: [Int32]
    private var byPostID: PostIDTable
    private var byKey: SlotTable
    /// For each slot the pacer's number of this sending; empty where there is no pacer.
    private var pacedNumbers: [UInt64] = []

    init(capacity: Int) {
        self.capacity = capacity
        slots = Array(repeating: Slot(), count: capacity)
        free = (0..<Int32(capacity)).reversed()
        byPostID = PostIDTable(slots: capacity)
        byKey = SlotTable(slots: capacity)
    }

    var isFull: Bool { free.isEmpty }

    /// A post goes out. There must be room.
    @inline(__always)
    mutating func launch(_ attempt: Attempt, keyHash: UInt64, postID: UInt32, at monotonic: Int64, isQueued: Bool) {
        let slot = free.removeLast()
        slots[Int(slot)] = Slot(
            attempt: attempt, keyHash: keyHash, sentMonotonic: monotonic, postID: postID, older: newest, newer: -1,
            isQueued: isQueued)
        if newest >= 0 { slots[Int(newest)].newer = slot } else { oldest = slot }
        newest = slot
        byPostID.insert(postID, slot: slot)
        if !isQueued { byKey.insert(Self.tableKey(keyHash), slot: slot) }
        count += 1
    }

    /// A post is no longer in flight: its slot is free.
    mutating func land(_ slot: Int32) {
        let (older, newer) = (slots[Int(slot)].older, slots[Int(slot)].newer)
        let (postID, keyHash) = (slots[Int(slot)].postID, slots[Int(slot)].keyHash)
        let isQueued = slots[Int(slot)].isQueued
        if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[Int(newer)].older = older } else { newest = older }
        byPostID.remove(postID, slot: slot)
        if !isQueued { byKey.remove(Self.tableKey(keyHash), slot: slot) }
        free.append(slot)
        count -= 1
    }

    /// The slot of the post with that PostID.
    @inline(__always)
    func find(_ postID: UInt32) -> Int32 { byPostID.find(postID) }

    /// The slot of the post of the same RIC and service that has no queue.
    @inline(__always)
    func twin(of row: MappedRow, in handover: Handover, _ handovers: HandoverTable) -> Int32 {
        // No closure: one that reads the window has all of it copied first.
        let key = Self.tableKey(row.keyHash)
        var place = byKey.home(key)
        while true {
            let slot = byKey.slot(key, from: &place)
            if slot < 0 || handovers.isSameItem(slots[Int(slot)].attempt, row, in: handover) { return slot }
        }
    }

    /// From now on the post's RIC has a queue.
    mutating func joinQueue(_ slot: Int32) {
        slots[Int(slot)].isQueued = true
        byKey.remove(Self.tableKey(slots[Int(slot)].keyHash), slot: slot)
    }

    /// The post's RIC needs no queue any more.
    mutating func leaveQueue(_ slot: Int32) {
        slots[Int(slot)].isQueued = false
        byKey.insert(Self.tableKey(slots[Int(slot)].keyHash), slot: slot)
    }

    /// Notes the pacer's number of a post in flight.
    mutating func paced(_ postID: UInt32, number: UInt64) {
        let slot = find(postID)
        guard slot >= 0 else { return }
        if pacedNumbers.isEmpty { pacedNumbers = Array(repeating: 0, count: capacity) }
        pacedNumbers[Int(slot)] = number
    }

    /// The pacer's number of a post in flight.
    func pacedNumber(_ postID: UInt32) -> UInt64? {
        let slot = find(postID)
        return slot < 0 || pacedNumbers.isEmpty ? nil : pacedNumbers[Int(slot)]
    }

    /// `RICQueues` tells most rows by the other half.
    @inline(__always)
    private static func tableKey(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash &>> 32) }
}
