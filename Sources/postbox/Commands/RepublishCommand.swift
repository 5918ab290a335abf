internal import ArgumentParser
internal import PostboxCore

/// What commands have in common that post something of their own after they have shown it.
struct ConfirmOptions: ParsableArguments {
    @Flag(help: "Post without being asked.")
    var yes = false

    @Flag(help: "The service's answer as JSON. Nobody is asked: without --yes it is what would be posted.")
    var json = false

    /// Shows what an act would do, asks, and has it done.
    ///
    /// - Parameters:
    ///   - note: what the command has to say to what would be posted, by its counts; nil: nothing.
    ///   - act: the act, or only a look at what it would do.
    func run(
        _ place: SpoolOptions, note: (_ counts: JSONValue?) -> String? = { _ in nil },
        _ act: (_ isPreview: Bool) -> DeskAct
    ) -> Never {
        let speaker = DeskSpeaker(place)
        if json {
            Terminal.printExactly(speaker.answer(to: act(!yes)).text.split(separator: "\n").joined())
            Terminal.exit(PostboxCore.ExitCode.ok)
        }
        if !yes {
            let (_, value) = speaker.answer(to: act(true))
            Terminal.print(value["text"]?.text ?? "")
            for line in Self.table(value["examples"]?.items ?? []) { Terminal.print(line) }
            if let note = note(value["facts"]) { Terminal.print(note) }
            guard Terminal.inputIsTerminal else {
                CommandIssuer.end(
                    "nothing is posted: there is nobody to be asked; say --yes", PostboxCore.ExitCode.usage)
            }
            guard Terminal.asks("Post this? [y/N] ") else {
                Terminal.print("nothing is posted")
                Terminal.exit(PostboxCore.ExitCode.ok)
            }
        }
        speaker.ask(for: act(false))
    }

    /// Values that would be replaced, as a table; the first twenty.
    private static func table(_ examples: [JSONValue]) -> [String] {
        guard !examples.isEmpty else { return [] }
        let most = 20
        let rows = examples.prefix(most).map { value in
            [
                value["destination"]?.text ?? "", value["service"]?.text ?? "", value["ric"]?.text ?? "",
                value["field"]?.text ?? "", value["wrong"]?.word ?? "",
                replacement(value),
            ]
        }
        return DropText.lines([["destination", "service", "ric", "field", "wrong", "replaced by"]] + rows).map {
            "  " + $0
        } + (examples.count > most ? ["  …"] : [])
    }

    private static func replacement(_ value: JSONValue) -> String {
        switch value["fate"]?.text.flatMap(ReplacedValue.Fate.init(rawValue:)) {
        case .replaced, nil: value["replaced_by"]?.word ?? ""
        case .blanked: "blank (no value before)"
        case .left: "(no value before)"
        case .unknown: "(nobody can tell)"
        }
    }
}

struct RepublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "republish",
        abstract: "Posts the last accepted values of a destination again, when its server has lost them.",
        discussion: """
            Every RIC goes with all fields that were accepted last, as they went then: as a Refresh, but for destinations and rules \
            that only update. What was withdrawn and had no value before is left out. First the count is shown. The values become a drop of their own, with a result and a summary; it is less \
            urgent than every file. What newer files have accepted meanwhile is not replaced: such rows end `superseded`, or `unsent` \
            with the reason `overtaken` where the newer row has fewer fields; ask again for these.

            Exit codes: 0 done, or nothing was wanted · 64 no such destination, or nothing is known · 69 no service is running · \
            77 you may not
            """)

    @Argument(help: ArgumentHelp("The destination's name.", valueName: "destination"))
    var destination: String

    @Option(help: "Only this service.")
    var service: String?

    @Option(
        help: ArgumentHelp(
            "Only RICs of which a value that holds came under this rule (its `match`).", valueName: "rule"))
    var rule: String?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var confirm: ConfirmOptions

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if try Reasons.checked(why) == nil { throw ValidationError("Say why with --why TEXT.") }
    }

    func run() async throws {
        confirm.run(place) { isPreview in
            .republish(
                Republication(
                    destination: destination, service: service, rule: rule, why: why, isPreview: isPreview))
        }
    }
}
