/// A row that was admitted to a window: which one it is, and what its tries have brought so far.
///
/// It does not change while the row is in flight: the slot it flies in and the queue of its RIC have the same.
struct Attempt: Equatable {
    /// The handover's handle.
    var handover: Int32
    /// Index into the handover's rows.
    var index: Int32
    /// The row's place in the order of admission; no other row of the window has it.
    var sequence: UInt64
    /// Microseconds since 1970 of the last time it was sent; 0: not by this run.
    var sentWall: Int64 = 0
    /// Times it was sent; what an earlier run may have sent counts as one. 0: certainly never.
    var number: Int32 = 0
    /// Refusals that count against the bound.
    var refusals: Int16 = 0
    /// Connections that were lost with it in flight.
    var losses: Int16 = 0

    /// The same row, sent once more at that time: microseconds since 1970.
    @inline(__always)
    func sent(at wall: Int64) -> Attempt {
        var next = self
        next.number += 1
        next.sentWall = wall
        return next
    }
}
