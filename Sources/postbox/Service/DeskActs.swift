internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What people ask a running service to do with drops that nobody works on. The ledger says who was first: an act that comes too late
/// changes nothing.
struct DeskActs: Sendable {
    let context: Context
    /// Tells the service that a drop goes on, by its number.
    let goesOn: @Sendable (Int) -> Void

    /// Does it, as far as that person may. `text` of the answer is for people.
    func act(_ act: DeskAct, by person: Person) async -> DeskAnswer {
        do {
            switch act {
            case .release(let drop, let rows, _): return try await release(drop, rows, act, by: person)
            case .refuse(let drop, let why): return try await refuse(drop, why, act, by: person)
            case .noAction(let drop, let why): return try await noAction(drop, why, act, by: person)
            case .retry, .resend:
                return try await AskedDrops(context: context.asOfNow, act: act, person: person, goesOn: goesOn).answer()
            case .republish(let republication):
                return try await Republishing(
                    context: context.asOfNow, wanted: republication, person: person, goesOn: goesOn
                ).answer()
            case .withdraw(let withdrawal):
                return try await Withdrawing(context: context.asOfNow, act: withdrawal, person: person, goesOn: goesOn)
                    .answer()
            }
        } catch {
            let subject = act.drop.map { "drop \($0)" } ?? act.subject ?? ""
            context.logger.error(
                "\(act.verb.rawValue) of \(subject) failed: \(Words.of(error))",
                metadata: ["event": .event(.ledgerFault), "what": "\(subject)"])
            return .refused(.unavailable, text: "it could not be done for now: \(Words.of(error))")
        }
    }

    /// What is held, by number. A ledger that cannot be read holds nothing that anybody could act on.
    ///
    /// - Parameter withRows: with the rows that need a look: only where somebody is shown them. They are read from each drop's directory,
    ///   and the store of last values is asked about them.
    func held(withRows: Bool = true) async -> [HeldDrop] {
        let records = (try? await context.ledger.held()) ?? []
        let rows = withRows ? await rows(of: records) : [:]
        return records.compactMap { record in
            guard let hold = record.hold else { return nil }
            var held = HeldDrop(
                drop: record.number, name: record.name, original: record.snapshot.original,
                rule: record.snapshot.rule.match, why: hold.text, rows: hold.rows, since: hold.since,
                until: hold.until,
                proposedBy: hold.proposal.map { Person(text: $0.by, isNamed: true) },
                examples: rows[record.number] ?? [])
            held.proposedRows = hold.proposal?.rows
            held.numbers = hold.numbers
            held.release = record.snapshot.rule.release ?? ReleaseRule()
            return held
        }
    }

    /// The rows of held drops that need a look, by drop, with what holds now. Without last values it is what held when they were held. The
    /// store of last values is opened once for all.
    private func rows(of records: [DropRecord]) async -> [Int: [HeldRow]] {
        let directories = context.settings.directories
        let noted = await context.disk.run {
            records.reduce(into: [Int: [HeldRow]]()) { rows, record in
                rows[record.number] = HeldFiles.read(in: directories.work + "/\(record.number)")
            }
        }
        guard context.lastValues != nil else { return noted }
        let asked = records.reduce(into: [Int: HeldNow]()) { asked, record in
            guard let rows = noted[record.number], !rows.isEmpty,
                let name = record.snapshot.rule.destinations.first
            else { return }
            asked[record.number] = HeldNow(rows, at: name, services: record.snapshot.services[name] ?? [])
        }
        guard !asked.isEmpty else { return noted }
        do {
            let now = try await context.disk.run {
                let answers = try LastLookup.answers(in: directories)
                return try asked.mapValues { try $0.rows(answers) }
            }
            return noted.merging(now) { $1 }
        } catch {
            context.logger.warning(
                "what holds in place of held rows cannot be looked up for now: \(Words.of(error))",
                metadata: ["event": .event(.diskFault)])
            return noted.merging(asked.mapValues(\.unknown)) { $1 }
        }
    }

    /// Its time is over: nothing of it is sent. False: it is not held any more, or that cannot be recorded now and is tried again later.
    func timeOut(_ drop: Int) async -> Bool {
        do {
            guard let (record, hold) = try await find(drop) else { return false }
            var ended = hold
            ended.decision = .timedOut(at: Clock.wall())
            guard try await context.ledger.decide(drop, ended, record.snapshot) else { return false }
            FailPoint.reach("timed_out")
            context.alerts.isOver([.heldForRelease, .releaseAtRisk], ["drop": "\(drop)"])
            context.logger.notice(
                "\(record.name) was held, and nobody released it in time: it is refused",
                metadata: ["event": .event(.releaseRefused), "drop": "\(drop)", "file": "\(record.name)"])
            return true
        } catch {
            context.logger.error(
                "what was held for too long cannot be ended for now: \(Words.of(error))",
                metadata: ["event": .event(.ledgerFault), "drop": "\(drop)"])
            return false
        }
    }

    // MARK: - Release and refusal

    private func release(
        _ drop: Int, _ rows: RowChoice, _ act: DeskAct, by person: Person
    ) async throws -> DeskAnswer {
        guard let (record, hold) = try await find(drop) else { return try await notHeld(drop) }
        let released = hold.count(of: rows)
        // A slip of the pen: what else was meant nobody knows.
        if let highest = rows.highest, highest > hold.highestRow {
            return .refused(
                .wrongStage, text: "there is no row \(highest) in drop \(drop), which has rows 1 to \(hold.highestRow)")
        }
        guard released > 0 else {
            return .refused(.wrongStage, text: "\(rows.words) of drop \(drop): that is none of its rows")
        }
        let now = Clock.wall()
        if let limit = AgeLimit(record.snapshot.rule, arrivedAt: record.snapshot.arrivedAt ?? record.claimedAt),
            limit.left(at: now) == nil
        {
            return .refused(
                .wrongStage,
                text:
                    "drop \(drop) (\(record.name)) is older than `max_age` of its rule allows: refuse it, and drop new values"
            )
        }
        var snapshot = record.snapshot
        let isNew = hold.isOfOvertaken || snapshot.rule.corrections == .send
        // What went meanwhile is newer than a file that was held as a whole.
        if snapshot.original == nil, !isNew { snapshot.isLate = true }
        // Whoever releases it wants it sent by what is configured now: a rehearsal that is over binds nobody.
        snapshot.rehearsed = context.rehearsed(of: snapshot.rule.destinations)
        let found = try await ReleaseLook(context: context, record: record, snapshot: snapshot, rows: rows)
            .run(isNew: isNew)
        var decided = hold
        let proposedBy: String?
        switch hold.answer(by: person, rows: rows, under: record.snapshot.rule.release ?? ReleaseRule()) {
        case .refused(let why): return .refused(.notAllowed, text: why)
        case .proposed:
            decided.proposal = Hold.Proposal(by: person.text, at: now, rows: rows)
            let proposing = RecordAct(act, by: person, proposed: true)
            guard try await context.ledger.propose(drop, decided, by: proposing) else {
                return try await notHeld(drop)
            }
            say(.heldForRelease, "\(person.text) wants \(record.name) released: \(rows.words)", record, person)
            return .proposed(
                text:
                    "drop \(drop) (\(record.name)): proposed, \(rows.words); it goes when a second person releases the same rows\(found.words)"
            )
        case .released(let by): proposedBy = by
        }
        if isNew {
            // Whoever has seen both values wants these.
            snapshot.isNew = true
            snapshot.age = context.guardBook.age(arrival: now, priority: snapshot.rule.priority ?? 0)
        }
        decided.decision = .released(
            by: person.text, proposedBy: proposedBy, at: now, rows: rows, isNew: snapshot.isNew == true)
        let releasing = RecordAct(act, by: person)
        guard try await context.ledger.decide(drop, decided, snapshot, by: releasing) else {
            return try await notHeld(drop)
        }
        FailPoint.reach("release_recorded")
        say(.released, "\(record.name) is released: \(rows.words)", record, person)
        let outlook = await PostingLook(context: context).outlook(of: drop, by: snapshot.rule)
        goesOn(drop)
        let left = hold.rows - released
        var facts = ["released": released]
        if left > 0 { facts["left_out"] = left }
        let overtaken = hold.isOfOvertaken ? released : found.overtaken
        if overtaken > 0 { facts["overtaken"] = overtaken }
        if found.failing > 0 { facts["failing"] = found.failing }
        let text =
            "drop \(drop) (\(record.name)): released, \(released) of \(Plural.text(hold.rows, "row"))"
            + (hold.isOfOvertaken ? "; newer values that were accepted since will be replaced" : "") + found.words
            + ". " + outlook.text
        return .done(text: text, facts: facts, drop: drop)
    }

    private func refuse(
        _ drop: Int, _ why: String, _ act: DeskAct, by person: Person
    ) async throws -> DeskAnswer {
        guard why.contains(where: { !$0.isWhitespace }) else {
            return .refused(.needsWhy, text: "say why drop \(drop) is refused: it stands in its summary")
        }
        guard let (record, hold) = try await find(drop) else { return try await notHeld(drop) }
        var decided = hold
        decided.decision = .refused(by: person.text, at: Clock.wall(), why: why)
        let refusing = RecordAct(act, by: person)
        guard try await context.ledger.decide(drop, decided, record.snapshot, by: refusing) else {
            return try await notHeld(drop)
        }
        FailPoint.reach("refusal_recorded")
        say(.releaseRefused, "\(record.name) is refused: \(VisibleText.line(why))", record, person)
        goesOn(drop)
        return .done(
            text: "drop \(drop) (\(record.name)): refused, nothing of it is sent", facts: ["refused": hold.rows],
            drop: drop)
    }

    private func noAction(
        _ drop: Int, _ why: String, _ act: DeskAct, by person: Person
    ) async throws -> DeskAnswer {
        let note = PersonNote(by: person.text, at: Clock.wall(), why: why)
        if try await context.ledger.noAction(drop, note, by: RecordAct(act, by: person)) {
            return .done(text: "drop \(drop): nothing is to be done about it", facts: [:], drop: drop)
        }
        guard let record = try await context.ledger.record(of: drop) else {
            return .refused(.unknownDrop, text: "there is no drop \(drop)")
        }
        return .refused(
            .wrongStage,
            text: record.verdict == .done
                ? "drop \(drop) (\(record.name)) ended well" : "drop \(drop) (\(record.name)) has not ended yet")
    }

    /// The drop, if it is held.
    private func find(_ drop: Int) async throws -> (DropRecord, Hold)? {
        guard let record = try await context.ledger.record(of: drop), record.stage == .held, let hold = record.hold
        else { return nil }
        return (record, hold)
    }

    private func notHeld(_ drop: Int) async throws -> DeskAnswer {
        guard let record = try await context.ledger.record(of: drop) else {
            return .refused(.unknownDrop, text: "there is no drop \(drop)")
        }
        let stands =
            switch record.hold?.decision {
            case .released(let by, _, let at, _, _): "\(by) released it at \(TimeText.text(at))"
            case .refused(let by, let at, _): "\(by) refused it at \(TimeText.text(at))"
            case .timedOut(let at): "nobody released it in time; it was refused at \(TimeText.text(at))"
            case nil:
                record.stage == .closed || record.stage == .settled
                    ? "it is finished: \(record.verdict?.rawValue ?? "")" : "it is being contributed"
            }
        return .refused(.wrongStage, text: "drop \(drop) (\(record.name)) is not held: \(stands)")
    }

    private func say(_ event: Event, _ message: String, _ record: DropRecord, _ person: Person) {
        if event != .heldForRelease {
            context.alerts.isOver([.heldForRelease, .releaseAtRisk], ["drop": "\(record.number)"])
        }
        context.logger.notice(
            "\(message)",
            metadata: [
                "event": .event(event), "drop": "\(record.number)", "file": "\(record.name)", "by": "\(person.text)",
            ])
    }
}
