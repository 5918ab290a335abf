import PostboxCore
import Testing

@Suite("Which files of a polled inbox are complete")
struct InboxPollingTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second
    private var tracker = InboxTracker(quiet: 5 * second)

    init() {
        tracker.isPolled = true
    }

    /// Sees a file of that size as a listing does, at seconds since the start, changed at seconds since the start.
    private mutating func list(_ name: String, _ size: Int = 10, changed: Double, at seconds: Double) {
        let time = Int64(seconds * 1e9)
        let changedAt = Self.wall + Int64(changed * 1e9)
        tracker.listed(
            name, InboxTracker.Look(size: size, modifiedAt: changedAt, changedAt: changedAt), at: time,
            wall: Self.wall + time)
    }

    private mutating func ready(at seconds: Double) -> [String] { tracker.ready(at: Int64(seconds * 1e9)) }

    @Test("A file is complete when a listing shows it unchanged over the settle time, not when only time has passed")
    mutating func settles() {
        list("a", changed: 0, at: 0)
        let unlisted = ready(at: 60)
        list("a", 11, changed: 0, at: 60)
        list("a", 11, changed: 0, at: 64.9)
        let early = ready(at: 64.9)
        list("a", 11, changed: 0, at: 65)
        let late = ready(at: 65)
        #expect(unlisted == [] && early == [])
        #expect(late == ["a"])
        #expect(tracker.nextDeadline == nil)
    }

    @Test("Another machine's clock is not believed: an old file has to stand still as well")
    mutating func oldFile() {
        list("a", changed: -3600, at: 0)
        let early = ready(at: 0)
        list("a", changed: -3600, at: 5)
        let late = ready(at: 5)
        #expect(early == [])
        #expect(late == ["a"])
    }

    @Test("Without a settle time a file is complete when it is seen")
    mutating func noSettle() {
        tracker = InboxTracker(quiet: 0)
        tracker.isPolled = true
        list("a", changed: 0, at: 0)
        let names = ready(at: 0)
        #expect(names == ["a"])
    }

    @Test("A file that waits for its destination and is written to settles anew")
    mutating func waits() {
        list("a", changed: 0, at: 0)
        list("a", changed: 0, at: 5)
        let complete = ready(at: 5)
        list("a", 20, changed: 6, at: 6)
        let written = ready(at: 6)
        list("a", 20, changed: 6, at: 11)
        let late = ready(at: 11)
        #expect(complete == ["a"])
        #expect(written == [])
        #expect(late == ["a"])
    }

    @Test("What this machine reports counts: a rename at once, a close after the settle time")
    mutating func reports() {
        tracker.movedIn("a", at: 0)
        list("a", changed: 0, at: 0)
        tracker.closed("b", at: 0)
        list("b", changed: 0, at: 0)
        let first = ready(at: 0)
        let both = ready(at: 5)
        #expect(first == ["a"])
        #expect(both == ["a", "b"])
    }

    @Test("When it is watched again, time alone tells; when no longer, it does not", arguments: [true, false])
    mutating func changes(isPolled: Bool) {
        tracker.isPolled = !isPolled
        list("a", changed: 0, at: 0)
        tracker.isPolled = isPolled
        let names = ready(at: 5)
        #expect(names == (isPolled ? [] : ["a"]))
        #expect(tracker.pending == (isPolled ? 1 : 0))
    }
}
