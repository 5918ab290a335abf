import PostboxCore
import Testing

@Suite("Which files of the inbox are complete when the clock is set")
struct InboxClockTests {
    private static let second: Int64 = 1_000_000_000
    private static let wall: Int64 = 1_795_000_000 * second
    private static let hour = 3600.0
    private var tracker = InboxTracker(quiet: 5 * second)

    /// Sees a file as a listing does: `at` and `changed` are seconds since the start, the latter by the clock as it stood, and
    /// `step` is how far the clock was set since then.
    private mutating func list(_ name: String, changed: Double, at seconds: Double, step: Double = 0) {
        let time = Int64(seconds * 1e9)
        let changedAt = Self.wall + Int64(changed * 1e9)
        tracker.listed(
            name, InboxTracker.Look(size: 10, modifiedAt: changedAt, changedAt: changedAt), at: time,
            wall: Self.wall + time + Int64(step * 1e9))
    }

    private mutating func ready(at seconds: Double) -> [String] { tracker.ready(at: Int64(seconds * 1e9)) }

    @Test("A file settles by the time that passed, whichever way the clock is set", arguments: [hour, -hour])
    mutating func settles(step: Double) {
        list("a", changed: 0, at: 0)
        tracker.closed("b", at: 0)
        list("b", changed: 0, at: 0)
        list("a", changed: 0, at: 1, step: step)
        list("b", changed: 0, at: 1, step: step)
        let early = ready(at: 4.9)
        let late = ready(at: 5)
        #expect(early == [])
        #expect(late == ["a", "b"])
    }

    @Test("A file that was written right before the clock was set forward does not pass for an old one")
    mutating func forward() {
        list("first", changed: -60, at: 0)
        list("a", changed: 9, at: 10, step: Self.hour)
        let early = ready(at: 14.9)
        let late = ready(at: 15)
        #expect(early == ["first"])
        #expect(late == ["first", "a"])
    }

    @Test("After lost reports an open file does not pass for an old one because the clock was set forward")
    mutating func lostTrack() {
        list("first", changed: -60, at: 0)
        tracker.modified("a", at: 9 * Self.second)
        tracker.lostTrack(at: 10 * Self.second)
        list("a", changed: 9, at: 10, step: Self.hour)
        let early = ready(at: 14.9)
        let late = ready(at: 15)
        #expect(early == ["first"])
        #expect(late == ["first", "a"])
    }

    @Test("Files whose change time lies ahead are taken after the settle time, last of all and in its order")
    mutating func future() {
        list("later", changed: 2 * Self.hour, at: 0)
        list("soon", changed: Self.hour, at: 0)
        list("old", changed: -60, at: 0)
        let early = ready(at: 0)
        let late = ready(at: 5)
        #expect(early == ["old"])
        #expect(late == ["old", "soon", "later"])
    }

    @Test("A file written after the clock was set back comes before those of the hour that is lived again")
    mutating func back() {
        list("a", changed: -10, at: 0)
        list("b", changed: -Self.hour, at: 1, step: -Self.hour)
        let names = ready(at: 6)
        #expect(names == ["b", "a"])
    }
}
