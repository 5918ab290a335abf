internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// Checks one file the way a contribution would read it.
struct FileCheck {
    let settings: Settings
    /// By name.
    let tables: [String: LookupTable]
    let dictionaries: [DictionaryFiles: LoadedDictionary]
    let isJSON: Bool
    /// Problems of a reason that are shown; nil: all.
    let most: Int?
    /// Posts that are shown; nil: all.
    var postsMax: Int?
    /// Standard output has something else to tell.
    var usesStandardError = false
    /// Gets what is found, and nothing is shown; nil: it is shown.
    var notes: CheckNotes?
    /// When the file is taken as claimed, microseconds since 1970; nil: now.
    var claimedAt: Int64?

    /// Returns the file's exit code. `known`: the name that it had in the inbox; nil: that of its path.
    func check(_ path: String, as known: String? = nil) async throws -> Int32 {
        let name = known ?? path.split(separator: "/").last.map(String.init) ?? path
        guard let status = try Disk.target(path) else {
            problem(path, FileProblem(reason: "unreadable", what: "there is no such file"))
            return PostboxCore.ExitCode.failed
        }
        guard status.isRegular else {
            problem(path, FileProblem(reason: "not_a_file", what: "it is no regular file"))
            return PostboxCore.ExitCode.failed
        }
        let original: DropSnapshot?
        do throws(FileProblem) {
            original = try snapshotOfOriginal(path, RejectsName(name))
        } catch {
            problem(path, error)
            return PostboxCore.ExitCode.failed
        }
        guard let rule = original?.rule ?? settings.rule(for: name) else {
            problem(path, settings.noRule(name))
            return PostboxCore.ExitCode.failed
        }
        if original == nil, let rejects = RejectsName(name) {
            if let wanted = rejects.destination,
                settings.rule(for: rejects.original)?.destinations.contains(wanted) != true
            {
                problem(
                    path,
                    FileProblem(
                        reason: "unknown_original", what: "\(rejects.original) does not go to the destination \(wanted)"
                    ))
                return PostboxCore.ExitCode.failed
            }
            if !isJSON {
                say(
                    "\(path): rejects of drop \(rejects.number); whether there is such a drop, and by which rule it went, is not looked up"
                )
            }
        }
        guard let format = rule.format ?? PriceFileFormat(fileName: RejectsName.root(of: name)) else {
            problem(
                path,
                FileProblem(
                    reason: "unknown_format", what: PriceFileFormat.unknown,
                    hint: "write `format` in the file's rule"))
            return PostboxCore.ExitCode.failed
        }
        let look: FirstPass.Look?
        do {
            look = try lastLook(path, rule, format)
        } catch {
            fault(path, error)
            return PostboxCore.ExitCode.failed
        }
        var code = PostboxCore.ExitCode.ok
        for place in rule.destinations {
            guard let destination = settings.destinations.first(where: { $0.name == place }) else { continue }
            code = PostboxCore.ExitCode.worse(
                code, await check(path, name, rule, format, destination, look, original))
        }
        return code
    }

    /// How the file's rows are compared with last accepted values, where a service keeps its state here; nil: the rule does not ask,
    /// or none are known, which is told. Throws `DiskError`, `LedgerError`, and what is wrong with a store that cannot be trusted.
    private func lastLook(_ path: String, _ rule: MappingRule, _ format: PriceFileFormat) throws -> FirstPass.Look? {
        guard rule.comparesWithLast else { return nil }
        let state = settings.directories.state
        // What is open is asked for first: a drop that is closed meanwhile is in the store, or among the closed ones.
        let ledger = try LedgerReading(in: settings.directories)
        let open = try ledger?.open() ?? []
        let store = try LastReading(folder: state + "/last")
        let results = try LastLookup.results(open, ledger, store, settings.directories)
        guard !store.isNew || !results.isEmpty else {
            problem(
                path,
                FileProblem(
                    reason: "no_last_value",
                    what:
                        "No last accepted values are known here, so that the rule's checks against them are not made.",
                    hint: "Check the file on the machine, and as the user, that the service runs as."), kind: .warning)
            return nil
        }
        let destinations = rule.destinations.compactMap { name in settings.destinations.first { $0.name == name } }
        var known = rule
        known.destinations = destinations.map(\.name)
        let look = LastLook(
            rule: known, format: format, targets: destinations.map { target(of: $0).target },
            services: destinations.map(\.allServices),
            // It is newer than all that there is.
            place: DropPlace(drop: .max, age: claimedAt ?? Clock.wall()), answers: try store.answers(over: results))
        return { source, sources in try look.found(in: source, sources) }
    }

    /// How a destination wants the rows.
    private func target(of destination: Destination) -> (target: DestinationMapper.Target, codec: MessageCodec) {
        let services = destination.allServices
        let codec = MessageCodec(
            profile: destination.profile, services: services,
            postUserInfo: LocalAddress.postUserInfo(
                of: destination, address: LocalAddress.ofThisHost(for: destination.urls[0].host)))
        let target = DestinationMapper.Target(
            services: services, updateOnly: destination.profile.isUpdateOnly, laneServices: Array(services.indices),
            codec: codec, maxMsgSize: LoginStream.Limits().maxMsgSize)
        return (target, codec)
    }

    /// What the drop went by whose rejects a file holds; nil: it holds none, or there is no ledger that knows. Throws when the
    /// ledger knows no such drop.
    private func snapshotOfOriginal(_ path: String, _ rejects: RejectsName?) throws(FileProblem) -> DropSnapshot? {
        guard let rejects else { return nil }
        let known: (name: String, claimedAt: Int64, snapshot: DropSnapshot)?
        if let drop = rejects.drop {
            do {
                guard let ledger = try LedgerReading(in: settings.directories) else {
                    return nil
                }
                known = try ledger.finished(drop)
            } catch {
                Terminal.error("\(path): \(Words.of(error))")
                return nil
            }
        } else {
            known = nil
        }
        let (snapshot, refusal) = Claims.snapshot(of: rejects, from: known, settings)
        if let refusal { throw FileProblem(reason: refusal.reason, what: refusal.text) }
        if !isJSON { say("\(path): rejects of drop \(rejects.number), by the rule that it went by") }
        return snapshot
    }

    private func check(
        _ path: String, _ name: String, _ rule: MappingRule, _ format: PriceFileFormat, _ destination: Destination,
        _ look: FirstPass.Look?, _ original: DropSnapshot?
    ) async -> Int32 {
        let (target, codec) = target(of: destination)
        if !isJSON {
            say("\(path) -> \(destination.name)" + (rule.match.isEmpty ? "" : " (rule \(rule.match))"))
        }
        do {
            try notes?.begin(destination.name)
            let source = try SourceFile(
                path: Self.resolved(path), chunkBytes: format.traits.chunkBytes,
                wrapping: Wrapping(fileName: name, format: format, rule: rule))
            var sources = RowSources(
                context: rule.rowContext(file: name, claimedAt: claimedAt ?? Clock.wall()), tables: tables,
                zones: try ZoneFiles.rules(of: rule),
                dictionary: settings.dictionary(of: destination.name).flatMap { dictionaries[$0]?.dictionary })
            sources.past = try past(of: rule)
            original.map { sources.take($0) }
            rule.calendar.map { sources.calendar = $0 }
            let found = try await FirstPass(rule: rule, format: format, targets: [target], sources: sources, look: look)
                .run(
                    FirstPassReader(source, FileLook(rule, format: format)),
                    on: DiskThreads(label: "disk", count: 1))
            let rejected = found.rejected.max() ?? 0
            let refusal = try refusal(path, found, rule)
            var all = found.sources
            all.tellsAll = true
            let pass = PriceFilePass(rule: rule, format: format, target: found.targets[0], sources: all)
            let hold = refusal == nil ? found.fileHold : nil
            let held = found.held.map(\.rows.count).max() ?? 0
            try show(path, source, pass, codec, posts: refusal == nil && hold == nil, format.traits)
            if !isJSON {
                let posted = refusal == nil && hold == nil ? found.counted - rejected - held : 0
                let skipped = found.skipped.map { ", \($0.count) skipped" } ?? ""
                let kept = held > 0 ? ", \(held) held" : ""
                say(
                    "  \(Plural.text(found.rows, "row")): \(posted) would be posted, \(rejected) rejected\(kept)\(skipped)"
                )
            }
            for warning in found.checks.fileWarnings { problem(path, warning, kind: .warning) }
            if let refusal {
                problem(path, refusal)
                return PostboxCore.ExitCode.failed
            }
            if let hold {
                problem(
                    path, FileProblem(reason: hold.reason, what: "the whole file would be held: " + hold.text),
                    kind: .held)
            }
            guard hold == nil, held == 0 else { return PostboxCore.ExitCode.interrupted }
            return rejected == 0 ? PostboxCore.ExitCode.ok : PostboxCore.ExitCode.partial
        } catch let problem as FileProblem {
            self.problem(path, problem)
        } catch {
            fault(path, error)
        }
        return PostboxCore.ExitCode.failed
    }

    /// What keeps the file from being checked.
    private func fault(_ path: String, _ error: any Error) {
        guard let notes else { return Terminal.error("\(path): \(Words.of(error))") }
        notes.trouble("cannot be checked: \(Words.of(error))")
    }

    /// What earlier files of the rule were like, where a service keeps its state here. Throws `DiskError` and `LedgerError`.
    private func past(of rule: MappingRule) throws -> RulePast {
        var past = RulePast()
        let state = settings.directories.state
        if rule.comparesRows, let ledger = try LedgerReading(in: settings.directories) {
            past.files = try ledger.goodFiles(ofRule: rule.match)
        }
        if rule.checksLayout { past.layout = try LayoutFiles(state: state).last(ofRule: rule.match) }
        return past
    }

    /// Where a link leads.
    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Why nothing of a file that can be read would be sent.
    private func refusal(_ path: String, _ found: FirstPass.Found, _ rule: MappingRule) throws -> FileProblem? {
        if let problem = try damage(path, found.digests.sha256) ?? found.control { return problem }
        if let problem = rule.problem(ofRows: found.rows, skipped: found.skipped?.count ?? 0) { return problem }
        let rejected = found.rejected.max() ?? 0
        if let limit = rule.maxRejected, !limit.allows(rejected, of: found.counted) {
            return FileProblem(
                reason: "too_many_rejected",
                what:
                    "\(rejected) of \(Plural.text(found.counted, "row")) \(Plural.word(rejected, "is", "are")) rejected, more than the rule allows: nothing would be sent",
                hint: "correct the rows, or raise `max_rejected` of the rule"
            )
        }
        return found.checks.refusal
    }

    /// Reads the file again and shows its problems, and its posts where they would be sent.
    private func show(
        _ path: String, _ source: SourceFile, _ pass: PriceFilePass, _ codec: MessageCodec, posts isSent: Bool,
        _ traits: FormatTraits
    ) throws {
        var limit = ProblemLimit(most: most)
        var left = postsMax ?? .max
        try source.eachChunk { _, chunk, isLast in
            try pass.take(chunk, isLast: isLast) { _, posts in
                for row in posts.rows {
                    if let notes {
                        notes.row(note(row, posts, codec, isSent: isSent))
                        continue
                    }
                    if row.problem >= 0 {
                        let problem = posts.problems[row.problem]
                        for var one in [problem.alone] + problem.more where limit.shows(one.reason) {
                            // Of a workbook a cell has a number, and no place in a line of text.
                            if traits.isWorkbook { one.column = pass.place(ofColumn: one.columnName) ?? 0 }
                            self.problem(path, one, row: row.row, isInLine: traits.hasHeader)
                        }
                        continue
                    }
                    if let holds = posts.holds[row.row] {
                        for hold in holds where limit.shows(hold.problem.reason) {
                            var one = hold.problem
                            if traits.isWorkbook { one.column = pass.place(ofColumn: one.columnName) ?? 0 }
                            self.problem(path, one, row: row.row, isInLine: traits.hasHeader, kind: .held)
                        }
                        continue
                    }
                    for var one in posts.warnings[row.row] ?? [] where limit.shows(one.reason) {
                        if traits.isWorkbook { one.column = pass.place(ofColumn: one.columnName) ?? 0 }
                        self.problem(path, one, row: row.row, isInLine: traits.hasHeader, kind: .warning)
                    }
                    if isSent, left > 0 {
                        left -= 1
                        show(row, posts, codec)
                    }
                }
            }
        }
        for (reason, count) in limit.rest {
            say("  \(reason): \(Plural.text(count, "more row")); --all shows all")
        }
    }

    /// What would become of a row.
    private func note(_ row: MappedRow, _ posts: PostBatch, _ codec: MessageCodec, isSent: Bool) -> CheckedRow {
        func reasons(_ problems: [RowProblem]) -> String { problems.map(\.reason).joined(separator: ", ") }
        if row.problem >= 0 {
            let problem = posts.problems[row.problem]
            return CheckedRow(
                row: row.row, line: row.line, outcome: "rejected", text: reasons([problem.alone] + problem.more))
        }
        if let holds = posts.holds[row.row] {
            return CheckedRow(row: row.row, line: row.line, outcome: "held", text: reasons(holds.map(\.problem)))
        }
        guard isSent else { return CheckedRow(row: row.row, line: row.line, outcome: "unsent", text: "") }
        let json = codec.json(of: row, in: posts, postID: PostboxCore.Postbox.postID(base: 0, row: row.row))
        let warnings = posts.warnings[row.row].map { " (warning: \(reasons($0)))" } ?? ""
        return CheckedRow(
            row: row.row, line: row.line, outcome: "posted" + warnings, text: String(decoding: json, as: UTF8.self))
    }

    private func say(_ line: String) {
        if notes != nil { return }
        if usesStandardError { Terminal.error(line) } else { Terminal.print(line) }
    }

    /// What a checksum beside the file says against it.
    private func damage(_ path: String, _ sha256: String) throws -> FileProblem? {
        let companion = path + InboxNames.checksumSuffix
        guard try Disk.exists(companion) else { return nil }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return try CompanionFiles.problem(
            at: companion, called: name + InboxNames.checksumSuffix, sha256: sha256, of: name)
    }

    private func show(_ row: MappedRow, _ posts: PostBatch, _ codec: MessageCodec) {
        if isJSON {
            Terminal.printExactly(
                String(
                    decoding: codec.json(
                        of: row, in: posts, postID: PostboxCore.Postbox.postID(base: 0, row: row.row)),
                    as: UTF8.self))
            return
        }
        func text(_ start: Int, _ length: Int) -> String {
            String(decoding: posts.bytes[start..<start + length], as: UTF8.self)
        }
        let service = codec.service(row.service)
        say(
            "  \(String(row.line).leftPadded(6))  \(row.post.word.padded(7))  \(text(row.ricStart, row.ricLength).padded(16))"
                + (service.isEmpty ? "" : "  \(service)") + "  \(text(row.fieldsStart, row.fieldsLength))")
    }

    /// - Parameter isInLine: a column of the file is told by its place in a line; else by its path in a row.
    private func problem(
        _ path: String, _ problem: RowProblem, row: Int, isInLine: Bool, kind: Report.Kind = .problem
    ) {
        report(
            Report(
                file: path, row: row, line: problem.line, column: problem.column,
                path: isInLine ? nil : problem.columnName, reason: problem.reason, text: problem.what,
                hint: problem.hint, kind: kind))
    }

    private func problem(_ path: String, _ problem: FileProblem, kind: Report.Kind = .problem) {
        report(
            Report(
                file: path, row: 0, line: problem.line, column: problem.column, path: nil, reason: problem.reason,
                text: problem.what, hint: problem.hint, kind: kind))
    }

    private func report(_ report: Report) {
        if let notes {
            // Rows are noted one by one.
            guard report.row == 0, report.kind != .warning else { return }
            return notes.trouble((report.kind == .held ? "held: " : "refused: ") + report.reason)
        }
        if isJSON { Terminal.error(report.json) } else { say("  " + report.text) }
    }

    /// What is wrong with a file or with one of its rows, as it is told.
    private struct Report {
        enum Kind: Sendable {
            case problem
            /// It is sent all the same.
            case warning
            /// It would be held until somebody releases it.
            case held

            /// Before the reason, for people.
            var words: String {
                switch self {
                case .problem: ""
                case .warning: "warning: "
                case .held: "held: "
                }
            }

            /// A member more, for programs.
            var json: String {
                switch self {
                case .problem: ""
                case .warning: ", \"warning\": true"
                case .held: ", \"held\": true"
                }
            }
        }

        var file: String
        /// 0: the file as a whole is meant, or there is no such place.
        var row: Int
        var line: Int
        var column: Int
        var path: String?
        var reason: String
        /// One sentence.
        var words: String
        var hint: String?
        var kind: Kind

        init(
            file: String, row: Int, line: Int, column: Int, path: String?, reason: String, text: String, hint: String?,
            kind: Kind
        ) {
            self.file = file
            self.row = row
            self.line = line
            self.column = column
            self.path = path
            self.reason = reason
            words = text
            self.hint = hint
            self.kind = kind
        }

        var text: String {
            let place = line > 0 ? (column > 0 ? ":\(line):\(column)" : ":\(line)") : ""
            return "\(file)\(place): \(kind.words)\(reason): \(words)"
                + (hint.map { " (hint: \($0))" } ?? "")
        }

        var json: String {
            func number(_ value: Int) -> String { value > 0 ? "\(value)" : "null" }
            func quoted(_ text: String?) -> String { text.map { VisibleText.quoted($0) } ?? "null" }
            return "{\"file\": \(quoted(file)), \"row\": \(number(row)), \"line\": \(number(line)), "
                + "\"column\": \(number(column)), \"path\": \(quoted(path)), \"reason\": \(quoted(reason)), "
                + "\"text\": \(quoted(words)), \"hint\": \(quoted(hint))\(kind.json)}"
        }
    }
}
