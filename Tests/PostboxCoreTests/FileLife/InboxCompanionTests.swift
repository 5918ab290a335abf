import PostboxCore
import Testing

@Suite("Which files of the inbox are complete, with markers and checksums")
struct InboxCompanionTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second
    private var tracker = InboxTracker(
        quiet: 5 * second,
        names: InboxNames(rules: [
            MappingRule(match: "m*", destinations: ["a"], readySuffix: ".ok"),
            MappingRule(match: "s*", destinations: ["a"], checksum: .sha256),
            MappingRule(match: "b*", destinations: ["a"], readySuffix: ".ok", checksum: .sha256),
            MappingRule(match: "n*", destinations: ["a"], order: .name),
            MappingRule(match: "*", destinations: ["a"]),
        ]))

    /// Sees the file as a listing does, at seconds since the start, changed `age` seconds before.
    private mutating func list(_ name: String, at seconds: Double, age: Double = 0) {
        let time = Int64(seconds * 1e9)
        let changed = Self.wall + time - Int64(age * 1e9)
        tracker.listed(
            name, InboxTracker.Look(size: 10, modifiedAt: changed, changedAt: changed), at: time,
            wall: Self.wall + time)
    }

    private mutating func ready(at seconds: Double) -> [String] { tracker.ready(at: Int64(seconds * 1e9)) }

    @Test("A file is taken with its marker, and the marker is no file of its own")
    mutating func marker() {
        list("m", at: 0, age: 60)
        let without = ready(at: 0)
        #expect(!tracker.hasWork)
        #expect(tracker.waiting.map(\.name) == ["m"])
        #expect(tracker.waiting.map(\.wait) == [.companions(["m.ok"])])
        tracker.movedIn("m.ok", at: Self.second)
        let unseen = ready(at: 1)
        #expect(tracker.unseen == ["m.ok"])
        list("m.ok", at: 1)
        let with = ready(at: 1)
        #expect(without == [] && unseen == [] && with == ["m"])
        #expect(tracker.hasWork && tracker.waiting.isEmpty && tracker.alone.isEmpty)
        tracker.taken("m")
        #expect(tracker.count == 0)
    }

    @Test("With its marker a closed file needs no settling")
    mutating func noSettling() {
        tracker.created("m", at: 0)
        tracker.opened("m", at: 0)
        tracker.closed("m", at: Self.second)
        list("m", at: 1)
        tracker.created("m.ok", at: Self.second)
        list("m.ok", at: 1)
        let names = ready(at: 1)
        #expect(names == ["m"])
    }

    @Test("With its marker a file that was found young needs no settling")
    mutating func foundYoung() {
        list("m", at: 0)
        list("m.ok", at: 0)
        let names = ready(at: 0)
        #expect(names == ["m"])
    }

    @Test("A file that is still being written to is not taken, marker or not")
    mutating func stillOpen() {
        tracker.created("m", at: 0)
        tracker.opened("m", at: 0)
        list("m", at: 1)
        list("m.ok", at: 1)
        let open = ready(at: 100)
        #expect(tracker.hasWork)
        tracker.closed("m", at: 100 * Self.second)
        let closed = ready(at: 100)
        #expect(open == [] && closed == ["m"])
    }

    @Test("A marker that goes away before its file is taken counts no more")
    mutating func markerGone() {
        list("m", at: 0, age: 60)
        list("m.ok", at: 0, age: 60)
        let before = ready(at: 0)
        tracker.gone("m.ok")
        let after = ready(at: 0)
        list("m.ok", at: 1)
        let again = ready(at: 1)
        #expect(before == ["m"] && after == [] && again == ["m"])
    }

    @Test("A file without its marker holds up no other")
    mutating func others() {
        list("m", at: 0, age: 60)
        list("a", at: 0, age: 30)
        let names = ready(at: 0)
        #expect(names == ["a"])
        #expect(tracker.hasWork)
        tracker.taken("a")
        #expect(!tracker.hasWork && tracker.count == 1)
    }

    @Test("A marker without its file stands alone")
    mutating func alone() {
        list("m.ok", at: 0, age: 60)
        list("x.sha256", at: 0, age: 60)
        let names = ready(at: 0)
        #expect(names == [])
        #expect(tracker.alone == ["m.ok", "x.sha256"])
        #expect(!tracker.hasWork)
        list("m", at: 1, age: 60)
        #expect(tracker.alone == ["x.sha256"])
    }

    @Test("A checksum that the rule asks for is waited for, and it has to settle as the file does")
    mutating func checksum() {
        list("s", at: 0, age: 60)
        let without = ready(at: 0)
        #expect(tracker.waiting.map(\.wait) == [.companions(["s.sha256"])])
        list("s.sha256", at: 1)
        let young = ready(at: 5.9)
        #expect(tracker.hasWork && tracker.nextDeadline == 6 * Self.second)
        let settled = ready(at: 6)
        #expect(without == [] && young == [] && settled == ["s"])
    }

    @Test("A checksum that no rule asks for is waited for only while it is being written")
    mutating func optionalChecksum() {
        list("x", at: 0, age: 60)
        tracker.created("x.sha256", at: 0)
        tracker.opened("x.sha256", at: 0)
        list("x.sha256", at: 0)
        let writing = ready(at: 100)
        #expect(tracker.hasWork)
        tracker.closed("x.sha256", at: 100 * Self.second)
        let closed = ready(at: 105)
        #expect(writing == [] && closed == ["x"])
        list("y", at: 105, age: 60)
        let none = ready(at: 105)
        #expect(none.sorted() == ["x", "y"])
    }

    @Test("A marker vouches for the checksum too, once that is closed")
    mutating func both() {
        tracker.created("b", at: 0)
        tracker.closed("b", at: 0)
        list("b", at: 0)
        list("b.ok", at: 0)
        let early = ready(at: 0)
        #expect(tracker.waiting.map(\.wait) == [.companions(["b.sha256"])])
        tracker.created("b.sha256", at: 0)
        tracker.opened("b.sha256", at: 0)
        list("b.sha256", at: 0)
        let writing = ready(at: 0)
        tracker.closed("b.sha256", at: 0)
        let closed = ready(at: 0)
        #expect(early == [] && writing == [] && closed == ["b"])
    }

    @Test("Rejects that were dropped again wait for no marker")
    mutating func rejects() {
        list("m.csv.rejects-7.csv", at: 0, age: 60)
        let names = ready(at: 0)
        #expect(names == ["m.csv.rejects-7.csv"])
    }

    @Test("A rule's files that are ordered by name share the places that they have by arrival")
    mutating func byName() {
        for (name, age) in [("n3", 50.0), ("z", 40), ("n1", 30), ("y", 20), ("n2", 10)] { list(name, at: 0, age: age) }
        let names = ready(at: 0)
        #expect(names == ["n1", "z", "n2", "y", "n3"])
        let first = tracker.ready(at: 0, most: 1)
        #expect(first == ["n1"])
    }

    @Test("A copy that keeps its old modification time has to stand still all the same")
    mutating func oldModificationTime() {
        func look(_ size: Int) -> InboxTracker.Look {
            InboxTracker.Look(size: size, modifiedAt: Self.wall - 86400 * Self.second, changedAt: Self.wall)
        }
        tracker.listed("a", look(10), at: 0, wall: Self.wall)
        let early = ready(at: 4.9)
        let late = ready(at: 5)
        #expect(early == [] && late == ["a"])

        // As cp -p is seen: written, closed, and the time set back after that.
        tracker.created("c", at: 0)
        tracker.opened("c", at: 0)
        tracker.modified("c", at: 0)
        tracker.listed("c", look(20), at: 0, wall: Self.wall)
        tracker.closed("c", at: 6 * Self.second)
        let closed = ready(at: 10.9)
        let settled = ready(at: 11)
        #expect(!closed.contains("c") && settled.contains("c"))
    }

    @Test("A producer that comes back again and again within the settle time is waited for", arguments: [0.2, 1, 4])
    mutating func reopenedOften(gap: Double) {
        var now = 0.0
        tracker.created("a", at: 0)
        for _ in 0..<20 {
            tracker.modified("a", at: Int64(now * 1e9))
            tracker.closed("a", at: Int64(now * 1e9))
            list("a", at: now)
            now += gap
            let between = ready(at: now)
            #expect(between == [])
        }
        let last = ready(at: now - gap + 5)
        #expect(last == ["a"])
    }
}
