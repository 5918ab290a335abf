internal import ArgumentParser
internal import PostboxCore

/// How commands that act on alerts end.
private let alertExitCodes = """
    Exit codes: 0 done · 64 there is no such alert, or somebody has it already · 69 no service is running · 77 you may not
    """

struct AckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Says that you have an alert: nobody is called for it again.",
        discussion: """
            `postbox status` and the page show the alerts of the last day with their numbers. Who has one, since when and why stands \
            there too, and in the record. When it is over and comes again, it is a new alert.

            \(alertExitCodes)
            """)

    @Argument(help: "The alert's number.")
    var alert: Int

    @Option(help: ArgumentHelp("Why, or what is done about it; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if alert < 1 { throw ValidationError("Which alert? Give its number.") }
        if try Reasons.checked(why) == nil { throw ValidationError("Say why with --why TEXT.") }
    }

    func run() async throws {
        var order = AlertOrder()
        order.why = why
        DeskSpeaker(place).ask(.acknowledge(alert), order)
    }
}

struct MuteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mute",
        abstract: "Calls nobody for some alerts until a time.",
        discussion: """
            postbox mute destination_down --destination cache --until 17:30 --why "the vendor works on it"
            postbox mute --rule "test_*" --until 2026-12-24 --why "trial files"

            Name an event, a rule (as its `match` stands in the configuration) or a destination, or several of these: all of them \
            have to fit. Muted alerts stand in the log, in status and on the page all the same, and so does the mute. It ends by \
            itself, after 31 days at most; `postbox unmute` ends it before.

            \(TimeArgument.help)

            \(alertExitCodes)
            """)

    @Argument(help: ArgumentHelp("The event's word, such as destination_down.", valueName: "event"))
    var event: String?

    @Option(help: ArgumentHelp("Alerts about this rule.", valueName: "match"))
    var rule: String?

    @Option(help: ArgumentHelp("Alerts about this destination.", valueName: "name"))
    var destination: String?

    @Option(
        help: ArgumentHelp("Until when: 17:30, 2h, 2026-12-24 or 2026-12-24T17:30.", valueName: "time"),
        transform: TimeArgument.init)
    var until: TimeArgument

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var place: SpoolOptions

    func validate() throws { _ = try order }

    private var order: AlertOrder {
        get throws {
            var texts = ["why": why]
            (texts["event"], texts["rule"], texts["destination"]) = (event, rule, destination)
            texts["until"] = TimeText.text(try until.at(.until))
            do throws(DeskOrder.Fault) {
                return try AlertOrder(texts, for: .mute)
            } catch {
                throw ValidationError(error.text)
            }
        }
    }

    func run() async throws { DeskSpeaker(place).ask(.mute, try order) }
}

struct UnmuteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmute",
        abstract: "Ends a mute before its time.",
        discussion: alertExitCodes)

    @Argument(help: "The mute's number, as `postbox status` shows it.")
    var mute: Int

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if mute < 1 { throw ValidationError("Which mute? Give its number.") }
        _ = try why.map(Reasons.checked)
    }

    func run() async throws {
        var order = AlertOrder()
        order.why = why
        DeskSpeaker(place).ask(.unmute(mute), order)
    }
}
