/// Room in the buffer that a server reads a connection into (What servers do §2.9).
///
/// Bytes are read behind what lies in it already, taken or not, until every byte that is in it has been taken; then it is
/// filled from its start again. A frame that does not fit behind the others breaks the connection, although alone it is fine.
/// One of up to half the buffer never does: it is moved to the start first.
///
///     capacity 61,690: frames one behind the other, in one go
///     50 of 160 bytes, one of 54,000      8,000 + 54,000 do not fit: broken
///     one of 200, one of 40,000           fits
///     one of 40,000, one of 40,000        the second does not fit: broken
///     one of 40,000, one of 30,000        the second is moved
///     any number of up to 30,845          moved as it needs be
///     one of 61,690, alone                fits
struct ReadBuffer {
    let capacity: Int
    /// Where the next frame begins.
    private var start = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many bytes there are from the start of the next frame to the end of the buffer.
    var room: Int { capacity - start }

    /// Makes room for the next frame, of which the length is known.
    /// - Returns: false when it does not fit.
    mutating func makeRoom(for bytes: Int) -> Bool {
        guard bytes > room else { return true }
        guard bytes <= capacity / 2 else { return false }
        start = 0
        return true
    }

    /// Takes a frame out, after there was room for it.
    /// - Parameter isLast: whether nothing was read behind it yet.
    mutating func take(_ bytes: Int, isLast: Bool) {
        // A frame that ends with the buffer leaves it empty as well.
        start = isLast || bytes >= room ? 0 : start + bytes
    }
}
