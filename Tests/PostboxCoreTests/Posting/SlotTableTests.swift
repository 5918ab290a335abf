import TestSupport
import Testing

@testable import PostboxCore

@Suite("Slots by PostID and by key", .computing)
struct SlotTableTests {
    private struct Choices: SeededChoices {
        var state: UInt64
    }

    @Test("A slot is as long as a line of a cache")
    func size() {
        #expect(MemoryLayout<PostsInFlight.Slot>.stride == 64)
    }

    @Test(
        "Whatever PostIDs are in flight together, each is found until it is taken out",
        arguments: 1...20 as ClosedRange<UInt64>)
    func postIDs(seed: UInt64) {
        var choices = Choices(state: seed)
        let slots = choices.pick([1, 5, 16, 100])
        var table = PostIDTable(slots: slots)
        var known: [UInt32: Int32] = [:]
        // Drops one after the other, and some whose PostIDs have the same places.
        let bases: [UInt32] = [1, 257, 4_294_967_000, 1 + 4096, 1 + 65_536]
        for _ in 0..<3000 {
            let postID = choices.pick(bases) &+ UInt32(choices.number(2 * slots))
            if let slot = known[postID] {
                table.remove(postID, slot: slot + 1)
                #expect(table.find(postID) == slot)
                table.remove(postID, slot: slot)
                known[postID] = nil
            } else if known.count < slots {
                let slot = Int32(choices.number(slots))
                table.insert(postID, slot: slot)
                known[postID] = slot
            }
            let other = choices.pick(bases) &+ UInt32(choices.number(2 * slots))
            #expect(table.find(other) == known[other] ?? -1)
        }
        for (postID, slot) in known { #expect(table.find(postID) == slot) }
    }

    @Test(
        "Slots of one key are found one after the other, those of others never",
        arguments: 1...20 as ClosedRange<UInt64>)
    func keys(seed: UInt64) {
        var choices = Choices(state: seed)
        let slots = choices.pick([1, 5, 16, 100])
        var table = SlotTable(slots: slots)
        var known: [UInt32: Set<Int32>] = [:]
        var free = Array(0..<Int32(slots))
        // Few keys, some with the same place, some next to the table's end.
        let keys = (0..<12).map { _ in
            choices.pick([0, 1, 2, 0x1000, 0xffff_ffff, 0xffff_fffe, 0x2000_0001] as [UInt32])
        }
        for _ in 0..<3000 {
            let key = choices.pick(keys)
            if choices.number(2) == 0, let slot = free.popLast() {
                table.insert(key, slot: slot)
                known[key, default: []].insert(slot)
            } else if let slot = known[key]?.min() {
                table.remove(key, slot: slot)
                known[key]?.remove(slot)
                free.append(slot)
            }
            let other = choices.pick(keys)
            var found: Set<Int32> = []
            var place = table.home(other)
            while case let slot = table.slot(other, from: &place), slot >= 0 { found.insert(slot) }
            #expect(found == known[other] ?? [])
        }
    }
}
