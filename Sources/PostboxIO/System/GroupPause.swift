internal import Glibc

/// How long a group of changes waits for others before it is made durable: not at all where few come, and a moment where many do,
/// so that a sync, which takes nearly as long for one as for all, serves more of them.
///
/// Without it the first one that comes after a sync has the next sync nearly for itself, and all others wait for that.
struct GroupPause {
    /// A group of so many is followed by others.
    private static let many = 4
    /// Far below what a post may take to the wire, and about as long as a quick disk's sync.
    private static let microseconds: UInt32 = 300

    private var last = 0
    private var hasWaited = false

    /// Whether the group waits before it is served.
    var isDue: Bool { last >= Self.many && !hasWaited }

    /// Waits; on a thread of the caller's own. Who came meanwhile is to be taken in before the group is served.
    mutating func wait() {
        hasWaited = true
        usleep(Self.microseconds)
    }

    /// A group of so many was served.
    mutating func served(_ count: Int) {
        last = count
        hasWaited = false
    }
}
