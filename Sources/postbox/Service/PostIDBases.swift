internal import PostboxCore

/// Gives every open drop a range of PostIDs of its own at each destination, so that none is in flight twice.
actor PostIDBases {
    private var next: UInt64

    /// `next`: behind every range of a drop that is still open.
    init(next: UInt64) {
        self.next = next
    }

    /// The base for a drop of that many rows.
    func take(rows: Int) -> UInt32 {
        defer { next = (next + UInt64(rows)) % Postbox.postIDs }
        return UInt32(next)
    }
}
