import PostboxCore
import TestSupport
import Testing

@Suite("Who waits for older drops")
struct OlderDropsTests {
    private var drops = OlderDrops(destinations: ["a", "b"])

    private func place(_ drop: Int, priority: Int = 0, age: Int64? = nil) -> DropPlace {
        DropPlace(drop: drop, age: age ?? Int64(drop), priority: priority)
    }

    @Test("A drop waits for the older ones of its destinations, and for no others")
    mutating func older() {
        drops.opened(place(1), at: ["a"])
        drops.opened(place(2), at: ["b"])
        drops.opened(place(3), at: ["a", "b"])
        drops.opened(place(4), at: ["b"])
        #expect(drops.ask(3) == .wait(lent: [:]))
        #expect(drops.waitedFor(by: 3) == [1, 2])
        #expect(drops.waiting == [3])
        #expect(drops.ended(4) == [])
        #expect(drops.ended(2) == [])
        #expect(drops.ended(1) == [3])
        #expect(drops.waiting.isEmpty)
        #expect(drops.ask(3) == .go)
    }

    @Test("The oldest goes at once, and so does one that nothing is known of")
    mutating func oldest() {
        #expect(drops.ask(7) == .go)
        drops.opened(place(1), at: ["a"])
        drops.opened(place(2), at: ["a"])
        #expect(drops.ask(1) == .go)
    }

    @Test("What comes later is not waited for, though its values are older")
    mutating func later() {
        drops.opened(place(1), at: ["a"])
        drops.opened(place(2), at: ["a"])
        #expect(drops.ask(2) == .wait(lent: [:]))
        drops.opened(place(3, age: 0), at: ["a"])
        #expect(drops.ended(1) == [2])
    }

    @Test("What is held for release, or on an order, is not waited for, before or after it was asked for")
    mutating func held() {
        drops.opened(place(1), at: ["a"])
        drops.opened(place(2), at: ["a"])
        drops.opened(place(3), at: ["a"])
        #expect(drops.held([1]) == [])
        #expect(drops.ask(3) == .wait(lent: [:]))
        #expect(drops.waitedFor(by: 3) == [2])
        #expect(drops.held([1, 2]) == [3])
        // Held for release, it is told as one that has ended.
        #expect(drops.held([]) == [])
        #expect(drops.ended(1) == [])
        #expect(drops.ask(3) == .wait(lent: [:]))
        #expect(drops.waitedFor(by: 3) == [2])
    }

    @Test("What waits for a destination that is gone keeps nobody waiting")
    mutating func stranded() {
        drops.opened(place(1), at: ["a", "gone"])
        drops.opened(place(2), at: ["a"])
        #expect(drops.ask(2) == .go)
    }

    @Test(
        "Of whom it is known that none of its RICs is the same, it is not waited for, whichever of both is known first")
    mutating func disjoint() {
        for drop in 1...4 { drops.opened(place(drop), at: ["a"]) }
        #expect(drops.knows([10], of: 1) == [])
        #expect(drops.knows([20, 21], of: 3) == [])
        // Of drop 2 nothing is known yet.
        #expect(drops.ask(3) == .wait(lent: [:]))
        #expect(drops.waitedFor(by: 3) == [2])
        #expect(drops.knows([21], of: 4) == [])
        #expect(drops.ask(4) == .wait(lent: [:]))
        #expect(drops.waitedFor(by: 4) == [2, 3])
        #expect(drops.knows([22], of: 2) == [3])
        #expect(drops.waitedFor(by: 4) == [3])
        #expect(drops.ended(3) == [4])
        #expect(drops.knows([1], of: 77) == [])
        // A file without rows meets nobody.
        drops.opened(place(5), at: ["a"])
        #expect(drops.knows([], of: 5) == [])
        #expect(drops.ask(5) == .go)
    }

    @Test("A less urgent one that is waited for goes as urgently, and so do those that it waits for itself")
    mutating func lent() {
        drops.opened(place(1), at: ["b"])
        drops.opened(place(2), at: ["a", "b"])
        drops.opened(place(3, priority: 5), at: ["a"])
        drops.opened(place(4, priority: 9), at: ["a"])
        #expect(drops.ask(2) == .wait(lent: [:]))
        #expect(drops.ask(3) == .wait(lent: [2: 5, 1: 5]))
        #expect(drops.lentPriority(of: 1) == 5)
        #expect(drops.lentPriority(of: 3) == nil)
        #expect(drops.ask(4) == .wait(lent: [1: 9, 2: 9, 3: 9]))
        #expect(drops.ended(1) == [2])
        #expect(drops.lentPriority(of: 2) == 9)
    }

    @Test("Told twice, a drop keeps what it waits for; given up, it waits no more")
    mutating func again() {
        drops.opened(place(1), at: ["a"])
        drops.opened(place(2), at: ["a"])
        #expect(drops.ask(2) == .wait(lent: [:]))
        drops.opened(place(2), at: ["a"])
        #expect(drops.waiting == [2])
        drops.stopWaiting(2)
        #expect(drops.waiting.isEmpty)
        #expect(drops.ended(1) == [])
    }

    @Test(
        "In whatever order drops come, wait, are held and take their turns at two lanes, all of them end", .computing,
        arguments: 0..<200)
    func walk(_ seed: Int) {
        var walk = OlderWalk(seed: UInt64(seed) + 1)
        walk.run()
        #expect(walk.left.isEmpty, "seed \(seed)")
    }
}

/// Drops at two lanes: each is judged when it may be, then goes in its turn at each of its lanes, and ends.
private struct OlderWalk: SeededChoices {
    private struct Drop {
        var place: DropPlace
        var destinations: [String]
        /// It has checks that compare.
        var asks: Bool
        /// RICs of its rows; nil: they are never known.
        var rics: Set<UInt64>?
        var isKnown = false
        var hasAsked = false
        var isJudged = false
        /// Lanes at which it has handed over all it has.
        var through: Set<String> = []
    }

    var state: UInt64
    private var drops = OlderDrops(destinations: ["a", "b"])
    private var lanes = ["a": LaneOrder(), "b": LaneOrder()]
    private var open: [Int: Drop] = [:]
    private var next = 1
    private let count = 40

    init(seed: UInt64) { state = seed }

    /// Drops that cannot end.
    var left: [Int] { open.keys.sorted() }

    mutating func run() {
        var idle = 0
        while idle < 400 {
            if next <= count, number(3) == 0 {
                begin()
            } else if !open.isEmpty {
                idle = step(pick(open.keys.sorted())) ? 0 : idle + 1
            } else if next > count {
                return
            }
        }
    }

    private mutating func begin() {
        let destinations = pick([["a"], ["b"], ["a", "b"]])
        let place = DropPlace(drop: next, age: Int64(next + number(8) * 3), priority: number(3))
        next += 1
        var drop = Drop(place: place, destinations: destinations, asks: number(3) > 0)
        if number(2) == 0 { drop.rics = Set((0..<number(3)).map { _ in UInt64(number(6)) }) }
        open[place.drop] = drop
        drops.opened(place, at: destinations)
        for name in destinations { lanes[name]?.open(place) }
    }

    /// False: it has to wait.
    private mutating func step(_ number: Int) -> Bool {
        guard var drop = open[number] else { return false }
        defer { if open[number] != nil { open[number] = drop } }
        if drop.asks, let rics = drop.rics, !drop.isKnown {
            drop.isKnown = true
            _ = drops.knows(rics, of: number)
            return true
        }
        if drop.asks, !drop.hasAsked {
            drop.hasAsked = true
            if case .wait(let lent) = drops.ask(number) {
                for (other, priority) in lent { for name in ["a", "b"] { lanes[name]?.lend(priority, to: other) } }
            }
            return true
        }
        if !drop.isJudged {
            guard drops.waitedFor(by: number).isEmpty else { return false }
            drop.isJudged = true
            return true
        }
        for name in drop.destinations where !drop.through.contains(name) {
            switch lanes[name]?.turn(of: number) {
            case .go:
                lanes[name]?.finishOffering(number)
                lanes[name]?.close(number)
                drop.through.insert(name)
                if drop.through.count == drop.destinations.count {
                    open[number] = nil
                    _ = drops.ended(number)
                }
                return true
            case .overtaken: return true
            default: continue
            }
        }
        return false
    }
}
