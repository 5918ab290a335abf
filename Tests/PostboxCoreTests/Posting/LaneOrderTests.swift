import PostboxCore
import Testing

@Suite("Whose rows a lane takes next")
struct LaneOrderTests {
    private var order = LaneOrder()

    private func place(_ drop: Int, age: Int64? = nil, priority: Int = 0) -> DropPlace {
        DropPlace(drop: drop, age: age ?? Int64(drop), priority: priority)
    }

    @Test("Drops go in drop order, each when the one before has handed over all it has")
    mutating func inOrder() {
        order.open(place(2))
        order.open(place(1))
        #expect(order.turn(of: 2) == .wait)
        #expect(order.turn(of: 1) == .go)
        #expect(order.turn(of: 2) == .wait)
        order.finishOffering(1)
        #expect(order.turn(of: 1) == .over)
        #expect(order.turn(of: 2) == .go)
        order.close(2)
        #expect(order.turn(of: 2) == .over)
        #expect(order.next == nil)
    }

    @Test("An urgent drop goes before a running one, which waits until it is closed and is told of it")
    mutating func overtaken() {
        order.open(place(1))
        #expect(order.turn(of: 1) == .go)
        order.handedOver(1)
        let urgent = place(2, priority: 1)
        order.open(urgent)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        #expect(order.turn(of: 2) == .go)
        order.finishOffering(2)
        #expect(order.next == 1)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([urgent]))
        #expect(order.turn(of: 1) == .go)
    }

    @Test(
        "A drop that a more urgent one waits for goes as urgently: before that one, and before what is as urgent and newer"
    )
    mutating func lent() {
        order.open(place(1))
        order.open(place(2))
        order.open(place(3, priority: 5))
        #expect(order.turn(of: 2) == .wait)
        order.lend(5, to: 2)
        #expect(order.turn(of: 3) == .wait)
        // It is newer than what it was lent for, and no less urgent.
        order.open(place(4, priority: 5))
        #expect(order.drops == [2, 3, 4, 1])
        #expect(order.turn(of: 2) == .go)
        order.finishOffering(2)
        order.close(2)
        #expect(order.turn(of: 3) == .go)
        // What is less urgent lends nothing.
        order.lend(1, to: 4)
        order.lend(9, to: 77)
        #expect(order.drops == [3, 4, 1])
    }

    @Test("An older drop that comes back while a newer one goes lets that one end first")
    mutating func comesBack() {
        order.open(place(2))
        #expect(order.turn(of: 2) == .go)
        order.open(place(1))
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.open(place(3))
        order.finishOffering(2)
        #expect(order.turn(of: 3) == .wait)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2)]))
        #expect(order.turn(of: 1) == .go)
    }

    @Test("A held drop that had gone before an older one keeps that one waiting, and nobody else")
    mutating func heldOvertaker() {
        order.open(place(1))
        order.open(place(2, priority: 1))
        #expect(order.turn(of: 2) == .go)
        order.handedOver(2)
        order.setHeld(2, true)
        order.open(place(3))
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 3) == .go)
        order.finishOffering(3)
        order.close(3)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2, priority: 1), place(3)]))
    }

    @Test("A drop that comes when a newer one has gone already was overtaken by it")
    mutating func lateComer() {
        let urgent = place(1, age: 10, priority: 1)
        order.open(urgent)
        #expect(order.turn(of: 1) == .go)
        order.open(place(2, age: 5))
        order.finishOffering(1)
        #expect(order.turn(of: 2) == .wait)
        order.close(1)
        #expect(order.turn(of: 2) == .overtaken([urgent]))
        #expect(order.turn(of: 2) == .go)
    }

    @Test("Later drops go past a held one; let go, it is told of them")
    mutating func held() {
        order.open(place(1))
        order.open(place(2))
        #expect(order.turn(of: 1) == .go)
        order.handedOver(1)
        order.setHeld(1, true)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.setHeld(1, false)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.finishOffering(2)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2)]))
        #expect(order.turn(of: 1) == .go)
    }

    @Test("Nothing goes before every drop in doubt has presented its rows, or is given up")
    mutating func doubtsFirst() {
        order.open(place(1), presents: true)
        order.open(place(2), presents: true)
        order.open(place(3), presents: true)
        order.open(place(4))
        #expect(order.awaitsDoubts)
        #expect(order.turn(of: 2) == .present)
        order.presented(2)
        #expect(order.turn(of: 2) == .wait)
        #expect(order.turn(of: 4) == .wait)
        #expect(order.turn(of: 1) == .present)
        order.presented(1)
        #expect(order.awaitsDoubts)
        #expect(order.turn(of: 1) == .wait)
        order.close(3)
        #expect(!order.awaitsDoubts)
        #expect(order.turn(of: 1) == .wait)
    }

    @Test(
        "A held drop presents nothing and keeps no newer one; resumed it waits for those that went since and is told of them"
    )
    mutating func heldInDoubt() {
        order.open(place(1), presents: true)
        order.setHeld(1, true)
        #expect(!order.awaitsDoubts && order.presents(1) && order.presentable == [])
        #expect(order.turn(of: 1) == .wait)
        order.open(place(2))
        #expect(order.turn(of: 2) == .go)
        order.handedOver(2)
        order.setHeld(1, false)
        // Rows of the newer one may be in flight.
        #expect(!order.awaitsDoubts)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.finishOffering(2)
        order.open(place(3))
        // From here on nothing goes before it.
        #expect(order.turn(of: 3) == .wait)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.presentable == [1] && order.awaitsDoubts)
        #expect(order.turn(of: 1) == .overtaken([place(2)]))
        #expect(order.turn(of: 1) == .present)
        #expect(order.turn(of: 3) == .wait)
        order.presented(1)
        order.admitted(1)
        #expect(order.turn(of: 1) == .go)
    }

    @Test("Held once it was told to present its rows in doubt, a drop is waited for all the same")
    mutating func heldWhilePresenting() {
        order.open(place(1), presents: true)
        order.open(place(2))
        #expect(order.turn(of: 1) == .present)
        order.setHeld(1, true)
        #expect(order.awaitsDoubts)
        #expect(order.turn(of: 2) == .wait)
        order.presented(1)
        order.admitted(1)
        #expect(order.turn(of: 2) == .go)
        #expect(order.turn(of: 1) == .wait)
    }

    @Test(
        "What is older than a held drop in doubt waits for it, with rows in doubt or without: the newer value may have been accepted"
    )
    mutating func olderThanHeldInDoubt() {
        order.open(place(1))
        order.open(place(2), presents: true)
        order.open(place(3), presents: true)
        order.open(place(4))
        order.setHeld(3, true)
        #expect(order.presentable == [])
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .wait)
        #expect(order.isHeldUp(1) && order.isHeldUp(2) && order.isHeldUp(3) && !order.isHeldUp(4))
        #expect(order.turn(of: 4) == .go)
        order.handedOver(4)
        order.close(4)
        order.setHeld(3, false)
        #expect(order.presentable == [2, 3])
        #expect(order.turn(of: 2) == .overtaken([place(4)]))
        #expect(order.turn(of: 2) == .present)
        order.presented(2)
        #expect(order.awaitsDoubts)
        #expect(order.turn(of: 3) == .overtaken([place(4)]))
        #expect(order.turn(of: 3) == .present)
        order.presented(3)
        #expect(!order.awaitsDoubts && !order.isHeldUp(1))
    }

    @Test("A drop in doubt that is resumed while a newer one in doubt sends waits until that one is closed")
    mutating func resumedLate() {
        order.open(place(1), presents: true)
        order.open(place(2), presents: true)
        order.setHeld(1, true)
        #expect(order.turn(of: 2) == .present)
        order.presented(2)
        order.admitted(2)
        order.setHeld(1, false)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2)]))
        #expect(order.turn(of: 1) == .present)
    }

    @Test("A drop that went in an earlier run has overtaken older ones that are not through")
    mutating func overtakenBefore() {
        order.open(place(1))
        order.open(place(2, priority: 1), presents: true)
        order.presented(2)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.finishOffering(2)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2, priority: 1)]))
    }

    @Test("A drop in doubt that has nothing left to hand over has still overtaken older ones")
    mutating func nothingLeft() {
        order.open(place(1))
        order.open(place(2, priority: 1), presents: true)
        order.presented(2)
        order.finishOffering(2)
        #expect(order.turn(of: 1) == .wait)
        order.close(2)
        #expect(order.turn(of: 1) == .overtaken([place(2, priority: 1)]))
        #expect(order.turn(of: 1) == .go)
    }

    @Test("Whoever was told to go is waited for until it has handed over")
    mutating func going() {
        order.open(place(1))
        #expect(order.turn(of: 1) == .go)
        order.open(place(2, priority: 1))
        order.setHeld(1, true)
        #expect(order.turn(of: 2) == .wait)
        #expect(order.next == 1)
        #expect(order.turn(of: 1) == .go)
        order.handedOver(1)
        #expect(order.next == 2)
        #expect(order.turn(of: 1) == .wait)
        #expect(order.turn(of: 2) == .go)
        order.close(2)
        order.setHeld(1, false)
        #expect(order.turn(of: 1) == .overtaken([place(2, priority: 1)]))
    }

    @Test("Small drops are committed together ahead of their turns, within the lead; a big one's rest comes first")
    mutating func commits() {
        for drop in 1...4 { order.open(place(drop)) }
        #expect(order.commit(2, rows: 1, isLast: true, most: 10) == false)
        #expect(order.commit(1, rows: 4, isLast: true, most: 10) == true)
        #expect(order.commit(2, rows: 4, isLast: false, most: 10) == true)
        #expect(order.commit(3, rows: 1, isLast: true, most: 10) == false)
        #expect(order.commit(2, rows: 2, isLast: true, most: 10) == true)
        #expect(order.commit(3, rows: 1, isLast: true, most: 10) == false)
        order.handedOver(1, rows: 4)
        #expect(order.commit(3, rows: 1, isLast: true, most: 10) == true)
        // What is more than the lead goes alone.
        #expect(order.commit(4, rows: 20, isLast: true, most: 10) == false)
        order.handedOver(2, rows: 6)
        order.handedOver(3, rows: 1)
        #expect(order.commit(4, rows: 20, isLast: true, most: 10) == true)
    }

    @Test("What is committed of a held or an overtaken drop keeps no other from committing")
    mutating func commitsPast() {
        order.open(place(1))
        #expect(order.commit(1, rows: 10, isLast: false, most: 10) == true)
        order.open(place(2, priority: 1))
        #expect(order.commit(2, rows: 10, isLast: true, most: 10) == true)
        #expect(order.turn(of: 2) == .go)
        #expect(order.isOvertaken(1))
        #expect(order.commit(1, rows: 1, isLast: true, most: 10) == false)
        order.close(2)
        order.setHeld(1, true)
        order.open(place(3))
        #expect(order.commit(3, rows: 10, isLast: true, most: 10) == true)
        #expect(order.commit(1, rows: 1, isLast: true, most: 10) == false)
    }
}
