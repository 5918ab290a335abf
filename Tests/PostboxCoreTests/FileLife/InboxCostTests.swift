import PostboxCore
import Testing

@Suite("What many files in the inbox cost")
struct InboxCostTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second

    /// Arrivals in no order of names, one a microsecond.
    private static func look(_ arrival: Int) -> InboxTracker.Look {
        let time = wall - 60 * second + Int64(arrival) * 1000
        return InboxTracker.Look(size: 10, modifiedAt: time, changedAt: time)
    }

    /// What the tracker goes through for each of so many files from arrival to claim, and in which order they were taken.
    private static func cost(
        _ count: Int, names: InboxNames = InboxNames(rules: []), _ arrive: (inout InboxTracker, Int, String) -> Void
    ) -> (visits: Int, taken: [String]) {
        var tracker = InboxTracker(quiet: second, names: names)
        for file in 0..<count { arrive(&tracker, file, "f\((file * 7919) % count)") }
        var taken: [String] = []
        var now = 100 * second
        while true {
            // As the service does: a few at a time, asked for again as each of them ends.
            let ready = tracker.ready(at: now, most: 8)
            if ready.isEmpty { break }
            for name in ready.prefix(2) {
                tracker.taken(name)
                taken.append(name)
            }
            now += 1000
            _ = tracker.nextDeadline
        }
        return (tracker.visits / count, taken)
    }

    private static func expectFlat(
        names: InboxNames = InboxNames(rules: []), _ arrive: (inout InboxTracker, Int, String) -> Void
    ) {
        let few = cost(1000, names: names, arrive)
        let many = cost(20_000, names: names, arrive)
        #expect(few.taken.count == 1000 && Set(many.taken).count == 20_000 && many.taken.count == 20_000)
        #expect(many.visits <= few.visits + 1)
    }

    @Test("Each of many files that were there at the start costs what each of few does")
    func start() {
        Self.expectFlat { tracker, file, name in tracker.listed(name, Self.look(file), at: 0, wall: Self.wall) }
    }

    @Test("Each of many files that settle while others come costs what each of few does")
    func settling() {
        Self.expectFlat { tracker, file, name in
            let now = Int64(file) * 1000
            tracker.created(name, at: now)
            tracker.opened(name, at: now)
            tracker.closed(name, at: now)
            tracker.listed(name, Self.look(file), at: now, wall: Self.wall)
            _ = tracker.ready(at: now, most: 8)
            _ = tracker.nextDeadline
        }
    }

    @Test("Each of many files that come while others wait costs what each of few does")
    func waiting() {
        Self.expectFlat { tracker, file, name in
            tracker.movedIn(name, at: Int64(file))
            tracker.listed(name, Self.look(file), at: Int64(file), wall: Self.wall)
            _ = tracker.ready(at: Int64(file), most: 8)
        }
    }

    @Test("Each of many files that wait for a destination costs what each of few does, and its turn keeps its place")
    func parked() {
        var visits: [Int] = []
        for count in [1000, 20_000] {
            var tracker = InboxTracker(quiet: Self.second)
            for file in 0..<count {
                let name = "f\(file)"
                tracker.movedIn(name, at: 0)
                tracker.listed(name, Self.look(file), at: 0, wall: Self.wall)
            }
            // Every second one waits, the others go.
            while true {
                let ready = tracker.ready(at: 0, most: 8)
                if ready.isEmpty { break }
                for name in ready {
                    if let number = Int(name.dropFirst()), number % 2 == 0 {
                        tracker.park(name)
                    } else {
                        tracker.taken(name)
                    }
                }
            }
            tracker.unpark()
            #expect(tracker.ready(at: 0) == (0..<count / 2).map { "f\($0 * 2)" })
            visits.append(tracker.visits / count)
        }
        #expect(visits[1] <= visits[0] + 1)
    }

    @Test("Each of many files that a rule takes by name costs what each of few does")
    func byName() {
        let names = InboxNames(rules: [MappingRule(match: "*", destinations: ["a"], order: .name)])
        Self.expectFlat(names: names) { tracker, file, name in
            tracker.listed(name, Self.look(file), at: 0, wall: Self.wall)
        }
    }

    @Test("Each of many files with a marker costs what each of few does")
    func markers() {
        let names = InboxNames(rules: [MappingRule(match: "f*", destinations: ["a"], readySuffix: ".ok")])
        Self.expectFlat(names: names) { tracker, file, name in
            let now = Int64(file)
            tracker.closed(name, at: now)
            tracker.listed(name, Self.look(file), at: now, wall: Self.wall)
            tracker.closed(name + ".ok", at: now)
            tracker.listed(name + ".ok", Self.look(file), at: now, wall: Self.wall)
            _ = tracker.ready(at: now, most: 8)
            _ = tracker.nextDeadline
        }
    }
}
