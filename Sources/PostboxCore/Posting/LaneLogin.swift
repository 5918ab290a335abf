/// How far a lane's login is, and what it allows now: slow start, pauses, the way back to the first server.
struct LaneLogin: Sendable {
    /// What holds from the login's opening to the connection's end.
    private struct Open {
        /// Posts that may be in flight now.
        var most: Int
        /// Nothing new goes before, in nanoseconds.
        var pausedUntil: Int64?
        /// When the rate allows the next post, in nanoseconds; nil: it holds none back.
        var pacerAt: Int64?
        /// When the post was sent for whose sake the server was asked whether it is there.
        var askedAt: Int64?
        /// New credentials wait until a post that goes alone has its answer.
        var isReissueDue = false
        /// Open/Suspect: nothing new goes, answers are read.
        var isSuspect = false
    }

    private enum Stage {
        case away
        /// Connected; the login has no answer yet.
        case connected
        case open(Open)
    }

    /// Nothing new goes for that long after a pause began, in nanoseconds: rows wait rather than fail one by one.
    private static let pauseLength: Int64 = 30_000_000_000

    private var window: Int
    private let flightStart: Int
    private var stage = Stage.away
    /// Nothing new goes on this connection: the first server is well again, or other settings came.
    private(set) var isGoingBack = false

    /// `window`: posts in flight at most; `flightStart`: when a login begins, where the window is not smaller.
    init(window: Int, flightStart: Int) {
        self.window = window
        self.flightStart = flightStart
    }

    /// Another window holds from the next login on.
    mutating func use(window: Int) { self.window = window }

    // MARK: - What holds

    private var open: Open? {
        if case .open(let open) = stage { open } else { nil }
    }

    var isConnected: Bool {
        if case .away = stage { false } else { true }
    }

    /// The server has accepted the login, well or not.
    var isLoggedIn: Bool { open != nil }

    /// The login is well.
    var isWell: Bool { open.map { !$0.isSuspect } ?? false }

    /// Posts may go as far as login and pauses go.
    var isReady: Bool { open.map { !$0.isSuspect && $0.pausedUntil == nil } ?? false }

    /// Posts that may be in flight now.
    var most: Int { open?.most ?? 0 }

    /// When the pause ends, in nanoseconds; nil: nothing pauses.
    var pausedUntil: Int64? { open?.pausedUntil }

    /// When the rate allows the next post, in nanoseconds; nil: it holds none back.
    var pacerAt: Int64? {
        get { open?.pacerAt }
        set { if open?.pacerAt != newValue { change { $0.pacerAt = newValue } } }
    }

    /// When the post was sent for whose sake the server was asked whether it is there.
    var askedAt: Int64? {
        get { open?.askedAt }
        set { change { $0.askedAt = newValue } }
    }

    /// New credentials wait until a post that goes alone has its answer.
    var isReissueDue: Bool {
        get { open?.isReissueDue ?? false }
        set { change { $0.isReissueDue = newValue } }
    }

    private mutating func change(_ change: (inout Open) -> Void) {
        guard case .open(var open) = stage else { return }
        change(&open)
        stage = .open(open)
    }

    // MARK: - What happens

    mutating func connected() {
        stage = .connected
        isGoingBack = false
    }

    mutating func opened() { stage = .open(Open(most: min(window, flightStart))) }

    /// A login may be Suspect from the start.
    mutating func setSuspect(_ isSuspect: Bool) {
        if open == nil, isSuspect { opened() }
        change { $0.isSuspect = isSuspect }
    }

    /// So many posts were accepted: as many more may be in flight.
    mutating func accepted(_ count: Int) {
        guard let open, open.most < window else { return }
        let most = min(window, open.most + count)
        change { $0.most = most }
    }

    /// False: it pauses already, or there is no login.
    mutating func pause(at now: Int64) -> Bool {
        guard let open, open.pausedUntil == nil else { return false }
        change { $0.pausedUntil = now + Self.pauseLength }
        return true
    }

    /// True: a pause has ended, and posts go on.
    mutating func endPause(at now: Int64) -> Bool {
        guard let until = pausedUntil, until <= now else { return false }
        change { $0.pausedUntil = nil }
        return isReady
    }

    mutating func goBack() { isGoingBack = true }

    mutating func lost() { stage = .away }
}
