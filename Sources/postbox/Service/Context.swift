internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What every contribution of a running Postbox shares.
struct Context: Sendable {
    let inForce: InForce
    /// What this one goes by, whatever comes into force later; nil: what is in force.
    var pinned: InForce.Configuration? = nil
    var ledger: Ledger
    var lanes: Lanes
    var names: NameBook
    var bases: PostIDBases
    var guardBook: GuardBook
    /// Who waits until older drops have ended.
    var older: OlderBook
    var syncs: SyncGroup
    var spares: SpareDirectories
    var shelves: Shelves
    var record: RecordBook
    var index: IndexBook
    /// nil: `last_values: off`.
    var lastValues: LastBook?
    var results: DiskThread
    /// Where everything is done that waits for the disk and has no thread of its own.
    var disk: DiskThreads
    var trouble: ResultTrouble
    var alerts: Alerts
    var progress: Progress
    var logger: Logger

    private var configuration: InForce.Configuration { pinned ?? inForce.now }
    var settings: Settings { configuration.settings }
    /// Of the configuration's bytes.
    var configSHA256: String { configuration.sha256 }

    /// The same with the configuration of now, whatever comes into force later: for what has to go by one from its beginning to its
    /// end.
    var asOfNow: Context {
        var context = self
        context.pinned = configuration
        return context
    }

    /// Which of these destinations only rehearse now; nil: none.
    func rehearsed(of names: [String]) -> [String]? {
        let found = settings.destinations.filter { $0.rehearses && names.contains($0.name) }.map(\.name)
        return found.isEmpty ? nil : found
    }

    /// Whoever compares with last accepted values waits for the drop, if it may change them.
    func opened(_ place: DropPlace, _ snapshot: DropSnapshot) {
        guard !snapshot.isRepublication else { return }
        older.opened(place, at: snapshot.rule.destinations)
    }
}
