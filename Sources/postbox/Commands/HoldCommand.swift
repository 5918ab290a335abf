internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

/// What is held or resumed.
struct HoldArguments: ParsableArguments {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case inbox, destination, rule, drop
    }

    @Argument(help: "inbox, destination, rule or drop.")
    var what: Kind

    @Argument(
        help: ArgumentHelp(
            "The destination's name, the rule's `match`, or the drop's number.", valueName: "name|match|number"))
    var name: String?

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        switch what {
        case .inbox where name != nil: throw ValidationError("The inbox is held as a whole; leave '\(name ?? "")' out.")
        case .destination where name == nil: throw ValidationError("Which destination?")
        case .rule where name == nil: throw ValidationError("Which rule? Give its `match`.")
        case .drop where (name.flatMap { Int($0) } ?? 0) < 1: throw ValidationError("Which drop? Give its number.")
        default: break
        }
    }

    /// The command, when there is something to hold; ends with 64 when there is not.
    func command(_ desk: CommandIssuer) -> DeskCommand {
        let name = name ?? ""
        switch what {
        case .inbox:
            return .holdInbox
        case .destination:
            guard let known = desk.place.destinations else {
                Terminal.error(
                    "whether there is a destination \(name) cannot be told: the configuration cannot be read")
                return .holdDestination(name)
            }
            if let problem = KnownNames.destinations(known).problem(of: name) {
                CommandIssuer.end(problem, PostboxCore.ExitCode.usage)
            }
            return .holdDestination(name)
        case .rule:
            guard let known = desk.place.rules else {
                Terminal.error("whether there is a rule \(name) cannot be told: the configuration cannot be read")
                return .holdRule(name)
            }
            if let problem = KnownNames.rules(known).problem(of: name) {
                CommandIssuer.end(problem, PostboxCore.ExitCode.usage)
            }
            return .holdRule(name)
        case .drop:
            let number = Int(name) ?? 0
            _ = desk.openName(number)
            return .holdDrop(number)
        }
    }
}

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Holds the inbox, a destination, a rule or a drop until it is resumed.",
        discussion: """
            postbox hold inbox              nothing new is claimed; files in work go on
            postbox hold destination NAME   nothing more is sent there, no file for it is claimed; answers are read
            postbox hold rule MATCH         no file of the rule is claimed, nothing more of its files in work is handed over
            postbox hold drop NUMBER        no further rows of that file are handed over; later files may go past it

            A hold outlives a restart, and never ends by itself: when --until is over somebody is told once (`hold_overdue`). It may be given while no service runs. Given again it takes the new --why and --until. `run --once` does not wait for what is held.

            \(TimeArgument.help)

            Exit codes: 0 it is held · 64 there is no such destination or drop · 74 the spool cannot be used
            """)

    @OptionGroup var target: HoldArguments

    @Option(help: ArgumentHelp("Why; it is recorded, and shown.", valueName: "text"))
    var why: String?

    @Option(
        help: ArgumentHelp(
            "When it is to be over: 17:30, 2h, 2026-12-24 or 2026-12-24T17:30.", valueName: "time"),
        transform: TimeArgument.init)
    var until: TimeArgument?

    func validate() throws { _ = try why.map(Reasons.checked) }

    func run() throws {
        let desk = CommandIssuer(target.place)
        let command = target.command(desk)
        let until = try until?.at(.until)
        let given = desk.give(command, why: why, until: until)
        Terminal.print(
            command.words(given, until: until, now: Clock.wall())
                + (desk.service == nil ? "; no service is running, it holds from the next start on." : "."))
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Lets go on what was held.",
        discussion: """
            The same words as for `hold`: inbox, destination NAME, rule MATCH, drop NUMBER. Rows of a drop that later files have overtaken are \
            sent only where nothing newer was accepted. A drop that its rule or a destination holds goes on when that is resumed.

            Exit codes: 0 resumed · 64 it is not held itself, or there is no such destination, rule or drop · 74 the spool cannot be used
            """)

    @OptionGroup var target: HoldArguments

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    func validate() throws { _ = try why.map(Reasons.checked) }

    func run() throws {
        let desk = CommandIssuer(target.place)
        // What is held may be resumed although the configuration has changed since.
        let given: DeskCommand =
            switch target.what {
            case .inbox: .holdInbox
            case .destination: .holdDestination(target.name ?? "")
            case .rule: .holdRule(target.name ?? "")
            case .drop: .holdDrop(target.name.flatMap { Int($0) } ?? 0)
            }
        guard desk.takeBack(given, why: why) else {
            CommandIssuer.end(
                DeskHold.isNotHeld(
                    target.command(desk).subject, given.drop.flatMap { desk.hold(ofDrop: $0) },
                    waitsForRelease: given.drop.flatMap { desk.drop($0) }?.stage == .held),
                PostboxCore.ExitCode.usage)
        }
        let other = given.drop.flatMap { desk.hold(ofDrop: $0) }
        let rest =
            desk.service != nil
            ? "." : other == nil ? " from the next start on: no service is running." : "; no service is running."
        Terminal.print(DeskHold.isResumed(given.subject, other) + rest)
    }
}
