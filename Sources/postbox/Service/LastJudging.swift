internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Has the rows of a drop compared with last accepted values, once: when every older drop has ended, and before its first post. What
/// is found then holds until the drop is closed, whatever becomes known later.
struct LastJudging: Sendable {
    let file: ClaimedFile
    let context: Context
    let drop: OpenDrop

    enum Outcome: Sendable {
        /// Nothing is compared.
        case none
        case look(FirstPass.Look)
        /// The service stops.
        case stopped
    }

    /// What the first pass is to look with; waits for older drops where that is needed.
    ///
    /// - Parameters:
    ///   - targets: Of all the rule's destinations.
    ///   - sources: What its rule's values are made with.
    ///   - goesOn: Rows of it may have been sent.
    ///
    /// Throws on a fault of the disk, and when nothing can be known.
    func look(
        _ targets: [DestinationMapper.Target], format: PriceFileFormat, sources: RowSources, goesOn: Bool
    ) async throws -> Outcome {
        guard file.rule.comparesWithLast else { return .none }
        let isWanted = drop.givenUp == nil
        if let known = try await Self.known(of: file, goesOn: goesOn && isWanted, on: context.disk) {
            return .look { _, _ in known }
        }
        guard isWanted else { return .none }
        var own: FileRICs?
        // Nothing older is sent before its rows in doubt are known: it waits for nobody.
        // Of one whose claim the ledger lost rows may be in doubt, and nothing older is sent before they are known: it waits for nobody.
        if !file.isAdopted, !file.presents {
            let reading = MappedReading(rule: file.rule, format: format, targets: targets)
            own = await context.disk.run { [file] in FileRICs(file, reading, sources) }
            if let own { context.older.knows(own.rics, of: file.drop) }
            guard await waitForOlder() else { return .stopped }
        }
        guard drop.givenUp == nil else { return .none }
        guard let look = try await Self.make(file, targets, format: format, in: context) else {
            throw LedgerError(
                message:
                    "its rule compares with last accepted values, and the configuration keeps none; write `last_values: on` to finish the file, or cancel it"
            )
        }
        return .look { [file, own] source, sources in
            let found = try look.kept(of: source, sources, in: file.directory, mode: try file.mode())
            // Others have gone on by the RICs that it had.
            if let own, own.sha256 != found.sha256 { throw source.changed }
            return found
        }
    }

    /// What somebody is to be told of a held drop before it is released: what was found when it was held, or else what would be found
    /// now. nil: nothing is compared. Throws as `look`.
    static func look(
        atHeld file: ClaimedFile, _ targets: [DestinationMapper.Target], format: PriceFileFormat, in context: Context
    ) async throws -> FirstPass.Look? {
        guard file.rule.comparesWithLast else { return nil }
        if let known = try await known(of: file, goesOn: false, on: context.disk) { return { _, _ in known } }
        guard let look = try await make(file, targets, format: format, in: context) else { return nil }
        return { source, sources in try look.found(in: source, sources) }
    }

    /// Looks with what is known now; nil: the configuration keeps no last values. Throws when they cannot be known.
    private static func make(
        _ file: ClaimedFile, _ targets: [DestinationMapper.Target], format: PriceFileFormat, in context: Context
    ) async throws -> LastLook? {
        guard let book = context.lastValues else { return nil }
        var services: [[String]] = []
        for (name, target) in zip(file.rule.destinations, targets) {
            services.append(await context.lanes[name]?.words.services ?? target.services)
        }
        return LastLook(
            rule: file.rule, format: format, targets: targets, services: services, place: file.place,
            answers: try await book.answers())
    }

    /// What an earlier run found; nil: it found nothing, or the file is another since. Throws as `look`.
    private static func known(
        of file: ClaimedFile, goesOn: Bool, on disk: DiskThreads
    ) async throws -> LastFindings? {
        guard file.record != nil else { return nil }
        return try await disk.run {
            do {
                let found = try FindingsFile.open(in: file.directory, destinations: file.rule.destinations)
                if goesOn {
                    // Rows that it kept back must not go now.
                    guard let found else { throw LastFindings.Damaged() }
                    return found
                }
                return try file.digest() == found?.sha256 ? found : nil
            } catch let damaged as LastFindings.Damaged {
                if goesOn { throw damaged }
                return nil
            }
        }
    }

    /// False: the service stops.
    private func waitForOlder() async -> Bool {
        let age = AgeWatch(file, drop, in: context)
        await age?.look()
        let deadline = age?.start()
        defer { deadline?.cancel() }
        return await context.older.wait(file.drop) { [file, context] older, lent in
            context.logger.info(
                "waits until older files have ended: its checks compare with what is accepted of them",
                metadata: [
                    "event": .event(.waiting), "drop": "\(file.drop)", "file": "\(file.name)",
                    "why": "\(Plural.drops(older.sorted()))",
                ])
            for (drop, priority) in lent {
                for lane in context.lanes.all.values { await lane.lend(priority, to: drop) }
            }
        }
    }
}
