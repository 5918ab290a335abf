internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What every contribution of a running Postbox shares.
struct Context: Sendable {
    var view: ConfigurationView
    var ledger: Ledger
    var lanes: Lanes
    var bases: PostIDBases
    var guardBook: GuardBook
    /// Who waits until older drops have ended.
    var older: OlderBook
    var folders: SpoolFolders
    var shelves: Shelves
    var record: RecordBook
    var index: IndexBook
    /// nil: `last_values: off`.
    var lastValues: LastBook?
    var results: ResultWriting
    /// Where everything is done that waits for the disk and has no thread of its own.
    var disk: DiskThreads
    var alerts: Alerts
    var progress: Progress
    var logger: Logger

    /// What is in force, and comes to be.
    var inForce: InForce { view.inForce }
    var settings: Settings { view.configuration.settings }
    /// Of the configuration's bytes.
    var configSHA256: String { view.configuration.sha256 }

    /// The same with the configuration of now, whatever comes into force later: for what has to go by one from its beginning to its
    /// end.
    var asOfNow: Context {
        var context = self
        context.view = .pinned(view.configuration, inForce)
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

/// Which configuration a contribution goes by.
enum ConfigurationView: Sendable {
    /// The one of the moment.
    case now(InForce)
    /// This one, whatever comes into force later.
    case pinned(InForce.Configuration, InForce)

    var inForce: InForce {
        switch self {
        case .now(let inForce), .pinned(_, let inForce): inForce
        }
    }

    var configuration: InForce.Configuration {
        switch self {
        case .now(let inForce): inForce.now
        case .pinned(let configuration, _): configuration
        }
    }
}

/// What is done with the folders of a spool, and the names that are taken there.
struct SpoolFolders: Sendable {
    var syncs: SyncGroup
    var spares: SpareDirectories
    var names: NameBook
}

/// Where results are written, and whether that fails.
struct ResultWriting: Sendable {
    var thread: DiskThread
    var trouble: ResultTrouble
}
