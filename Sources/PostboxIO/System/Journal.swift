internal import PostboxCore

/// The journal of systemd that standard error leads to.
package struct Journal: Sendable {
    /// Where it listens; inside a unit also that of its own namespace (`LogNamespace=`).
    private static let place = "/run/systemd/journal/socket"

    private let socket: DatagramSocket

    /// nil: standard error leads elsewhere. systemd says in `JOURNAL_STREAM` which file leads to the journal (systemd.exec(5)); a
    /// program that was started by the service with its output sent elsewhere has the variable as well.
    package init?(environment: [String: String]) {
        guard let stream = environment["JOURNAL_STREAM"],
            let status = try? Disk.status(of: 2, path: "standard error"), stream == "\(status.device):\(status.inode)"
        else { return nil }
        // Elsewhere in tests alone.
        socket = DatagramSocket(.path(environment["POSTBOX_JOURNAL"] ?? Self.place))
    }

    /// Sends one entry. False: the journal did not take it.
    package func take(_ entry: [UInt8]) -> Bool { (try? socket.send(entry)) != nil }
}
