internal import ArgumentParser
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PostboxCore
internal import PostboxIO

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Connects to a destination, logs in, and says what is there; sends no post.",
        discussion: """
            Says in plain lines what the server is, which limits it gave, whether it takes posts, and whether the service is \
            up where the server has a directory. Ends with 69 when a destination cannot be used.
            """)

    @Argument(help: "The destination's name; without it, all of them.")
    var destination: String?

    @OptionGroup var option: ConfigOption

    @Option(help: ArgumentHelp("How long to try.", valueName: "duration"))
    var wait: String = "15s"

    @Option(
        help: "Append every message with time and direction to this file; tokens and passwords are masked.",
        completion: .file())
    var trace: String?

    func validate() throws {
        if (try? SettingsText.duration(wait)) == nil {
            throw ValidationError("--wait wants a duration such as 15s, not '\(wait)'.")
        }
    }

    func run() async throws {
        let settings = Configuration.loadOrExit(option.path).settings
        let wanted = settings.destinations.filter { destination == nil || $0.name == destination }
        guard !wanted.isEmpty else {
            Terminal.error(
                "there is no destination \(destination ?? ""); the configuration has \(settings.destinations.map(\.name).joined(separator: ", "))"
            )
            Terminal.exit(PostboxCore.ExitCode.usage)
        }
        let trace = Configuration.traceOrExit(trace)
        let limit = (try? SettingsText.duration(wait)) ?? .seconds(15)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var isFine = true
        for entry in wanted {
            if await !Probe(destination: entry, wait: limit).run(on: group.next(), trace) { isFine = false }
        }
        try await group.shutdownGracefully()
        Terminal.exit(isFine ? PostboxCore.ExitCode.ok : PostboxCore.ExitCode.noDestination)
    }
}

/// One destination, looked at.
private struct Probe {
    let destination: Destination
    let wait: Duration

    /// Prints what it finds. True: the destination can be used.
    func run(on eventLoop: any EventLoop, _ trace: Trace?) async -> Bool {
        Terminal.print("\(destination.name) (\(destination.profile.rawValue))")
        let logger = LineLog.silent
        let lane = PostingLane(
            destination: destination, eventLoop: eventLoop, logger: logger,
            environment: ProcessInfo.processInfo.environment, trace: trace,
            credentials: Credentials(for: destination, logger: logger).source, alert: { _ in })
        let running = Task { await lane.run() }
        let state = await settled(lane)
        var isFine = false
        switch state {
        case .ready:
            isFine = await describe(lane)
        case .connecting(let why), .refused(let why), .paused(let why):
            say("not usable", why)
        case .stopped:
            say("not usable", "stopped")
        }
        await lane.stop(timeout: .seconds(1))
        running.cancel()
        await running.value
        return isFine
    }

    /// The first state that says something, or the last one when the time is over.
    private func settled(_ lane: PostingLane) async -> LaneState {
        await withTaskGroup(of: LaneState?.self) { group in
            group.addTask {
                var tries = 0
                for await state in lane.states {
                    if case .connecting = state {
                        tries += 1
                        // Every server was tried twice; more would say the same.
                        if tries >= destination.urls.count * 2 { return state }
                        continue
                    }
                    return state
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: wait)
                return await lane.state
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .stopped
        }
    }

    private func describe(_ lane: PostingLane) async -> Bool {
        for (name, value) in await lane.loginFacts {
            switch name {
            case "url": say("logged in", value)
            case "server": say("server", value)
            default: break
            }
        }
        let limits = await lane.limits
        say("takes posts", "yes")
        say("longest message", Plural.text(limits.maxMsgSize, "byte"))
        say("ping timeout", "\(limits.pingTimeout / 1_000_000_000) s")
        let rate = [limits.maxMessagesPerSecond, destination.maxPostsPerSecond].compactMap { $0 }.min()
        say("rate", rate.map { "\(Plural.text($0, "post")) a second" } ?? "no limit told")
        if destination.profile == .rcc {
            say("service", "\(destination.service) (this channel has no directory to ask)")
            return true
        }
        guard let services = await lane.services(timeout: .seconds(3)) else {
            say("service", "\(destination.service) (the server tells no directory)")
            return true
        }
        switch services[destination.service] {
        case true?:
            say("service", "\(destination.service) is up")
            return true
        case false?:
            say("service", "\(destination.service) is DOWN")
            return false
        case nil:
            say(
                "service",
                "\(destination.service) is unknown to the server, which has \(services.keys.sorted().joined(separator: ", "))"
            )
            return false
        }
    }

    private func say(_ what: String, _ text: String) {
        Terminal.print("  \(what.padded(16)) \(text)")
    }
}
