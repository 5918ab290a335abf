/// How far ahead of the wire a lane takes rows: how many are committed as sent at once, and how many wait to be sent already when more
/// may come.
///
/// Twice the lead is what a kill leaves in doubt at most, besides a window. Where nothing is sent twice (`resend: never`), it is never
/// more than a window in all.
struct LaneLead: Sendable {
    /// In place of the lead by window and rate; nil: there is none.
    private let bound: Int?
    private var window: Int
    private var resend: Destination.Resend
    /// Rows that wait to be sent and never were.
    var queued = 0

    /// `bound`: the lead itself, for tests.
    init(_ destination: Destination, bound: Int? = nil) {
        self.bound = bound
        window = destination.window
        resend = destination.resend
    }

    /// Goes by other settings from now on. What waits to be sent waits still.
    mutating func use(_ destination: Destination) {
        window = destination.window
        resend = destination.resend
    }

    /// The lead: rows that are committed as sent at once. Up to as many wait to be sent already, so that a commit is waited for
    /// while the wire still has something to send. With a limited rate, in posts a second, it is a quarter of a second's, else eight
    /// windows, or a window and 8,192 rows where that is less.
    func rows(rate: Int?) -> Int {
        if resend == .never { return window }
        if let bound { return bound }
        let most = max(512, min(window * 8, window + 8192))
        return rate.map { min(most, max(64, $0 / 4)) } ?? most
    }

    /// Few enough rows wait to be sent for a drop to get its turn.
    func hasRoom(rate: Int?) -> Bool { queued < (resend == .never ? 1 : rows(rate: rate)) }

    /// How many rows may be committed and not handed over yet, when so many are to be; nil: these have to wait for what is queued.
    func most(with rows: Int, rate: Int?) -> Int? {
        guard resend == .never else { return self.rows(rate: rate) }
        // What is queued counts as well.
        guard queued == 0 || queued + rows <= window else { return nil }
        return window - queued
    }
}
