import PostboxCore
import Testing

@Suite("When files that wait are told of")
struct WaitingReminderTests {
    private static let second: Int64 = 1_000_000_000
    private var reminder = WaitingReminder(quiet: 5 * second)

    private mutating func due(_ waiting: [(String, Int64, InboxTracker.Wait)], at seconds: Int64) -> [String] {
        reminder.due(
            waiting.map { InboxTracker.Waiting(name: $0.0, since: $0.1 * Self.second, wait: $0.2) },
            at: seconds * Self.second
        ).map(\.name)
    }

    @Test("A file that its writer keeps open is told of after 30 seconds, then every 10 minutes")
    mutating func writer() {
        let told = [10, 39, 40, 41, 600, 639, 640, 641, 1240].filter { due([("a", 10, .writer)], at: $0) == ["a"] }
        #expect(told == [40, 640, 1240])
        #expect(reminder.nextDeadline == 1840 * Self.second)
    }

    @Test("A file that lacks a companion is told of at once, and anew when it lacks another one")
    mutating func companions() {
        let first = due([("a", 0, .companions(["a.ok"]))], at: 0)
        let again = due([("a", 0, .companions(["a.ok"]))], at: 100)
        let other = due([("a", 0, .companions(["a.sha256"]))], at: 101)
        #expect(first == ["a"] && again == [] && other == ["a"])
    }

    @Test("A file that does not stand still has the settle time besides, and what waits no more is forgotten")
    mutating func change() {
        let early = due([("a", 0, .change), ("b", 0, .name)], at: 34)
        #expect(early == ["b"])
        #expect(reminder.nextDeadline == 35 * Self.second)
        let late = due([("a", 0, .change)], at: 35)
        let none = due([], at: 36)
        #expect(late == ["a"] && none == [] && reminder.nextDeadline == nil)
    }
}
