/// The drops that wait for a person: when somebody is reminded of one, and when its time is over. They keep nobody waiting. Times are
/// microseconds since 1970.
package struct HeldBook: Sendable, Equatable {
    /// What is known of a held drop.
    package struct Drop: Sendable, Equatable {
        package var number: Int
        package var name: String
        package var rows: Int
        package var since: Int64
        /// It is refused then.
        package var until: Int64
        /// When it is to be done by its rule; nil: its rule has no deadline.
        package var deadline: ScheduleBook.Deadline?
        /// The rule's `match`; empty: the plain mapping.
        package var rule: String
        package var destinations: [String]

        package init(
            number: Int, name: String, rows: Int, since: Int64, until: Int64,
            deadline: ScheduleBook.Deadline? = nil, rule: String = "", destinations: [String] = []
        ) {
            self.number = number
            self.name = name
            self.rows = rows
            self.since = since
            self.until = until
            self.deadline = deadline
            self.rule = rule
            self.destinations = destinations
        }

        /// When somebody is reminded of its end, and before that of its rule's deadline where that comes first; in their order.
        fileprivate var reminders: [Reminder] {
            let ofEnd = Reminder(drop: number, before: until, since: since)
            guard let deadline, since < deadline.at, deadline.at < until else { return [ofEnd] }
            return [Reminder(drop: number, before: deadline.at, since: since), ofEnd]
        }
    }

    /// That something comes.
    fileprivate struct Reminder: Hashable {
        var drop: Int
        /// When it comes.
        var end: Int64
        /// When it is told: a quarter of an hour before that, or half-way where it is held for less than twice that.
        var at: Int64

        init(drop: Int, before end: Int64, since: Int64) {
            self.drop = drop
            self.end = end
            at = end - min(HeldBook.notice, max(0, end &- since) / 2)
        }
    }

    static let notice: Int64 = 15 * 60 * 1_000_000
    /// What could not be ended is tried again after that time.
    static let pause: Int64 = 30 * 1_000_000

    private var drops: [Int: Drop] = [:]
    private var reminded: Set<Reminder> = []
    /// When they are ended, or tried again to be.
    private var ends: [Int: Int64] = [:]

    /// Nothing is held.
    package init() {}

    package var isEmpty: Bool { drops.isEmpty }
    package var count: Int { drops.count }

    /// These are held, and no others.
    package mutating func know(_ all: [Drop]) {
        drops = Dictionary(all.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        reminded = reminded.filter { drops[$0.drop] != nil }
        ends = drops.mapValues { drop in max(drop.until, ends[drop.number] ?? drop.until) }
    }

    /// What is to be said now, and which drops' time is over.
    mutating func due(at now: Int64) -> (told: [Told], over: [Int]) {
        var told: [Told] = []
        var over: [Int] = []
        for drop in drops.values.sorted(by: { $0.number < $1.number }) {
            if let end = ends[drop.number], now >= end {
                ends[drop.number] = now + Self.pause
                over.append(drop.number)
            } else {
                let due = drop.reminders.filter { $0.at <= now && !reminded.contains($0) }
                reminded.formUnion(due)
                // What has come is told by others. Of two things the one that comes first is told.
                guard let next = due.first(where: { now < $0.end }) else { continue }
                told.append(.alert(Self.alert(drop, next.end)))
            }
        }
        return (told, over)
    }

    private static func alert(_ drop: Drop, _ end: Int64) -> Alert {
        var facts = [
            "drop": "\(drop.number)", "file": drop.name, "rows": "\(drop.rows)", "until": TimeText.text(drop.until),
        ]
        let what: String
        if let deadline = drop.deadline, deadline.at == end {
            facts["deadline"] = TimeText.text(deadline.at)
            what = "will miss the deadline of its rule, \(deadline.text),"
        } else {
            what = "is refused at \(TimeText.text(drop.until))"
        }
        return Alert(
            event: .releaseAtRisk,
            message: "\(drop.name) is held, and \(what) unless somebody releases it: postbox release \(drop.number)",
            facts: facts
        ).of(heldRule: drop.rule, at: drop.destinations)
    }

    /// When something is to be done next; nil: nothing is held.
    var nextDeadline: Int64? {
        drops.values.map { drop in
            let next = drop.reminders.filter { !reminded.contains($0) }.map(\.at).min()
            return min(ends[drop.number] ?? drop.until, next ?? .max)
        }.min()
    }
}
