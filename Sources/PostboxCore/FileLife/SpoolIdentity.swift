/// Which machine a spool belongs to, as `state/identity` keeps it: a spool that says another one was copied, or moved here with its disk.
package struct SpoolIdentity: Sendable, Equatable {
    /// Of the machine's own number, a hash: it is nobody else's business. nil: the machine has none.
    package var machine: String?
    /// For people, and for machines without a number.
    package var host: String

    package init(machine: String?, host: String) {
        self.machine = machine
        self.host = host
    }

    /// Whether both are one machine: a machine with a number may be called otherwise tomorrow.
    package func isSame(as other: SpoolIdentity) -> Bool {
        if let machine, let known = other.machine { return machine == known }
        return host == other.host
    }

    /// As it stands in its file.
    package var text: String { (machine.map { "machine \($0)\n" } ?? "") + "host \(host)\n" }

    /// nil: it is none.
    package init?(text: String) {
        var (machine, host): (String?, String?)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "machine": machine = parts[1]
            case "host": host = parts[1]
            default: break
            }
        }
        guard let host else { return nil }
        self.init(machine: machine, host: host)
    }
}

/// What a service holds before it begins: with `run --held`, or because its spool was copied.
package struct HeldStart: Sendable, Equatable {
    /// Holds that are to stand, and what is noted of each.
    package var commands: [DeskCommand]
    package var why: String
    /// The machine that the spool was copied from; nil: it was not.
    package var copiedFrom: String?

    /// What is in doubt on a spool that was copied: rows that the other machine may have sent since.
    package static let inDoubt = "in doubt"

    /// nil: nothing is held.
    ///
    /// - Parameters:
    ///   - isWanted: `--held`.
    ///   - kept: whose the spool is; nil: nothing tells.
    ///   - own: this machine.
    ///   - open: drops in work.
    package init?(isWanted: Bool, kept: SpoolIdentity?, own: SpoolIdentity, destinations: [String], open: [Int]) {
        copiedFrom = kept.flatMap { $0.isSame(as: own) ? nil : $0.host }
        guard isWanted || copiedFrom != nil else { return nil }
        commands = [.holdInbox] + destinations.map { .holdDestination($0) }
        why = "started held"
        if let copiedFrom {
            // Each goes only when somebody says so who knows what became of it there.
            commands += open.map { .holdDrop($0) }
            why = "\(Self.inDoubt): the spool was copied from \(copiedFrom), which may have sent more since"
        }
    }
}
