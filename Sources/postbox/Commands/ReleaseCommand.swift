internal import ArgumentParser
internal import PostboxCore

/// What the commands that act on a drop have in common.
struct DropArguments: ParsableArguments {
    @Argument(help: "The drop's number, as log, result file and `held` tell it.")
    var drop: Int

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if drop < 1 { throw ValidationError("Which drop? Give its number.") }
    }

    /// How these commands end.
    static let exitCodes = """
        Exit codes: 0 done · 64 there is no such drop, or it is not at a stage for that · 69 no service is running · \
        75 a second person is needed · 77 you may not
        """
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Sends what a check has held back.",
        discussion: """
            Sends the rows of a held drop, or some of them; the others end unsent. `postbox held` shows what is held, and why. \
            The answer counts rows that still fail a check, and rows that newer files have overtaken meanwhile. Where the rule \
            wants two people, the first one proposes with the same command.

            \(DropArguments.exitCodes)
            """)

    @OptionGroup var target: DropArguments

    @Option(help: ArgumentHelp("Send these rows only, such as 3,17-20.", valueName: "rows"))
    var rows: String?

    @Option(help: ArgumentHelp("Send all rows but these.", valueName: "rows"))
    var except: String?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    func validate() throws {
        _ = try why.map(Reasons.checked)
        guard rows == nil || except == nil else { throw ValidationError("--rows and --except do not go together.") }
        for text in [rows, except].compactMap({ $0 }) where RowChoice.ranges(text) == nil {
            throw ValidationError("A list of rows is such as 3,17-20, not '\(text)'.")
        }
    }

    private var choice: RowChoice {
        if let ranges = rows.flatMap({ RowChoice.ranges($0) }) { return .only(ranges) }
        if let ranges = except.flatMap({ RowChoice.ranges($0) }) { return .except(ranges) }
        return .all
    }

    func run() async throws {
        DeskSpeaker(target.place).ask(for: .release(drop: target.drop, choice, why: why))
    }
}

struct RefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "Ends what a check has held back, without sending it.",
        discussion: """
            The file ends refused, with the reason `refused_by_desk`; who did it and why stand in its summary.

            \(DropArguments.exitCodes)
            """)

    @OptionGroup var target: DropArguments

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    func validate() throws {
        if try Reasons.checked(why) == nil { throw ValidationError("Say why with --why TEXT.") }
    }

    func run() async throws {
        DeskSpeaker(target.place).ask(for: .refuse(drop: target.drop, why: why))
    }
}

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Contributes a refused file again, under today's rules.",
        discussion: """
            The file gets a new drop number; the answer tells it. It is refused where rows of the file were sent again already and did not fail again.

            \(DropArguments.exitCodes)
            """)

    @OptionGroup var target: DropArguments

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    func validate() throws { _ = try why.map(Reasons.checked) }

    func run() async throws {
        DeskSpeaker(target.place).ask(for: .retry(drop: target.drop, why: why))
    }
}

struct ResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Sends rows of a finished file again that did not arrive.",
        discussion: """
            Those rows become a drop of their own, in the file's own bytes; the answer tells its number. It is as old as the file: rows \
            that newer files have overtaken are treated as the rule's `corrections` says. With --force it is as new as if it had \
            just arrived, which may put an older value in the place of a newer one; that is recorded.

            Rows that were sent again already, and did not fail again, are left out; with --force those that arrived go once more.

            \(DropArguments.exitCodes)
            """)

    @OptionGroup var target: DropArguments

    @Option(
        help: ArgumentHelp("Which rows, by how they ended (nacked,unknown,unsent).", valueName: "outcomes"))
    var outcome: String?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String?

    @Flag(help: "As new, over values that have come since.")
    var force = false

    func validate() throws {
        _ = try why.map(Reasons.checked)
        _ = try outcomes
    }

    private var outcomes: Set<PostOutcome> {
        get throws {
            guard let outcome else { return DeskAct.resent }
            do throws(DeskOrder.Fault) {
                return try DeskOrder.outcomes(outcome)
            } catch {
                throw ValidationError("\(error.text).")
            }
        }
    }

    func run() async throws {
        DeskSpeaker(target.place).ask(
            for: .resend(drop: target.drop, outcomes: try outcomes, why: why, force: force))
    }
}

/// Reasons as a command line gives them.
enum Reasons {
    /// The reason; nil: it says nothing.
    static func checked(_ text: String) throws -> String? {
        do {
            return try DeskOrder.why(text)
        } catch {
            throw ValidationError("--\(error.text).")
        }
    }
}
