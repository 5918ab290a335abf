import PostboxCore
import Testing

@Suite("Which files of the inbox are complete")
struct InboxTrackerTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second
    private var tracker = InboxTracker(quiet: 5 * second)

    private static func look(_ size: Int = 10, at seconds: Double = 0) -> InboxTracker.Look {
        let time = wall + Int64(seconds * 1e9)
        return InboxTracker.Look(size: size, modifiedAt: time, changedAt: time)
    }

    /// Sees the file as a listing does, at seconds since the start.
    private mutating func list(_ name: String, _ look: InboxTracker.Look, at seconds: Double) {
        let time = Int64(seconds * 1e9)
        tracker.listed(name, look, at: time, wall: Self.wall + time)
    }

    private mutating func ready(at seconds: Double) -> [String] { tracker.ready(at: Int64(seconds * 1e9)) }

    @Test("A file renamed into place is complete at once")
    mutating func movedIn() {
        tracker.movedIn("a", at: 0)
        let names = ready(at: 0)
        #expect(names == ["a"])
        #expect(tracker.unseen == ["a"])
    }

    @Test("A written file is complete when it has been quiet for the settle time after its close")
    mutating func closed() {
        tracker.created("a", at: 0)
        tracker.opened("a", at: 0)
        tracker.modified("a", at: 1 * Self.second)
        tracker.closed("a", at: 2 * Self.second)
        #expect(tracker.nextDeadline == 7 * Self.second)
        let early = ready(at: 6.9)
        let late = ready(at: 7)
        #expect(early == [])
        #expect(late == ["a"])
        #expect(tracker.nextDeadline == nil)
    }

    @Test("A reopened file starts to settle anew with its second close")
    mutating func reopened() {
        tracker.created("a", at: 0)
        tracker.closed("a", at: 0)
        tracker.modified("a", at: 4 * Self.second)
        let whileWriting = ready(at: 60)
        tracker.closed("a", at: 61 * Self.second)
        let early = ready(at: 65)
        let late = ready(at: 66)
        #expect(whileWriting == [])
        #expect(early == [])
        #expect(late == ["a"])
    }

    private static let rules = [MappingRule(match: "*.csv", destinations: ["a"], readySuffix: nil)]

    @Test("Other rules change nothing of what is known of a file's writer")
    mutating func otherRules() {
        tracker.created("writing.csv", at: 0)
        tracker.opened("writing.csv", at: 0)
        tracker.movedIn("whole.csv", at: 0)
        list("writing.csv", Self.look(), at: 1)
        list("whole.csv", Self.look(), at: 1)
        tracker.use(
            quiet: Self.second, unmatched: 60 * Self.second, names: InboxNames(rules: Self.rules), at: 2 * Self.second)
        let early = ready(at: 100)
        tracker.closed("writing.csv", at: 101 * Self.second)
        let settling = ready(at: 101.9)
        let late = ready(at: 102)
        #expect(early == ["whole.csv"])
        #expect(settling == ["whole.csv"])
        #expect(late.sorted() == ["whole.csv", "writing.csv"])
    }

    @Test("A file that has to stand still for longer by other rules begins anew; one that need not is complete sooner")
    mutating func otherTimes() {
        tracker.movedIn("a.csv", at: 0)
        list("a.csv", Self.look(), at: 0)
        list("b.odd", Self.look(), at: 0)
        let names = InboxNames(rules: Self.rules)
        tracker.use(quiet: 20 * Self.second, unmatched: 60 * Self.second, names: names, at: 1 * Self.second)
        let early = ready(at: 20.9)
        let late = ready(at: 21)
        #expect(early == [])
        #expect(late == ["a.csv"])
        tracker.use(quiet: Self.second, unmatched: Self.second, names: names, at: 22 * Self.second)
        let all = ready(at: 22)
        #expect(all.sorted() == ["a.csv", "b.odd"])
    }

    @Test("What was a price file may be a marker by other rules, and the other way round; what is ignored is forgotten")
    mutating func otherRoles() {
        tracker.movedIn("a.csv", at: 0)
        tracker.movedIn("a.csv.ok", at: 0)
        tracker.movedIn("b.csv", at: 0)
        for name in ["a.csv", "a.csv.ok", "b.csv"] { list(name, Self.look(), at: 0) }
        let needing = [MappingRule(match: "*.csv", destinations: ["a"], readySuffix: ".ok")]
        tracker.use(quiet: 0, unmatched: 0, names: InboxNames(rules: needing), at: 1)
        let vouched = ready(at: 1)
        #expect(vouched == ["a.csv"])
        #expect(tracker.waiting.map(\.name) == ["b.csv"])
        tracker.use(quiet: 0, unmatched: 0, names: InboxNames(rules: Self.rules, ignored: ["b*"]), at: 2)
        let plain = ready(at: 2)
        #expect(plain.sorted() == ["a.csv", "a.csv.ok"])
        #expect(!tracker.knows("b.csv"))
    }

    @Test("A file that is being written to is not taken before its close, however long that takes")
    mutating func writing() {
        tracker.created("a", at: 0)
        tracker.opened("a", at: 0)
        list("a", Self.look(), at: 1)
        list("a", Self.look(), at: 4000)
        let names = ready(at: 4000)
        #expect(names == [])
        #expect(tracker.pending == 1)
    }

    @Test("A reader's opening does not hold a file up")
    mutating func reader() {
        list("a", Self.look(), at: 0)
        tracker.opened("a", at: 1 * Self.second)
        let names = ready(at: 5)
        #expect(names == ["a"])
    }

    @Test("A found file whose change time lies back further than the settle time is complete")
    mutating func foundOld() {
        list("a", Self.look(at: -5), at: 0)
        let names = ready(at: 0)
        #expect(names == ["a"])
    }

    @Test("A found file that is young has to stand still for the settle time")
    mutating func foundYoung() {
        list("a", Self.look(at: -1), at: 0)
        list("a", Self.look(20, at: 3), at: 3)
        let early = ready(at: 7.9)
        list("a", Self.look(20, at: 3), at: 8)
        let late = ready(at: 8)
        #expect(early == [])
        #expect(late == ["a"])
    }

    @Test("A change of size alone starts the settling anew")
    mutating func sizeChanges() {
        var look = Self.look(at: -1)
        list("a", look, at: 0)
        look.size += 1
        list("a", look, at: 4)
        let early = ready(at: 8)
        let late = ready(at: 9)
        #expect(early == [])
        #expect(late == ["a"])
    }

    @Test("A closed file that a listing shows changed settles anew")
    mutating func quietChanges() {
        tracker.created("a", at: 0)
        tracker.closed("a", at: 0)
        list("a", Self.look(10), at: 1)
        list("a", Self.look(11), at: 3)
        let early = ready(at: 7.9)
        let late = ready(at: 8)
        #expect(early == [])
        #expect(late == ["a"])
    }

    @Test("After lost reports an open file has to stand still for the settle time")
    mutating func lostTrack() {
        tracker.created("a", at: 0)
        tracker.opened("a", at: 0)
        tracker.modified("a", at: 1 * Self.second)
        tracker.movedIn("b", at: 1 * Self.second)
        tracker.lostTrack(at: 2 * Self.second)
        let now = ready(at: 2)
        list("a", Self.look(10, at: 1), at: 2)
        list("b", Self.look(10, at: 1), at: 2)
        let early = ready(at: 6.9)
        let late = ready(at: 7)
        #expect(now == ["b"])
        #expect(early == ["b"])
        #expect(late == ["a", "b"])
    }

    @Test("Without a look at it a found file is not complete")
    mutating func notSeen() {
        tracker.created("a", at: 0)
        let unseen = ready(at: 100)
        list("a", Self.look(at: 0), at: 100)
        #expect(unseen == [])
        #expect(tracker.count == 1)
    }

    @Test("Complete files come by change time, then by name")
    mutating func order() {
        for (name, seconds) in [("c", -20.0), ("b", -10), ("a", -10), ("d", -30)] {
            list(name, Self.look(at: seconds), at: 0)
        }
        let names = ready(at: 0)
        #expect(names == ["d", "c", "a", "b"])
    }

    @Test("Files that went away are forgotten")
    mutating func gone() {
        tracker.movedIn("a", at: 0)
        tracker.movedIn("b", at: 0)
        tracker.movedIn("c", at: 0)
        tracker.gone("a")
        tracker.keep(only: ["b", "x"])
        let names = ready(at: 0)
        #expect(names == ["b"])
    }

    @Test("A file renamed over one that is being written counts as renamed")
    mutating func renamedOver() {
        tracker.created("a", at: 0)
        tracker.modified("a", at: 0)
        tracker.movedIn("a", at: 1)
        let names = ready(at: 1)
        #expect(names == ["a"])
    }

    @Test("A complete file that a listing shows written to settles anew; rights and links may change")
    mutating func completeChanges() {
        var look = Self.look(at: -60)
        list("a", look, at: 0)
        list("b", look, at: 0)
        look.changedAt += Self.second
        list("a", look, at: 1)
        look.size += 1
        list("b", look, at: 1)
        let early = ready(at: 5.9)
        let late = ready(at: 6)
        #expect(early == ["a"])
        #expect(late == ["a", "b"])
    }

    @Test("A directory that is another one is known anew: what was complete or open there says nothing")
    mutating func startAnew() {
        tracker.movedIn("a", at: 0)
        tracker.modified("b", at: 0)
        list("a", Self.look(), at: 0)
        tracker.startAnew()
        list("a", Self.look(), at: 1)
        list("b", Self.look(), at: 1)
        let early = ready(at: 5.9)
        let late = ready(at: 6)
        #expect(early == [])
        #expect(late == ["a", "b"])
    }

    @Test(
        "A file that cannot be taken is left out, is no work, and comes back when it is tried again or when it changes")
    mutating func left() {
        for name in ["a", "b"] { list(name, Self.look(at: -60), at: 0) }
        let both = ready(at: 0)
        tracker.leave("a")
        let one = ready(at: 0)
        tracker.taken("b")
        #expect(!tracker.hasWork && tracker.complete.isEmpty && tracker.leftNames == ["a"])
        list("a", Self.look(at: -60), at: 1)
        tracker.unpark()
        let still = ready(at: 1)
        tracker.tryAgain("a")
        let again = ready(at: 1)
        tracker.leave("a")
        // Its owner was changed.
        var look = Self.look(at: -60)
        look.changedAt += Self.second
        list("a", look, at: 2)
        let changed = ready(at: 2)
        #expect(both == ["a", "b"] && one == ["b"] && still == [] && again == ["a"] && changed == ["a"])
        #expect(tracker.hasWork && tracker.leftNames.isEmpty)
        tracker.leave("a")
        tracker.gone("a")
        #expect(tracker.leftNames.isEmpty && !tracker.knows("a"))
    }

    @Test(
        "What no rule and no ending tells lies unchanged for longer before it is taken, also when it was renamed into place"
    )
    mutating func unmatched() {
        tracker = InboxTracker(quiet: 5 * Self.second, unmatched: 60 * Self.second)
        tracker.movedIn("x.dat", at: 0)
        list("x.dat", Self.look(), at: 0)
        tracker.movedIn("x.csv", at: 0)
        list("x.csv", Self.look(), at: 0)
        list("old.dat", Self.look(at: -60), at: 0)
        list("young.dat", Self.look(at: -59), at: 0)
        let first = ready(at: 0)
        for name in first { tracker.taken(name) }
        #expect(!tracker.hasWork && tracker.pending == 0)
        #expect(tracker.waiting.map(\.name) == ["x.dat", "young.dat"])
        #expect(tracker.waiting.map(\.wait) == [.name, .name])
        #expect(tracker.nextDeadline == 60 * Self.second)
        let early = ready(at: 59.9)
        let late = ready(at: 60)
        #expect(Set(first) == ["x.csv", "old.dat"] && early == [] && Set(late) == ["x.dat", "young.dat"])
        #expect(tracker.hasWork)
    }

    @Test(
        "A file that its writer keeps open waits for it, one that is closed only settles, one that grows unseen does not stand still"
    )
    mutating func waits() {
        tracker.created("a.csv", at: 3 * Self.second)
        tracker.opened("a.csv", at: 3 * Self.second)
        tracker.modified("a.csv", at: 4 * Self.second)
        list("b.csv", Self.look(at: 4), at: 4)
        #expect(
            tracker.waiting == [
                .init(name: "a.csv", since: 3 * Self.second, wait: .writer),
                .init(name: "b.csv", since: 4 * Self.second, wait: .change),
            ])
        tracker.closed("a.csv", at: 50 * Self.second)
        #expect(tracker.waiting.map(\.name) == ["b.csv"])
    }

    @Test("Parked files are left out until all are let go, or one is replaced or gone")
    mutating func parked() {
        for name in ["a", "b", "c", "d"] { list(name, Self.look(at: -60), at: 0) }
        let first = tracker.ready(at: 0, most: 2)
        for name in first { tracker.park(name) }
        tracker.park("c")
        let second = ready(at: 0)
        tracker.movedIn("b", at: 0)
        tracker.gone("c")
        let third = ready(at: 0)
        list("c", Self.look(at: -60), at: 0)
        tracker.unpark()
        let all = ready(at: 0)
        #expect(first == ["a", "b"])
        #expect(second == ["d"])
        #expect(Set(third) == ["b", "d"])
        #expect(Set(all) == ["a", "b", "c", "d"] && all.count == 4)
    }
}
