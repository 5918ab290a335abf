internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Takes files out of the inbox: a number in the ledger first, then the atomic rename.
struct Claims: Sendable {
    let context: Context

    static func noRule(_ name: String, _ settings: Settings) -> OutcomeDetail {
        let problem = settings.noRule(name)
        return OutcomeDetail(reason: problem.reason, text: FileContribution.words(problem))
    }

    /// The rule for a name; a file of rejects goes by the name of the file it came from. Throws when the ledger cannot be read.
    func rule(for name: String) async throws -> MappingRule? {
        var names = [name]
        if let original = originalName(ofRejects: name) {
            names = [try await context.ledger.originalName(ofTarget: original) ?? original]
        }
        return context.settings.rule(forAnyOf: names)
    }

    /// What the file is contributed under; a refusal when no rule is for it.
    func snapshot(for name: String) async throws -> (DropSnapshot, OutcomeDetail?) {
        guard var rule = try await rule(for: name) else {
            return (
                DropSnapshot(rule: MappingRule(match: "", destinations: []), services: [:], updateOnly: [:]),
                Self.noRule(name, context.settings)
            )
        }
        if originalName(ofRejects: name) != nil { rule = rule.forRejects }
        var services: [String: [String]] = [:]
        var updateOnly: [String: Bool] = [:]
        for destination in context.settings.destinations where rule.destinations.contains(destination.name) {
            services[destination.name] = [destination.service] + destination.services
            updateOnly[destination.name] = destination.profile.isUpdateOnly
        }
        return (DropSnapshot(rule: rule, services: services, updateOnly: updateOnly), nil)
    }

    private func makeDirectories(_ numbers: [Int]) throws {
        let work = context.settings.directories.work
        var isRenamed = false
        for number in numbers {
            if try context.spares.become(work + "/\(number)") {
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
    /// forgotten. Throws on a fault of ledger or disk.
    func claim(_ names: [String]) async throws -> [ClaimedFile] {
        let inbox = context.settings.directories.inbox
        let work = context.settings.directories.work
        let inboxNames = InboxNames(rules: context.settings.rules)
        var wanted: [(name: String, snapshot: DropSnapshot, refusal: OutcomeDetail?)] = []
        for name in names {
            guard let status = try Disk.status(inbox + "/" + name), status.isRegular else { continue }
            let needed = inboxNames.companions(of: name).needed
            guard try needed.allSatisfy({ try Disk.status(inbox + "/" + $0)?.isRegular == true }) else { continue }
            var (snapshot, refusal) = try await snapshot(for: name)
            snapshot.arrivedAt = status.changedAt / 1000
            snapshot.age = context.guardBook.age(
                arrival: status.changedAt / 1000, priority: snapshot.rule.priority ?? 0)
            wanted.append((name, snapshot, refusal))
        }
        guard !wanted.isEmpty else { return [] }
        let now = Clock.wall()
        let numbers = try await context.ledger.claim(wanted.map { ($0.name, $0.snapshot) }, at: now)
        for (number, entry) in zip(numbers, wanted) { context.guardBook.opened(entry.snapshot.place(of: number)) }
        FailPoint.reach("claim_recorded")
        try makeDirectories(numbers)
        var out: [ClaimedFile] = []
        var gone: [DropPlace] = []
        for (number, entry) in zip(numbers, wanted) {
            let directory = work + "/\(number)"
            let beside = inboxNames.companions(of: entry.name)
            let companions = CompanionFiles(in: directory)
            do throws(DiskError) {
                guard try companions.take(needed: beside.needed, possible: beside.possible, from: inbox) else {
                    try companions.putBack(to: inbox)
                    try Disk.removeDirectory(directory)
                    gone.append(entry.snapshot.place(of: number))
                    continue
                }
                FailPoint.reach("companions_claimed")
                guard try Disk.renameNew(inbox + "/" + entry.name, directory + "/" + entry.name) else {
                    throw DiskError(code: 17, call: "renameat2", path: directory + "/" + entry.name)
                }
            } catch {
                try companions.putBack(to: inbox)
                guard try !Disk.exists(inbox + "/" + entry.name) else { throw error }
                try Disk.removeDirectory(directory)
                gone.append(entry.snapshot.place(of: number))
                continue
            }
            FailPoint.reach("claim_renamed")
            out.append(
                ClaimedFile(
                    drop: number, name: entry.name, directory: directory, claimedAt: now, snapshot: entry.snapshot,
                    refusal: entry.refusal))
        }
        try await context.syncs.sync(out.map(\.directory) + [work, inbox])
        FailPoint.reach("claimed")
        for place in gone {
            try await context.ledger.forget(place.drop)
            try context.guardBook.closed(place)
        }
        return out
    }
}
