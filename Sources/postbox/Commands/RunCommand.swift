internal import ArgumentParser
internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Watches the inbox and contributes every file that arrives.",
        discussion: """
            Runs until SIGINT or SIGTERM; then no new file is taken, posts in flight are waited for (drain_timeout), and what is \
            left goes on at the next start. A second signal stops at once, still without loss.

            With --held it logs in and holds the inbox and all destinations, until `postbox resume inbox` and `postbox resume \
            destination NAME`. A spool that was copied from another machine begins like that in any case, and each file that was \
            in work there waits for `postbox resume drop NUMBER`: that machine may have sent more of it since.

            With --once it contributes what lies in the inbox and ends; its exit code tells the worst that happened.
            """)

    @OptionGroup var option: ConfigOption

    @Flag(help: "Contribute what is in the inbox, then end.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "With --once: how long to try to reach and log in to a destination (30s).", valueName: "duration"))
    var wait: String?

    @Flag(help: "Take a spool that another host used last; make sure first that it is stopped.")
    var takeOver = false

    @Flag(help: "Begin with everything held: nothing is claimed or sent before somebody resumes it.")
    var held = false

    @Option(
        help: "Append every message with time and direction to this file; tokens and passwords are masked.",
        completion: .file())
    var trace: String?

    @Option(
        help: ArgumentHelp(
            "How log lines are written: text, or json, an object a line (text; under systemd entries of its journal).",
            valueName: "form"))
    var log: LineLog.Form?

    @Option(
        help: ArgumentHelp(
            "What is logged: this level and louder ones; info, notice, warning or error (info).", valueName: "level"))
    var logLevel: LogThreshold?

    @Flag(name: .shortAndLong, help: "Log only what needs attention: --log-level warning.")
    var quiet = false

    func validate() throws {
        if quiet, logLevel != nil { throw ValidationError("--quiet is --log-level warning: give one of them.") }
        guard let wait else { return }
        guard once else { throw ValidationError("--wait goes with --once only: a service tries for ever.") }
        if (try? SettingsText.duration(wait)) == nil {
            throw ValidationError("--wait wants a duration such as 30s or 5m, not '\(wait)'.")
        }
    }

    func run() async throws {
        Memory.keepFreed()
        Signals.ignoreUntilTrapped()
        let config = option.path
        let loaded = Configuration.loadOrExit(config, withDictionaries: true)
        var options = RunOptions(
            once: once, wait: (try? wait.map(SettingsText.duration)) ?? .seconds(30), takeOver: takeOver, held: held,
            environment: ProcessInfo.processInfo.environment, trace: Configuration.traceOrExit(trace))
        options.load = { try SettingsLoader.load(path: config, withDictionaries: true) }
        let level = logLevel ?? (quiet ? .warning : .info)
        // Who asks for a form gets it, also where standard error leads to the journal.
        let journal = log == nil ? Journal(environment: options.environment) : nil
        let logger = LineLog.logger(level: level.forLog, form: log ?? .lines, journal: journal)
        let code = await Service.run(loaded, options, logger)
        Terminal.exit(code)
    }
}

extension LineLog.Form: ExpressibleByArgument {}

/// How loud a log line must be to be written.
enum LogThreshold: String, Sendable, CaseIterable, ExpressibleByArgument {
    case info, notice, warning, error

    var forLog: Logger.Level {
        switch self {
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

/// Runs the service with signals and the progress line around it.
enum Service {
    static func run(_ loaded: LoadedSettings, _ options: RunOptions, _ logger: Logger) async -> Int32 {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let (hangups, hangup) = AsyncStream<Void>.makeStream()
        var options = options
        options.hangups = hangups
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm] + Signals.noStop)
        let files = LogFiles(trace: options.trace)
        let signalTask = Task {
            for await signal in signals {
                switch signal {
                case .sighup:
                    files.reopen(logger)
                    hangup.yield()
                case .sigusr1, .sigusr2:
                    let name = signal == .sigusr1 ? "SIGUSR1" : "SIGUSR2"
                    logger.notice(
                        "the signal \(name) means nothing here; it is ignored",
                        metadata: ["event": .event(.signalIgnored), "signal": "\(name)"])
                default: stop.yield()
                }
            }
        }
        let progress = Progress()
        let shown = Terminal.errorIsTerminal ? Task { await progress.showWhileRunning() } : nil
        let code = await PostboxService(
            loaded: loaded, options: options, logger: logger, progress: progress, stops: stops
        ).run()
        signalTask.cancel()
        shown?.cancel()
        await shown?.value
        return code
    }
}

/// Signals that are no reason to stop.
enum Signals {
    static let noStop: [UnixSignal] = [.sighup, .sigusr1, .sigusr2]

    /// From the program's start until somebody listens to them: else they would end it.
    static func ignoreUntilTrapped() {
        for one in noStop { signal(one.rawValue, SIG_IGN) }
    }
}

/// The files that lines go to, for whoever puts them away: known by the names that they had at the start.
private struct LogFiles: Sendable {
    /// Where standard output and error go, when these are files.
    private let standard: [Int32: String]
    private let trace: Trace?

    init(trace: Trace?) {
        self.trace = trace
        standard = [STDOUT_FILENO, STDERR_FILENO].reduce(into: [:]) { $0[$1] = Descriptors.path(of: $1) }
    }

    func reopen(_ logger: Logger) {
        var reopened: [String] = []
        var failed: [String] = []
        for (descriptor, path) in standard.sorted(by: { $0.key < $1.key }) {
            do throws(DiskError) {
                try Descriptors.reopen(descriptor, at: path, inherited: true)
                if !reopened.contains(path) { reopened.append(path) }
            } catch {
                failed.append("\(error)")
            }
        }
        if let trace {
            do throws(DiskError) {
                try trace.reopen()
                reopened.append(trace.path)
            } catch {
                failed.append("\(error)")
            }
        }
        for why in failed {
            logger.error("lines go on into the file as it was: \(why)", metadata: ["event": .event(.reopenFailed)])
        }
        logger.notice(
            reopened.isEmpty ? "there is no log file and no trace to open again" : "log and trace were opened again",
            metadata: ["event": .event(.reopened), "files": "\(reopened.joined(separator: ", "))"])
    }
}

/// The configuration as commands need it.
enum Configuration {
    /// Opens the trace, or says why not and ends with 74.
    static func traceOrExit(_ path: String?) -> Trace? {
        guard let path else { return nil }
        do throws(DiskError) {
            return try Trace(path: path)
        } catch {
            Terminal.error("\(error)")
            Terminal.exit(PostboxCore.ExitCode.spool)
        }
    }

    /// Loads it, or says everything that is wrong with it and ends with 78.
    ///
    /// - Parameters:
    ///   - withDictionaries: with the dictionaries that it names.
    ///   - folder: where relative paths in it start; nil: in its own.
    static func loadOrExit(
        _ path: String, withDictionaries: Bool = false, folder: String? = nil
    ) -> LoadedSettings {
        // Its secrets lie in memory from here on.
        Privacy.forbidDumps()
        do {
            return try SettingsLoader.load(path: path, withDictionaries: withDictionaries, folder: folder)
        } catch {
            for problem in error.problems { Terminal.error(problem.text) }
            Terminal.exit(PostboxCore.ExitCode.configuration)
        }
    }

    /// The absolute path of the folder that a file lies in.
    static func folder(of path: String) -> String {
        absolutePath(path, from: FileManager.default.currentDirectoryPath).split(separator: "/").dropLast()
            .map { "/" + $0 }.joined()
    }

    /// Reads the tables, or says everything that is wrong with them and ends with 78.
    static func tablesOrExit(_ settings: Settings) -> [String: LookupTable] {
        var tables: [String: LookupTable] = [:]
        var isWrong = false
        for rule in settings.tables {
            do {
                tables[rule.name] = try TableFiles.table(rule, columns: settings.columns(ofTable: rule.name))
            } catch {
                isWrong = true
                let fault = error as? TableFault ?? TableFault(Words.of(error))
                Terminal.error(
                    SettingsProblem(file: rule.path, line: fault.line, what: "the table `\(rule.name)`: \(fault.what)")
                        .text)
            }
        }
        if isWrong { Terminal.exit(PostboxCore.ExitCode.configuration) }
        return tables
    }
}
