internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Packs results whose time has come and removes files whose time is over, one drop after the other, while nothing is in work.
actor RetentionBook {
    private let context: Context
    private var retention: Retention { context.settings.retention }
    private let directories: Settings.Directories
    /// A slow disk of the archive holds up nobody else.
    private let thread = DiskThreads(label: "retention", count: 1)
    private var work: Task<Void, Never>?
    private var isEnding = false
    private var told: Set<String> = []

    private static let every = Duration.seconds(3600)
    private static let whileBusy = Duration.seconds(5)
    private static let afterFault = Duration.seconds(60)

    init(_ context: Context) {
        self.context = context
        directories = context.settings.directories
    }

    /// Begins; nothing waits for it.
    func start() {
        work = Task(priority: .background) {
            if !retention.isForEver { await self.removeLeft() }
            while !isEnding {
                if !retention.isForEver { await self.pass() }
                await self.removeCopies()
                await sleep(Self.every)
            }
        }
    }

    /// Ends after the drop that it is at.
    func finish() async {
        isEnding = true
        work?.cancel()
        await work?.value
    }

    private func sleep(_ time: Duration) async {
        guard !isEnding else { return }
        // Ended early it is only done sooner.
        try? await Task.sleep(for: time)
    }

    /// One look at all drops.
    private func pass() async {
        do {
            let now = Clock.wall()
            let directories = self.directories
            let (drops, needed) = try await thread.run { try Self.drops(directories) }
            // A correction may lie under the name that rejects had.
            let targets = Set(drops.map { $0.folder + "/" + $0.target })
            var (packed, removed, bytes) = (0, 0, 0)
            for drop in drops.reversed() where !isEnding {
                guard let verdict = drop.verdict, drop.stage == .closed, drop.removedAt == nil else { continue }
                let due = retention.due(
                    verdict: verdict, settledAt: drop.settledAt, isNeeded: needed.contains(drop.drop), at: now)
                if due == .nothing { continue }
                // What people wait for goes first.
                while context.progress.now.files > 0, !isEnding { await sleep(Self.whileBusy) }
                if isEnding { break }
                if due == .remove {
                    if try await remove(drop, besides: targets) { removed += 1 }
                } else if let (from, to) = try await pack(drop) {
                    packed += 1
                    bytes += from - to
                }
            }
            guard packed + removed > 0 else { return }
            context.logger.notice(
                "\(Plural.text(packed, "result was", "results were")) packed, files of \(Plural.text(removed, "drop")) were removed because their time was over",
                metadata: [
                    "event": .event(.retention), "packed": "\(packed)", "removed": "\(removed)",
                    "saved_bytes": "\(bytes)",
                ])
        } catch {
            tell("what is too old cannot be packed or removed for now: \(Words.of(error))")
            await sleep(Self.afterFault)
        }
    }

    /// All drops, and the numbers of those that must stay.
    private static func drops(_ directories: Settings.Directories) throws -> ([DropLine], Set<Int>) {
        guard let ledger = try LedgerReading(in: directories) else { return ([], []) }
        let drops = try ledger.list()
        var needed: Set<Int> = []
        // What they are made of is looked at again while they are open.
        for drop in drops where drop.stage != .closed { needed.formUnion(try ledger.originals(of: drop.drop)) }
        let kept = try ledger.kept()
        var index: RowIndexReading?
        for entry in kept {
            switch entry {
            case .drop(let drop): needed.insert(drop)
            case .ric(let ric):
                let reading = try index ?? RowIndexReading(folder: directories.state + "/index")
                index = reading
                let (places, untrusted) = try reading.find(Array(ric.utf8))
                needed.formUnion(places.keys)
                // Whoever is not known to have none of its rows may have some.
                needed.formUnion(untrusted)
                needed.formUnion(drops.map(\.drop).filter { reading.drops[$0] == nil })
            }
        }
        return (drops, needed)
    }

    private func pack(_ drop: DropLine) async throws -> (from: Int, to: Int)? {
        guard let sha256 = drop.resultSHA256 else { return nil }
        do {
            let sizes = try await thread.run { try ResultPacker().pack(drop.resultPath, sha256: sha256) }
            FailPoint.reach("packed")
            return sizes
        } catch let trouble as ResultPacker.Trouble {
            tell("\(trouble)")
            return nil
        }
    }

    /// Removes a drop's files but for its summary; the record tells of it first. False: there is nothing to remove.
    private func remove(_ drop: DropLine, besides targets: Set<String>) async throws -> Bool {
        let names = try await names(of: drop, besides: targets)
        let directories = context.settings.directories
        try await context.ledger.removed(
            drop.drop, files: names.map { directories.recordedPath(drop.folder + "/" + $0) }, at: Clock.wall())
        FailPoint.reach("removal_recorded")
        try await remove(names, from: drop.folder)
        return !names.isEmpty
    }

    private func names(of drop: DropLine, besides targets: Set<String>) async throws -> [String] {
        let record = try await context.ledger.record(of: drop.drop)
        let companions = [record?.snapshot.rule.readySuffix, InboxNames.checksumSuffix].compactMap { $0 }
        return try await thread.run {
            guard try Disk.exists(drop.folder) else { return [] }
            return Retention.removed(
                try Disk.names(in: drop.folder).names, target: drop.target, name: drop.name, drop: drop.drop,
                companions: companions
            ).filter { $0 == drop.target || !targets.contains(drop.folder + "/" + $0) }
        }
    }

    private func remove(_ names: [String], from folder: String) async throws {
        guard !names.isEmpty else { return }
        try await thread.run {
            for name in names { try Disk.remove(folder + "/" + name) }
            try Disk.syncDirectory(folder)
        }
    }

    /// Files whose removal was told to the record when something killed the service.
    private func removeLeft() async {
        do {
            let directories = self.directories
            let since = Clock.wall() - 7 * 86_400_000_000
            let drops = try await thread.run { try LedgerReading(in: directories)?.list() ?? [] }
            let targets = Set(drops.map { $0.folder + "/" + $0.target })
            for drop in drops where (drop.removedAt ?? 0) >= since && !isEnding {
                try await remove(try await names(of: drop, besides: targets), from: drop.folder)
            }
        } catch {
            tell("files that were to be removed are still there: \(Words.of(error))")
        }
    }

    /// Configurations, tables and dictionaries are kept as long as the files of the drops that were claimed with them.
    private func removeCopies() async {
        do {
            let directories = self.directories
            try await thread.run { [shelves = context.shelves] in
                try shelves.removeUnneeded { try LedgerReading(in: directories)?.claimedWith() ?? ClaimedWith() }
            }
        } catch {
            tell("copies that are needed no more are still there: \(Words.of(error))")
        }
    }

    /// Each once.
    private func tell(_ message: String) {
        guard told.insert(message).inserted else { return }
        context.logger.warning("\(message)", metadata: ["event": .event(.diskFault)])
    }
}
