internal import Logging
internal import PostboxCore
internal import PostboxIO

/// A configuration that is loaded while the service runs: it is read and checked whole, and it comes into force as a whole or not at
/// all.
struct Reload: Sendable {
    /// Who wants it.
    struct Order: Sendable {
        /// nil: nobody can tell, a signal came.
        var by: Person?
        /// From where: `control socket`, `page`, `signal`.
        var from: String
        var why: String?
        /// Gets what became of it.
        var answer: @Sendable (DeskAnswer) -> Void
    }

    /// Why it does not come into force.
    enum Refused: Error {
        case problems([String])
        /// The disk or the ledger is at fault, not the configuration.
        case fault(String)
        /// Whoever wants it may not have it loaded.
        case notAllowed(String)
    }

    /// One that can come into force.
    struct Checked: Sendable {
        var configuration: InForce.Configuration
        var dictionaries: [DictionaryFiles: LoadedDictionary]
        var warnings: [SettingsProblem]
        var plan: ReloadPlan
        /// Nothing of it is other than what is in force.
        var isSame: Bool

        /// SHA-256 of its dictionaries' hashes.
        var dictionariesHash: String {
            let hashes = dictionaries.values.flatMap { one in DictionaryPart.allCases.map { one.copy.sha256(of: $0) } }
            return SHA256Text.of(Array(hashes.sorted().joined(separator: "\n").utf8))
        }
    }

    /// Whether one may come into force.
    enum Agreement: Sendable {
        /// It may: who wants it.
        case given(RecordEntry.Loading)
        /// Another person has to want it, too.
        case wanted(DeskAnswer)
    }

    let context: Context
    /// Reads the file anew.
    let load: @Sendable () throws -> LoadedSettings

    /// Reads and checks it, and keeps copies of what it needs. Nothing of it is in force yet.
    func check() async throws(Refused) -> Checked {
        do {
            return try await context.disk.run { try checkNow() }
        } catch let refused as Refused {
            throw refused
        } catch {
            throw .fault(Words.of(error))
        }
    }

    private func checkNow() throws -> Checked {
        let loaded: LoadedSettings
        do {
            loaded = try load()
        } catch let wrong as SettingsProblems {
            throw Refused.problems(wrong.problems.map(\.text))
        }
        let (old, new) = (context.inForce.now, loaded.settings)
        let plan = ReloadPlan(
            from: old.settings, served: context.lanes.all.values.map(\.wantedDestination), to: new)
        if let why = plan.needsRestart { throw Refused.problems([why]) }
        let problems =
            new.tables.filter { !plan.keptTables.contains($0.name) }.compactMap { Self.problem(of: $0, new) }
            + new.destinations.filter { plan.destinations[$0.name] != .keep }.compactMap { destination in
                ConnectionCheck.fault(of: destination).map { "the destination `\(destination.name)`: \($0)" }
            }
        guard problems.isEmpty else { throw Refused.problems(problems) }
        let sha256 = SHA256Text.of(loaded.sourceBytes)
        try context.shelves.configurations.keep(loaded, of: sha256)
        try context.shelves.dictionaries.keep(loaded.dictionaries)
        let dictionaries = Dictionary(
            context.shelves.dictionaries.inUse.map { ($0.name, $0.sha256) }, uniquingKeysWith: { one, _ in one })
        let areDictionariesSame = loaded.dictionaries.allSatisfy { files, one in
            DictionaryPart.allCases.allSatisfy { dictionaries[files.path(of: $0)] == one.copy.sha256(of: $0) }
        }
        return Checked(
            configuration: InForce.Configuration(settings: new, sha256: sha256, since: Clock.wall()),
            dictionaries: loaded.dictionaries, warnings: loaded.warnings, plan: plan,
            isSame: sha256 == old.sha256 && new == old.settings && areDictionariesSame)
    }

    /// Why a table that is new, or that is to be read in another way, cannot be read. One that stands is looked after anyway.
    private static func problem(of table: TableRule, _ settings: Settings) -> String? {
        do {
            _ = try TableFiles.table(table, columns: settings.columns(ofTable: table.name))
            return nil
        } catch {
            let fault = error as? TableFault ?? TableFault(Words.of(error))
            return SettingsProblem(file: table.path, line: fault.line, what: "the table `\(table.name)`: \(fault.what)")
                .text
        }
    }

    /// Who wants it, or wants it as well as somebody else where the configuration in force asks for two people.
    func agree(_ checked: Checked, _ order: Order) async throws(Refused) -> Agreement {
        var loading = RecordEntry.Loading(by: order.by?.text, from: order.from, why: order.why)
        guard context.settings.reloadNeedsTwo else { return .given(loading) }
        // A signal is nobody in particular.
        let person = order.by ?? Person(text: order.from, isNamed: false)
        let wanted = ReloadProposal(
            sha256: checked.configuration.sha256, dictionaries: checked.dictionariesHash, inForce: context.configSHA256,
            note: PersonNote(by: person.text, at: Clock.wall(), why: order.why ?? ""))
        do {
            let known = try await context.ledger.standing(.reloadProposal)[""].flatMap { ReloadProposal(json: $0) }
            switch wanted.answer(to: known, by: person) {
            case .refused(let why): throw Refused.notAllowed(why)
            case .released(let proposer):
                loading.by = proposer
                loading.why = order.why ?? known.flatMap { $0.note.why.isEmpty ? nil : $0.note.why }
                loading.approvedBy = person.text
                return .given(loading)
            case .proposed:
                // Said again by the same person it is the same.
                if known?.isOf(wanted) != true { try await propose(wanted, from: order.from) }
                let difference = try await context.disk.run {
                    try context.shelves.configurations.difference(to: wanted.sha256)
                }
                return .wanted(.proposed(text: text(wanted, checked.plan, difference)))
            }
        } catch let refused as Refused {
            throw refused
        } catch {
            throw .fault(Words.of(error))
        }
    }

    private func propose(_ wanted: ReloadProposal, from source: String) async throws {
        let (note, name) = (wanted.note, "the configuration \(wanted.sha256.prefix(12))")
        let why = note.why.isEmpty ? nil : note.why
        try await context.ledger.keep(
            [StandingThing(.reloadProposal, "", wanted.json)],
            by: RecordAct("propose_reload", subject: name, by: note.by, from: source, why: why), at: note.at)
        FailPoint.reach("reload_proposed")
        var facts = ["sha256": wanted.sha256, "by": note.by, "from": source]
        facts["why"] = why
        context.alerts.isOver([.reloadProposed], [:])
        context.alerts.send(
            Alert(
                event: .reloadProposed, isError: false,
                message:
                    "\(ReleaseRule.name(note.by)) wants \(name) in force\(why.map { " (\($0))" } ?? ""): postbox reload by another person takes it",
                facts: facts))
    }

    /// What is told to whoever proposes it: what it changes.
    private func text(_ wanted: ReloadProposal, _ plan: ReloadPlan, _ difference: [String]) -> String {
        let most = 60
        var lines = [
            "the configuration \(wanted.sha256.prefix(12)) is checked and needs a second person: postbox reload by somebody else takes it"
        ]
        if !plan.words.isEmpty { lines.append(plan.words) }
        lines += difference.prefix(most)
        if difference.count > most { lines.append("… and \(Plural.text(difference.count - most, "more line"))") }
        if difference.isEmpty { lines.append("no line of the file differs: what it refers to does") }
        return lines.joined(separator: "\n")
    }

    /// Nobody waits for a second person any more: one is in force, or what is in force lies there again. Left standing for now it counts
    /// for nothing.
    func forgetProposal() async {
        context.alerts.isOver([.reloadProposed], [:])
        do {
            guard try await context.ledger.standing(.reloadProposal)[""] != nil else { return }
            try await context.ledger.keep([StandingThing(.reloadProposal, "", nil)], at: Clock.wall())
        } catch {
            context.logger.warning("\(Words.of(error))", metadata: ["event": .event(.ledgerFault)])
        }
    }

    /// Has the record tell that it comes into force, and who wants it. Nothing is in force before that is durable.
    func record(_ checked: Checked, _ loading: RecordEntry.Loading) async throws(Refused) {
        let sha256 = checked.configuration.sha256
        do {
            try await context.ledger.record(
                .inUse(.configuration, name: "", sha256: sha256, by: loading), ifNew: sha256,
                of: RecordedThing.configuration.rawValue, "", at: checked.configuration.since)
        } catch {
            throw .fault(Words.of(error))
        }
        FailPoint.reach("reload_recorded")
    }

    // MARK: - What is told

    /// That it does not come into force: to the desk and to whoever asked.
    func refused(_ why: Refused, _ order: Order) -> DeskAnswer {
        var facts = ["from": order.from]
        if let by = order.by { facts["by"] = by.text }
        switch why {
        case .notAllowed(let why):
            let text = "the configuration is not loaded, the one in force stays: \(why)"
            // Whoever sends a signal gets no answer.
            if order.by == nil { context.alerts.send(Alert(event: .configRefused, message: text, facts: facts)) }
            return .refused(.notAllowed, text: text)
        case .fault(let text):
            let text = "the configuration cannot be loaded for now, the one in force stays: \(text)"
            context.alerts.send(Alert(event: .configRefused, message: text, facts: facts))
            return .refused(.unavailable, text: text)
        case .problems(let problems):
            facts["problems"] = "\(problems.count)"
            let shown = problems.prefix(5).joined(separator: "; ")
            let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
            context.alerts.send(
                Alert(
                    event: .configRefused,
                    message: "the configuration is wrong, the one in force stays: \(shown)\(more)", facts: facts))
            let lines = problems.prefix(50).joined(separator: "\n")
            return .refused(
                .badConfiguration, text: "the configuration is wrong, the one in force stays:\n\(lines)")
        }
    }

    /// That it is in force. `loading`: who wanted it; nil: nothing has changed.
    func done(_ checked: Checked, _ loading: RecordEntry.Loading?, _ order: Order) -> DeskAnswer {
        context.alerts.isOver([.configRefused], [:])
        let (plan, sha256) = (checked.plan, checked.configuration.sha256)
        let name = "the configuration \(sha256.prefix(12))"
        let words =
            checked.isSame
            ? "\(name) is in force already: nothing in it has changed"
            : "\(name) is in force" + (plan.words.isEmpty ? "" : ": \(plan.words)")
        var facts: Logger.Metadata = [
            "event": .event(.reloaded), "sha256": "\(sha256)", "changed": "\(!checked.isSame)", "from": "\(order.from)",
        ]
        if let by = loading?.by ?? order.by?.text { facts["by"] = "\(by)" }
        if let by = loading?.approvedBy { facts["approved_by"] = "\(by)" }
        if let why = loading?.why ?? order.why { facts["why"] = "\(why)" }
        for (key, step) in [("anew", ReloadPlan.Step.change), ("new", .add), ("left", .leave)] {
            let names = plan.names(step)
            if !names.isEmpty { facts[key] = "\(names.joined(separator: ","))" }
        }
        context.logger.notice("\(words)", metadata: facts)
        for warning in checked.warnings where !checked.isSame {
            context.logger.warning("\(warning.text)", metadata: ["event": .event(warning.event)])
        }
        return .done(
            text: words,
            facts: [
                "changed": checked.isSame ? 0 : 1, "destinations_anew": plan.names(.change).count,
                "destinations_new": plan.names(.add).count, "destinations_left": plan.names(.leave).count,
            ], drop: nil)
    }
}
