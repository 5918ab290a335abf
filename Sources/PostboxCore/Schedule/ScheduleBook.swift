/// What is known of the files of a rule on its day.
package struct ScheduledFile: Sendable, Equatable {
    /// Where it stands.
    package enum Place: Sendable, Equatable {
        case inbox
        /// In work; whole seconds until it is through at the present rate, nil: that cannot be told.
        case work(secondsLeft: Int?)
        case held
        case ended(Verdict)
    }

    /// nil: it was not claimed yet.
    package var drop: Int?
    package var name: String
    package var rule: String
    /// When it came, microseconds since 1970.
    package var at: Int64
    package var place: Place
    /// It ended badly, and each of its bad rows has been put right, or a person said that nothing more is to be done about it.
    package var isClosed = false
    /// It stands for so many files that are done.
    package var count = 1

    package init(drop: Int?, name: String, rule: String, at: Int64, place: Place, isClosed: Bool = false) {
        self.drop = drop
        self.name = name
        self.rule = rule
        self.at = at
        self.place = place
        self.isClosed = isClosed
    }

    /// Nothing more of it is to be waited for.
    var isDone: Bool { place == .ended(.done) || isClosed }

    /// Every row of it has its outcome.
    package var hasEnded: Bool {
        if case .ended = place { true } else { false }
    }
}

/// Holds expected files and deadlines against what came, and says what is wrong, once a day each. Times are microseconds since 1970.
package struct ScheduleBook: Sendable {
    /// How a rule stands today.
    package struct Line: Sendable, Equatable {
        package enum State: String, Sendable, Equatable {
            /// It is not due today.
            case idle
            /// It would be, and somebody said that nothing comes.
            case skipped
            /// Files may still come.
            case expected
            /// They should be here, and are not.
            case missing
            /// They are here and not through.
            case inWork = "in_work"
            /// They will not be through by the deadline at the present rate.
            case atRisk = "at_risk"
            /// They ended, and not all of them well.
            case open
            /// The deadline has passed, and they are not done.
            case late
            case done
        }

        package var rule: String
        package var state: State
        /// Files that are expected, came, and are done.
        package var count: Int
        package var arrived: Int
        package var done: Int
        package var by: Int64?
        package var deadline: Int64?
        /// The same times as people say them.
        package var byText: String?
        package var deadlineText: String?
        /// By when its files are expected next that did not come; nil: none are for a long time.
        package var next: Deadline?
        /// What is wrong or not through, with the drops that it is about; empty: nothing.
        package var story: [DropSentence.Piece] = []
        /// Earlier days whose files never came, and that nobody has, in order.
        package var missingDays: [MissingDay] = []

        /// The story in words; nil: there is none.
        package var why: String? { story.isEmpty ? nil : DropSentence(at: 0, story).text }

        /// The same with links to the drops.
        var html: HTML { DropSentence(at: 0, story).html }
    }

    package private(set) var schedules: [RuleSchedule]
    private var told: Set<ScheduleTold> = []
    private var toldCalendars: Set<String> = []
    /// What was told, or is forgotten, since it was last asked for.
    private var changes: (new: Set<ScheduleTold>, gone: Set<ScheduleTold>) = ([], [])
    /// Days on which rules expect nothing although they would.
    package var skips: [ScheduleSkip] = []

    package init(_ schedules: [RuleSchedule]) { self.schedules = schedules }

    /// Rules are expected so from now on. What was told of a rule's day is not told again.
    package mutating func use(_ schedules: [RuleSchedule]) { self.schedules = schedules }

    /// When the day before the earliest day of any rule began, at a time: files that came before and are done are of no interest.
    package func begin(at now: Int64) -> Int64 {
        schedules.map { BusinessCalendar.time(0, on: $0.day(at: now) - 1, in: $0.zoneRules) }.min() ?? now
    }

    /// How each rule stands, in the order of the configuration. `missing`: days on which files were missing that nobody has.
    package func lines(_ files: [ScheduledFile], missing: [MissingDay] = [], at now: Int64) -> [Line] {
        schedules.map { schedule in
            let today = schedule.day(at: now)
            var line = line(schedule, files, on: today, at: now)
            line.missingDays = missing.filter { $0.rule == schedule.rule && $0.day < today }.sorted { $0.day < $1.day }
            addEarlier(files, of: schedule, to: &line, at: now)
            line.next = next(schedule, arrived: line.arrived, today: today, at: now)
            return line
        }
    }

    /// Days that are looked through for the next one on which files are expected: the next end of a month is among them.
    private static let daysAhead = 45

    /// By when files are expected next: today, where some may still come by then, or on a later day. `arrived`: files of today.
    private func next(_ schedule: RuleSchedule, arrived: Int, today: Int, at now: Int64) -> Deadline? {
        guard let by = schedule.by else { return nil }
        for day in today..<today + Self.daysAhead {
            let isSkipped = skips.contains { $0.rule == schedule.rule && $0.day == day }
            guard !isSkipped, schedule.isDue(on: day) else { continue }
            let (at, text) = (schedule.time(by, on: day), schedule.text(by, on: day))
            if day > today { return Deadline(at: at, text: "\(text) on \(BusinessCalendar.text(ofDay: day))") }
            if arrived < schedule.count, now < at { return Deadline(at: at, text: text) }
        }
        return nil
    }

    /// Adds files of earlier days that never came, or whose deadline has passed and that are not done: no midnight makes them so.
    private func addEarlier(_ files: [ScheduledFile], of schedule: RuleSchedule, to line: inout Line, at now: Int64) {
        let today = schedule.day(at: now)
        let earlier = schedule.deadline == nil ? [] : open(files, of: schedule, before: today)
        let days = line.missingDays.map { BusinessCalendar.text(ofDay: $0.day) }
        let more = days.count > 3 ? " and \(days.count - 3) more days" : ""
        var parts: [[DropSentence.Piece]] = []
        if !days.isEmpty {
            parts.append([.words("files of \(days.prefix(3).joined(separator: ", "))\(more) never came")])
        }
        if !earlier.isEmpty { parts.append(Self.words(0, earlier)) }
        let firsts = [line.missingDays.first?.day, earlier.first.map { schedule.day(at: $0.at) }]
        guard let first = firsts.compactMap(\.self).min() else { return }
        let own = line.story
        line.story = [.words("of earlier days: ")]
        line.story += parts.joined(separator: Self.comma)
        if !own.isEmpty { line.story += [.words("; today: ")] + own }
        guard let deadline = schedule.deadline else {
            line.state = .missing
            return
        }
        line.state = .late
        guard line.deadline == nil else { return }
        line.deadline = schedule.time(deadline, on: first)
        line.deadlineText = "\(schedule.text(deadline, on: first)) on \(BusinessCalendar.text(ofDay: first))"
    }

    /// Files of earlier days that are not done, in the order in which they came.
    private func open(_ files: [ScheduledFile], of schedule: RuleSchedule, before today: Int) -> [ScheduledFile] {
        let earlier = files.filter { file in
            let day = schedule.day(at: file.at)
            return file.rule == schedule.rule && day < today && !file.isDone
                && !skips.contains { $0.rule == schedule.rule && $0.day == day }
        }
        return earlier.sorted { ($0.at, $0.name) < ($1.at, $1.name) }
    }

    /// That what was missing on earlier days has come. A file is of the day on which it comes: behind all the days that lack some, so many
    /// came that these days have their own and the others theirs.
    ///
    /// - Parameters:
    ///   - missing: days of which the alert stands.
    ///   - files: those that came since yesterday, by the rule's clock, are all among them.
    package func arrivals(of missing: [MissingDay], _ files: [ScheduledFile], at now: Int64) -> [Alert] {
        schedules.flatMap { schedule -> [Alert] in
            guard let by = schedule.by else { return [] }
            let today = schedule.day(at: now)
            var left = missing.filter { $0.rule == schedule.rule && $0.day < today }
            for at in left.indices where left[at].day == today - 1 {
                left[at].lacking = max(0, schedule.count - came(schedule, files, on: left[at].day).count)
            }
            guard let newest = left.map(\.day).max() else { return [] }
            var (surplus, last): (Int, ScheduledFile?) = (0, nil)
            for day in max(newest + 1, today - 1)..<today + 1 {
                let found = came(schedule, files, on: day)
                let isSkipped = skips.contains { $0.rule == schedule.rule && $0.day == day }
                surplus += max(0, found.count - (schedule.isDue(on: day) && !isSkipped ? schedule.count : 0))
                last = found.last ?? last
            }
            if surplus < left.reduce(0, { $0 + $1.lacking }) { left = left.filter { $0.lacking == 0 } }
            return left.map { day in
                let name = day.lacking == 0 ? came(schedule, files, on: day.day).last?.name : last?.name
                let text = BusinessCalendar.text(ofDay: day.day)
                return Alert(
                    event: .fileArrivedLate, isError: false,
                    message:
                        "\(schedule.rule): what was missing on \(text) has come\(name.map { ", last \($0)" } ?? "")",
                    facts: Self.facts(schedule.rule, day.day).merging([
                        "file": name ?? "", "by": TimeText.text(schedule.time(by, on: day.day)),
                    ]) { $1 })
            }
        }
    }

    /// Files of a rule that came on a day: how many, and the last of them.
    private func came(
        _ schedule: RuleSchedule, _ files: [ScheduledFile], on day: Int
    ) -> (count: Int, last: ScheduledFile?) {
        let own = Self.files(of: schedule, files, on: day)
        return (own.reduce(0) { $0 + $1.count }, own.last)
    }

    /// Days of rules of which no file is expected any more, by the configuration or because somebody said so: nothing of them is missing.
    package func unexpected(_ missing: [MissingDay]) -> [Over] {
        missing.filter { day in
            !schedules.contains { $0.rule == day.rule && $0.by != nil }
                || skips.contains { $0.rule == day.rule && $0.day == day.day }
        }.map { Over(events: [.fileMissing], facts: Self.facts($0.rule, $0.day)) }
    }

    /// What is to be said now.
    package mutating func alerts(_ files: [ScheduledFile], at now: Int64) -> [Alert] {
        var out: [Alert] = []
        for schedule in schedules {
            let day = schedule.day(at: now)
            // What was told yesterday may still be over.
            let old = told.filter { $0.rule == schedule.rule && $0.day < day - 1 }
            told.subtract(old)
            changes.gone.formUnion(old)
            let line = line(schedule, files, on: day, at: now)
            for alert in alerts(schedule, line, day, files, at: now)
            where tell(ScheduleTold(rule: schedule.rule, day: day, event: alert.event)) { out.append(alert) }
        }
        return out + calendarEnds(at: now)
    }

    /// A time by which files are to be done, or to be there.
    package struct Deadline: Sendable, Equatable {
        /// Microseconds since 1970.
        package var at: Int64
        /// The same time as people say it.
        package var text: String

        package init(at: Int64, text: String) {
            self.at = at
            self.text = text
        }
    }

    /// The deadlines of files that are not done, by drop: each of its rule, on the day on which the file came.
    package func deadlines(_ files: [ScheduledFile]) -> [Int: Deadline] {
        var found: [Int: Deadline] = [:]
        for schedule in schedules {
            for file in files where file.rule == schedule.rule && !file.isDone {
                let day = schedule.day(at: file.at)
                guard let drop = file.drop, !skips.contains(where: { $0.rule == schedule.rule && $0.day == day })
                else { continue }
                found[drop] = schedule.deadlineTime(cameAt: file.at)
            }
        }
        return found
    }

    /// What was told of a rule's day, and holds no more: nobody has to be told.
    package struct Over: Sendable, Equatable {
        package var events: [Event]
        package var facts: [String: String]
    }

    /// What was told of today or yesterday and is over: a deadline counts what is not done or closed, and nothing is left of that. That it may
    /// be missed is over, too, once it is.
    package func over(_ files: [ScheduledFile], at now: Int64) -> [Over] {
        schedules.flatMap { schedule in
            let today = schedule.day(at: now)
            return [today - 1, today].compactMap { day in over(schedule, files, on: day, at: now) }
        }
    }

    private func over(_ schedule: RuleSchedule, _ files: [ScheduledFile], on day: Int, at now: Int64) -> Over? {
        let ended: [Event] =
            switch line(schedule, files, on: day, at: now).state {
            case .done, .idle: [.deadlineAtRisk, .deadlineMissed]
            case .late: [.deadlineAtRisk]
            case .skipped, .expected, .missing, .inWork, .atRisk, .open: []
            }
        let events = ended.filter { told.contains(ScheduleTold(rule: schedule.rule, day: day, event: $0)) }
        return events.isEmpty ? nil : Over(events: events, facts: Self.facts(schedule.rule, day))
    }

    /// What tells an alert's rule and day.
    package static func facts(_ rule: String, _ day: Int) -> [String: String] {
        ["rule": rule, "day": BusinessCalendar.text(ofDay: day)]
    }

    /// True the first time.
    private mutating func tell(_ new: ScheduleTold) -> Bool {
        guard told.insert(new).inserted else { return false }
        changes.new.insert(new)
        return true
    }

    /// An earlier run told this.
    package mutating func recall(_ told: [ScheduleTold]) { self.told.formUnion(told) }

    /// What a later run has to know, and what none has to any more. Asked for once; what cannot be kept is given back.
    package mutating func takeChanges() -> (new: Set<ScheduleTold>, gone: Set<ScheduleTold>) {
        defer { changes = ([], []) }
        return changes
    }

    /// These could not be kept.
    package mutating func giveBack(_ left: (new: Set<ScheduleTold>, gone: Set<ScheduleTold>)) {
        changes.new.formUnion(left.new)
        changes.gone.formUnion(left.gone)
    }

    /// How a rule's day stands by itself.
    private func line(_ schedule: RuleSchedule, _ files: [ScheduledFile], on day: Int, at now: Int64) -> Line {
        let own = Self.files(of: schedule, files, on: day)
        let open = own.filter { !$0.isDone }
        let arrived = own.reduce(0) { $0 + $1.count }
        var line = Line(
            rule: schedule.rule, state: .idle, count: schedule.by == nil ? arrived : schedule.count,
            arrived: arrived, done: arrived - open.count)
        let skip = skips.first { $0.rule == schedule.rule && $0.day == day }
        let isDue = schedule.isDue(on: day) && skip == nil
        if let skip, own.isEmpty {
            line.state = .skipped
            line.count = 0
            line.story = [.words("nothing is expected, says \(ReleaseRule.name(skip.by)): \(skip.why)")]
            return line
        }
        guard isDue || !own.isEmpty else {
            line.count = 0
            return line
        }
        if isDue, let by = schedule.by {
            line.by = schedule.time(by, on: day)
            line.byText = schedule.text(by, on: day)
        }
        if skip == nil, let deadline = schedule.deadline {
            line.deadline = schedule.time(deadline, on: day)
            line.deadlineText = schedule.text(deadline, on: day)
        }
        let missing = isDue && schedule.by != nil ? max(0, schedule.count - arrived) : 0
        let isLate = line.deadline.map { now >= $0 } == true
        if missing == 0, open.isEmpty {
            line.state = own.isEmpty ? .idle : .done
        } else if isLate {
            line.state = .late
            line.story = Self.words(missing, open)
        } else if missing > 0, let by = line.by, now >= by {
            line.state = .missing
            // One that came and ended badly has to come again as well.
            line.story = Self.words(missing, open.filter(\.hasEnded))
        } else if let deadline = line.deadline, let worst = Self.slowest(open),
            now + Int64(worst.seconds) * 1_000_000 > deadline
        {
            line.state = .atRisk
            let over = Int((now + Int64(worst.seconds) * 1_000_000 - deadline) / 1_000_000)
            let (needed, late) = (StatusText.span(worst.seconds), StatusText.span(over))
            line.story = Self.named(worst.file) + [.words(" takes \(needed) at the present rate and misses by \(late)")]
        } else if own.isEmpty || missing > 0 {
            line.state = .expected
            line.story = Self.words(0, open)
        } else {
            line.state = open.allSatisfy(\.hasEnded) ? .open : .inWork
            line.story = Self.words(0, open)
        }
        return line
    }

    private func alerts(
        _ schedule: RuleSchedule, _ line: Line, _ day: Int, _ files: [ScheduledFile], at now: Int64
    ) -> [Alert] {
        var out: [Alert] = []
        let facts = Self.facts(schedule.rule, day)
        func add(_ event: Event, isError: Bool = true, _ message: String, _ more: [String: String] = [:]) {
            out.append(
                Alert(event: event, isError: isError, message: message, facts: facts.merging(more) { $1 }))
        }
        if let by = line.by, let byText = line.byText, now >= by {
            let missing = line.count - line.arrived
            if missing > 0 {
                add(
                    .fileMissing,
                    "\(schedule.rule): \(line.arrived) of \(Plural.text(line.count, "expected file")) came by \(byText)",
                    ["expected": "\(line.count)", "arrived": "\(line.arrived)", "by": TimeText.text(by)])
            } else if told.contains(ScheduleTold(rule: schedule.rule, day: day, event: .fileMissing)),
                let last = Self.files(of: schedule, files, on: day).last
            {
                add(
                    .fileArrivedLate, isError: false,
                    "\(last.name) came \(StatusText.span(max(0, Int((last.at - by) / 1_000_000)))) late",
                    ["file": last.name, "by": TimeText.text(by)])
            }
        }
        if let deadline = line.deadline, let text = line.deadlineText, let why = line.why {
            let more = ["deadline": TimeText.text(deadline)]
            switch line.state {
            case .atRisk: add(.deadlineAtRisk, "\(schedule.rule): \(why); its deadline is \(text)", more)
            case .late: add(.deadlineMissed, "\(schedule.rule) is not done by its deadline, \(text): \(why)", more)
            default: break
            }
        }
        return out
    }

    /// Calendars whose last entry is less than thirty days away.
    private mutating func calendarEnds(at now: Int64) -> [Alert] {
        var out: [Alert] = []
        for schedule in schedules where !schedule.calendar.name.isEmpty {
            guard let last = schedule.calendar.lastDay, last - schedule.day(at: now) < 30,
                tell(ScheduleTold(rule: schedule.calendar.name, day: last, event: .calendarEnds))
            else { continue }
            out.append(
                Alert(
                    event: .calendarEnds, isError: false,
                    message:
                        "the calendar \(schedule.calendar.name) says nothing of days after \(BusinessCalendar.text(ofDay: last)); add the next year's holidays",
                    facts: ["calendar": schedule.calendar.name, "last": BusinessCalendar.text(ofDay: last)]))
        }
        return out
    }

    /// The rule's files of a day, in the order in which they came.
    private static func files(of schedule: RuleSchedule, _ files: [ScheduledFile], on day: Int) -> [ScheduledFile] {
        files.filter { $0.rule == schedule.rule && schedule.day(at: $0.at) == day }
            .sorted { ($0.at, $0.name) < ($1.at, $1.name) }
    }

    private static func slowest(_ files: [ScheduledFile]) -> (file: ScheduledFile, seconds: Int)? {
        files.compactMap { file in
            if case .work(let seconds?) = file.place { (file, seconds) } else { nil }
        }.max { $0.1 < $1.1 }
    }

    private static let comma: [DropSentence.Piece] = [.words(", ")]

    /// A file with its drop, where it has one: `eod.csv (drop 3)`.
    private static func named(_ file: ScheduledFile) -> [DropSentence.Piece] {
        guard let drop = file.drop else { return [.words(file.name)] }
        return [.words("\(file.name) ("), .drop(drop), .words(")")]
    }

    /// What is not done and where it is: `1 missing, eod.csv (drop 3) is held`.
    private static func words(_ missing: Int, _ open: [ScheduledFile]) -> [DropSentence.Piece] {
        var parts: [[DropSentence.Piece]] = missing > 0 ? [[.words("\(missing) missing")]] : []
        for file in open.prefix(3) {
            let fate =
                switch file.place {
                case .inbox: "waits in the inbox"
                case .work: "is in work"
                case .held: "is held"
                case .ended(let verdict): "ended \(verdict.rawValue)"
                }
            parts.append(named(file) + [.words(" \(fate)")])
        }
        if open.count > 3 { parts.append([.words("\(open.count - 3) more")]) }
        return Array(parts.joined(separator: Self.comma))
    }
}
