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
        let guarded = try context.guardBook.keep(place, from: directory)
        FailPoint.reach("guarded")
        let isClear: Bool
        if let summary {
            for path in guarded { try Disk.syncDirectory(path) }
            isClear = try FileMover().move(drop, from: directory, to: folder, as: target, summary: summary)
        } else {
            try FileMover().moveUnsynced(drop, from: directory, to: folder, as: target)
            FailPoint.reach("placed")
            // A directory that is passed on must not come back, after a power cut, with what lay in it.
            try await context.syncs.sync(guarded + [folder] + (context.spares.isWanted ? [directory] : []))
            isClear = try FileMover().clear(directory, keep: context.spares.keep)
        }
        if !isClear { context.alerts.send(.foreign(directory)) }
        FailPoint.reach("moved")
        try await context.ledger.close([place.drop])
        await context.names.release(target, in: folder)
        do {
            try context.guardBook.closed(place)
            try context.tables.closed(place.drop)
        } catch {
            // The drop is closed; the next one that is closes forgets these, too.
            context.logger.warning(
                "\(Words.of(error))", metadata: ["event": .event(.diskFault), "drop": "\(place.drop)"])
        }
        FailPoint.reach("closed")
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
