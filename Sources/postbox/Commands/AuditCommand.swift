internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows what was sent of a RIC or a file, and proves it.",
        discussion: """
            postbox audit --ric VOD.L --from 2026-03-01 --to 2026-03-31   every row that was posted for it, or was not, and why
            postbox audit --file "eod_*" --outcome nacked --csv           as CSV
            postbox audit verify                                          nothing was altered, removed or put in
            postbox audit reindex                                         makes the index of rows anew

            Works on results, ledger and record as they lie in the spool, with and without a running service.
            """,
        subcommands: [AuditSearchCommand.self, AuditVerifyCommand.self, AuditReindexCommand.self],
        defaultSubcommand: AuditSearchCommand.self)
}

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Proves that nothing was altered, removed or put in.",
        discussion: """
            Goes over record.jsonl line by line, holds it against the ledger, holds every result and summary against the hash that \
            the record has of it, every price file against the one that its summary has, and sees that every drop number is accounted \
            for. Names what is not as it was: of the record the first thing, of files each. \
            With --from and --to only files of drops that were settled in that time are read; the record is gone over whole.

            \(TimeArgument.help)

            Exit codes: 0 proved · 3 something is not as it was · 74 the spool cannot be read
            """)

    @OptionGroup var place: SpoolOptions

    /// Faults that are named.
    private static let shown = 100

    @Option(help: ArgumentHelp("From this day or time on.", valueName: "time"), transform: TimeArgument.init)
    var from: TimeArgument?

    @Option(help: ArgumentHelp("Up to this day, or before this time.", valueName: "time"), transform: TimeArgument.init)
    var to: TimeArgument?

    func run() async throws {
        let (from, to) = try TimeArgument.bounds(from: from, to: to)
        let proved: RecordProof.Proved
        do {
            proved = try RecordProof(directories: place.find().directories, from: from, to: to).run()
        } catch let fault as RecordChain.Fault {
            CommandIssuer.end("not proved: \(fault)", PostboxCore.ExitCode.failed)
        } catch let found as RecordProof.NotProved {
            for fault in found.faults.prefix(Self.shown) { Terminal.error("not proved: \(fault)") }
            if found.faults.count > Self.shown { Terminal.error("and \(found.faults.count - Self.shown) more") }
            Terminal.exit(PostboxCore.ExitCode.failed)
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.spool)
        }
        Terminal.print("proved: \(Plural.text(proved.lines, "line")), the last one \(proved.lastHash)")
        Terminal.print(
            "  \(Plural.text(proved.drops, "drop has", "drops have")) the results and summaries that \(Plural.word(proved.drops, "it", "they")) ended with, and the files"
        )
        if proved.removed > 0 {
            Terminal.print(
                "  of \(proved.removed) the result was removed when its time was over; the summaries are there")
        }
        if proved.lastDrop > 0 { Terminal.print("  every drop number up to \(proved.lastDrop) is accounted for") }
        if proved.before > 0 {
            Terminal.print("  drops up to \(proved.before) that were finished then are older than the record")
        }
        if proved.signatures > 0 {
            Terminal.print(
                "  \(Plural.text(proved.signatures, "day is", "days are")) signed, by the key \(proved.keys.sorted().joined(separator: ", "))"
            )
        }
        Terminal.exit(PostboxCore.ExitCode.ok)
    }
}

struct AuditSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Shows rows by RIC, file, time, outcome or value.",
        discussion: """
            With --ric the newest row first. Else the newest file first, and its rows in the order in which they got their outcomes. \
            Rows that were rejected, refused, held or skipped are shown as well: proof that a price was not sent. \
            What the index does not have is looked up in the results themselves, which takes longer.

            \(TimeArgument.help)

            Exit codes: 0 shown · 2 there are none · 64 usage · 74 the spool cannot be read, or a result in it (which is named): \
            rows may be missing in what is shown
            """)

    @OptionGroup var place: SpoolOptions
    @OptionGroup var rows: RowOptions

    @Option(help: "Rows of this RIC.")
    var ric: String?

    @Option(help: ArgumentHelp("Rows of files of that name; * and ? stand for any letters.", valueName: "pattern"))
    var file: String?

    @Option(help: ArgumentHelp("Rows of that drop.", valueName: "number"))
    var drop: Int?

    @Option(help: ArgumentHelp("From this day or time on.", valueName: "time"), transform: TimeArgument.init)
    var from: TimeArgument?

    @Option(help: ArgumentHelp("Up to this day, or before this time.", valueName: "time"), transform: TimeArgument.init)
    var to: TimeArgument?

    func validate() throws {
        if ric == nil, file == nil, drop == nil, from == nil, rows.query.outcomes == nil, rows.value == nil {
            throw ValidationError("Which rows? Give --ric, --file, --drop or --from.")
        }
    }

    func run() async throws {
        var query = rows.query
        query.ric = ric
        query.file = file
        query.drop = drop
        (query.from, query.to) = try TimeArgument.bounds(from: from, to: to)
        let place = place.find()
        let (count, isWhole) = rows.show(query, in: place.directories)
        guard isWhole else { Terminal.exit(PostboxCore.ExitCode.spool) }
        // Results may have rows of one that the configuration had once.
        if count == 0, let problem = place.problem(ofDestination: query.destination) {
            CommandIssuer.end(problem, PostboxCore.ExitCode.usage)
        }
        Terminal.exit(count > 0 ? PostboxCore.ExitCode.ok : PostboxCore.ExitCode.partial)
    }
}

/// Which rows are shown, and how.
struct RowOptions: ParsableArguments {
    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this destination.")
    var destination: String?

    @Option(help: ArgumentHelp("Only rows that ended so (acked,nacked,skipped …).", valueName: "outcomes"))
    var outcome: String?

    @Option(help: ArgumentHelp("Only rows that were sent with this value.", valueName: "FIELD=VALUE"))
    var value: String?

    @Option(help: ArgumentHelp("No more rows than these.", valueName: "number"))
    var limit: Int?

    @Flag(help: "As CSV: the columns of a result, behind the file's name.")
    var csv = false

    @Flag(help: "As JSON, one object a line.")
    var json = false

    func validate() throws {
        if csv, json { throw ValidationError("--csv and --json do not go together.") }
        let known = AuditQuery.outcomeWords
        if let word = (query.outcomes ?? []).sorted().first(where: { !known.contains($0) }) {
            throw ValidationError("There is no outcome '\(word)'; there are \(known.joined(separator: ", ")).")
        }
        if let value, AuditQuery.value(value) == nil { throw ValidationError("A value is such as BID=1.2.") }
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    var query: AuditQuery {
        var query = AuditQuery()
        query.service = service
        query.destination = destination
        query.outcomes = outcome.map { Set($0.split(separator: ",").map(String.init)) }
        query.value = value.flatMap(AuditQuery.value)
        return query
    }

    /// Prints the rows, and on standard error what cannot be shown. Returns how many there were, and whether every result that is there
    /// could be read; ends with 74 when the spool cannot be read.
    func show(_ query: AuditQuery, in directories: Settings.Directories) -> (count: Int, isWhole: Bool) {
        var count = 0
        let drop = CommandIssuer.orEnd {
            try query.drop.flatMap { try LedgerReading(in: directories)?.line(of: $0) }
        }
        var table = RowTable(isOfSeveral: drop.map { $0.destinations.count > 1 } ?? false)
        if csv { Terminal.printExactly(AuditRow.csvHeader) }
        let facts = CommandIssuer.orEnd {
            try AuditLookup(directories).rows(query) { row in
                count += 1
                if csv {
                    Terminal.printExactly(row.csv)
                } else if json {
                    Terminal.printExactly(row.json)
                } else {
                    for line in table.lines(with: row) { Terminal.print(line) }
                }
                return count < limit ?? .max
            }
        }
        if !csv, !json { for line in table.rest() { Terminal.print(line) } }
        for line in Self.words(facts, ofRIC: query.ric) { Terminal.error(line) }
        return (count, facts.unread.isEmpty)
    }

    private static func words(_ facts: AuditLookup.Facts, ofRIC ric: String?) -> [String] {
        var lines: [String] = []
        if facts.read.count > 10 {
            lines.append("\(facts.read.count) results are not indexed and were read whole: postbox audit reindex")
        }
        if !facts.gone.isEmpty {
            lines.append(UnreadResult.text(ofGone: facts.gone))
        }
        lines += UnlistedDrop.lines(facts.unlisted, ofRIC: ric)
        if !facts.broken.isEmpty {
            lines.append(
                "results end with something that is no line of theirs: \(Plural.drops(facts.broken))")
        }
        lines += facts.unread.map(\.text)
        return lines
    }
}

struct AuditReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Makes the index of rows anew from the results.",
        discussion: """
            Each result is held against the hash that the ledger has of it; one that does not match is named and not indexed. Needs \
            the spool for itself: stop the service first.

            Exit codes: 0 done · 3 results do not match · 74 the spool cannot be read · 75 a service runs
            """)

    @OptionGroup var place: SpoolOptions

    func run() async throws {
        let directories = place.find().directories
        let lock: SpoolLock
        do {
            lock = try SpoolLock(
                stateDirectory: directories.state, takeOver: false, since: TimeText.text(Clock.wall()))
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.interrupted)
        }
        do {
            let done = try await Reindexing(directories).run()
            try lock.release()
            Terminal.print(
                "\(Plural.text(done.rows, "row")) of \(Plural.text(done.drops, "result")) \(Plural.word(done.rows, "is", "are")) indexed, \(Plural.text(done.bytes, "byte"))"
                    + (done.gone > 0 ? "; \(Plural.text(done.gone, "result is", "results are")) gone" : ""))
            guard let altered = done.altered.first else { Terminal.exit(PostboxCore.ExitCode.ok) }
            CommandIssuer.end(
                "\(Plural.text(done.altered.count, "result is not what it was, that", "results are not what they were, the first one")) of drop \(altered); postbox audit verify tells more",
                PostboxCore.ExitCode.failed)
        } catch {
            CommandIssuer.end(Words.of(error), PostboxCore.ExitCode.spool)
        }
    }
}
