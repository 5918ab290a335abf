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

            With --once it contributes what lies in the inbox and ends; its exit code tells the worst that happened.
            """)

    @Option(name: .shortAndLong, help: "The configuration.", completion: .file(extensions: ["yaml", "yml"]))
    var config: String

    @Flag(help: "Contribute what is in the inbox, then end.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "With --once: how long to try to reach and log in to a destination (30s).", valueName: "duration"))
    var wait: String?

    @Flag(help: "Take a spool that another host used last; make sure first that it is stopped.")
    var takeOver = false

    @Option(
        help: "Append every message with time and direction to this file; tokens and passwords are masked.",
        completion: .file())
    var trace: String?

    @Flag(name: .shortAndLong, help: "Log only what needs attention.")
    var quiet = false

    func validate() throws {
        guard let wait else { return }
        guard once else { throw ValidationError("--wait goes with --once only: a service tries for ever.") }
        if (try? SettingsText.duration(wait)) == nil {
            throw ValidationError("--wait wants a duration such as 30s or 5m, not '\(wait)'.")
        }
    }

    func run() async throws {
        Memory.keepFreed()
        let loaded = Configuration.loadOrExit(config)
        let options = RunOptions(
            once: once, wait: (try? wait.map(SettingsText.duration)) ?? .seconds(30), takeOver: takeOver,
            environment: ProcessInfo.processInfo.environment, trace: Configuration.traceOrExit(trace))
        let code = await Service.run(loaded, options, LineLog.logger(level: quiet ? .warning : .info))
        Terminal.exit(code)
    }
}

/// Runs the service with signals and the progress line around it.
enum Service {
    static func run(_ loaded: LoadedSettings, _ options: RunOptions, _ logger: Logger) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let signalTask = Task {
            for await _ in signals { stop.yield() }
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
    static func loadOrExit(_ path: String) -> LoadedSettings {
        do {
            return try SettingsLoader.load(path: path)
        } catch {
            for problem in error.problems { Terminal.error(problem.text) }
            Terminal.exit(PostboxCore.ExitCode.configuration)
        }
    }
}
