/// A place in a table of slots.
private struct SlotEntry {
    var key: UInt32 = 0
    /// -1: nothing is there.
    var slot: Int32 = -1

    /// Empty places for so many slots: a power of two, of which a half at most is used.
    static func places(forSlots slots: Int) -> [SlotEntry] {
        var size = 16
        while size < slots * 2 { size *= 2 }
        return Array(repeating: SlotEntry(), count: size)
    }
}

/// Slots by PostID. PostIDs come one after the other, so each has a place of its own, side by side with its neighbours'.
struct PostIDTable {
    private var entries: [SlotEntry]
    private let mask: Int
    /// Those whose place another one has: of two drops whose PostIDs are far apart.
    private var others: [UInt32: Int32] = [:]

    init(slots: Int) {
        entries = SlotEntry.places(forSlots: slots)
        mask = entries.count - 1
    }

    mutating func insert(_ postID: UInt32, slot: Int32) {
        let place = Int(postID) & mask
        if entries[place].slot < 0 {
            entries[place] = SlotEntry(key: postID, slot: slot)
        } else {
            others[postID] = slot
        }
    }

    /// -1: there is none.
    @inline(__always)
    func find(_ postID: UInt32) -> Int32 {
        let entry = entries[Int(postID) & mask]
        if entry.slot >= 0, entry.key == postID { return entry.slot }
        return others.isEmpty ? -1 : others[postID] ?? -1
    }

    mutating func remove(_ postID: UInt32, slot: Int32) {
        let place = Int(postID) & mask
        if entries[place].slot == slot, entries[place].key == postID {
            entries[place].slot = -1
        } else if others[postID] == slot {
            others[postID] = nil
        }
    }
}

/// Slots by a key whose bits are well mixed: open addressing.
struct SlotTable {
    private var entries: [SlotEntry]
    private let mask: Int

    init(slots: Int) {
        entries = SlotEntry.places(forSlots: slots)
        mask = entries.count - 1
    }

    /// Where the search for a key begins.
    @inline(__always)
    func home(_ key: UInt32) -> Int { Int(key) & mask }

    /// The next slot under that key, or -1; `place` goes behind it.
    @inline(__always)
    func slot(_ key: UInt32, from place: inout Int) -> Int32 {
        while true {
            let entry = entries[place]
            if entry.slot < 0 { return -1 }
            place = (place &+ 1) & mask
            if entry.key == key { return entry.slot }
        }
    }

    mutating func insert(_ key: UInt32, slot: Int32) {
        let mask = mask
        entries.withUnsafeMutableBufferPointer { entries in
            var at = Int(key) & mask
            while entries[at].slot >= 0 { at = (at &+ 1) & mask }
            entries[at] = SlotEntry(key: key, slot: slot)
        }
    }

    mutating func remove(_ key: UInt32, slot: Int32) {
        let mask = mask
        entries.withUnsafeMutableBufferPointer { entries in
            var at = Int(key) & mask
            while entries[at].slot != slot {
                if entries[at].slot < 0 { return }
                at = (at &+ 1) & mask
            }
            var hole = at
            var next = (at &+ 1) & mask
            while entries[next].slot >= 0 {
                // An entry may move back to the hole when the hole is not before its home.
                if (next &- Int(entries[next].key)) & mask >= (next &- hole) & mask {
                    entries[hole] = entries[next]
                    hole = next
                }
                next = (next &+ 1) & mask
            }
            entries[hole] = SlotEntry()
        }
    }
}
