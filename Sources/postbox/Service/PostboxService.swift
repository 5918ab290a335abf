internal import Foundation
internal import Glibc
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PostboxCore
internal import PostboxIO

/// How the service is to run.
struct RunOptions: Sendable {
    /// Drain the inbox and end.
    var once = false
    /// For `once`: how long a destination may take to let us in.
    var wait: Duration = .seconds(30)
    /// Overrule the mark of another host on the spool.
    var takeOver = false
    /// Begin with everything held.
    var held = false
    var environment: [String: String] = [:]
    /// Every message goes into it.
    var trace: Trace?
    /// Reads the configuration anew; nil: there is no file of it.
    var load: (@Sendable () throws -> LoadedSettings)?
    /// Each element, a signal, has the configuration loaded anew.
    var hangups: AsyncStream<Void>?
}

/// The composition root: prepares the spool, makes the ledger, the lanes and what all contributions share, recovers what an earlier
/// run left, and hands over to `ServiceLoop`, which owns the inbox and every open drop until it ends.
struct PostboxService: Sendable {
    let loaded: LoadedSettings
    let options: RunOptions
    let logger: Logger
    let progress: Progress
    /// Stops the service when it is told so: the first element drains, a second one ends the process at once.
    let stops: AsyncStream<Void>

    private var settings: Settings { loaded.settings }

    /// Runs until it is stopped, or for `once` until the inbox is empty. Returns the exit code.
    func run() async -> Int32 {
        do {
            try prepareDirectories()
        } catch {
            logger.error("\(Words.of(error))", metadata: ["event": .event(.spoolFault)])
            return error is SpoolProblem ? ExitCode.configuration : ExitCode.spool
        }
        let lock: SpoolLock
        do {
            lock = try SpoolLock(
                stateDirectory: settings.directories.state, takeOver: options.takeOver,
                since: TimeText.text(Clock.wall()))
        } catch {
            let isTaken = error is SpoolLock.Taken
            logger.error("\(Words.of(error))", metadata: ["event": .event(isTaken ? .spoolTaken : .spoolFault)])
            return isTaken ? ExitCode.interrupted : ExitCode.spool
        }
        let recordKey: RecordKey?
        do throws(RecordKey.Unusable) {
            recordKey = try settings.recordKey.map { path throws(RecordKey.Unusable) in try RecordKey(path: path) }
        } catch {
            logger.error("`record_key`: \(error)", metadata: ["event": .event(.spoolFault)])
            return ExitCode.configuration
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(settings.destinations.count, 4)))
        var code: Int32
        do {
            code = try await serve(group, recordKey)
            do {
                try lock.release()
            } catch {
                // All is done; only a start on another host asks about the mark.
                logger.warning(
                    "the spool keeps this host's mark: \(Words.of(error)); another host needs --take-over",
                    metadata: ["event": .event(.spoolFault)])
            }
        } catch {
            logger.error("\(Words.of(error))", metadata: ["event": .event(.fault), "kind": "\(type(of: error))"])
            code =
                switch error {
                case is LedgerError, is DiskError: ExitCode.spool
                case is DictionaryFault: ExitCode.configuration
                default: ExitCode.internalFault
                }
        }
        do {
            try await group.shutdownGracefully()
        } catch {
            logger.error("the network threads do not stop: \(Words.of(error))", metadata: ["event": .event(.fault)])
        }
        return code
    }

    /// A set-up that cannot work.
    struct SpoolProblem: Error, CustomStringConvertible {
        var description: String
    }

    private func prepareDirectories() throws {
        let d = settings.directories
        for path in [d.spool, d.inbox, d.work, d.done, d.failed, d.state] { try Disk.makeDirectory(path) }
        guard !Disk.fileSystem(d.state).refusesLedger else {
            throw SpoolProblem(
                description:
                    "state is on a network file system (\(d.state)); the ledger needs a local disk: set state: to one")
        }
        // A file has to move from one to the next in one step, so it is tried.
        let probe = d.work + "/.probe"
        for folder in [d.inbox, d.done, d.failed] {
            try FileMover().write([], to: probe)
            do throws(DiskError) {
                try Disk.rename(probe, folder + "/.postbox-probe")
            } catch {
                try? Disk.remove(probe)
                guard error.code == EXDEV else { throw error }
                throw SpoolProblem(description: try Self.words(apart: folder, d.work))
            }
            try Disk.remove(folder + "/.postbox-probe")
        }
    }

    /// Why nothing can be moved from one of these folders to the other.
    private static func words(apart one: String, _ other: String) throws -> String {
        guard try Disk.target(one)?.device == Disk.target(other)?.device else {
            return "\(one) and \(other) are on different file systems; put inbox, work, done and failed on one"
        }
        let mounts = [one, other].map { Disk.mountPoint(of: $0) ?? "unknown" }
        return
            "\(one) and \(other) are on one file system, but in two mounts of it (\(mounts[0]) and \(mounts[1])), and no file can be moved from one mount to another; put inbox, work, done and failed below one of them"
    }

    private func serve(_ group: MultiThreadedEventLoopGroup, _ recordKey: RecordKey?) async throws -> Int32 {
        let work = settings.directories.work
        let ledger = try Ledger(
            in: settings.directories, version: Version.text, firstNumber: try firstNumber(work))
        let alerts = Alerts(
            command: settings.alertCommand, environment: ProcessInfo.processInfo.environment, rules: settings.alerts,
            webhook: settings.alertWebhook.map { WebhookSender($0, logger: logger) }, logger: logger)
        let alertStore = AlertStore(alerts, ledger, logger: logger)
        try await alertStore.start()
        for warning in loaded.warnings {
            logger.warning("\(warning.text)", metadata: ["event": .event(warning.event)])
        }
        options.trace?.watch { [path = options.trace?.path ?? "", logger] in
            switch $0 {
            case .failing(let error):
                alerts.send(
                    Alert(
                        event: .traceFault, isError: false,
                        message: "the trace has gaps from now on, files go on: \(error)", facts: ["path": path]))
            case .whole(let missing):
                logger.notice(
                    "the trace can be written again; \(Plural.text(missing, "message is", "messages are")) missing in it",
                    metadata: ["event": .event(.traceWhole), "path": "\(path)", "missing": "\(missing)"])
            }
        }
        var lanes: [String: PostingLane] = [:]
        var credentials: [String: Credentials] = [:]
        let maker = LaneMaker(
            group: group, logger: logger, environment: options.environment, trace: options.trace, alerts: alerts)
        for destination in settings.destinations {
            (lanes[destination.name], credentials[destination.name]) = maker.make(destination)
        }
        let open = try await ledger.open()
        try HoldingAtStart(settings: settings, alerts: alerts, logger: logger).run(isWanted: options.held, open: open)
        let firstBase = Postbox.nextBase(
            behind: open.flatMap { record in record.postings.map { (base: $0.postIDBase, rows: record.rows) } })
        let disk = DiskThreads(label: "disk", count: max(4, ProcessInfo.processInfo.activeProcessorCount))
        let guardBook = try GuardBook(work)
        let record = RecordBook(
            settings, key: recordKey, ledger: ledger, alerts: alerts, disk: disk, logger: logger)
        let configSHA256 = SHA256Text.of(loaded.sourceBytes)
        let context = Context(
            view: .now(
                InForce(
                    InForce.Configuration(settings: settings, sha256: configSHA256, since: Clock.wall()))),
            ledger: ledger, lanes: Lanes(lanes),
            bases: PostIDBases(next: firstBase),
            guardBook: guardBook, older: OlderBook(destinations: settings.destinations.map(\.name)),
            folders: SpoolFolders(
                syncs: try SyncGroup(on: work), spares: SpareDirectories(threads: disk), names: NameBook()),
            shelves: Shelves(
                tables: TableShelf(settings), dictionaries: DictionaryShelf(settings, loaded.dictionaries),
                configurations: ConfigurationShelf(state: settings.directories.state, inForce: configSHA256)),
            record: record,
            index: IndexBook(settings.directories, logger: logger),
            lastValues: settings.keepsLastValues
                ? LastBook(state: settings.directories.state, guardBook: guardBook, logger: logger) : nil,
            results: ResultWriting(thread: DiskThread(label: "results"), trouble: ResultTrouble()), disk: disk,
            alerts: alerts, progress: progress, logger: logger)
        try context.shelves.configurations.keep(loaded, of: configSHA256)
        try await record.start(configSHA256: context.configSHA256)
        try context.shelves.dictionaries.keep(loaded.dictionaries)
        for (name, sha256) in context.shelves.dictionaries.inUse {
            await record.inUse(.dictionary, name: name, sha256: sha256)
        }
        let (goodTables, faults) = try context.shelves.tables.takeLast()
        for fault in faults {
            logger.warning("\(fault)", metadata: ["event": .event(.tableFault)])
        }
        let recovery = try await Recovery(context: context).run(open)
        // A drop that Recovery gave up, or adopted, is not among the first ones.
        let unfinished = Set(try await ledger.open().map(\.number))
        await context.lastValues?.start(in: settings.directories, open: unfinished, last: try await ledger.lastNumber())
        await context.index.start()
        Memory.forgetStart()
        let loop = ServiceLoop(
            context: context, maker: maker, credentials: credentials, options: options, stops: stops,
            recovered: recovery,
            goodTables: goodTables)
        let office = DeskOffice(
            context,
            DeskHands(
                act: { await loop.acts.act($0, by: $1) },
                reload: { await loop.reload(by: $0, from: $1, why: $2) }, held: { await loop.acts.held(withRows: $0) },
                board: { await loop.board() }, settled: { await loop.settled() },
                figures: { (await loop.closed, await loop.tokensEnd()) }), alertStore, isOnce: options.once)
        // Whatever is asked, posting goes first.
        let listening = Task(priority: .background) { await office.run() }
        let repeating = Task(priority: .background) { await alerts.repeatUntilCancelled() }
        let retention = RetentionBook(context)
        await retention.start()
        let code = await loop.run()
        await retention.finish()
        repeating.cancel()
        listening.cancel()
        await listening.value
        // They work beside each other.
        async let indexed: Void = context.index.finish()
        await context.lastValues?.finish()
        await indexed
        await record.finish()
        await alerts.finish(within: .seconds(5))
        return code
    }

    /// A ledger that is made anew in a spool that was used before counts from the seconds of today: no number comes twice.
    private func firstNumber(_ work: String) throws -> Int {
        let d = settings.directories
        for folder in [d.work, d.done, d.failed] {
            if try Disk.names(in: folder).names.contains(where: { !$0.hasPrefix(".") }) {
                logger.warning(
                    "the ledger is missing although the spool was used; a new one is made",
                    metadata: ["event": .event(.ledgerMissing)])
                return Int(Clock.wall() / 1_000_000)
            }
        }
        return 1
    }
}
