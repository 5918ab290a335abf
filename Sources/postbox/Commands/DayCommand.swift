internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct DayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "day",
        abstract: "Shows how a day went, and lets somebody answer for it.",
        discussion: """
            Of each rule: files that were expected and came, their rows, how many are bad, and which files are open: not done, and \
            put right by nothing. Then the instruments of tables that a check's `universe` names of which no row was accepted, what \
            people did, and who signed the day off.

            A file that is not due yet is not missing, and of a day before the spool was used nothing is known. A day that has not \
            begun, by UTC or in the zone of a rule, is signed by nobody. A rule's day is that of its zone, everything else's that of UTC. Works with and without a running service.

            Exit codes: 0 nothing is missing or open · 2 something is, or nothing is known of that day · 64 usage · 74 the spool cannot be used · 78 the \
            configuration is not right
            """)

    @Argument(
        help: ArgumentHelp("The day, such as 2026-12-24 (today, UTC).", valueName: "date"), transform: TimeArgument.day)
    var date: Int?

    @Flag(help: "As CSV.")
    var csv = false

    @Flag(help: "As JSON, one object.")
    var json = false

    @Flag(help: "Sign it off: you answer for that day. It is recorded, open or not.")
    var sign = false

    @Option(help: ArgumentHelp("With --sign: what there is to say; it is recorded.", valueName: "text"))
    var why: String?

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if csv, json { throw ValidationError("--csv and --json do not go together.") }
        if why != nil, !sign { throw ValidationError("--why goes with --sign.") }
        _ = try why.map(Reasons.checked)
    }

    func run() async throws {
        let settings = Configuration.loadOrExit(place.config).settings
        let now = Clock.wall()
        let day = date ?? BusinessCalendar.today(at: now, in: .utc)
        if sign {
            guard DayReport.hasBegun(day, schedules: settings.schedules, at: now) else {
                CommandIssuer.end(
                    "\(BusinessCalendar.text(ofDay: day)) has not come yet: nobody can answer for it",
                    PostboxCore.ExitCode.usage)
            }
            let signature = PersonNote(by: "unix:" + CommandIssuer.user, at: now, why: why ?? "")
            _ = await DirectAct.end(place.find()) { ledger in
                try await ledger.sign(day, signature, from: "command")
                return true
            }
        }
        let report = CommandIssuer.orEnd { try DayLookup(settings: settings).report(day, now: now) }
        if csv {
            for line in report.csv { Terminal.printExactly(line) }
        } else if json {
            Terminal.printExactly(report.json)
        } else {
            for line in report.lines { Terminal.print(line) }
        }
        Terminal.exit(report.isClear ? PostboxCore.ExitCode.ok : PostboxCore.ExitCode.partial)
    }
}
