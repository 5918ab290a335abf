internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Wrong prices went out: makes drops of what was there before, for each field that still holds a value of the wrong drops, be it that a
/// withdrawal or a republication posted that value again.
///
/// There is one for each wrong drop, destination and age of what holds its values. It is as old as that, and newer by its number alone. So
/// it takes that one's place among all others: what newer drops have accepted, or will, stands against it.
struct Withdrawing: Sendable {
    let context: Context
    let act: Withdrawal
    let person: Person
    /// Tells the service that a drop goes on, by its number.
    let goesOn: @Sendable (Int) -> Void

    /// Why it is not done, for people.
    struct Refused: Error {
        var refusal: DeskAnswer.Refusal
        var text: String
    }

    /// What one drop replaces.
    struct Part: Hashable, Sendable {
        /// The wrong drop.
        var wrong: Int
        var destination: String
        /// Of the drops that hold its values: `DropPlace.age`.
        var age: Int64

        func place(of number: Int) -> DropPlace {
            DropPlace(drop: number, age: age, priority: WireFile.mostUrgent)
        }
    }

    /// The wrong drops, and who says values of others.
    struct Wrong: Sendable {
        var records: [DropRecord]
        var lineage: DropLineage
        /// Without what is being withdrawn just now.
        var before: DropLineage

        /// What may have to be replaced: a number is needed for each before anything is looked up.
        func parts(at destinations: Set<String>) -> [Part] {
            records.flatMap { record in
                record.snapshot.rule.destinations.filter(destinations.contains).flatMap { name in
                    lineage.ages(ofHolders: record.number, at: name).union([record.place.age]).sorted().map {
                        Part(wrong: record.number, destination: name, age: $0)
                    }
                }
            }
        }

        /// Two people are needed for it, as the rule of one of the wrong files says.
        var needsTwo: Bool { records.contains { $0.snapshot.rule.release?.fourEyes == true } }

        func isOwn(_ part: Part) -> Bool {
            records.contains { $0.number == part.wrong && $0.place.age == part.age }
        }
    }

    /// What is found.
    struct Found: Sendable {
        var count = WrongCount()
        var examples: [ReplacedValue] = []
        /// By the replacing drop: its rows (0: it only tells of what was wrong), and the first of them for people.
        var rows: [Int: Int] = [:]
        var held: [Int: [HeldRow]] = [:]
    }

    /// Does it, or tells what would be done. Throws on a fault of ledger or disk; then there are no new drops, or they go on all the same.
    func answer() async throws -> DeskAnswer {
        do {
            guard context.lastValues != nil else {
                throw Refused(refusal: .unavailable, text: "last values are not kept (`last_values: off`)")
            }
            let wrong = try await findWrong()
            if wrong.needsTwo { try await findProposed(wrong) }
            guard !act.isPreview else {
                let images = try await LastImages(in: context, for: nil)
                let found = try await context.disk.run { try find(wrong, images, nil) }
                let outlook = await PostingLook(context: context).outlook(
                    at: found.count.destinations, needsTwo: wrong.needsTwo)
                let words = [try text(found, wrong, .wouldBe), outlook.preview].filter { !$0.isEmpty }
                return .shown(
                    text: words.joined(separator: ". "), facts: found.count.facts, examples: found.examples)
            }
            return try await withdraw(wrong)
        } catch let refused as Refused {
            return .refused(refused.refusal, text: refused.text)
        }
    }

    // MARK: - What went wrong

    private func findWrong() async throws -> Wrong {
        let numbers: [Int]
        switch act.what {
        case .drop(let drop): numbers = [drop]
        case .rule(let rule, let since):
            numbers = try await context.disk.run { [directories = context.settings.directories] in
                var choice = LedgerReading.Choice()
                choice.claimedFrom = since
                return try LedgerReading(in: directories)?.list(choice).filter {
                    $0.rule == rule && $0.stage != .held
                }.map(\.drop) ?? []
            }
        }
        // Of a rule that the configuration had once there may be files still.
        if case .rule(let rule, _) = act.what, numbers.isEmpty,
            let problem = context.settings.ruleNames.problem(of: rule)
        {
            throw Refused(refusal: .unknownDrop, text: problem)
        }
        let before = DropLineage(try await lineageDrops())
        let whole = before.whole(Set(numbers))
        var records: [DropRecord] = []
        for number in whole.sorted() {
            guard let record = try await context.ledger.record(of: number) else {
                throw Refused(refusal: .unknownDrop, text: "there is no drop \(number)")
            }
            guard record.stage == .closed else {
                throw Refused(
                    refusal: .wrongStage,
                    text: record.stage == .held
                        ? "drop \(number) (\(record.name)) is held: refuse it"
                        : "drop \(number) (\(record.name)) is still in work: cancel it first, then withdraw what it said"
                )
            }
            // What a withdrawal without rows says is that its drop is withdrawn; of those that belong to what is asked for, one that says
            // so no more is left alone.
            let isAsked = numbers.contains(number)
            let counts = record.snapshot.rule.destinations.contains { !before.isWithdrawn(number, at: $0) }
            if record.firstSentAt > 0 || before.isWithdrawal(number) && (isAsked || counts) {
                records.append(record)
            }
        }
        guard !records.isEmpty else {
            throw Refused(refusal: .wrongStage, text: "\(act.subject): nothing was sent")
        }
        // Once more: what was made of them until all of them were seen closed is to be known.
        let drops = try await lineageDrops()
        let lineage = DropLineage(drops, withdrawing: Set(records.map(\.number)))
        if let open = lineage.open.first {
            throw Refused(
                refusal: .wrongStage,
                text:
                    "drop \(open), which sends rows of drop \(lineage.wrong(open) ?? 0) again, is still in work: cancel it first, then withdraw what was said"
            )
        }
        if let open = lineage.openWithdrawals.first {
            throw Refused(
                refusal: .wrongStage,
                text:
                    "drop \(open.by) withdraws what drop \(open.drop) said already, and is still in work: wait until it is finished, or cancel it"
            )
        }
        return Wrong(records: records, lineage: lineage, before: DropLineage(drops))
    }

    private func lineageDrops() async throws -> [DropLineage.Drop] {
        try await context.disk.run { [directories = context.settings.directories] in
            try LedgerReading(in: directories)?.lineage() ?? []
        }
    }

    /// Whether two people are needed. Throws `Refused` where this person is none of them.
    private func isProposal(_ wrong: Wrong) throws -> Bool {
        guard wrong.needsTwo else { return false }
        if case .refused(let why) = ReleaseRule(fourEyes: true).answer(nil, by: person, rows: .all) {
            throw Refused(refusal: .notAllowed, text: why)
        }
        return true
    }

    // MARK: - What replaces it

    private func withdraw(_ wrong: Wrong) async throws -> DeskAnswer {
        let isProposed = try isProposal(wrong)
        let parts = wrong.parts(at: Set(context.settings.destinations.map(\.name)))
        let numbers = Dictionary(
            zip(parts, try await context.ledger.reserve(parts.count)), uniquingKeysWith: { one, _ in one })
        // From here on what newer drops have accepted is kept for them.
        let places = numbers.map { $0.key.place(of: $0.value) }
        for place in places { context.guardBook.opened(place) }
        do {
            let images = try await LastImages(in: context, for: places.map(\.drop).min() ?? 0)
            let found = try await context.disk.run { try find(wrong, images, WithdrawalFiles(made, numbers)) }
            _ = try text(found, wrong, .willBe)
            let drops = try make(wrong, numbers, found, images.known, isProposed: isProposed)
            // Where nothing is to be posted, nothing waits for a second person: it is done.
            let proposed = drops.contains { $0.hold != nil }
            try await made.make(drops, by: RecordAct(.withdraw(act), by: person, proposed: proposed)) {
                drop, directory in
                guard drop.hold != nil else { return }
                try HeldFiles.write(
                    found.held[drop.number] ?? [], ofRows: found.rows[drop.number] ?? 0, to: directory, mode: 0o640)
            }
            try await close(places, besides: Set(drops.filter { $0.hold == nil }.map(\.number)))
            return try await finish(wrong, found, drops)
        } catch {
            try await close(places, besides: [])
            try await context.disk.run {
                for (part, number) in numbers {
                    let directory = made.directory(number, of: part.wrong)
                    if try Disk.exists(directory) { try MadeDrops.remove(directory) }
                }
            }
            throw error
        }
    }

    private var made: MadeDrops { MadeDrops(context: context) }

    /// Those that were not made are not waited for.
    private func close(_ places: [DropPlace], besides made: Set<Int>) async throws {
        for place in places where !made.contains(place.drop) {
            if try await context.ledger.record(of: place.drop).map({ $0.stage == .held }) ?? true {
                try await context.guardBook.closed(place, on: context.disk)
            }
        }
    }

    /// A second person releases what the first one had made, and does not make it again.
    private func findProposed(_ wrong: Wrong) async throws {
        let numbers = Set(wrong.records.map(\.number))
        for record in try await context.ledger.held() {
            guard let original = record.snapshot.original, numbers.contains(original),
                record.snapshot.asked?.act == DeskVerb.withdraw.rawValue, let proposal = record.hold?.proposal
            else { continue }
            throw Refused(
                refusal: .wrongStage,
                text:
                    "\(proposal.by) has proposed it already: a second person sends it with postbox release \(record.number), or ends it with postbox refuse \(record.number)"
            )
        }
    }

    private func make(
        _ wrong: Wrong, _ numbers: [Part: Int], _ found: Found, _ known: KnownResults, isProposed: Bool
    ) throws -> [MadeDrop] {
        let now = Clock.wall()
        let records = Dictionary(wrong.records.map { ($0.number, $0) }, uniquingKeysWith: { one, _ in one })
        var drops: [MadeDrop] = []
        for (part, number) in numbers.sorted(by: { $0.value < $1.value }) {
            guard let rows = found.rows[number], let record = records[part.wrong],
                let destination = destination(part.destination)
            else { continue }
            let name = part.destination
            var rule = WireFile.rule(of: .withdraw, to: name, priority: WireFile.mostUrgent)
            if rows == 0 { rule = WireFile.ruleWithoutRows(rule) }
            rule.release = record.snapshot.rule.release
            var snapshot = DropSnapshot(
                rule: rule, services: [name: destination.allServices],
                updateOnly: [name: destination.profile.isUpdateOnly], configSHA256: context.configSHA256)
            snapshot.age = part.age
            snapshot.original = record.number
            snapshot.isMade = true
            snapshot.known = known
            snapshot.asked = AskedFor(.withdraw(act), by: person, at: now)
            snapshot.rehearsed = context.rehearsed(of: [name])
            var hold: Hold?
            // Nobody has to release what posts nothing.
            if isProposed, rows > 0 {
                hold = Hold(
                    reason: Hold.withdrawal,
                    text:
                        "\(person.text) wants what drop \(record.number) (\(record.name)) said withdrawn, and a second person is needed",
                    rows: rows, since: now, within: rule.holdWithin)
                hold?.proposal = Hold.Proposal(by: person.text, at: now, rows: .all)
            }
            drops.append(
                MadeDrop(
                    number: number, name: WireFile.name(of: .withdraw, to: name, drop: number), snapshot: snapshot,
                    hold: hold))
        }
        return drops
    }

    private func destination(_ name: String) -> Destination? {
        context.settings.destinations.first { $0.name == name }
    }

    private func finish(_ wrong: Wrong, _ found: Found, _ drops: [MadeDrop]) async throws -> DeskAnswer {
        let numbers = drops.map { "\($0.number)" }.joined(separator: ", ")
        let isProposed = drops.contains { $0.hold != nil }
        let isRehearsed = drops.allSatisfy { $0.snapshot.rehearsed != nil }
        // What posts nothing waits for nothing.
        let outlook = await PostingLook(context: context).outlook(
            of: drops.filter { (found.rows[$0.number] ?? 0) > 0 || $0.snapshot.rehearsed != nil })
        let words =
            try text(found, wrong, isProposed || isRehearsed ? .wouldBe : .willBe)
            + (outlook.text.isEmpty ? ", as \(Plural.word(drops.count, "drop")) \(numbers)" : ". \(outlook.text)")
        guard !isProposed else {
            for drop in drops {
                if let hold = drop.hold {
                    context.alerts.send(.held(drop.name, drop: drop.number, of: drop.snapshot.rule, hold))
                }
                // Whoever knows what is held learns of it.
                goesOn(drop.number)
            }
            return .proposed(text: words)
        }
        context.logger.notice(
            "\(words)",
            metadata: [
                "event": .event(.withdrawn), "drop": "\(numbers)", "what": "\(act.subject)", "by": "\(person.text)",
            ])
        for drop in drops { goesOn(drop.number) }
        return .done(text: words, facts: found.count.facts, drop: drops.first?.number)
    }

    /// For people. Throws `Refused` where nothing is to be posted or noted.
    private func text(_ found: Found, _ wrong: Wrong, _ mood: WrongCount.Mood) throws -> String {
        let records = wrong.records
        let files =
            switch records.count {
            case 1: "drop \(records[0].number) (\(records[0].name))"
            case ...3: "drops " + records.map { "\($0.number)" }.joined(separator: ", ")
            default: "\(records.count) drops"
            }
        let text = found.count.text(
            of: files, mood, isUndoing: records.allSatisfy { wrong.before.isWithdrawal($0.number) },
            still: wrong.lineage.stillWithdrawn, besides: wrong.lineage.restOfActs)
        guard !found.count.isNothing else { throw Refused(refusal: .wrongStage, text: text) }
        return text
    }
}
