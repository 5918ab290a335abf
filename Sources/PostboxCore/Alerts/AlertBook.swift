/// The alerts of the last day: which stand, who has them, who is called, and what is told again. Times are microseconds since 1970.
///
/// The same alert about the same thing (destination, rule, drop, file, day, what is held) is one entry while it stands, however often it comes. Its
/// all-clear ends it; what comes after that is a new one.
package struct AlertBook: Sendable {
    /// How long an alert is shown after it came last, and holds when somebody has it.
    package static let shown: Int64 = 86_400_000_000
    /// Alerts that are kept at most; the oldest go first.
    static let most = 1000
    /// Mutes at once.
    package static let mutesMost = 100

    /// What is to be done about an alert.
    package struct Raised: Sendable, Equatable {
        /// Its number; nil: nothing stands that this all-clear ends.
        package var id: Int?
        /// `alert_command` and `alert_webhook` get it.
        package var isCalled: Bool

        package init(id: Int?, isCalled: Bool) {
            self.id = id
            self.isCalled = isCalled
        }
    }

    /// An alert that is told again.
    package struct Again: Sendable, Equatable {
        package var id: Int
        package var alert: Alert
        /// How often it has come or been told by now.
        package var times: Int
    }

    /// Something that the ledger does not have yet.
    package enum Change: Sendable, Equatable {
        case kept(StandingAlert)
        case gone(Int)
    }

    private var rules: [AlertRule]
    private var alerts: [Int: StandingAlert] = [:]
    /// Those that are not over, by what they are about.
    private var standing: [Subject: Int] = [:]
    /// When each is told again, and how often it has been.
    private var again: [Int: (at: Int64, count: Int)] = [:]
    private var mutes: [Int: AlertMute] = [:]
    private var last: Int
    private var unsaved: Set<Int> = []

    package init(_ rules: [AlertRule]) {
        self.rules = rules
        last = 0
    }

    /// Other rules say from now on who is called, and when again.
    package mutating func use(_ rules: [AlertRule]) { self.rules = rules }

    /// What an earlier run kept.
    package mutating func recall(
        _ kept: [StandingAlert], acknowledged: [Int: PersonNote], mutes: [AlertMute], at now: Int64
    ) {
        for var alert in kept {
            last = max(last, alert.id)
            alert.acknowledged = acknowledged[alert.id]
            alerts[alert.id] = alert
            if alert.overAt == nil { standing[Subject(alert.alert)] = alert.id }
        }
        for mute in mutes {
            last = max(last, mute.id)
            self.mutes[mute.id] = mute
        }
        last = max(last, acknowledged.keys.max() ?? 0)
        forget(at: now)
    }

    // MARK: - What happens

    /// Something is told.
    package mutating func raise(_ alert: Alert, at now: Int64) -> Raised {
        forget(at: now)
        if !alert.event.ends.isEmpty { return end(alert, at: now) }
        let rule = rules.rule(for: alert)
        let isMuted = mutes.values.contains { $0.until > now && $0.about.fits(alert) }
        let subject = Subject(alert)
        var entry: StandingAlert
        if let id = standing[subject], let known = alerts[id] {
            entry = known
            entry.alert = alert
            entry.lastAt = now
            entry.times += 1
        } else {
            last += 1
            entry = StandingAlert(id: last, alert, at: now, route: rule.route)
            standing[subject] = last
        }
        entry.isMuted = isMuted
        alerts[entry.id] = entry
        unsaved.insert(entry.id)
        let isCalled = entry.route == .page && !isMuted && entry.acknowledged == nil
        if entry.route == .page, let pause = rule.again, entry.acknowledged == nil, again[entry.id] == nil {
            again[entry.id] = (now + pause.nanoseconds / 1000, 0)
        }
        return Raised(id: entry.id, isCalled: isCalled)
    }

    /// All that the all-clear ends. Whoever was called is told that it is over, also somebody who has it.
    private mutating func end(_ clear: Alert, at now: Int64) -> Raised {
        let entries = end(clear.event.ends, about: clear.facts, at: now)
        guard let first = entries.first else {
            return Raised(id: nil, isCalled: rules.rule(for: clear).route == .page)
        }
        return Raised(id: first.id, isCalled: entries.contains { $0.route == .page && !$0.isMuted })
    }

    /// What these alerts tell is over, where it is about these facts. Returns what stood.
    @discardableResult
    package mutating func end(_ events: [Event], about facts: [String: String], at now: Int64) -> [StandingAlert] {
        let over = standing.filter { events.contains($0.key.event) && $0.key.isAbout(facts) }
        for (subject, id) in over {
            standing[subject] = nil
            again[id] = nil
            alerts[id]?.overAt = now
            unsaved.insert(id)
        }
        return over.values.sorted().compactMap { alerts[$0] }
    }

    /// What is told again now.
    package mutating func due(at now: Int64) -> [Again] {
        forget(at: now)
        var out: [Again] = []
        for (id, planned) in again.sorted(by: { $0.key < $1.key }) where planned.at <= now {
            guard var entry = alerts[id], let pause = rules.rule(for: entry.alert).again else {
                again[id] = nil
                continue
            }
            again[id] = (now + pause.nanoseconds / 1000, planned.count + 1)
            if mutes.values.contains(where: { $0.until > now && $0.about.fits(entry.alert) }) { continue }
            entry.isMuted = false
            alerts[id] = entry
            out.append(Again(id: id, alert: entry.alert, times: entry.times + planned.count + 1))
        }
        return out
    }

    /// When something is told again; nil: nothing is.
    package var nextDeadline: Int64? { again.values.map(\.at).min() }

    /// Whether an alert is of interest no more: a day after it came last, or after somebody took it. That a file is missing stands until
    /// somebody has it, or it comes.
    private func isPast(_ entry: StandingAlert, at now: Int64) -> Bool {
        if entry.alert.event == .fileMissing, entry.isOpen { return false }
        return now - max(entry.lastAt, entry.acknowledged?.at ?? 0) >= Self.shown
    }

    private mutating func forget(at now: Int64) {
        let old = alerts.values.filter { isPast($0, at: now) }.map(\.id)
        let surplus = alerts.count - old.count - Self.most
        let crowd =
            surplus > 0 ? Set(alerts.keys).subtracting(old).sorted().prefix(surplus) : []
        for id in old + crowd {
            if let entry = alerts.removeValue(forKey: id), standing[Subject(entry.alert)] == id {
                standing[Subject(entry.alert)] = nil
            }
            again[id] = nil
            // The last number stays in the ledger: no number comes twice.
            unsaved.insert(id)
        }
        for mute in mutes.values where mute.until <= now { mutes[mute.id] = nil }
    }

    // MARK: - What people do

    package func alert(_ id: Int) -> StandingAlert? { alerts[id] }

    /// Drops of which one of these alerts stands.
    package func drops(of events: [Event]) -> [Int] {
        standing.keys.filter { events.contains($0.event) }.compactMap { $0.facts["drop"].flatMap(Int.init) }.sorted()
    }

    /// Those of that event that stand, in the order in which they came, whether somebody has them or not.
    package func standing(_ event: Event) -> [StandingAlert] {
        standing.filter { $0.key.event == event }.values.sorted().compactMap { alerts[$0] }
    }

    package func mute(_ id: Int) -> AlertMute? { mutes[id] }

    /// Somebody has it.
    package mutating func acknowledge(_ id: Int, _ by: PersonNote) {
        alerts[id]?.acknowledged = by
        again[id] = nil
    }

    /// The number that the next mute gets.
    package mutating func nextNumber() -> Int {
        last += 1
        return last
    }

    package mutating func add(_ mute: AlertMute) { mutes[mute.id] = mute }

    package mutating func endMute(_ id: Int) { mutes[id] = nil }

    // MARK: - What is shown and kept

    /// Those that stand first, then the others; each the newest first.
    package func list(at now: Int64) -> [StandingAlert] {
        alerts.values.filter { !isPast($0, at: now) }
            .sorted { ($0.isOpen ? 1 : 0, $0.lastAt, $0.id) > ($1.isOpen ? 1 : 0, $1.lastAt, $1.id) }
    }

    /// The one that ends first stands first.
    package func muted(at now: Int64) -> [AlertMute] {
        mutes.values.filter { $0.until > now }.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
    }

    /// What the ledger does not have yet. It is asked for once: what cannot be written is given back.
    package mutating func takeChanges() -> [Change] {
        defer { unsaved = [] }
        return unsaved.sorted().compactMap { id in
            alerts[id].map { .kept($0) } ?? (id == last ? nil : .gone(id))
        }
    }

    /// These could not be written.
    package mutating func giveBack(_ changes: [Change]) {
        for change in changes {
            switch change {
            case .kept(let alert): unsaved.insert(alert.id)
            case .gone(let id): unsaved.insert(id)
            }
        }
    }

    /// What an alert is about.
    private struct Subject: Hashable {
        private static let keys = ["destination", "rule", "drop", "file", "day", "table", "calendar", "path", "what"]

        var event: Event
        var facts: [String: String]

        init(_ alert: Alert) {
            event = alert.event
            facts = alert.facts.filter { Self.keys.contains($0.key) }
        }

        /// Whether these facts are of the same thing: none of both says otherwise.
        func isAbout(_ other: [String: String]) -> Bool {
            facts.allSatisfy { key, value in other[key].map { $0 == value } ?? true }
        }
    }
}

extension Event {
    /// The alerts that this one is the all-clear of.
    package var ends: [Event] {
        switch self {
        case .destinationUp: [.destinationDown]
        case .waitingOver: [.waitingLong]
        case .fileArrivedLate: [.fileMissing]
        case .watching: [.watchFault, .inboxFault]
        case .tableRead: [.tableFault]
        case .traceWhole: [.traceFault]
        case .diskRecovered: [.diskFault]
        case .diskWell: [.diskLow]
        case .recordRecovered: [.recordFault]
        case .clockSynchronised: [.clockUnsynchronised]
        default: []
        }
    }

    /// The event of that word; nil: there is none.
    package static func named(_ word: String) -> Event? { all.first { $0.word == word } }
}
