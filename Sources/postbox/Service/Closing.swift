internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The last steps of a settled drop: the same whether it was settled just now or before a crash.
struct Closing: Sendable {
    let context: Context

    /// Moves everything to where it belongs and closes the drop in the ledger. Throws; may be called again.
    ///
    /// `summary`: its bytes; nil: it lies in the drop's directory, whole and durable.
    func finish(
        _ place: DropPlace, _ drop: FileMover.Moved, directory: String, folder: String, target: String,
        summary: [UInt8]?
    ) async throws {
        let isClear: Bool
        let result: AppliedResult?
        if let summary {
            (isClear, result) = try await context.disk.run {
                let result = try openResult(directory, folder, target)
                let guarded = try context.guardBook.keep(place, from: directory)
                FailPoint.reach("guarded")
                for path in guarded { try Disk.syncDirectory(path) }
                return (
                    try FileMover().move(drop, from: directory, to: folder, as: target, summary: summary), result
                )
            }
        } else {
            (isClear, result) = try await move(
                place, drop, directory: directory, folder: folder, target: target, on: context.folders.syncs)
        }
        if !isClear { context.alerts.send(.foreign(directory)) }
        FailPoint.reach("moved")
        try await context.ledger.close([place.drop])
        context.folders.names.release(target, in: folder)
        do {
            try await context.guardBook.closed(place, on: context.disk)
            context.shelves.closed(place.drop)
        } catch {
            // The drop is closed; the next one that is closes forgets these, too.
            context.logger.warning(
                "\(Words.of(error))", metadata: ["event": .event(.diskFault), "drop": "\(place.drop)"])
        }
        await context.index.closed(place.drop)
        await context.lastValues?.closed(place, result: result)
        // Who waits for it looks at what was accepted of it.
        context.older.ended(place.drop)
        FailPoint.reach("closed")
    }

    /// The drop's result, wherever it lies, before anybody can take it away; nil: it has none, or nobody wants it.
    private func openResult(_ directory: String, _ folder: String, _ target: String) throws -> AppliedResult? {
        guard context.lastValues != nil else { return nil }
        for path in [directory + "/" + FileMover.Part.result, folder + "/" + FileNames.result(target)] {
            do {
                return try AppliedResult(path: path)
            } catch let error as DiskError {
                guard error.code == 2 || error.code == 20 else { throw error }
            }
        }
        return nil
    }

    /// Moves everything on the thread of the syncs, which has to wait for the disk next: the drop changes threads no more for it.
    private func move(
        _ place: DropPlace, _ drop: FileMover.Moved, directory: String, folder: String, target: String,
        on syncs: isolated SyncGroup
    ) async throws -> (isClear: Bool, result: AppliedResult?) {
        let result = try openResult(directory, folder, target)
        let guarded = try context.guardBook.keep(place, from: directory)
        FailPoint.reach("guarded")
        try FileMover().moveUnsynced(drop, from: directory, to: folder, as: target)
        FailPoint.reach("placed")
        // A directory that is passed on must not come back, after a power cut, with what lay in it.
        try await syncs.sync(guarded + [folder] + (context.folders.spares.isWanted ? [directory] : []))
        return (try FileMover().clear(directory, keep: context.folders.spares.keep), result)
    }
}

extension Alert {
    /// A directory of ours that is done with holds something else.
    static func foreign(_ directory: String) -> Alert {
        Alert(
            event: .foreignFile, isError: false,
            message: "\(directory) holds something that is not Postbox's; it is left alone", facts: ["path": directory])
    }
}
