internal import PostboxCore
internal import PostboxIO

extension Withdrawing {
    /// Goes over all that the wrong drops said. `files`: where what is to be posted goes; nil: it is only looked at. Waits for the disk.
    func find(_ wrong: Wrong, _ images: LastImages, _ files: WithdrawalFiles?) throws -> Found {
        let lineage = wrong.lineage
        let destinations = Dictionary(
            context.settings.destinations.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        let names = Set(wrong.records.flatMap(\.snapshot.rule.destinations))
        // What the drops said themselves is found in their results. These may be gone: then what is left of it is found here.
        var held: Set<UInt64> = []
        try images.each { record, _ in
            var isHeld = record.image.map { lineage.wrong($0.place.drop) != nil } ?? false
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
            let (at, ric) = try record.item(in: words)
            let hash = RICHash.of(ric)
            guard names.contains(at.destination), held.contains(hash) || history.rics.contains(hash) else { return }
            var holding: [AcceptedPost] = []
            try record.eachField(named: words) { holding.append(AcceptedPost($0, named: $1)) }
            let story = try history.story(
                of: Array(ric), at: at.destination, service: at.service, holding: holding, image: record.image)
            let values = story.wrongValues()
            found.count.unknown += values.doubtful
            guard !values.values.isEmpty else { return }
            guard let destination = destinations[at.destination], destination.allServices.contains(at.service) else {
                if values.values.contains(where: \.holds) { found.count.leftOut += 1 }
                return
            }
            let parts = part(values.values, of: ric, at: at, wrong, &found)
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

    /// Sorts what was wrong of a RIC by the drops that are to tell it, and counts.
    private func part(
        _ values: [ValueStory.WrongValue], of ric: UnsafeRawBufferPointer, at target: LastWords.Target, _ wrong: Wrong,
        _ found: inout Found
    ) -> [Part: PartRows] {
        let ages = Dictionary(wrong.records.map { ($0.number, $0.place.age) }, uniquingKeysWith: { one, _ in one })
        var parts: [Part: PartRows] = [:]
        var fates: [ReplacedValue.Fate] = []
        for value in values {
            var part = Part(wrong: value.asked, destination: target.destination, age: ages[value.asked] ?? 0)
            var told = ReplacedValue(
                destination: target.destination, service: target.service, ric: String(decoding: ric, as: UTF8.self),
                field: value.field, wrong: String(decoding: value.json, as: UTF8.self), replacedBy: nil)
            var until: Int64?
            switch value.end {
            case .replaced(let at, let json):
                until = at
                told.replacedBy = String(decoding: json, as: UTF8.self)
            case .unknown: break
            case .holds(let holder, let replacement):
                part.age = holder.age
                let answer = replacement.answer(blanks: act.blanks)
                told.fate = answer.fate
                told.replacedBy = answer.json.map { String(decoding: $0, as: UTF8.self) }
                fates.append(told.fate)
                if value.field == ValueStory.anyField {
                    found.count.images += 1
                } else if told.fate == .unknown {
                    found.count.unknown += 1
                }
                if found.examples.count < ReplacedValue.examplesMax { found.examples.append(told) }
                if let json = answer.json { parts[part, default: PartRows()].posts.append((value.field, json)) }
            }
            parts[part, default: PartRows()].incidents.append(
                Incident(row: value.holds ? 1 : 0, drop: value.drop, value: told, from: value.from, until: until))
        }
        found.count.add(fates, at: target.destination, target.service)
        return parts
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
                let isNew = !wrong.before.isWithdrawn(record.number, at: name)
                guard !parts.isEmpty else {
                    // Nothing of it is wrong as long as others withdraw the same. It counts no more all the same.
                    let own = Part(wrong: record.number, destination: name, age: record.place.age)
                    guard isNew, wrong.before.isWithdrawal(record.number), isThere(name) else { continue }
                    found.count.noted += 1
                    if let files, let number = numbers[own] {
                        try files.leaveEmpty(own)
                        found.rows[number] = 0
                    }
                    continue
                }
                if isNew { found.count.noted += 1 }
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

    private func isThere(_ destination: String) -> Bool {
        context.settings.destinations.contains { $0.name == destination }
    }
}
