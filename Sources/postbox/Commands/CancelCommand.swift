internal import ArgumentParser
internal import Foundation
internal import PostboxCore
internal import PostboxIO

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stops a wrong file: what is not sent yet is never sent.",
        discussion: """
            DROP is the number that the log and the result file tell; NAME is the file's name, in work or still in the inbox. \
            Answers to posts in flight are waited for. Every other row ends unsent (unknown where it may have been sent before), \
            and the file goes to failed/ with its result, its rejects and its summary, reason `cancelled`. A file that lies in the \
            inbox is claimed when it is complete, also when its destination is down or held, and nothing of it is sent.

            A name that several have is refused, with the list of them: a corrected file often has the name of the wrong one. Then \
            give the number, or --inbox for the file in the inbox.

            Without a running service the order stands and takes effect at the next start, before anything is sent.

            Exit codes: 0 cancelled, or ordered and no service runs · 64 there is no such file, several have \
            that name, or it is finished already · \
            75 ordered, but not finished within --wait · 74 the spool cannot be used
            """)

    @Argument(help: ArgumentHelp("A drop's number, or a file's name.", valueName: "drop|name"))
    var target: String

    @Flag(help: "The file of that name in the inbox, not one in work.")
    var inbox = false

    @OptionGroup var place: SpoolOptions

    @Option(
        help: ArgumentHelp("How long to wait until a running service has finished the file.", valueName: "duration"))
    var wait: String = "20s"

    func validate() throws {
        if (try? SettingsText.duration(wait)) == nil {
            throw ValidationError("--wait wants a duration such as 20s, not '\(wait)'.")
        }
    }

    func run() async throws {
        let desk = CommandIssuer(place)
        // Looked at before the inbox: a drop with a higher number is the file that was seen there.
        let after = desk.lastNumber
        let (command, name) = choose(desk)
        _ = desk.give(command, after: after)
        let what = command == .cancelFile(name) ? "\(name) in the inbox" : "\(command.subject) (\(name))"
        guard let service = desk.service else {
            Terminal.print("\(what) will be cancelled at the next start: no service is running on this spool.")
            return
        }
        let end = ContinuousClock.now + ((try? SettingsText.duration(wait)) ?? .seconds(20))
        while CommandIssuer.orEnd({ try desk.folder.entry(command) }) != nil {
            guard ContinuousClock.now < end else {
                CommandIssuer.end(
                    "\(what): ordered, but not finished within \(wait). The order stands; see the log of the service (\(service)).",
                    PostboxCore.ExitCode.interrupted)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard let drop = finished(command, name, after, desk) else {
            CommandIssuer.end(
                "\(what): it was gone before it could be cancelled; see the log of the service (\(service)).",
                PostboxCore.ExitCode.usage)
        }
        tell(drop)
    }

    /// What is to be cancelled, and its file's name; ends with 64 when that is not certain.
    private func choose(_ desk: CommandIssuer) -> (DeskCommand, String) {
        if inbox {
            guard desk.isInInbox(target) else {
                if desk.isLeftAlone(target) { endLeftAlone() }
                CommandIssuer.end("\(target) does not lie in the inbox", PostboxCore.ExitCode.usage)
            }
            // Without the ledger a drop of that name in work would be the one that the command means.
            if desk.lastNumber == nil, !desk.drops(named: target).isEmpty {
                CommandIssuer.end(
                    "which \(target) is meant cannot be told for now: another one is in work, and the ledger cannot be read; hold the inbox",
                    PostboxCore.ExitCode.spool)
            }
            return (.cancelFile(target), target)
        }
        if let number = Int(target), number > 0 {
            let name = desk.openName(number)
            if desk.drop(number)?.stage == .held { endHeld(number) }
            return (.cancelDrop(number), name)
        }
        let known = desk.drops(named: target)
        let open = known.filter { !$0.isFinished }.map(\.number)
        switch CancelChoice(open: open, isInInbox: desk.isInInbox(target)) {
        case .drop(let number):
            if desk.drop(number)?.stage == .held { endHeld(number) }
            return (.cancelDrop(number), target)
        case .file:
            return (.cancelFile(target), target)
        case .ambiguous(let numbers, let isInInbox):
            var choices = numbers.map { "drop \($0) in work: postbox cancel \($0)" }
            if isInInbox { choices.append("the one in the inbox: postbox cancel --inbox \(target)") }
            Terminal.error("\(target) is the name of several; nothing is cancelled. Say which:")
            for choice in choices { Terminal.error("  \(choice)") }
            Terminal.exit(PostboxCore.ExitCode.usage)
        case .unknown:
            if let last = known.last {
                CommandIssuer.end("\(CommandIssuer.words(last)) already", PostboxCore.ExitCode.usage)
            }
            if desk.isLeftAlone(target) { endLeftAlone() }
            CommandIssuer.end("there is no \(target) in the inbox or in work", PostboxCore.ExitCode.usage)
        }
    }

    private func endHeld(_ number: Int) -> Never {
        CommandIssuer.end(
            "drop \(number) is held until somebody releases it, and nothing of it is sent before: postbox refuse \(number) --why TEXT ends it",
            PostboxCore.ExitCode.usage)
    }

    private func endLeftAlone() -> Never {
        CommandIssuer.end(
            "\(target) is left alone in the inbox, by `ignore` of the configuration: nothing of it is sent",
            PostboxCore.ExitCode.usage)
    }

    private func finished(
        _ command: DeskCommand, _ name: String, _ after: Int?, _ desk: CommandIssuer
    ) -> LedgerReading.Drop? {
        let drop: LedgerReading.Drop? =
            if case .cancelDrop(let number) = command {
                desk.drop(number)
            } else {
                desk.drops(named: name).first { $0.number > after ?? 0 }
            }
        return drop.flatMap { $0.isFinished ? $0 : nil }
    }

    /// The end of it, from its summary.
    private func tell(_ drop: LedgerReading.Drop) {
        struct Summary: Decodable {
            var reason: String
            var outcomes: [String: Int]
        }
        let path = drop.folder + "/" + FileNames.summary(drop.target)
        let summary = (try? Data(contentsOf: URL(fileURLWithPath: path))).flatMap {
            try? JSONDecoder().decode(Summary.self, from: $0)
        }
        let counts = PostOutcome.allCases.compactMap { outcome in
            summary?.outcomes[outcome.word].flatMap { $0 > 0 ? "\($0) \(outcome.word)" : nil }
        }
        let rows = counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))"
        guard summary == nil || summary?.reason == CommandDesk.cancelled else {
            CommandIssuer.end("too late: \(CommandIssuer.words(drop))\(rows)", PostboxCore.ExitCode.usage)
        }
        Terminal.print(
            "drop \(drop.number) (\(drop.name)) is cancelled: \(drop.verdict?.rawValue ?? ""), \(drop.folder)/\(drop.target)\(rows)"
        )
    }
}
