/// What a monitoring program is told: the figures of a running service at one moment.
package struct Metrics: Sendable, Equatable {
    /// What the kernel knows of the process.
    package struct Process: Sendable, Equatable {
        /// Seconds of all processors.
        package var cpuSeconds: Double
        /// Bytes.
        package var residentMemory: Int
        package var virtualMemory: Int
        package var openDescriptors: Int
        package var mostDescriptors: Int
        /// Seconds since 1970.
        package var startedAt: Double

        package init(
            cpuSeconds: Double, residentMemory: Int, virtualMemory: Int, openDescriptors: Int, mostDescriptors: Int,
            startedAt: Double
        ) {
            self.cpuSeconds = cpuSeconds
            self.residentMemory = residentMemory
            self.virtualMemory = virtualMemory
            self.openDescriptors = openDescriptors
            self.mostDescriptors = mostDescriptors
            self.startedAt = startedAt
        }
    }

    package var board: StatusBoard
    /// Rows with an outcome since the start, by `PostOutcome`, by destination.
    package var rows: [String: [Int]]
    package var files: ClosedFiles
    /// Alerts since the start, by event.
    package var alerts: [Event: Int]
    /// When each destination's token ends, microseconds since 1970; those that log in without one are not in it.
    package var tokensEnd: [String: Int64]
    /// nil: the kernel did not tell.
    package var process: Process?
    /// Microseconds since 1970.
    package var now: Int64

    package init(
        board: StatusBoard, rows: [String: [Int]], files: ClosedFiles, alerts: [Event: Int], tokensEnd: [String: Int64],
        process: Process?, now: Int64
    ) {
        self.board = board
        self.rows = rows
        self.files = files
        self.alerts = alerts
        self.tokensEnd = tokensEnd
        self.process = process
        self.now = now
    }

    /// In that form, for an answer's body.
    package func text(_ form: MetricsText.Form) -> String {
        var out = MetricsText(form)
        writeDestinations(&out)
        writeFiles(&out)
        writeProcess(&out)
        return out.finish()
    }

    private func writeDestinations(_ out: inout MetricsText) {
        let lanes = board.lanes
        out.begin(.rows)
        for (destination, counts) in rows.sorted(by: { $0.key < $1.key }) {
            for (outcome, count) in zip(PostOutcome.allCases, counts) {
                out.sample([("destination", destination), ("outcome", outcome.word)], count)
            }
        }
        out.begin(.naks)
        for lane in lanes {
            for (code, count) in lane.traffic.naks.sorted {
                out.sample([("destination", lane.name), ("code", code)], count)
            }
        }
        out.begin(.inFlight)
        for lane in lanes { out.sample([("destination", lane.name)], lane.traffic.inFlight) }
        out.begin(.ackSeconds)
        for lane in lanes {
            let latency = lane.traffic.latency
            out.histogram(
                [("destination", lane.name)], latency.cumulative.map { (Double($0.bound) / 1e6, $0.count) },
                count: latency.count, sum: Double(latency.sum) / 1e9)
        }
        out.begin(.rateLimit)
        for lane in lanes { if let limit = lane.traffic.rateLimit { out.sample([("destination", lane.name)], limit) } }
        out.begin(.loginUp)
        for lane in lanes { out.sample([("destination", lane.name)], lane.state.isLoggedIn ? 1 : 0) }
        out.begin(.tokenEnds)
        for (destination, end) in tokensEnd.sorted(by: { $0.key < $1.key }) {
            out.sample([("destination", destination)], seconds: end)
        }
    }

    private func writeFiles(_ out: inout MetricsText) {
        out.begin(.files)
        for (rule, counts) in files.counts.sorted(by: { $0.key < $1.key }) {
            for (verdict, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                out.sample([("rule", rule), ("verdict", verdict.rawValue)], count)
            }
        }
        out.begin(.lastSuccess)
        for (rule, time) in files.lastSuccess.sorted(by: { $0.key < $1.key }) {
            out.sample([("rule", rule)], seconds: time)
        }
        out.begin(.filesOpen)
        out.sample([], board.filesInAll)
        out.begin(.inboxFiles)
        out.sample([], board.waitingInAll)
        out.begin(.inboxOldest)
        out.sample([], number: board.oldestWaitingAt.map { max(0, Double(now - $0) / 1e6) } ?? 0)
        out.begin(.heldFiles)
        out.sample([], board.held.count)
        writeSchedule(&out)
        out.begin(.spoolFree)
        if let free = board.service.diskFree { out.sample([], free) }
        out.begin(.spoolLow)
        out.sample([], board.lowRoom == nil ? 0 : 1)
        out.begin(.alerts)
        for (event, count) in alerts.sorted(by: { $0.key.word < $1.key.word }) {
            out.sample([("event", event.word)], count)
        }
        out.begin(.ready)
        out.sample([], board.notReady == nil ? 1 : 0)
        out.begin(.build)
        out.sample([("version", board.service.version), ("config_sha256", board.service.configSHA256)], 1)
    }

    /// How rules stand today that expect files, or have a deadline.
    private func writeSchedule(_ out: inout MetricsText) {
        func write(_ family: MetricFamily, _ value: (ScheduleBook.Line) -> Int?) {
            out.begin(family)
            for line in board.schedule { if let value = value(line) { out.sample([("rule", line.rule)], value) } }
        }
        write(.filesMissing) { line in
            let today = line.by.map { now >= $0 ? max(0, line.count - line.arrived) : 0 }
            let earlier = line.missingDays.reduce(0) { $0 + $1.lacking }
            return earlier > 0 ? earlier + (today ?? 0) : today
        }
        write(.deadlineAtRisk) { line in line.deadline.map { _ in line.state == .atRisk ? 1 : 0 } }
        write(.deadlineMissed) { line in line.deadline.map { _ in line.state == .late ? 1 : 0 } }
    }

    private func writeProcess(_ out: inout MetricsText) {
        guard let process else { return }
        out.begin(.cpu)
        out.sample([], number: process.cpuSeconds)
        out.begin(.residentMemory)
        out.sample([], process.residentMemory)
        out.begin(.virtualMemory)
        out.sample([], process.virtualMemory)
        out.begin(.openDescriptors)
        out.sample([], process.openDescriptors)
        out.begin(.mostDescriptors)
        out.sample([], process.mostDescriptors)
        out.begin(.processStart)
        out.sample([], number: process.startedAt)
    }
}

/// What became of files since the service's start, by rule.
package struct ClosedFiles: Sendable, Equatable {
    package private(set) var counts: [String: [Verdict: Int]] = [:]
    /// Microseconds since 1970 when the last file of each rule ended `done`.
    package private(set) var lastSuccess: [String: Int64] = [:]

    package init() {}

    /// A file of that rule ended.
    package mutating func add(_ rule: String, _ verdict: Verdict, at now: Int64) {
        counts[rule, default: [:]][verdict, default: 0] += 1
        if verdict == .done { lastSuccess[rule] = now }
    }
}

extension LaneState {
    /// The login stands, whether posting pauses or not.
    package var isLoggedIn: Bool {
        switch self {
        case .ready, .paused: true
        case .connecting, .refused, .stopped: false
        }
    }
}
