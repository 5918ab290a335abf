/// What the service manager is told of a service that it has started, and when: systemd's notify protocol (sd_notify(3)).
///
/// A message is one datagram of lines `NAME=VALUE`. Times are nanoseconds of the monotonic clock. Whoever sends asks for `message`
/// whenever the service's loop has done something, and at `nextDeadline`, and says whether it went. A loop that hangs asks no
/// more: the manager hears no sign of life from it and ends the program.
package struct ManagerTalk: Sendable, Equatable {
    /// How often the line about the service's state may change, and how soon what could not be sent is tried again.
    static let pause: Int64 = 1_000_000_000

    /// Where the manager listens.
    package let address: DatagramAddress
    private let process: Int32
    /// Half of the time without a sign of life that the manager bears; nil: it asks for none.
    private let lifePause: Int64?

    /// What the manager has to hear yet.
    private var owesReady = false
    private var owesStopping = false
    /// When the reload began that the manager is to hear of, nanoseconds; nil: it need not hear of any.
    private var reloadingSince: Int64?
    /// How long a stop may take, microseconds.
    private var stopMicroseconds: Int64 = 0
    private var isReady = false
    /// How the service stands, and what was told of it last; nil: nothing yet.
    private var standing: ServiceStanding?
    private var told: ServiceStanding?
    /// No line about it before that time.
    private var nextStatus: Int64 = 0
    /// The next sign of life.
    private var nextLife: Int64 = .max
    /// Nothing goes before that time: the manager did not take the last message.
    private var blockedUntil: Int64 = 0
    /// What the last message had in it.
    private var asked = Asked()

    private struct Asked: Sendable, Equatable {
        var standing: ServiceStanding?
        var life = false
    }

    /// From the environment that the manager gave. nil: nobody wants to hear of the service.
    ///
    /// - Parameter process: this one's number. `WATCHDOG_PID` may say that signs of life are wanted of another one.
    package init?(environment: [String: String], process: Int32) {
        guard let socket = environment["NOTIFY_SOCKET"], !socket.isEmpty else { return nil }
        address = DatagramAddress(socket)
        self.process = process
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        guard isForUs, let micro = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), micro > 0 else {
            lifePause = nil
            return
        }
        let (nano, isFar) = micro.multipliedReportingOverflow(by: 500)
        // A thousandth of a second at least: a manager that asks for more is not to keep us busy.
        lifePause = isFar ? nil : max(1_000_000, nano)
    }

    /// The service is up.
    package mutating func started(at now: Int64) {
        owesReady = true
        isReady = true
        if lifePause != nil { nextLife = now }
    }

    /// The configuration is loaded anew from now on. Until `reloaded` the manager takes the service for one that is not ready.
    package mutating func reloading(at now: Int64) { reloadingSince = now }

    /// That is over, whatever came of it. What the manager did not hear of it need not hear.
    package mutating func reloaded() {
        reloadingSince = nil
        owesReady = isReady
    }

    /// The service stops; it may take so long.
    package mutating func stopping(within limit: Duration) {
        guard !owesStopping, stopMicroseconds == 0 else { return }
        owesStopping = true
        stopMicroseconds = max(1, limit.nanoseconds / 1000)
    }

    /// What is to be sent now; nil: nothing. `sent` follows.
    ///
    /// - Parameter standing: how the service stands.
    package mutating func message(_ standing: ServiceStanding, at now: Int64) -> String? {
        self.standing = standing
        asked = Asked()
        guard now >= blockedUntil else { return nil }
        var lines: [String] = []
        if let since = reloadingSince { lines += ["RELOADING=1", "MONOTONIC_USEC=\(since / 1000)"] }
        if owesReady { lines += ["READY=1", "MAINPID=\(process)"] }
        if owesStopping { lines += ["STOPPING=1", "EXTEND_TIMEOUT_USEC=\(stopMicroseconds)"] }
        if isReady, standing != told, now >= nextStatus || owesStopping {
            lines.append("STATUS=\(standing.text)")
            asked.standing = standing
        }
        if now >= nextLife {
            lines.append("WATCHDOG=1")
            asked.life = true
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    /// Whether the manager took the message. What it did not take goes again, a second later.
    package mutating func sent(_ isSent: Bool, at now: Int64) {
        guard isSent else {
            blockedUntil = now + Self.pause
            return
        }
        (owesReady, owesStopping, reloadingSince) = (false, false, nil)
        if let standing = asked.standing {
            told = standing
            nextStatus = now + Self.pause
        }
        if asked.life, let lifePause { nextLife = now + lifePause }
    }

    /// When there is something to say although nothing happens; nil: never.
    package var nextDeadline: Int64? {
        var next = nextLife
        if isReady, standing != told { next = min(next, nextStatus) }
        if owesReady || owesStopping || reloadingSince != nil { next = 0 }
        return next == .max ? nil : max(next, blockedUntil)
    }
}

/// How the service stands, as its manager shows it.
package struct ServiceStanding: Sendable, Equatable {
    package var filesInWork: Int
    package var loggedIn: Int
    package var destinations: Int
    /// Drops that wait for a person.
    package var held: Int
    package var isStopping: Bool

    package init(filesInWork: Int, loggedIn: Int, destinations: Int, held: Int = 0, isStopping: Bool = false) {
        self.filesInWork = filesInWork
        self.loggedIn = loggedIn
        self.destinations = destinations
        self.held = held
        self.isStopping = isStopping
    }

    /// In one line.
    package var text: String {
        let files = Plural.text(filesInWork, "file in work", "files in work")
        let lanes = "\(loggedIn) of \(Plural.text(destinations, "destination")) logged in"
        return (isStopping ? "stopping: " : "") + "\(files), \(lanes)"
            + (held == 0 ? "" : ", \(held) held for release")
    }
}

/// Where a service of the machine takes datagrams. Of a service manager: `NOTIFY_SOCKET` as sd_notify(3) has it.
package enum DatagramAddress: Sendable, Equatable {
    /// A socket in the file system.
    case path(String)
    /// A name of Linux's abstract namespace, without the `@` that stands for its first byte.
    case abstract(String)
    /// Something else, which Postbox does not speak: as it was given.
    case unknown(String)

    /// `text`: the variable's value.
    package init(_ text: String) {
        switch text.first {
        case "/": self = .path(text)
        case "@" where text.utf8.count > 1: self = .abstract(String(text.dropFirst()))
        default: self = .unknown(text)
        }
    }
}
