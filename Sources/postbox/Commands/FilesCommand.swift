internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct FilesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Lists files, finished ones and those in work.",
        discussion: """
            The newest first. Works with and without a running service.

            \(TimeArgument.help)

            Exit codes: 0 shown · 2 there are none · 64 usage · 74 the spool cannot be read
            """)

    @OptionGroup var place: SpoolOptions

    @Argument(help: ArgumentHelp("Files of that name; * and ? stand for any letters.", valueName: "pattern"))
    var name: String?

    @Option(
        help: ArgumentHelp("Files that were finished on that day of this machine's zone.", valueName: "day"),
        transform: TimeArgument.day)
    var day: Int?

    @Option(help: ArgumentHelp("Finished from this day or time on.", valueName: "time"), transform: TimeArgument.init)
    var from: TimeArgument?

    @Option(
        help: ArgumentHelp("Finished up to this day, or before this time.", valueName: "time"),
        transform: TimeArgument.init)
    var to: TimeArgument?

    @Option(help: "Files that ended so: done, partial, failed or refused.")
    var verdict: Verdict?

    @Flag(help: "Open failures alone: files that did not end well, and of which not each bad row has been put right.")
    var open = false

    @Option(help: ArgumentHelp("No more files than these.", valueName: "number"))
    var limit = 100

    @Flag(help: "As JSON, one object a line.")
    var json = false

    func validate() throws {
        if day != nil, from != nil || to != nil { throw ValidationError("--day does not go with --from or --to.") }
        if limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    func run() async throws {
        let ofDay = try day.map(TimeArgument.bounds(ofDay:))
        let given = try TimeArgument.bounds(from: from, to: to)
        var choice = LedgerReading.Choice(
            state: open ? .open : nil, name: name, verdict: verdict, from: ofDay?.start ?? given.from,
            to: ofDay?.end ?? given.to, most: limit)
        let directories = place.find().directories
        let holds = CommandIssuer.orEnd { try DropText.holds(in: directories) }
        // They take longer, and only a hold asks for them.
        choice.withDestinations = !holds.isEmpty
        let drops = CommandIssuer.orEnd {
            try LedgerReading(in: directories).map {
                try FailureLookup($0, in: directories).list(choice)
            } ?? []
        }
        if json {
            for drop in drops { Terminal.printExactly(DropText(drop: drop, holds: holds).json) }
        } else if !drops.isEmpty {
            for line in DropText.lines([DropText.header] + drops.map { DropText(drop: $0, holds: holds).cells }) {
                Terminal.print(line)
            }
        }
        Terminal.exit(drops.isEmpty ? PostboxCore.ExitCode.partial : PostboxCore.ExitCode.ok)
    }
}

extension Verdict: ExpressibleByArgument {}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one file: how it ended, what people did about it, and its rows.",
        discussion: """
            postbox show 812                    the file, its story, how many rows ended how
            postbox show 812 --outcome nacked   those rows
            postbox show 812 --rows             all of them

            Exit codes: 0 shown · 64 there is no such drop · 74 the spool cannot be read, or the file's result
            """)

    @Argument(help: "The drop's number, as log, result file and `files` tell it.")
    var drop: Int

    @OptionGroup var place: SpoolOptions
    @OptionGroup var options: RowOptions

    @Flag(help: "All rows.")
    var rows = false

    @Option(help: "Only rows of this RIC.")
    var ric: String?

    func run() async throws {
        let place = place.find()
        let directories = place.directories
        let holds = CommandIssuer.orEnd { try DropText.holds(in: directories) }
        let found = CommandIssuer.orEnd {
            var choice = LedgerReading.Choice(numbers: [drop])
            choice.withDestinations = true
            return try LedgerReading(in: directories).map { try FailureLookup($0, in: directories).list(choice) }
        }
        guard let listed = found?.first else {
            CommandIssuer.end("there is no drop \(drop)", PostboxCore.ExitCode.usage)
        }
        var query = options.query
        let wantsRows = rows || query != AuditQuery() || ric != nil
        // That of a finished file is one that it went to, whatever the configuration says today.
        if !listed.destinations.isEmpty, let name = query.destination, !listed.destinations.contains(name) {
            CommandIssuer.end(
                "drop \(drop) does not go to \(VisibleText.line(name)), but to \(listed.destinations.joined(separator: ", "))",
                PostboxCore.ExitCode.usage)
        }
        let text = CommandIssuer.orEnd {
            try Disk.exists(listed.summaryPath)
                ? String(decoding: try Disk.contents(listed.summaryPath), as: UTF8.self) : nil
        }
        let story = CommandIssuer.orEnd { try DropStory.lines(of: drop, in: directories) }
        // Its own result says of these rows that they were held, and no more.
        let held = CommandIssuer.orEnd {
            let lookup = try DropLookup(in: directories)
            let later = try lookup.lines(of: try lookup.detail(of: drop)?.corrections ?? [])
            return later.values.sorted { $0.drop < $1.drop }.compactMap { HoldEnd.text(ofRowsHeldAs: $0) }
        }
        let copies = CommandIssuer.orEnd {
            try LedgerReading(in: directories)?.copies(of: drop).map {
                try CopiesText($0, in: directories)
            }
        }
        let withdrawals = CommandIssuer.orEnd {
            try LedgerReading(in: directories)?.withdrawals(of: drop) ?? DropWithdrawals()
        }
        var shown = DropText(drop: listed, holds: holds)
        if !listed.isFinished, listed.stage != .held { shown.waits = Self.waits(of: drop, place) }
        if options.json {
            if !wantsRows { printJSON(shown, text, story, copies, withdrawals) }
        } else if !options.csv {
            printLines(shown, text, story, held, copies, withdrawals)
        }
        if wantsRows {
            query.drop = drop
            query.ric = ric
            guard options.show(query, in: directories).isWhole else { Terminal.exit(PostboxCore.ExitCode.spool) }
        }
        Terminal.exit(PostboxCore.ExitCode.ok)
    }

    /// What a drop in work waits for, as the running service knows. Nothing where none runs, or none answers: the rest is shown all the same.
    private static func waits(of drop: Int, _ place: SpoolPlace) -> [DestinationWait] {
        let answer = try? DeskClient(place.socketPath).call(DeskCall.target(ofDrop: drop), within: 5)
        guard let answer, answer.status == 200,
            case .array(let waits)? = answer.body.withUnsafeBytes({ JSONValue.parse($0) })?["waits_for"]
        else { return [] }
        return waits.compactMap { DestinationWait($0) }
    }

    private func printJSON(
        _ listed: DropText, _ summary: String?, _ story: [RecordLine], _ copies: CopiesText?,
        _ withdrawals: DropWithdrawals
    ) {
        let one = summary.map { $0.split(separator: "\n").map { $0.drop { $0 == " " } }.joined() } ?? "null"
        Terminal.printExactly(
            "{\"drop\":\(listed.json),\"summary\":\(one),\"claimed_with\":\(copies?.json ?? "[]"),\(withdrawals.members.joined(separator: ",")),\"record\":[\(story.map(\.text).joined(separator: ","))]}"
        )
    }

    private func printLines(
        _ shown: DropText, _ summary: String?, _ story: [RecordLine], _ held: [String], _ copies: CopiesText?,
        _ withdrawals: DropWithdrawals
    ) {
        var listed = shown.drop
        if let summary { listed.take(summary: summary) }
        Terminal.print("drop \(listed.drop)  \(listed.name)  \(shown.state)")
        if !shown.path.isEmpty { Terminal.print("  \(shown.path)") }
        if let own = withdrawals.own { Terminal.print("  \(own.text)") }
        for sentence in withdrawals.sentences { Terminal.print("  \(sentence.text)") }
        if let hold = shown.hold { Terminal.print("  it waits: \(hold.words); it goes on when somebody resumes that") }
        for wait in shown.waits { Terminal.print("  it \(VisibleText.line(wait.words)). \(wait.end)") }
        if let value = summary.flatMap({ JSONValue.parse($0) }) {
            for key in ["reason", "text"] {
                if let text = value[key]?.text, !text.isEmpty { Terminal.print("  \(key): \(text)") }
            }
            for key in ["outcomes", "reasons"] {
                guard case .object(let counts)? = value[key] else { continue }
                let words = counts.filter { ($0.value.integer ?? 0) > 0 }.map { "\($0.key) \($0.value.integer ?? 0)" }
                if !words.isEmpty { Terminal.print("  \(key): \(words.joined(separator: ", "))") }
            }
            if listed.verdict != nil, PostOutcome.allCases.allSatisfy({ listed.count($0) == 0 }) {
                Terminal.print("  \(listed.withoutOutcomes)")
            }
        }
        for line in held { Terminal.print("  " + VisibleText.line(line)) }
        for line in copies?.lines ?? [] { Terminal.print("  " + line) }
        if let left = listed.left {
            Terminal.print(left.isNone ? "  each bad row has been put right" : "  not put right: \(left.words)")
        }
        if let noAction = listed.noAction { Terminal.print("  no action, says \(noAction.by): \(noAction.why)") }
        for line in story { Terminal.print("  " + DropStory.text(line, withdrawals: withdrawals.numbers)) }
    }
}

struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep",
        abstract: "Keeps a file, or all results with a RIC, from being removed by retention.",
        discussion: """
            Exit codes: 0 it is kept · 64 there is no such drop, or a reason is missing · 74 the spool cannot be used
            """)

    @Argument(help: "The drop's number.")
    var drop: Int?

    @Option(help: "All results that have a row of this RIC, also later ones.")
    var ric: String?

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        guard (drop == nil) != (ric == nil) else {
            throw ValidationError("What is kept? Give a drop's number or --ric.")
        }
        if why.allSatisfy(\.isWhitespace) { throw ValidationError("Say why with --why TEXT.") }
    }

    func run() async throws {
        let place = place.find()
        let kept: NotRemoved = if let drop { .drop(drop) } else { .ric(ric ?? "") }
        let act = RecordAct(
            "keep", subject: ric.map { "rows of \($0)" }, drop: drop, by: "unix:" + CommandIssuer.user, from: "command",
            why: why)
        let isNew = await DirectAct.end(place) { ledger in
            if let drop {
                guard try await ledger.record(of: drop) != nil else {
                    throw DirectAct.Wrong("there is no drop \(drop)")
                }
            }
            return try await ledger.keep(kept, by: act, at: Clock.wall())
        }
        Terminal.print(
            "\(drop.map { "drop \($0)" } ?? "rows of \(ric ?? "")") \(isNew ? "will be kept" : "is kept already")")
        Terminal.exit(PostboxCore.ExitCode.ok)
    }
}

struct NoActionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-action",
        abstract: "Says that nothing more is to be done about a file that did not end well.",
        discussion: """
            It is no open failure any more. The file stays where it is; who said so and why is in the record.

            Exit codes: 0 noted · 64 there is no such drop, it ended well, or a reason is missing · 74 the spool cannot be used
            """)

    @Argument(help: "The drop's number.")
    var drop: Int

    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var why: String

    @OptionGroup var place: SpoolOptions

    func validate() throws {
        if why.allSatisfy(\.isWhitespace) { throw ValidationError("Say why with --why TEXT.") }
    }

    func run() async throws {
        let by = "unix:" + CommandIssuer.user
        let act = RecordAct(DeskVerb.noAction.rawValue, drop: drop, by: by, from: "command", why: why)
        let note = PersonNote(by: by, at: Clock.wall(), why: why)
        _ = await DirectAct.end(place.find()) { [drop] ledger in
            guard try await ledger.noAction(drop, note, by: act) else {
                throw DirectAct.Wrong("drop \(drop) is none that ended badly")
            }
            return true
        }
        Terminal.print("drop \(drop): no action")
        Terminal.exit(PostboxCore.ExitCode.ok)
    }
}

/// Acts that are one change of the ledger, and need no service: SQLite lets one writer after the other.
enum DirectAct {
    /// It cannot be done, and why.
    struct Wrong: Error {
        var text: String

        init(_ text: String) { self.text = text }
    }

    /// Does it, or ends with a sentence.
    static func end(_ place: SpoolPlace, _ body: (Ledger) async throws -> Bool) async -> Bool {
        let path = place.directories.ledger
        do {
            guard try Disk.exists(path) else {
                CommandIssuer.end("there is no ledger at \(path)", PostboxCore.ExitCode.spool)
            }
            return try await body(try Ledger(in: place.directories, firstNumber: 1))
        } catch let wrong as Wrong {
            CommandIssuer.end(wrong.text, PostboxCore.ExitCode.usage)
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.spool)
        }
    }
}
