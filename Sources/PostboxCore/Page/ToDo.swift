/// What only a person can end: what is held for release and files that ended badly; and what counts until somebody takes it (`postbox ack`):
/// missing files, destinations that are down for long, and holds that should be over.
struct ToDo {
    /// A time by which something is to be done.
    struct Deadline {
        /// The file, or the rule whose files are meant.
        var name: String
        /// Microseconds since 1970.
        var at: Int64
        /// What comes then: `is refused at 19:02:00`.
        var words: String
    }

    /// Drops that are held for release.
    var held: Int
    /// Files that ended badly; nil: the ledger cannot be read.
    var failures: Int?
    /// Rules of which files are missing; of an earlier day with that day.
    var missing: [String] = []
    /// Destinations that are down for long.
    var down: [String] = []
    /// What is on hold although it should have gone on.
    var overdue: [String] = []
    /// What of this somebody has, so that it does not count: what, and who.
    var taken: [(what: String, by: String)] = []
    /// What comes next if nobody does anything; nil: nothing has a time.
    var nearest: Deadline?

    var count: Int { held + (failures ?? 0) + missing.count + down.count + overdue.count }

    init(_ facts: PageFacts) {
        let (board, now) = (facts.board, facts.now)
        held = board.held.count
        failures = facts.failures
        for line in board.schedule where line.isMissing(at: now) {
            let about = ["rule": line.rule, "by": line.by.map(TimeText.text) ?? ""]
            add(line.rule, .fileMissing, about, in: board, to: \.missing)
        }
        addEarlier(board)
        for lane in facts.longDown {
            add(lane.name, .destinationDown, ["destination": lane.name], in: board, to: \.down)
        }
        for hold in board.holds where hold.until.map({ $0 < now }) == true {
            add(hold.command.subject, .holdOverdue, ["what": hold.command.subject], in: board, to: \.overdue)
        }
        nearest = deadlines(facts).filter { $0.at > now }.min { $0.at < $1.at }
    }

    /// Counts files of earlier days that never came, and names who has some: what is missing today stands in its rule's line.
    private mutating func addEarlier(_ board: StatusBoard) {
        for line in board.schedule {
            missing += line.missingDays.map { "\(line.rule) of \(BusinessCalendar.text(ofDay: $0.day))" }
        }
        for entry in board.alerts where entry.alert.event == .fileMissing && entry.overAt == nil {
            let facts = entry.alert.facts
            guard let person = entry.acknowledged, let rule = facts["rule"], let day = facts["day"],
                let by = facts["by"],
                !board.schedule.contains(where: { $0.rule == rule && $0.by.map(TimeText.text) == by })
            else { continue }
            taken.append(("\(rule) of \(day)", ReleaseRule.name(person.by)))
        }
    }

    /// Counts something, or names who has it. `about`: what the alert of it is about.
    private mutating func add(
        _ name: String, _ event: Event, _ about: [String: String], in board: StatusBoard,
        to list: WritableKeyPath<Self, [String]>
    ) {
        let standing = board.alerts.filter { entry in
            entry.overAt == nil && entry.alert.event == event
                && about.allSatisfy { key, value in entry.alert.facts[key] == value }
        }
        if let person = standing.max(by: { $0.id < $1.id })?.acknowledged {
            taken.append((name, ReleaseRule.name(person.by)))
        } else {
            self[keyPath: list].append(name)
        }
    }

    private func deadlines(_ facts: PageFacts) -> [Deadline] {
        var all: [Deadline] = []
        for drop in facts.board.held {
            let until = PageWords.time(drop.until, at: facts.now)
            all.append(Deadline(name: drop.name, at: drop.until, words: "is refused at \(until)"))
            if let deadline = drop.deadline {
                all.append(Deadline(name: drop.name, at: deadline.at, words: "is to be done by \(deadline.text)"))
            }
        }
        for line in facts.board.schedule {
            guard missing.contains(line.rule) || line.state == .open, let at = line.deadline,
                let text = line.deadlineText
            else { continue }
            all.append(Deadline(name: line.rule, at: at, words: "is to be done by \(text)"))
        }
        return all
    }

    /// What is to be done, kind by kind.
    var words: [String] {
        [
            held > 0 ? "\(held) held" : nil, failures.flatMap { $0 > 0 ? PageWords.count($0, "open failure") : nil },
            missing.isEmpty ? nil : "\(missing.count) missing",
            down.isEmpty ? nil : "\(PageWords.count(down.count, "destination")) down for long",
            overdue.isEmpty ? nil : "\(PageWords.count(overdue.count, "hold")) overdue",
        ].compactMap { $0 } + taken.map { "\($0.by) has \($0.what)" }
    }

    /// Where it is done.
    var path: String {
        if held > 0 { return "/held" }
        return (failures ?? 0) > 0 ? "/failures" : "/#alerts"
    }
}

extension ScheduleBook.Line {
    /// Files of today should be here, and are not.
    func isMissing(at now: Int64) -> Bool {
        guard state == .missing || state == .late, let by else { return false }
        return by <= now && arrived < count
    }
}
