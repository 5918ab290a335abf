/// What the service is doing, as it is shown to people and programs: one value, made of what is known without waiting.
package struct StatusBoard: Sendable, Equatable {
    /// Files that are listed of each kind; all are counted.
    package static let listed = 200

    /// The service itself.
    package struct Service: Sendable, Equatable {
        package var version: String
        package var spool: String
        package var configSHA256: String
        /// Since when that configuration has been in force, microseconds since 1970.
        package var configSince: Int64
        /// Microseconds since 1970.
        package var startedAt: Int64
        /// Bytes that are free where the spool lies; nil: not known.
        package var diskFree: Int?

        /// - Parameter configSince: nil: since the start.
        package init(
            version: String, spool: String, configSHA256: String, configSince: Int64? = nil, startedAt: Int64
        ) {
            self.version = version
            self.spool = spool
            self.configSHA256 = configSHA256
            self.configSince = configSince ?? startedAt
            self.startedAt = startedAt
        }
    }

    /// A destination.
    package struct Lane: Sendable, Equatable {
        package var name: String
        package var state: LaneState
        package var isHeld: Bool
        /// Since when its connection stands like that, microseconds since 1970.
        package var since: Int64
        /// Since when it has not been logged in, however its trouble changed meanwhile, microseconds since 1970; nil: it is logged in, or
        /// nobody knows.
        package var downSince: Int64?
        /// What was wrong last, whether it still is or not.
        package var lastTrouble: String?
        /// The configuration no longer has it: it is left when no file in work needs it.
        package var isLeaving = false
        package var traffic = Traffic()
        /// Nothing is posted there.
        package var rehearses = false

        package init(name: String, state: LaneState, isHeld: Bool, since: Int64, lastTrouble: String?) {
            self.name = name
            self.state = state
            self.isHeld = isHeld
            self.since = since
            self.lastTrouble = lastTrouble
        }
    }

    /// What goes over a destination's connection.
    package struct Traffic: Sendable, Equatable {
        /// Of the server that is connected, or tried.
        package var url = ""
        /// Posts that are not answered yet.
        package var inFlight = 0
        /// Rows that were handed over and wait to be sent.
        package var queued = 0
        /// Posts since the service's start.
        package var sent = 0
        package var acked = 0
        package var nacked = 0
        /// Refusals by NakCode.
        package var naks = WordCounts()
        /// How long posts waited for their Acks, since the service's start.
        package var latency = AckLatency()
        /// Posts a second that may go; nil: no limit.
        package var rateLimit: Int?
        /// What the login was answered with.
        package var login: [Fact] = []
        /// Of the last seconds.
        package var postsPerSecond = 0.0
        package var answersPerSecond = 0.0
        /// Microseconds that half of the Acks of the last minute took at most, and that 99 of 100 took; nil: there was none.
        package var p50: Int?
        package var p99: Int?

        package init() {}
    }

    /// A name and its value, for people.
    package struct Fact: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A file in work.
    package struct File: Sendable, Equatable {
        package var drop: Int
        package var name: String
        package var destinations: [String]
        package var state: State
        /// Who holds it, its rule or one of its destinations, since when and why; nil: nobody does.
        package var hold: DeskHold?
        /// Rows of it may have been sent by an earlier run, and wait: for its destinations, or for whoever resumes it.
        package var isInDoubt = false
        /// What became of its rows so far, by `PostOutcome`.
        package var outcomes: [Int] = []
        /// Rows that got their outcome a second, in the last seconds; nil: not known yet.
        package var rowsPerSecond: Double?
        /// Whole seconds until it is through at the present rate; nil: that cannot be told.
        package var secondsLeft: Int?
        /// When it is to be done by its rule; nil: its rule has no deadline, or that was not looked up yet.
        package var deadline: ScheduleBook.Deadline?
        /// What its rule's times count it as; nil: its rows were another drop's, or that is not known.
        package var scheduled: ScheduledFile?
        /// Its deadline has passed, or will before it is through at the present rate.
        package var isLate = false

        /// Lines of its result in all; nil: that is not known, or no longer of interest.
        package var lines: Int? {
            if case .posting(let all) = state { all } else { nil }
        }

        /// Rows that have their outcome, at each destination.
        package var settled: Int { outcomes.reduce(0, +) }

        package enum State: Sendable, Equatable {
            /// An earlier run left it, and it waits for its destinations.
            case waiting
            /// It is read and checked.
            case reading
            /// Its rows go; so many lines its result will have.
            case posting(lines: Int)
            /// Every row has its outcome, and what the destinations store is read back.
            case verifying
            case held
        }

        package init(drop: Int, name: String, destinations: [String], state: State) {
            self.drop = drop
            self.name = name
            self.destinations = destinations
            self.state = state
        }
    }

    /// A file that waits in the inbox.
    package struct Waiting: Sendable, Equatable {
        package var name: String
        /// A stable word for what it waits for.
        package var why: String
        /// What is held, where it waits for that: `the rule eod_*`; nil: it waits for something else.
        package var held: String?

        package init(name: String, why: String, held: String? = nil) {
            self.name = name
            self.why = why
            self.held = held
        }
    }

    package var service: Service
    package var lanes: [Lane]
    /// By drop number, at most `listed`.
    package var files: [File]
    package var filesInAll: Int
    /// By name, at most `listed`.
    package var waiting: [Waiting]
    package var waitingInAll: Int
    /// When the file arrived that has waited longest, microseconds since 1970; nil: none waits.
    package var oldestWaitingAt: Int64?
    package var isInboxHeld: Bool
    /// The inbox was listed: what waits in it is known.
    package var isInboxKnown = true
    /// Why nothing is claimed, where there is no room for it; nil: there is.
    package var lowRoom: String?
    /// What keeps everything from going, for people; nil: nothing.
    package var trouble: String?
    package var held: [HeldDrop] = []
    /// What the desk holds besides.
    package var holds: [DeskHold] = []
    /// How rules stand today of which files are expected, or that have a deadline.
    package var schedule: [ScheduleBook.Line] = []
    /// Of the last day: those that stand first, then the others; each the newest first.
    package var alerts: [StandingAlert] = []
    /// For which nobody is called.
    package var mutes: [AlertMute] = []
    /// The last one first.
    package var finished: [FinishedDrop] = []

    package init(
        service: Service, lanes: [Lane], files: [File], filesInAll: Int, waiting: [Waiting], waitingInAll: Int,
        isInboxHeld: Bool, trouble: String? = nil
    ) {
        self.service = service
        self.lanes = lanes
        self.files = files
        self.filesInAll = filesInAll
        self.waiting = waiting
        self.waitingInAll = waitingInAll
        self.isInboxHeld = isInboxHeld
        self.trouble = trouble
    }

    /// Why the service is not ready: it is not logged in everywhere, or something keeps files from going, which may be a person who
    /// holds the inbox or every destination. nil: it is ready.
    package var notReady: String? {
        if let trouble { return trouble }
        let lanes = lanes.filter { !$0.isLeaving }
        let down = lanes.filter { $0.state != .ready }
        guard down.isEmpty else { return down.map { "\($0.name) is \($0.state.word)" }.joined(separator: ", ") }
        if isInboxHeld { return words(ofHeld: .holdInbox) }
        guard !lanes.isEmpty, lanes.allSatisfy(\.isHeld) else { return nil }
        return lanes.map { words(ofHeld: .holdDestination($0.name)) }.joined(separator: ", ")
    }

    private func words(ofHeld command: DeskCommand) -> String {
        hold(command)?.words ?? "\(command.subject) is held"
    }

    /// Who gave that order, since when and why; nil: nobody did, or nobody knows.
    package func hold(_ command: DeskCommand) -> DeskHold? { holds.first { $0.command == command } }

    /// Who holds a destination; nil: nobody does, or nobody knows.
    package func hold(of lane: Lane) -> DeskHold? { lane.isHeld ? hold(.holdDestination(lane.name)) : nil }

    /// Who holds the inbox; nil: nobody does, or nobody knows.
    package var inboxHold: DeskHold? { isInboxHeld ? hold(.holdInbox) : nil }

    /// The rule of which files are expected next, and by when; nil: none are.
    package var nextExpected: (rule: String, by: ScheduleBook.Deadline)? {
        schedule.compactMap { line in line.next.map { (rule: line.rule, by: $0) } }.min { $0.by.at < $1.by.at }
    }

    /// The file that was finished last of those that a person or a system dropped; nil: none was since the start, or many others since.
    package var lastFile: FinishedDrop? { finished.first { $0.made == nil } }

    /// Takes when files in work and held ones are to be done, by drop. `now`: microseconds since 1970.
    package mutating func take(_ deadlines: [Int: ScheduleBook.Deadline], at now: Int64) {
        for at in held.indices { held[at].take(deadlines) }
        for at in files.indices {
            guard let deadline = deadlines[files[at].drop] else { continue }
            files[at].deadline = deadline
            files[at].isLate =
                now >= deadline.at || now + Int64(files[at].secondsLeft ?? 0) * 1_000_000 > deadline.at
        }
    }

    /// An object on one line, as the control socket answers it.
    package var json: String {
        func time(_ microseconds: Int64) -> String { Self.quoted(TimeText.text(microseconds)) }
        let service = [
            "\"version\":\(Self.quoted(service.version))", "\"started\":\(time(service.startedAt))",
            "\"spool\":\(Self.quoted(service.spool))", "\"config_sha256\":\(Self.quoted(service.configSHA256))",
            "\"config_since\":\(time(service.configSince))",
            "\"ready\":\(notReady == nil)", notReady.map { "\"not_ready\":\(Self.quoted($0))" },
            trouble.map { "\"trouble\":\(Self.quoted($0))" },
            service.diskFree.map { "\"disk_free_bytes\":\($0)" }, "\"disk_low\":\(lowRoom != nil)",
        ]
        let waiting = waiting.map { file in
            "{\"file\":\(Self.quoted(file.name)),\"why\":\(Self.quoted(file.why))"
                + (file.held.map { ",\"held\":\(Self.quoted($0))" } ?? "") + "}"
        }
        return "{\"schema\":1,\"service\":{\(service.compactMap { $0 }.joined(separator: ","))}"
            + ",\"destinations\":[\(lanes.map { Self.json($0, hold(of: $0)) }.joined(separator: ","))]"
            + ",\"work\":{\"count\":\(filesInAll),\"files\":[\(files.map { Self.json($0, waits(of: $0)) }.joined(separator: ","))]}"
            + ",\"inbox\":{\"count\":\(waitingInAll),\"held\":\(isInboxHeld),"
            + (inboxHold.map { "\"hold\":\($0.json)," } ?? "")
            + (oldestWaitingAt.map { "\"oldest\":\(time($0))," } ?? "")
            + "\"files\":[\(waiting.joined(separator: ","))]}"
            + ",\"held\":[\(held.map(\.brief).joined(separator: ","))]"
            + ",\"holds\":[\(holds.map(\.json).joined(separator: ","))]"
            + ",\"schedule\":[\(schedule.map(Self.json).joined(separator: ","))]"
            + ",\"alerts\":[\(alerts.prefix(Self.listed).map(\.json).joined(separator: ","))]"
            + ",\"mutes\":[\(mutes.map(\.json).joined(separator: ","))]"
            + ",\"finished\":[\(finished.map(\.json).joined(separator: ","))]}"
    }

    /// How everything stands in a few numbers, for those who follow what happens. `at`: microseconds since 1970.
    package func brief(at now: Int64) -> String {
        let down = lanes.count { $0.state != .ready }
        return "{\"at\":\(Self.quoted(TimeText.text(now))),\"ready\":\(notReady == nil),\"destinations_down\":\(down),"
            + "\"work\":\(filesInAll),\"inbox\":\(waitingInAll),\"held\":\(held.count)}"
    }

    private static func quoted(_ text: String) -> String { VisibleText.quoted(text) }

    /// A rate as a whole number, or with one decimal below ten.
    private static func rounded(_ rate: Double) -> String {
        let tenths = Int((rate * 10).rounded())
        return tenths < 100 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
    }

    /// Milliseconds with one decimal, of microseconds.
    static func milliseconds(_ microseconds: Int) -> String {
        let tenths = (microseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func json(_ lane: Lane, _ hold: DeskHold?) -> String {
        let traffic = lane.traffic
        let members = [
            "\"name\":\(quoted(lane.name))", "\"state\":\(quoted(lane.state.word))", "\"held\":\(lane.isHeld)",
            "\"since\":\(quoted(TimeText.text(lane.since)))", hold.map { "\"hold\":\($0.json)" },
            "\"rehearse\":\(lane.rehearses)", lane.state.trouble.map { "\"why\":\(quoted($0))" },
            lane.isLeaving ? "\"leaving\":true" : nil,
            lane.lastTrouble.map { "\"last_error\":\(quoted($0))" },
            "\"url\":\(quoted(traffic.url))", "\"in_flight\":\(traffic.inFlight)", "\"queued\":\(traffic.queued)",
            "\"sent\":\(traffic.sent)", "\"acked\":\(traffic.acked)", "\"nacked\":\(traffic.nacked)",
            traffic.rateLimit.map { "\"rate_limit\":\($0)" },
            "\"posts_per_second\":\(rounded(traffic.postsPerSecond))",
            "\"answers_per_second\":\(rounded(traffic.answersPerSecond))",
            traffic.p50.map { "\"ack_p50_ms\":\(milliseconds($0))" },
            traffic.p99.map { "\"ack_p99_ms\":\(milliseconds($0))" },
            "\"login\":{"
                + traffic.login.map { "\(quoted($0.name)):\(quoted($0.value))" }.joined(separator: ",") + "}",
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    private static func json(_ line: ScheduleBook.Line) -> String {
        let days = line.missingDays.map { quoted(BusinessCalendar.text(ofDay: $0.day)) }
        let members = [
            "\"rule\":\(quoted(line.rule))", "\"state\":\(quoted(line.state.rawValue))", "\"expected\":\(line.count)",
            "\"arrived\":\(line.arrived)", "\"done\":\(line.done)",
            line.by.map { "\"by\":\(quoted(TimeText.text($0)))" }, line.byText.map { "\"by_local\":\(quoted($0))" },
            line.deadline.map { "\"deadline\":\(quoted(TimeText.text($0)))" },
            line.deadlineText.map { "\"deadline_local\":\(quoted($0))" },
            line.next.map { "\"next\":\(quoted(TimeText.text($0.at))),\"next_local\":\(quoted($0.text))" },
            line.why.map { "\"why\":\(quoted($0))" },
            days.isEmpty ? nil : "\"missing_days\":[\(days.joined(separator: ","))]",
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    private static func json(_ file: File, _ waits: [DestinationWait]) -> String {
        let state =
            switch file.state {
            case .waiting: "waiting"
            case .reading: "reading"
            case .posting: "posting"
            case .verifying: "verifying"
            case .held: "held"
            }
        let counts = zip(PostOutcome.allCases, file.outcomes).filter { $0.1 > 0 }.map { "\"\($0.0.word)\":\($0.1)" }
        let members = [
            "\"drop\":\(file.drop)", "\"file\":\(quoted(file.name))",
            "\"destinations\":[\(file.destinations.map(quoted).joined(separator: ","))]", "\"state\":\"\(state)\"",
            file.hold?.why.map { "\"why\":\(quoted($0))" }, file.hold.map { "\"hold\":\($0.json)" },
            waits.isEmpty ? nil : "\"waits_for\":[\(waits.map(\.json).joined(separator: ","))]",
            "\"in_doubt\":\(file.isInDoubt)",
            file.lines.map { "\"lines\":\($0)" }, "\"settled\":\(file.settled)",
            "\"outcomes\":{\(counts.joined(separator: ","))}",
            file.rowsPerSecond.map { "\"rows_per_second\":\(rounded($0))" },
            file.secondsLeft.map { "\"seconds_left\":\($0)" },
            file.deadline.map { "\"deadline\":\(quoted(TimeText.text($0.at))),\"late\":\(file.isLate)" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }
}

extension LaneState {
    /// A stable word.
    package var word: String {
        switch self {
        case .connecting: "connecting"
        case .ready: "ready"
        case .paused: "paused"
        case .refused: "refused"
        case .stopped: "stopped"
        }
    }

    /// What is wrong, for people; nil: nothing.
    package var trouble: String? {
        switch self {
        case .connecting(let text), .paused(let text), .refused(let text): text
        case .ready, .stopped: nil
        }
    }
}
