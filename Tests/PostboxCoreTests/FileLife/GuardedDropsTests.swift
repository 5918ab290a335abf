import PostboxCore
import Testing

@Suite("Which drops may still send, and whose results are kept for as long")
struct GuardedDropsTests {
    private var drops = GuardedDrops(kept: [])
    private let old = DropPlace(drop: 1, age: 10)
    private let middle = DropPlace(drop: 2, age: 20)
    private let new = DropPlace(drop: 3, age: 30, priority: 1)

    @Test("A settled drop's result is kept while an older one may send, in the inbox or open, and forgotten with it")
    mutating func kept() {
        drops.opened(middle)
        #expect(!drops.isToKeep(middle))
        drops.opened(old)
        #expect(drops.isToKeep(middle))
        drops.keep(middle)
        #expect(drops.closed(middle) == [])
        #expect(drops.wasOvertaken(old))
        drops.settled(old)
        #expect(!drops.isToKeep(middle))
        #expect(drops.closed(old) == [middle])
        drops.oldestWaiting = 20
        #expect(!drops.isToKeep(middle))
        drops.oldestWaiting = 19
        #expect(drops.isToKeep(middle))
        drops.keep(middle)
        #expect(drops.forget() == [])
        drops.oldestWaiting = nil
        #expect(drops.forget() == [middle])
    }

    @Test("Of several results kept only those go that no open drop is older than")
    mutating func forgotten() {
        drops = GuardedDrops(kept: [new, old])
        drops.opened(middle)
        #expect(drops.forget() == [old])
        #expect(drops.journals(for: middle) == [middle, new])
        drops.keep(new)
        #expect(drops.closed(middle) == [new])
    }

    @Test("A drop looks at its own result and at those of newer drops, kept or open, the oldest first")
    mutating func journals() {
        drops = GuardedDrops(kept: [DropPlace(drop: 4, age: 25)])
        for place in [new, middle, old] { drops.opened(place) }
        #expect(drops.journals(for: middle) == [middle, DropPlace(drop: 4, age: 25), new])
        #expect(drops.journals(for: new) == [new])
    }

    @Test("A newer drop overtakes from the moment it hands rows over, and no longer when it is closed")
    mutating func overtaken() {
        drops.opened(old)
        drops.opened(new)
        #expect(!drops.wasOvertaken(old))
        drops.sends(new)
        #expect(drops.wasOvertaken(old))
        #expect(!drops.wasOvertaken(new))
        _ = drops.closed(new)
        #expect(!drops.wasOvertaken(old))
    }

    @Test(
        "A file that others passed while it waited stays as old as it was; what passed it is newer, whatever the clock says"
    )
    mutating func passed() {
        #expect(drops.age(arrival: 10, priority: 0, name: "a") == 10)
        drops.pass(["held": 0])
        #expect(drops.age(arrival: 30, priority: 0, name: "b") == 30)
        drops.pass(["held": 0, "later": 0])
        #expect(drops.age(arrival: 20, priority: 0, name: "held") == 20)
        #expect(drops.age(arrival: 35, priority: 0, name: "later") == 35)
        // Once it is claimed nothing is known of its name any more.
        #expect(drops.age(arrival: 20, priority: 0, name: "held") == 31)
        // The clock was set back: none of the two is older than what went before the wait, and they keep their order.
        drops = GuardedDrops(kept: [])
        #expect(drops.age(arrival: 100, priority: 0) == 100)
        drops.pass(["held": 0])
        #expect(drops.age(arrival: 60, priority: 0, name: "x") == 101)
        #expect(drops.age(arrival: 50, priority: 0, name: "held") == 100)
        drops.forgetPassed()
        #expect(drops.age(arrival: 50, priority: 0, name: "y") == 101)
    }

    @Test("Files that go together when a wait is over keep their order; one that goes later is as old as it was")
    mutating func passedTogether() {
        drops.pass(["n1": 0, "z": 0, "held": 0])
        drops.letGo()
        #expect(drops.age(arrival: 30, priority: 0, name: "n1") == 30)
        #expect(drops.age(arrival: 20, priority: 0, name: "z") == 30)
        drops.letGo()
        #expect(drops.age(arrival: 10, priority: 0, name: "held") == 10)
    }

    @Test("Files of a rule that goes by name keep that order when they waited")
    mutating func passedByName() {
        drops.pass(["1": 0, "2": 0])
        #expect(drops.age(arrival: 40, priority: 0) == 40)
        #expect(drops.age(arrival: 20, priority: 0, name: "1", ofRuleByName: "r") == 20)
        #expect(drops.age(arrival: 10, priority: 0, name: "2", ofRuleByName: "r") == 20)
    }

    @Test("A file is late when a drop with newer values is through, in this run or an earlier one")
    mutating func late() {
        #expect(!drops.isLate(age: 1))
        drops.opened(new)
        #expect(!drops.isLate(age: 1))
        drops.settled(new)
        #expect(drops.isLate(age: new.age - 1) && !drops.isLate(age: new.age))
        drops = GuardedDrops(kept: [])
        drops.done(middle)
        drops.done(old)
        #expect(drops.isLate(age: old.age) && !drops.isLate(age: middle.age))
    }

    @Test("A file is never older than one that was claimed before it under its own priority or a lower one")
    mutating func ages() {
        #expect(drops.age(arrival: 10, priority: 0) == 10)
        #expect(drops.age(arrival: 8, priority: 0) == 10)
        #expect(drops.age(arrival: 9, priority: 1) == 10)
        #expect(drops.age(arrival: 30, priority: 1) == 30)
        #expect(drops.age(arrival: 20, priority: 0) == 20)
        // Those of an earlier run count, too.
        drops.opened(DropPlace(drop: 9, age: 50))
        #expect(drops.age(arrival: 40, priority: 0) == 50)
    }
}
