internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Keeps the record's file up with the ledger, and tells the record what no drop tells: what came into use, how well the clock is, and
/// at the end of a day its signature.
///
/// The ledger has each line in the transaction of what it tells; from there it is appended to the file soon after. Whatever is killed
/// or full, lines wait in the ledger and no file waits for them.
actor RecordBook {
    private let ledger: Ledger
    private let file: RecordFile
    private let key: RecordKey?
    private var anchor: AnchorCommand?
    private let alerts: Alerts
    private let disk: DiskThreads
    private let logger: Logger
    private var work: Task<Void, Never>?
    private var clock: Task<Void, Never>?
    private var isWanted = false
    private var isFaulty = false
    private var isUnsynchronised = false
    private var isEnding = false
    /// What could not be told yet.
    private var untold: [Untold] = []
    private var isTelling = false

    private struct Untold {
        var steps: [Ledger.Step]
        var kind: String
        var name: String
        var at: Int64
    }

    /// Lines that come together are appended together.
    private static let gathering = Duration.milliseconds(200)
    private static let afterFault = Duration.seconds(2)
    /// A machine that was just started is given so long to find the time.
    private static let clockPatience = Duration.seconds(60)
    private static let hour: Int64 = 3_600_000_000
    /// The least time between two looks at the clock.
    private static let lookEvery = Duration.seconds(3600)
    /// What could not be told is kept, up to so many.
    private static let untoldMax = 1000

    init(
        _ settings: Settings, key: RecordKey?, ledger: Ledger, alerts: Alerts, disk: DiskThreads, logger: Logger
    ) {
        self.ledger = ledger
        self.key = key
        self.alerts = alerts
        self.disk = disk
        self.logger = logger
        file = RecordFile(folder: settings.directories.recordFolder)
        anchor = settings.anchorCommand.map { AnchorCommand(command: $0) }
    }

    /// Begins the record, tells it what is in use, and goes on until `finish`. To be called before anything is claimed. Throws a fault
    /// of the ledger.
    func start(configSHA256: String) async throws {
        let file = file
        try await ledger.beginRecord(version: Version.text) { try file.tail() }
        await ledger.watchRecord { [weak self] in
            Task { await self?.wake() }
        }
        await inUse(.configuration, name: "", sha256: configSHA256)
        wake()
        clock = Task { await self.watchClock() }
    }

    /// Another configuration came into force.
    func use(_ settings: Settings) { anchor = settings.anchorCommand.map { AnchorCommand(command: $0) } }

    /// Appends what there is, and ends.
    func finish() async {
        isEnding = true
        clock?.cancel()
        // Whatever it waits for, it is done now.
        work?.cancel()
        await work?.value
        await tellUntold()
        await append()
    }

    // MARK: - What is told

    /// Something is in use from now on; told once.
    func inUse(_ thing: RecordedThing, name: String, sha256: String) async {
        await tell(.inUse(thing, name: name, sha256: sha256), ifNew: sha256, of: thing.rawValue, name)
    }

    /// What stands for a while, such as a hold, stands or stands no more (`value`: nil); told once, also after a restart. A ledger that
    /// cannot be written for now costs no order.
    func tell(_ entry: RecordEntry, ifNew value: String?, of kind: String, _ name: String) async {
        await tell([Ledger.Step(entry, value)], of: kind, name)
    }

    /// The same of what came one after the other: what was not told yet is.
    func tell(_ steps: [Ledger.Step], of kind: String, _ name: String) async {
        untold.append(Untold(steps: steps, kind: kind, name: name, at: Clock.wall()))
        // The first one may be being told just now.
        if untold.count > Self.untoldMax { untold.remove(at: 1) }
        await tellUntold()
    }

    private func tellUntold() async {
        // Whoever tells already goes on with what came meanwhile.
        guard !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        while let next = untold.first {
            do {
                try await ledger.record(next.steps, of: next.kind, next.name, at: next.at)
                untold.removeFirst()
            } catch {
                say(.recordFault, "the record waits for the ledger: \(Words.of(error))")
                return
            }
        }
    }

    // MARK: - The file

    private func wake() {
        isWanted = true
        guard work == nil, !isEnding else { return }
        work = Task {
            while isWanted, !isEnding {
                isWanted = false
                await sleep(Self.gathering)
                if !(await append()) {
                    isWanted = true
                    await sleep(Self.afterFault)
                    await tellUntold()
                }
            }
            work = nil
        }
    }

    private func sleep(_ time: Duration) async {
        guard !isEnding else { return }
        // Ended early it is only done sooner.
        try? await Task.sleep(for: time)
    }

    /// Appends what the ledger has for it. False: it has to be tried again.
    @discardableResult
    private func append() async -> Bool {
        do {
            while let pending = try await ledger.pendingRecord() {
                let (bytes, found) = try await disk.run { [file] in
                    try file.append(pending.lines, behind: pending.fileBytes)
                }
                FailPoint.reach("record_appended")
                try await ledger.recordWritten(through: pending.lastNumber, fileBytes: bytes)
                FailPoint.reach("record_noted")
                if found == .altered {
                    alerts.send(
                        Alert(
                            event: .recordFault,
                            message:
                                "\(file.path) is not as Postbox left it: lines were removed at its end or put in there; postbox audit verify tells where",
                            facts: ["path": file.path]))
                }
            }
            if isFaulty {
                isFaulty = false
                alerts.send(
                    Alert(
                        event: .recordRecovered, isError: false, message: "the record can be written again",
                        facts: ["path": file.path]))
            }
            return true
        } catch {
            say(.recordFault, "the record cannot be written for now, its lines wait in the ledger: \(Words.of(error))")
            return false
        }
    }

    /// Once until it is over.
    private func say(_ event: Event, _ message: String) {
        guard !isFaulty else { return }
        isFaulty = true
        alerts.send(Alert(event: event, message: message, facts: ["path": file.path]))
    }

    // MARK: - Clock and days

    private func watchClock() async {
        await tellClock()
        await endDays()
        await sleep(Self.clockPatience)
        while !Task.isCancelled, !isEnding {
            alertOfClock()
            await tellClock()
            await endDays()
            // The next day begins with a line of its own, so that the day before can be signed.
            let now = Clock.wall()
            let day = 24 * Self.hour
            let midnight = Duration.microseconds(day - now % day + 1_000_000)
            await sleep(min(Self.lookEvery, midnight))
        }
    }

    /// A line an hour, and one for each new day.
    private func tellClock() async {
        guard let state = Clock.state() else { return }
        let now = Clock.wall()
        let hour = "\(now / Self.hour)"
        await tell(.clock(state), ifNew: hour, of: "clock", "")
    }

    private func alertOfClock() {
        guard let state = Clock.state(), state.isSynchronised == isUnsynchronised else { return }
        isUnsynchronised = !state.isSynchronised
        let facts = ["estimated_error_us": "\(state.estimatedError)"]
        alerts.send(
            isUnsynchronised
                ? Alert(
                    event: .clockUnsynchronised, isError: false,
                    message:
                        "nothing keeps this machine's clock in step; times in results prove little until chrony or systemd-timesyncd does",
                    facts: facts)
                : Alert(
                    event: .clockSynchronised, isError: false, message: "this machine's clock is in step again",
                    facts: facts))
    }

    /// Signs the last line of each day that is over, and tells the site's command.
    private func endDays() async {
        guard key != nil || anchor != nil else { return }
        do {
            for day in try await ledger.unsignedDays(before: TimeText.day(Clock.wall())) {
                do {
                    let signature = try key?.signature(ofDay: day.day, line: day.number, sha256: day.sha256)
                    try await anchor?.run(day, signature)
                    try await ledger.signed(day, signature, at: Clock.wall())
                } catch {
                    alerts.send(
                        Alert(
                            event: .anchorFailed,
                            message: "the record's last line of \(day.day) is not anchored yet: \(Words.of(error))",
                            facts: ["day": day.day]))
                    return
                }
            }
        } catch {
            logger.warning(
                "the days of the record cannot be looked at: \(Words.of(error))",
                metadata: ["event": .event(.ledgerFault)])
        }
    }
}
