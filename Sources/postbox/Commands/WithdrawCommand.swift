internal import ArgumentParser
internal import PostboxCore

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Takes wrong prices back: posts what was there before in their place.",
        discussion: """
            postbox withdraw 812 --why "prices of yesterday"
            postbox withdraw --rule "eod_*.csv" --since 17:30 --why "wrong scale"

            For each field of each RIC that still holds a value of these drops, the last value from none of them is posted as an \
            Update; also for each field that a Refresh of theirs blanked because it did not name it. What newer files have said \
            since stays. First it shows what it would post. What had no value before is listed, and blanked only with --blank. \
            A withdrawal is withdrawn in the same way, with all drops that were made for it. Each wrong drop gets a drop of its own for each destination; beside its result lies \
            NAME.incident.csv with each wrong value, from when until when it held, and what replaced it. Where the rule asks two \
            people for a release, the second one sends it with `postbox release`. When the answer comes nothing is posted yet: it says \
            what is waited for, and `postbox show` tells how far it is.

            \(TimeArgument.help)

            Exit codes: 0 done, or nothing was wanted · 64 no such drop, it is still in work, or it is withdrawn and nothing of it holds · \
            69 no service is running · 75 a second person is needed · 77 you may not
            """)

    @Argument(help: "The drop's number, as log, result file and page tell it.")
    var drop: Int?

    @Option(help: ArgumentHelp("All files of this rule (its `match`) instead of one drop.", valueName: "rule"))
    var rule: String?

    @Option(
        help: ArgumentHelp(
            "Those that were claimed since then: 17:30, 2h, 2026-12-24 or 2026-12-24T17:30.", valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @Flag(help: "Blank fields that had no value before.")
    var blank = false

    @OptionGroup var confirm: ConfirmOptions

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if try Reasons.checked(why) == nil { throw ValidationError("Say why with --why TEXT.") }
        switch (drop, rule, since) {
        case (let drop?, nil, nil): if drop < 1 { throw ValidationError("Which drop? Give its number.") }
        case (nil, .some, .some): break
        default: throw ValidationError("What is withdrawn? Give a drop's number, or --rule and --since.")
        }
    }

    func run() async throws {
        let what: Withdrawal.Subject
        if let drop {
            what = .drop(drop)
        } else {
            what = .rule(rule ?? "", since: try since?.at(.since) ?? 0)
        }
        confirm.run(place, note: note) { .withdraw(Withdrawal(what, why: why, blanks: blank, isPreview: $0)) }
    }

    /// How what had no value before is blanked; the service's answer says only that it can be.
    private func note(_ counts: JSONValue?) -> String? {
        let fields = (counts?["without_value"]?.integer ?? 0) - (counts?["blanked"]?.integer ?? 0)
        guard !blank, fields > 0 else { return nil }
        return "  --blank blanks \(Plural.text(fields, "field")) that had no value before"
    }
}
