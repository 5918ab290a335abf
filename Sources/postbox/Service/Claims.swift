internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Takes files out of the inbox: a number in the ledger first, then the atomic rename.
struct Claims: Sendable {
    let context: Context

    /// What became of files that were to be claimed.
    struct Outcome: Sendable {
        var files: [ClaimedFile] = []
        /// Files that lie in the inbox as they did: they cannot be moved.
        var immovable: [ImmovableFile] = []
        /// Drops whose files were gone by then, or cannot be moved.
        fileprivate var gone: [DropPlace] = []
    }

    /// A file that is to be claimed.
    private struct Wanted {
        var name: String
        var snapshot: DropSnapshot
        var refusal: OutcomeDetail?
    }

    /// Why a file is refused for which there is no rule.
    static func noRule(_ name: String, _ settings: Settings) -> OutcomeDetail {
        if let rejects = RejectsName(name) { return unknownOriginal(rejects, "no drop \(rejects.number) is known") }
        let problem = settings.noRule(name)
        return OutcomeDetail(reason: problem.reason, text: problem.text)
    }

    private static func unknownOriginal(_ rejects: RejectsName, _ why: String) -> OutcomeDetail {
        OutcomeDetail(
            reason: "unknown_original",
            text:
                "the name says that these are rows of drop \(rejects.number) (\(rejects.original)), but \(why); to post the file by itself, drop it under another name"
        )
    }

    private static let none = DropSnapshot(
        rule: MappingRule(match: "", destinations: []), services: [:], updateOnly: [:])

    /// What the file is contributed under; a refusal when no rule is for it. A file of rejects goes by the drop that it names, as
    /// that one was claimed. Throws when the ledger cannot be read.
    func snapshot(for name: String) async throws -> (DropSnapshot, OutcomeDetail?) {
        guard let rejects = RejectsName(name) else { return snapshotByToday(for: name) }
        guard let drop = rejects.drop else { return Self.snapshot(of: rejects, from: nil, context.settings) }
        return Self.snapshot(of: rejects, from: try await context.ledger.finished(drop), context.settings)
    }

    /// What a file of rejects is contributed under; a refusal when it does not come from that drop. `original`: what the ledger has
    /// under the drop's number.
    static func snapshot(
        of rejects: RejectsName, from original: (name: String, claimedAt: Int64, snapshot: DropSnapshot)?,
        _ settings: Settings
    ) -> (DropSnapshot, OutcomeDetail?) {
        func refused(_ why: String) -> (DropSnapshot, OutcomeDetail?) { (none, unknownOriginal(rejects, why)) }
        guard rejects.drop != nil else { return refused("that is no number that Postbox gives to a drop") }
        guard let original else { return refused("no finished drop has that number") }
        guard original.name == rejects.original else { return refused("that drop was \(original.name)") }
        var snapshot = original.snapshot
        let destinations = snapshot.rule.destinations
        guard rejects.destination.map({ destinations.contains($0) }) ?? !destinations.isEmpty else {
            return refused(
                rejects.destination.map { "that drop did not go to \($0)" } ?? "that drop matched no rule")
        }
        if snapshot.rule.takesRowNumbers {
            // Of one that names no destination the rows have to be the same at each.
            let found = (rejects.destination.map { [$0] } ?? destinations).map { snapshot.rejected?[$0] }
            guard let numbers = found.first ?? nil, found.allSatisfy({ $0 == numbers }) else {
                return refused("the rule takes `$row`, and which rows of that drop the file has is not known")
            }
            snapshot.numbers = numbers
        }
        snapshot.rejected = nil
        snapshot.rule = snapshot.rule.forRejects(at: rejects.destination)
        for destination in settings.destinations where destination.profile.isUpdateOnly {
            snapshot.updateOnly[destination.name] = true
        }
        // Its values are as old as those of the file that they were in.
        snapshot.age = snapshot.age ?? snapshot.arrivedAt ?? original.claimedAt
        snapshot.original = rejects.drop
        snapshot.isMade = nil
        snapshot.asked = nil
        snapshot.isNew = snapshot.rule.corrections == .send ? true : nil
        // What was not in a table may be by now.
        snapshot.tables = nil
        snapshot.dictionary = nil
        return (snapshot, nil)
    }

    /// The rule of a file, by its name; one without destinations: it is refused. Throws when the ledger cannot be read.
    func rule(for name: String) async throws -> MappingRule {
        guard RejectsName(name) != nil else { return context.settings.rule(for: name) ?? Self.none.rule }
        return try await snapshot(for: name).0.rule
    }

    /// What a file is contributed under by the configuration of today alone.
    func snapshotByToday(for name: String) -> (DropSnapshot, OutcomeDetail?) {
        // Whatever drops there were, none had that number.
        if let rejects = RejectsName(name), rejects.drop == nil {
            return Self.snapshot(of: rejects, from: nil, context.settings)
        }
        guard let rule = context.settings.rule(for: name) else {
            return (Self.none, Self.noRule(name, context.settings))
        }
        var services: [String: [String]] = [:]
        var updateOnly: [String: Bool] = [:]
        for destination in context.settings.destinations where rule.destinations.contains(destination.name) {
            services[destination.name] = destination.allServices
            updateOnly[destination.name] = destination.profile.isUpdateOnly
        }
        return (
            DropSnapshot(
                rule: rule, services: services, updateOnly: updateOnly, configSHA256: context.configSHA256), nil
        )
    }

    private func makeDirectories(_ numbers: [Int]) throws {
        let work = context.settings.directories.work
        var isRenamed = false
        for number in numbers {
            if try context.folders.spares.become(work + "/\(number)") {
                isRenamed = true
                FailPoint.reach("directory_reused")
            } else {
                try Disk.makeDirectory(work + "/\(number)", syncing: false)
            }
        }
        FailPoint.reach("directories_made")
        // After a power cut no file may be found in a directory that still has a closed drop's number.
        if isRenamed { try Disk.syncDirectory(work) }
    }

    /// Claims files in the order given, each with its companions. One that is gone by now, or that lacks a companion, is
    /// forgotten; one that cannot be moved stays in the inbox. Throws on a fault of ledger or disk.
    func claim(_ names: [String]) async throws -> Outcome {
        var wanted: [Wanted] = []
        for (name, changedAt) in try await context.disk.run({ try look(names) }) {
            var (snapshot, refusal) = try await snapshot(for: name)
            snapshot.arrivedAt = changedAt / 1000
            if !snapshot.isCorrection {
                let age = context.guardBook.age(
                    arrival: changedAt / 1000, priority: snapshot.rule.priority ?? 0, name: name,
                    ofRuleByName: snapshot.rule.order == .name ? snapshot.rule.match : nil)
                snapshot.age = age
                if context.guardBook.isLate(age: age) { snapshot.wasPassed = true }
            }
            snapshot.rehearsed = context.rehearsed(of: snapshot.rule.destinations)
            if snapshot.configSHA256 == nil { snapshot.configSHA256 = context.configSHA256 }
            context.shelves.fill(&snapshot)
            wanted.append(Wanted(name: name, snapshot: snapshot, refusal: refusal))
        }
        guard !wanted.isEmpty else { return Outcome() }
        let now = Clock.wall()
        let numbers = try await context.ledger.claim(wanted.map { ($0.name, $0.snapshot) }, at: now)
        for (number, entry) in zip(numbers, wanted) {
            context.guardBook.opened(entry.snapshot.place(of: number))
            context.older.opened(entry.snapshot.place(of: number), at: entry.snapshot.rule.destinations)
            context.shelves.opened(number, entry.snapshot)
        }
        FailPoint.reach("claim_recorded")
        let out = try await context.disk.run { [wanted] in try move(wanted, numbers, at: now) }
        let directories = context.settings.directories
        try await context.folders.syncs.sync(out.files.map(\.directory) + [directories.work, directories.inbox])
        FailPoint.reach("claimed")
        for place in out.gone {
            try await context.ledger.forget(place.drop)
            try await context.guardBook.closed(place, on: context.disk)
            context.older.ended(place.drop)
            context.shelves.closed(place.drop)
        }
        return out
    }

    /// Those that are there with all that they need, and when they were changed: nanoseconds since 1970.
    private func look(_ names: [String]) throws(DiskError) -> [(name: String, changedAt: Int64)] {
        let inbox = context.settings.directories.inbox
        let inboxNames = InboxNames(rules: context.settings.rules)
        var found: [(name: String, changedAt: Int64)] = []
        for name in names {
            guard let status = try Disk.status(inbox + "/" + name), status.isRegular else { continue }
            var isWhole = true
            for needed in inboxNames.companions(of: name).needed where isWhole {
                isWhole = try Disk.status(inbox + "/" + needed)?.isRegular == true
            }
            if isWhole { found.append((name, status.changedAt)) }
        }
        return found
    }

    private func move(_ wanted: [Wanted], _ numbers: [Int], at now: Int64) throws -> Outcome {
        try makeDirectories(numbers)
        let inbox = context.settings.directories.inbox
        let inboxNames = InboxNames(rules: context.settings.rules)
        var out = Outcome()
        for (number, entry) in zip(numbers, wanted) {
            let directory = context.settings.directories.work + "/\(number)"
            let beside = inboxNames.companions(of: entry.name)
            let companions = CompanionFiles(in: directory)
            let taken: [String]
            do throws(DiskError) {
                guard let found = try companions.take(needed: beside.needed, possible: beside.possible, from: inbox)
                else {
                    try companions.putBack(to: inbox)
                    try Disk.removeDirectory(directory)
                    out.gone.append(entry.snapshot.place(of: number))
                    continue
                }
                taken = found
                FailPoint.reach("companions_claimed")
                guard try Disk.renameNew(inbox + "/" + entry.name, directory + "/" + entry.name) else {
                    throw DiskError(code: 17, call: "renameat2", path: directory + "/" + entry.name)
                }
            } catch {
                try companions.putBack(to: inbox)
                let path = inbox + "/" + entry.name
                if try Disk.exists(path) {
                    guard error.isOfOneFile else { throw error }
                    out.immovable.append(
                        ImmovableFile(
                            entry.name, code: error.code, words: error.words,
                            changedAt: (try? Disk.status(path))?.changedAt))
                }
                try Disk.removeDirectory(directory)
                out.gone.append(entry.snapshot.place(of: number))
                continue
            }
            FailPoint.reach("claim_renamed")
            out.files.append(
                ClaimedFile(
                    drop: number, name: entry.name, directory: directory, claimedAt: now, snapshot: entry.snapshot,
                    refusal: entry.refusal, companions: taken))
        }
        return out
    }
}
