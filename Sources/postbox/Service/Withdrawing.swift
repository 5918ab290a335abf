internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Wrong prices went out: makes drops of what was there before, for each field that still holds a value of the wrong drops.
///
/// There is one for each wrong drop and destination, as old as the wrong one and newer than it by its number alone. So it takes that
/// one's place among all others: what newer drops have accepted, or will, stands against it.
struct Withdrawing: Sendable {
    let context: Context
    let act: Withdrawal
    let person: Person
    /// Tells the service that a drop goes on, by its number.
    let goesOn: @Sendable (Int) -> Void

    /// Why it is not done, for people.
    private struct Refused: Error {
        var refusal: DeskAnswer.Refusal
        var text: String
    }

    /// A drop that said something wrong.
    private struct Wrong: Sendable {
        var record: DropRecord
        /// By destination: the drop that replaces what it said.
        var numbers: [String: Int] = [:]

        func place(of number: Int) -> DropPlace {
            DropPlace(drop: number, age: record.place.age, priority: WireFile.mostUrgent)
        }
    }

    /// What is found.
    private struct Found: Sendable {
        /// RICs at a service of a destination of which something is posted.
        var rics = 0
        /// Fields that are posted.
        var fields = 0
        /// Fields that had no value before.
        var withoutValue = 0
        /// Fields of which nobody can tell any more what they held.
        var unknown = 0
        /// RICs of services and destinations that the configuration no longer has.
        var leftOut = 0
        var examples: [ReplacedValue] = []
        /// By the replacing drop: its rows, and the first of them for people.
        var rows: [Int: Int] = [:]
        var held: [Int: [HeldRow]] = [:]

        var facts: [String: Int] {
            [
                "rics": rics, "fields": fields, "without_value": withoutValue, "results_gone": unknown,
                "left_out": leftOut,
            ].filter { $0.value > 0 || $0.key == "fields" }
        }
    }

    /// Does it, or tells what would be done. Throws on a fault of ledger or disk; then there are no new drops, or they go on all the same.
    func answer() async throws -> DeskAnswer {
        do {
            guard context.lastValues != nil else {
                throw Refused(refusal: .unavailable, text: "last values are not kept (`last_values: off`)")
            }
            let wrong = try await findWrong()
            guard !act.isPreview else {
                let images = try await LastImages(in: context, for: nil)
                let found = try await context.disk.run { try find(wrong, images, nil) }
                return .shown(
                    text: try text(found, wrong, is: "would be"), facts: found.facts, examples: found.examples)
            }
            return try await withdraw(wrong)
        } catch let refused as Refused {
            return .refused(refused.refusal, text: refused.text)
        }
    }

    // MARK: - What went wrong

    private func findWrong() async throws -> [Wrong] {
        let numbers: [Int]
        switch act.what {
        case .drop(let drop): numbers = [drop]
        case .rule(let rule, let since):
            numbers = try await context.disk.run { [directories = context.settings.directories] in
                var choice = LedgerReading.Choice()
                choice.claimedFrom = since
                return try LedgerReading(path: directories.state + "/ledger.sqlite")?.list(choice).filter {
                    $0.rule == rule && $0.stage != .held
                }.map(\.drop) ?? []
            }
        }
        var wrong: [Wrong] = []
        for number in numbers.sorted() {
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
            if record.firstSentAt > 0 { wrong.append(Wrong(record: record)) }
        }
        guard !wrong.isEmpty else {
            throw Refused(refusal: .wrongStage, text: "\(act.subject): nothing was sent")
        }
        return wrong
    }

    /// Two people are needed for it, as the rule of the wrong files says.
    private func needsTwo(_ wrong: [Wrong]) throws -> Bool {
        guard wrong.contains(where: { $0.record.snapshot.rule.release?.fourEyes == true }) else { return false }
        if case .refused(let why) = ReleaseRule(fourEyes: true).answer(nil, by: person, rows: .all) {
            throw Refused(refusal: .notAllowed, text: why)
        }
        return true
    }

    // MARK: - What replaces it

    private func withdraw(_ known: [Wrong]) async throws -> DeskAnswer {
        var wrong = known
        let isProposed = try needsTwo(wrong)
        if isProposed { try await findProposed(wrong) }
        let names = Set(context.settings.destinations.map(\.name))
        var numbers = try await context.ledger.reserve(
            wrong.reduce(0) { $0 + $1.record.snapshot.rule.destinations.count { names.contains($0) } })
        for index in wrong.indices {
            for name in wrong[index].record.snapshot.rule.destinations where names.contains(name) {
                wrong[index].numbers[name] = numbers.removeFirst()
            }
        }
        // From here on what newer drops have accepted is kept for them.
        let places = wrong.flatMap { one in one.numbers.values.map { one.place(of: $0) } }
        for place in places { context.guardBook.opened(place) }
        let all = wrong
        do {
            let images = try await LastImages(in: context, for: places.map(\.drop).min() ?? 0)
            let found = try await context.disk.run { try find(all, images, WithdrawalFiles(made)) }
            _ = try text(found, all, is: "are")
            let drops = try make(all, found, images.known, isProposed: isProposed)
            try await made.make(drops, by: RecordAct(.withdraw(act), by: person, proposed: isProposed)) {
                drop, directory in
                guard isProposed else { return }
                try HeldFiles.write(
                    found.held[drop.number] ?? [], ofRows: found.rows[drop.number] ?? 0, to: directory, mode: 0o640)
            }
            try await close(places, besides: isProposed ? [] : Set(drops.map(\.number)))
            return try finish(all, found, drops, isProposed: isProposed)
        } catch {
            try await close(places, besides: [])
            try await context.disk.run {
                for one in all {
                    for number in one.numbers.values {
                        let directory = made.directory(number, of: one.record.number)
                        if try Disk.exists(directory) { try MadeDrops.remove(directory) }
                    }
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
    private func findProposed(_ wrong: [Wrong]) async throws {
        let numbers = Set(wrong.map(\.record.number))
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
        _ wrong: [Wrong], _ found: Found, _ known: KnownResults, isProposed: Bool
    ) throws -> [MadeDrop] {
        let now = Clock.wall()
        var drops: [MadeDrop] = []
        for one in wrong {
            for (name, number) in one.numbers.sorted(by: { $0.value < $1.value }) {
                guard let rows = found.rows[number], let destination = destination(name) else { continue }
                var rule = WireFile.rule(of: .withdraw, to: name, priority: WireFile.mostUrgent)
                rule.release = one.record.snapshot.rule.release
                var snapshot = DropSnapshot(
                    rule: rule, services: [name: destination.allServices],
                    updateOnly: [name: destination.profile.isUpdateOnly], configSHA256: context.configSHA256)
                snapshot.age = one.record.place.age
                snapshot.original = one.record.number
                snapshot.isMade = true
                snapshot.known = known
                snapshot.asked = AskedFor(.withdraw(act), by: person, at: now)
                var hold: Hold?
                if isProposed {
                    hold = Hold(
                        reason: Hold.withdrawal,
                        text:
                            "\(person.text) wants what drop \(one.record.number) (\(one.record.name)) said withdrawn, and a second person is needed",
                        rows: rows, since: now, within: rule.holdWithin)
                    hold?.proposal = Hold.Proposal(by: person.text, at: now, rows: .all)
                }
                drops.append(
                    MadeDrop(
                        number: number, name: WireFile.name(of: .withdraw, to: name, drop: number), snapshot: snapshot,
                        hold: hold))
            }
        }
        return drops
    }

    private func destination(_ name: String) -> Destination? {
        context.settings.destinations.first { $0.name == name }
    }

    private func finish(
        _ wrong: [Wrong], _ found: Found, _ drops: [MadeDrop], isProposed: Bool
    ) throws -> DeskAnswer {
        let numbers = drops.map { "\($0.number)" }.joined(separator: ", ")
        let words = try text(found, wrong, is: "are") + ", as drop \(numbers)"
        guard !isProposed else {
            for drop in drops {
                if let hold = drop.hold { context.alerts.send(.held(drop.name, drop: drop.number, hold)) }
                // Whoever knows what is held learns of it.
                goesOn(drop.number)
            }
            return .proposed(text: "\(words): proposed; it goes when a second person releases it")
        }
        context.logger.notice(
            "\(words)",
            metadata: [
                "event": .event(.withdrawn), "drop": "\(numbers)", "what": "\(act.subject)", "by": "\(person.text)",
            ])
        for drop in drops { goesOn(drop.number) }
        return .done(text: words, facts: found.facts, drop: drops.first?.number)
    }

    /// For people. Throws `Refused` where nothing is to be posted.
    private func text(_ found: Found, _ wrong: [Wrong], is verb: String) throws -> String {
        var more: [String] = []
        if found.withoutValue > 0 {
            more.append(
                act.blanks
                    ? "\(found.withoutValue) had no value before and \(verb) blanked"
                    : "\(found.withoutValue) had no value before and stay as they are (--blank blanks them)")
        }
        if found.unknown > 0 {
            more.append("\(found.unknown) stay as they are: the result that tells what they held before is gone")
        }
        if found.leftOut > 0 {
            more.append(
                "\(found.leftOut) RICs are left out: the configuration no longer has their destination or service")
        }
        let files =
            wrong.count == 1 ? "drop \(wrong[0].record.number) (\(wrong[0].record.name))" : "\(wrong.count) drops"
        let tail = more.isEmpty ? "" : "; " + more.joined(separator: "; ")
        guard found.fields > 0 else {
            throw Refused(
                refusal: .wrongStage,
                text: found.withoutValue + found.unknown + found.leftOut == 0
                    ? "\(files): no field holds a value of it any more" : "\(files): there is nothing to post" + tail)
        }
        return
            "\(files): \(found.fields) \(found.fields == 1 ? "field" : "fields") of \(found.rics) \(found.rics == 1 ? "RIC" : "RICs") \(verb) replaced by what was there before"
            + tail
    }

    // MARK: - Field by field

    /// Goes over all that still holds a value of the wrong drops. `files`: where what is to be posted goes; nil: it is only looked at.
    /// Waits for the disk.
    private func find(_ wrong: [Wrong], _ images: LastImages, _ files: WithdrawalFiles?) throws -> Found {
        let byNumber = Dictionary(wrong.map { ($0.record.number, $0) }, uniquingKeysWith: { one, _ in one })
        let destinations = Dictionary(
            context.settings.destinations.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        var wanted: Set<UInt64> = []
        try images.each { record, _ in
            var holds = false
            guard record.eachField({ if byNumber[$0.drop] != nil { holds = true } }),
                let ric = LastKey.ric(record.key)
            else { throw LastRecord.Damaged() }
            if holds { wanted.insert(RICHash.of(ric)) }
        }
        let history = try ValueHistory(
            besides: Set(byNumber.keys), growing: images.growing,
            at: Set(wrong.flatMap(\.record.snapshot.rule.destinations)), in: context.settings.directories,
            isWanted: { wanted.contains($0) })
        var found = Found()
        try images.each { record, words in
            guard let target = record.target, target < words.targets.count, let ric = LastKey.ric(record.key) else {
                throw LastRecord.Damaged()
            }
            let at = words.targets[target]
            var held: [Int: [(field: String, json: [UInt8], from: Int64)]] = [:]
            guard
                try record.eachField({ field in
                    guard byNumber[field.drop] != nil else { return }
                    guard field.place < words.fields.count else { throw LastRecord.Damaged() }
                    held[field.drop, default: []].append(
                        (words.fields[field.place], Array(field.json), field.acceptedAt))
                })
            else { throw LastRecord.Damaged() }
            guard !held.isEmpty else { return }
            guard let destination = destinations[at.destination],
                destination.allServices.contains(at.service)
            else {
                found.leftOut += 1
                return
            }
            let before = try history.find(
                Array(ric), at: at.destination, service: at.service, held.values.flatMap { $0.map(\.field) })
            var isPosted = false
            for (drop, fields) in held.sorted(by: { $0.key < $1.key }) {
                var posts: [(name: String, json: [UInt8])] = []
                var incidents: [Incident] = []
                for field in fields {
                    var replacedBy: [UInt8]?
                    switch before[field.field] ?? .nothing {
                    case .value(let json): replacedBy = json
                    case .nothing:
                        found.withoutValue += 1
                        if act.blanks { replacedBy = Array("null".utf8) }
                    case .gone: found.unknown += 1
                    }
                    let value = ReplacedValue(
                        destination: at.destination, service: at.service, ric: String(decoding: ric, as: UTF8.self),
                        field: field.field, wrong: String(decoding: field.json, as: UTF8.self),
                        replacedBy: replacedBy.map { String(decoding: $0, as: UTF8.self) })
                    if found.examples.count < ReplacedValue.examplesMax { found.examples.append(value) }
                    incidents.append(Incident(row: 0, drop: drop, value: value, from: field.from))
                    if let replacedBy { posts.append((field.field, replacedBy)) }
                }
                found.fields += posts.count
                if !posts.isEmpty { isPosted = true }
                guard let files, let number = byNumber[drop]?.numbers[at.destination] else { continue }
                let row = try files.add(
                    posts, incidents, ric: ric, service: at.service, drop: number, original: drop,
                    name: WireFile.name(of: .withdraw, to: at.destination, drop: number))
                guard row > 0 else { continue }
                found.rows[number] = row
                if found.held[number, default: []].count < HeldDrop.examplesMax {
                    for incident in incidents {
                        found.held[number, default: []].append(
                            HeldRow(
                                row: row, ric: incident.value.ric, field: incident.value.field,
                                old: incident.value.wrong, new: incident.value.replacedBy, reason: Hold.withdrawal))
                    }
                }
            }
            if isPosted { found.rics += 1 }
        }
        try files?.close()
        return found
    }
}

/// The files of drops that replace wrong values, and beside each the list of these, as they are written.
private final class WithdrawalFiles {
    private struct File {
        var rows: WireFileWriter
        var incidents: WireFileWriter
        var count = 0
    }

    private let made: MadeDrops
    private var files: [Int: File] = [:]

    init(_ made: MadeDrops) { self.made = made }

    /// Writes what is posted of a RIC, and what was wrong. Returns the row's number; 0: nothing is posted. Throws `DiskError`.
    func add(
        _ posts: [(name: String, json: [UInt8])], _ incidents: [Incident], ric: UnsafeRawBufferPointer,
        service: String, drop: Int, original: Int, name: String
    ) throws(DiskError) -> Int {
        if files[drop] == nil {
            let directory = try made.begin(drop, of: original)
            files[drop] = File(
                rows: try WireFileWriter(directory + "/" + name),
                incidents: try WireFileWriter(directory + "/" + FileMover.Part.incidentNotes))
        }
        guard var file = files[drop] else { return 0 }
        if !posts.isEmpty { file.count += 1 }
        let row = posts.isEmpty ? 0 : file.count
        files[drop] = file
        if row > 0 {
            var line: [UInt8] = []
            WireFile.add(ric: ric, service: service, post: .update, fields: posts, to: &line)
            try file.rows.add(line)
        }
        for var incident in incidents {
            incident.row = incident.value.replacedBy == nil ? 0 : row
            try file.incidents.add(Array(incident.note.utf8))
        }
        return row
    }

    /// All of it is durable when it returns, but for the names of the files. Throws `DiskError`.
    func close() throws(DiskError) {
        for file in files.values {
            try file.rows.close()
            try file.incidents.close()
        }
    }
}
