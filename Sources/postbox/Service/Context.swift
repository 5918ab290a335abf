internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What every contribution of a running Postbox shares.
struct Context: Sendable {
    @Shared var settings: Settings
    var configSHA256: String
    var ledger: Ledger
    var lanes: [String: PostingLane]
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

    /// Whoever compares with last accepted values waits for the drop, if it may change them.
    func opened(_ place: DropPlace, _ snapshot: DropSnapshot) {
        guard !snapshot.isRepublication else { return }
        older.opened(place, at: snapshot.rule.destinations)
    }
}
