import Testing

@testable import PostboxCore

@Suite("The drops that are open at a lane")
struct LaneDropsTests {
    private static let why = OutcomeDetail(reason: "cancelled", text: "by a test")

    @Test("A drop whose outcomes nobody takes keeps its place and its cancellation, and is cancelled by nobody")
    func left() {
        var drops = LaneDrops()
        let unknown = drops.cancel(1, Self.why)
        #expect(!unknown && !drops.isOpen(1) && !drops.isTaken(1))
        drops.open(1)
        drops.open(2)
        let isCancelled = drops.cancel(1, Self.why)
        #expect(isCancelled && drops.isCancelled(1) && drops.cancellation(of: 1) == Self.why)
        drops.leave(1)
        drops.leave(2)
        let late = drops.cancel(2, Self.why)
        #expect(!late && drops.cancellation(of: 2) == nil)
        #expect(drops.isOpen(1) && !drops.isTaken(1) && drops.isOpen(2) && !drops.isTaken(2))
        drops.open(1)
        #expect(drops.isTaken(1) && drops.isCancelled(1), "the try after a fault is cancelled as well")
    }

    @Test("A closed drop is as one that never was; one that was never open is left by nobody")
    func closed() {
        var drops = LaneDrops()
        drops.leave(3)
        #expect(!drops.isOpen(3))
        drops.open(1)
        _ = drops.cancel(1, Self.why)
        drops.wait(1, for: .turn)
        drops.close(1)
        #expect(!drops.isOpen(1) && !drops.isCancelled(1) && drops.wait(of: 1) == nil && !drops.haveWaits)
        drops.open(1)
        #expect(drops.isTaken(1) && !drops.isCancelled(1))
        drops.open(2)
        drops.leaveAll()
        #expect(!drops.isTaken(1) && !drops.isTaken(2) && drops.isOpen(2))
    }

    @Test("A drop waits for one thing, the last one that it asked for, and stops waiting once")
    func waits() {
        var drops = LaneDrops()
        drops.open(1)
        #expect(!drops.haveWaits && drops.wait(of: 1) == nil)
        drops.wait(1, for: .turn)
        drops.wait(1, for: .commit(rows: 5, isLast: true))
        #expect(drops.haveWaits && drops.wait(of: 1) == .commit(rows: 5, isLast: true))
        let (first, second) = (drops.endWait(of: 1), drops.endWait(of: 1))
        #expect(first == .commit(rows: 5, isLast: true) && second == nil && !drops.haveWaits)
    }

    @Test("When nobody gets anything any more all who wait are told so, in the order of their numbers")
    func endOfWaits() {
        var drops = LaneDrops()
        for drop in [30, 4, 12] { drops.open(drop) }
        drops.wait(30, for: .turn)
        drops.wait(4, for: .commit(rows: 1, isLast: false))
        drops.wait(12, for: .turn)
        let wakes = drops.endWaits()
        #expect(
            wakes == [.commit(drop: 4, isAllowed: false), .turn(drop: 12, .over), .turn(drop: 30, .over)])
        let again = drops.endWaits()
        #expect(again == [] && drops.isTaken(12))
    }

    @Test("Rows in doubt come out the oldest first, by their ages and not their numbers, once, also of a closed drop")
    func presented() {
        var drops = LaneDrops()
        #expect(!drops.havePresented)
        let places = [
            DropPlace(drop: 1, age: 30), DropPlace(drop: 2, age: 10, priority: 5), DropPlace(drop: 3, age: 20),
        ]
        for place in places {
            drops.open(place.drop)
            let handover = Handover(
                drop: place.drop, batch: PostBatch(), rows: [], postIDBase: UInt32(place.drop), isInDoubt: true)
            drops.present([handover], of: place)
        }
        drops.close(3)
        #expect(drops.havePresented)
        let taken = drops.takePresented()
        #expect(taken.map(\.place.drop) == [2, 3, 1])
        #expect(taken.map { $0.handovers.map(\.drop) } == [[2], [3], [1]])
        let rest = drops.takePresented()
        #expect(rest.isEmpty && !drops.havePresented)
    }
}
