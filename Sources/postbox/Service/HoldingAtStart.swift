internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Holds everything before a service begins, where that is wanted or the spool was copied, and keeps whose the spool is.
struct HoldingAtStart: Sendable {
    let settings: Settings
    let alerts: Alerts
    let logger: Logger

    /// `open`: what the ledger has of unfinished drops. Holds are written before the spool is called this machine's own: whatever kills the
    /// program in between, the next start does it again. Throws `DiskError`.
    func run(isWanted: Bool, open: [DropRecord]) throws(DiskError) {
        let directories = settings.directories
        let file = IdentityFile(stateDirectory: directories.state)
        let (kept, own) = (try file.read(), IdentityFile.own())
        let inWork = open.filter { $0.stage != .held && $0.stage != .settled }.map(\.number)
        if let start = HeldStart(
            isWanted: isWanted, kept: kept, own: own, destinations: settings.destinations.map(\.name), open: inWork)
        {
            let folder = ControlFolder(stateDirectory: directories.state)
            let note = CommandNote(by: CommandIssuer.user, why: start.why)
            for command in start.commands { _ = try folder.give(command, note) }
            FailPoint.reach("start_held")
            say(start, inWork)
        }
        if kept != own { try file.write(own) }
    }

    private func say(_ start: HeldStart, _ inWork: [Int]) {
        guard let host = start.copiedFrom else {
            return logger.notice(
                "everything is held: nothing is claimed and nothing is sent before somebody resumes the inbox and the destinations (postbox resume)",
                metadata: ["event": .event(.startedHeld), "by": "\(CommandIssuer.user)"])
        }
        let drops = inWork.map(String.init)
        let words =
            drops.isEmpty
            ? ""
            : "; rows of \(Plural.drops(inWork, most: 20)) are in doubt: nothing of them goes, not even what may have been sent, before postbox resume drop NUMBER; postbox cancel NUMBER ends what must not go"
        alerts.send(
            Alert(
                event: .spoolCopied,
                message:
                    "this spool was copied from \(host) and is held as a whole: make sure that \(host) is stopped, and look what it has sent since, before anything is resumed\(words)",
                facts: ["host": host, "drops": drops.joined(separator: ",")]))
    }
}
