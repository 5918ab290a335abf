internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct ExpectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expect",
        abstract: "Says that a file that is expected does not come, or is expected after all.",
        discussion: """
            postbox expect skip "eod_*" --why "exchange holiday"                    nothing is expected of that rule today
            postbox expect skip "eod_*" --day 2026-12-24 --why "early close"        … on that day
            postbox expect undo "eod_*" --day 2026-12-24 --why "it comes after all"

            A rule is named by its `match`. Works with and without a running service.
            """,
        subcommands: [ExpectSkipCommand.self, ExpectUndoCommand.self])
}

/// A rule and its day.
struct ExpectArguments: ParsableArguments {
    @Argument(help: "The rule's match, as it stands in the configuration.")
    var rule: String

    @Option(
        help: ArgumentHelp("The day, as the rule's zone has it (today).", valueName: "day"), transform: TimeArgument.day
    )
    var day: Int?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if try Reasons.checked(why) == nil { throw ValidationError("Say why with --why TEXT.") }
    }

    static let exitCodes = """
        Exit codes: 0 noted · 64 no file of such a rule is expected, or a reason is missing · 74 the spool cannot be used · \
        78 the configuration is not right
        """

    /// The day's number; ends with a sentence where nothing is expected of that rule.
    func dayNumber() -> Int {
        let settings = Configuration.loadOrExit(place.config).settings
        guard let schedule = settings.schedules.first(where: { $0.rule == rule }) else {
            let known = settings.schedules.map(\.rule)
            let nearest = NearestWord.of(rule, in: known).map { "; the nearest is \($0)" } ?? ""
            CommandIssuer.end(
                "the configuration has no rule \(VisibleText.line(rule)) with expected or deadline\(nearest)",
                PostboxCore.ExitCode.usage)
        }
        return day ?? schedule.day(at: Clock.wall())
    }

    /// Notes it, or takes it back.
    func note(_ act: String, _ make: (ScheduleSkip) -> StandingThing) async {
        let by = "unix:" + CommandIssuer.user
        let skip = ScheduleSkip(rule: rule, day: dayNumber(), by: by, why: why)
        let thing = make(skip)
        let text = BusinessCalendar.text(ofDay: skip.day)
        let told = RecordAct(act, subject: "\(rule) on \(text)", by: by, from: "command", why: why)
        _ = await DirectAct.end(place.find()) { ledger in
            if thing.value == nil, try await ledger.standing(.skip)[skip.name] == nil {
                throw DirectAct.Wrong("nobody said that \(rule) is not expected on \(text)")
            }
            try await ledger.keep([thing], by: told, at: Clock.wall())
            return true
        }
        Terminal.print(
            thing.value == nil ? "\(rule) is expected on \(text)" : "nothing is expected of \(rule) on \(text)")
        Terminal.exit(PostboxCore.ExitCode.ok)
    }
}

struct ExpectSkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Says that no file of a rule comes on a day.",
        discussion: "No alert tells that it is missing or late.\n\n\(ExpectArguments.exitCodes)")

    @OptionGroup var target: ExpectArguments

    func run() async throws {
        await target.note("expect_skip") { StandingThing(.skip, $0.name, $0.json) }
    }
}

struct ExpectUndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Says that a file is expected after all.",
        discussion: ExpectArguments.exitCodes)

    @OptionGroup var target: ExpectArguments

    func run() async throws { await target.note("expect_undo") { StandingThing(.skip, $0.name, nil) } }
}
