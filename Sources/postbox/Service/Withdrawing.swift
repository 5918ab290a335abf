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
    private struct Refused: Error {
        var refusal: DeskAnswer.Refusal
        var text: String
    }

    /// What one drop replaces.
    fileprivate struct Part: Hashable, Sendable {
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
    private struct Wrong: Sendable {
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

        func isOwn(_ part: Part) -> Bool {
            records.contains { $0.number == part.wrong && $0.place.age == part.age }
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
        /// Wrong drops by destination of which nothing is posted, but that count as withdrawn from now on.
        var noted = 0
        /// By the replacing drop: its rows (0: it only tells of what was wrong), and the first of them for people.
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
        var records: [DropRecord] = []
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
            if record.firstSentAt > 0 { records.append(record) }
        }
        guard !records.isEmpty else {
            throw Refused(refusal: .wrongStage, text: "\(act.subject): nothing was sent")
        }
        let drops = try await context.disk.run { [directories = context.settings.directories] in
            try LedgerReading(in: directories)?.lineage() ?? []
        }
        let lineage = DropLineage(drops, withdrawing: Set(records.map(\.number)))
        if let open = lineage.open.first {
            throw Refused(
                refusal: .wrongStage,
                text:
                    "drop \(open), which sends rows of drop \(lineage.wrong(open) ?? 0) again, is still in work: cancel it first, then withdraw what was said"
            )
        }
        return Wrong(records: records, lineage: lineage, before: DropLineage(drops))
    }

    /// Two people are needed for it, as the rule of the wrong files says.
    private func needsTwo(_ wrong: Wrong) throws -> Bool {
        guard wrong.records.contains(where: { $0.snapshot.rule.release?.fourEyes == true }) else { return false }
        if case .refused(let why) = ReleaseRule(fourEyes: true).answer(nil, by: person, rows: .all) {
            throw Refused(refusal: .notAllowed, text: why)
        }
        return true
    }

    // MARK: - What replaces it

    private func withdraw(_ wrong: Wrong) async throws -> DeskAnswer {
        let isProposed = try needsTwo(wrong)
        if isProposed { try await findProposed(wrong) }
        let parts = wrong.parts(at: Set(context.settings.destinations.map(\.name)))
        let numbers = Dictionary(
            zip(parts, try await context.ledger.reserve(parts.count)), uniquingKeysWith: { one, _ in one })
        // From here on what newer drops have accepted is kept for them.
        let places = numbers.map { $0.key.place(of: $0.value) }
        for place in places { context.guardBook.opened(place) }
        do {
            let images = try await LastImages(in: context, for: places.map(\.drop).min() ?? 0)
            let found = try await context.disk.run { try find(wrong, images, WithdrawalFiles(made, numbers)) }
            _ = try text(found, wrong, is: "are")
            let drops = try make(wrong, numbers, found, images.known, isProposed: isProposed)
            try await made.make(drops, by: RecordAct(.withdraw(act), by: person, proposed: isProposed)) {
                drop, directory in
                guard drop.hold != nil else { return }
                try HeldFiles.write(
                    found.held[drop.number] ?? [], ofRows: found.rows[drop.number] ?? 0, to: directory, mode: 0o640)
            }
            try await close(places, besides: Set(drops.filter { $0.hold == nil }.map(\.number)))
            return try finish(wrong, found, drops)
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

    private func finish(_ wrong: Wrong, _ found: Found, _ drops: [MadeDrop]) throws -> DeskAnswer {
        let numbers = drops.map { "\($0.number)" }.joined(separator: ", ")
        let words = try text(found, wrong, is: "are") + ", as drop \(numbers)"
        guard !drops.contains(where: { $0.hold != nil }) else {
            for drop in drops {
                if let hold = drop.hold {
                    context.alerts.send(.held(drop.name, drop: drop.number, of: drop.snapshot.rule, hold))
                }
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
    private func text(_ found: Found, _ wrong: Wrong, is verb: String) throws -> String {
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
            wrong.records.count == 1
            ? "drop \(wrong.records[0].number) (\(wrong.records[0].name))" : "\(wrong.records.count) drops"
        let tail = more.isEmpty ? "" : "; " + more.joined(separator: "; ")
        guard found.fields > 0 else {
            let nothing =
                found.withoutValue + found.unknown + found.leftOut == 0
                ? "\(files): no field holds a value of it any more" : "\(files): there is nothing to post" + tail
            guard found.noted > 0 else { throw Refused(refusal: .wrongStage, text: nothing) }
            return "\(nothing); its values \(verb) withdrawn, so that none of them is posted again in place of others"
        }
        return
            "\(files): \(found.fields) \(found.fields == 1 ? "field" : "fields") of \(found.rics) \(found.rics == 1 ? "RIC" : "RICs") \(verb) replaced by what was there before"
            + tail
    }

    // MARK: - Field by field

    /// Goes over all that the wrong drops said. `files`: where what is to be posted goes; nil: it is only looked at. Waits for the disk.
    private func find(_ wrong: Wrong, _ images: LastImages, _ files: WithdrawalFiles?) throws -> Found {
        let lineage = wrong.lineage
        let destinations = Dictionary(
            context.settings.destinations.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        let names = Set(wrong.records.flatMap(\.snapshot.rule.destinations))
        // What the drops said themselves is found in their results. These may be gone: then what is left of it is found here.
        var held: Set<UInt64> = []
        try images.each { record, _ in
            var isHeld = false
            guard
                record.eachField({ field in
                    if lineage.wrong(field.drop) != nil || lineage.copy(field.drop) != nil { isHeld = true }
                }), let ric = LastKey.ric(record.key)
            else { throw LastRecord.Damaged() }
            if isHeld { held.insert(RICHash.of(ric)) }
        }
        let history = try ValueHistory(
            lineage, growing: images.growing, at: names, in: context.settings.directories,
            isWanted: { held.contains($0) })
        var found = Found()
        var said: Set<Part> = []
        try images.each { record, words in
            guard let target = record.target, target < words.targets.count, let ric = LastKey.ric(record.key) else {
                throw LastRecord.Damaged()
            }
            let at = words.targets[target]
            let hash = RICHash.of(ric)
            guard names.contains(at.destination), held.contains(hash) || history.rics.contains(hash) else { return }
            var holding: [AcceptedPost] = []
            guard
                try record.eachField({ field in
                    guard field.place < words.fields.count else { throw LastRecord.Damaged() }
                    holding.append(AcceptedPost(field, named: words.fields[field.place]))
                })
            else { throw LastRecord.Damaged() }
            let story = try history.story(
                of: Array(ric), at: at.destination, service: at.service, holding: holding)
            let (values, unknown) = story.wrongValues()
            found.unknown += unknown
            guard !values.isEmpty else { return }
            guard let destination = destinations[at.destination], destination.allServices.contains(at.service) else {
                if values.contains(where: \.holds) { found.leftOut += 1 }
                return
            }
            let (parts, posted) = part(values, of: ric, at: at, wrong, &found)
            if posted > 0 { found.rics += 1 }
            found.fields += posted
            for (part, rows) in parts.sorted(by: { ($0.key.wrong, $0.key.age) < ($1.key.wrong, $1.key.age) }) {
                said.insert(part)
                guard let files else { continue }
                guard let number = files.numbers[part] else {
                    throw Refused(
                        refusal: .wrongStage, text: "what holds at the servers has just changed: ask once more")
                }
                let row = try files.add(rows.posts, rows.incidents, ric: ric, service: at.service, to: part)
                guard row > 0 else { continue }
                found.rows[number] = row
                if found.held[number, default: []].count < HeldDrop.examplesMax {
                    for incident in rows.incidents where incident.row > 0 {
                        found.held[number, default: []].append(
                            HeldRow(
                                row: row, ric: incident.value.ric, field: incident.value.field,
                                old: incident.value.wrong, new: incident.value.replacedBy, reason: Hold.withdrawal,
                                service: destination.allServices.firstIndex(of: at.service)))
                    }
                }
            }
        }
        try end(wrong, said, &found, files)
        return found
    }

    /// What is posted of a RIC for a wrong drop, and what was wrong. An incident's row above 0 says that the value holds.
    private struct PartRows {
        var posts: [(name: String, json: [UInt8])] = []
        var incidents: [Incident] = []
    }

    /// Sorts what was wrong of a RIC by the drops that are to tell it, and counts. Returns the fields that are posted, too.
    private func part(
        _ values: [ValueStory.WrongValue], of ric: UnsafeRawBufferPointer, at target: LastWords.Target, _ wrong: Wrong,
        _ found: inout Found
    ) -> (parts: [Part: PartRows], posted: Int) {
        let ages = Dictionary(wrong.records.map { ($0.number, $0.place.age) }, uniquingKeysWith: { one, _ in one })
        var parts: [Part: PartRows] = [:]
        var posted = 0
        for value in values {
            var part = Part(wrong: value.asked, destination: target.destination, age: ages[value.asked] ?? 0)
            var replacedBy: [UInt8]?
            var until: Int64?
            var isHeld = false
            switch value.end {
            case .replaced(let at, let json): (until, replacedBy) = (at, json)
            case .unknown: break
            case .holds(let holder, let replacement):
                part.age = holder.age
                isHeld = true
                switch replacement {
                case .value(let json): replacedBy = json
                case .nothing:
                    found.withoutValue += 1
                    if act.blanks { replacedBy = Array("null".utf8) }
                case .gone: found.unknown += 1
                }
            }
            let told = ReplacedValue(
                destination: target.destination, service: target.service, ric: String(decoding: ric, as: UTF8.self),
                field: value.field, wrong: String(decoding: value.json, as: UTF8.self),
                replacedBy: replacedBy.map { String(decoding: $0, as: UTF8.self) })
            if isHeld, found.examples.count < ReplacedValue.examplesMax { found.examples.append(told) }
            parts[part, default: PartRows()].incidents.append(
                Incident(row: isHeld ? 1 : 0, drop: value.drop, value: told, from: value.from, until: until))
            if isHeld, let replacedBy {
                posted += 1
                parts[part, default: PartRows()].posts.append((value.field, replacedBy))
            }
        }
        return (parts, posted)
    }

    /// What was told of a wrong drop of which nothing is posted goes beside what is posted of it; where there is no such thing, it is told by
    /// a drop without a row, unless the wrong one was withdrawn before.
    private func end(
        _ wrong: Wrong, _ said: Set<Part>, _ found: inout Found, _ files: WithdrawalFiles?
    ) throws {
        let numbers = files?.numbers ?? [:]
        for record in wrong.records {
            for name in record.snapshot.rule.destinations {
                let parts = said.filter { $0.wrong == record.number && $0.destination == name }
                let posting = parts.filter { part in numbers[part].map { (found.rows[$0] ?? 0) > 0 } ?? false }
                guard !parts.isEmpty else { continue }
                let isNew = !wrong.before.isWithdrawn(record.number, at: name)
                if isNew { found.noted += 1 }
                guard let files else { continue }
                if let first = posting.min(by: { $0.age < $1.age }) {
                    for part in parts.subtracting(posting) { try files.move(part, to: first) }
                } else if isNew, let own = parts.first(where: wrong.isOwn) ?? parts.first {
                    for part in parts where part != own { try files.move(part, to: own) }
                    try files.leaveEmpty(own)
                    if let number = numbers[own] { found.rows[number] = 0 }
                } else {
                    for part in parts { try files.remove(part) }
                }
            }
        }
        try files?.close()
    }
}

extension AcceptedPost {
    /// A field as the store of last values has it.
    fileprivate init(_ field: LastField, named name: String) {
        self.init(
            place: DropPlace(drop: field.drop, age: field.age), row: 0, acceptedAt: field.acceptedAt, post: .update,
            fields: [Field(name: name, json: Array(field.json))])
    }
}

/// The files of drops that replace wrong values, and beside each the list of these, as they are written.
private final class WithdrawalFiles {
    private struct File {
        var directory: String
        var rows: WireFileWriter
        var incidents: WireFileWriter
        var count = 0
    }

    private let made: MadeDrops
    /// The drops that they are for.
    let numbers: [Withdrawing.Part: Int]
    private var files: [Withdrawing.Part: File] = [:]

    init(_ made: MadeDrops, _ numbers: [Withdrawing.Part: Int]) {
        self.made = made
        self.numbers = numbers
    }

    /// Writes what is posted of a RIC, and what was wrong: an incident's row above 0 becomes that of the post. Returns the row's number; 0:
    /// nothing is posted. Throws `DiskError`.
    func add(
        _ posts: [(name: String, json: [UInt8])], _ incidents: [Incident], ric: UnsafeRawBufferPointer,
        service: String, to part: Withdrawing.Part
    ) throws(DiskError) -> Int {
        guard let number = numbers[part] else { return 0 }
        if files[part] == nil {
            let directory = try made.begin(number, of: part.wrong)
            let name = WireFile.name(of: .withdraw, to: part.destination, drop: number)
            files[part] = File(
                directory: directory, rows: try WireFileWriter(directory + "/" + name),
                incidents: try WireFileWriter(directory + "/" + FileMover.Part.incidentNotes))
        }
        guard var file = files[part] else { return 0 }
        if !posts.isEmpty { file.count += 1 }
        let row = posts.isEmpty ? 0 : file.count
        files[part] = file
        if row > 0 {
            var line: [UInt8] = []
            WireFile.add(ric: ric, service: service, post: .update, fields: posts, to: &line)
            try file.rows.add(line)
        }
        for var incident in incidents {
            if incident.row > 0 { incident.row = incident.value.replacedBy == nil ? 0 : row }
            try file.incidents.add(Array(incident.note.utf8))
        }
        return row
    }

    /// What one tells of wrong values is told by another one; the first one posts nothing. Throws `DiskError`, and what is wrong with a
    /// file that was just written.
    func move(_ part: Withdrawing.Part, to other: Withdrawing.Part) throws {
        guard let file = files[part], let target = files[other] else { return }
        try file.incidents.close()
        try SourceFile(path: file.directory + "/" + FileMover.Part.incidentNotes).eachChunk { _, chunk, _ in
            try target.incidents.add(Array(chunk))
        }
        try remove(part)
    }

    /// Nothing is posted by it. Throws `DiskError`.
    func leaveEmpty(_ part: Withdrawing.Part) throws(DiskError) {
        guard let file = files[part] else { return }
        try file.rows.add(WireFile.withoutRows)
    }

    /// There will be no such drop. Throws `DiskError`.
    func remove(_ part: Withdrawing.Part) throws(DiskError) {
        guard let file = files.removeValue(forKey: part) else { return }
        try MadeDrops.remove(file.directory)
    }

    /// All of it is durable when it returns, but for the names of the files. Throws `DiskError`.
    func close() throws(DiskError) {
        for file in files.values {
            try file.rows.close()
            try file.incidents.close()
        }
    }
}
