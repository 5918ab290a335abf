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
        /// The rule's `match`; empty: the plain mapping.
        package var rule: String
        package var destinations: [String]

        package init(
            number: Int, name: String, rows: Int, since: Int64, until: Int64, rule: String = "",
            destinations: [String] = []
        ) {
            self.number = number
            self.name = name
            self.rows = rows
            self.since = since
            self.until = until
            self.rule = rule
            self.destinations = destinations
        }

        /// When somebody is reminded: a quarter of an hour before its end, or half-way where it is held for less than twice that.
        fileprivate var reminder: Int64 { until - min(HeldBook.notice, max(0, until &- since) / 2) }
    }

    static let notice: Int64 = 15 * 60 * 1_000_000
    /// What could not be ended is tried again after that time.
    static let pause: Int64 = 30 * 1_000_000

    private var drops: [Int: Drop] = [:]
    private var reminded: Set<Int> = []
    /// When they are ended, or tried again to be.
    private var ends: [Int: Int64] = [:]

    /// Nothing is held.
    package init() {}

    package var isEmpty: Bool { drops.isEmpty }
    package var count: Int { drops.count }

    /// These are held, and no others.
    package mutating func know(_ all: [Drop]) {
        drops = Dictionary(all.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        reminded.formIntersection(drops.keys)
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
            } else if now >= drop.reminder, now < drop.until, reminded.insert(drop.number).inserted {
                told.append(
                    .alert(
                        Alert(
                            event: .releaseAtRisk,
                            message:
                                "\(drop.name) is held, and is refused at \(TimeText.text(drop.until)) unless somebody releases it: postbox release \(drop.number)",
                            facts: [
                                "drop": "\(drop.number)", "file": drop.name, "rows": "\(drop.rows)",
                                "until": TimeText.text(drop.until),
                            ]
                        ).of(heldRule: drop.rule, at: drop.destinations)))
            }
        }
        return (told, over)
    }

    /// When something is to be done next; nil: nothing is held.
    var nextDeadline: Int64? {
        drops.values.map { drop in
            let end = ends[drop.number] ?? drop.until
            return reminded.contains(drop.number) ? end : min(end, drop.reminder)
        }.min()
    }
}
