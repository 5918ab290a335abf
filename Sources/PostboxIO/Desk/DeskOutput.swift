package import PostboxCore

/// What goes out as an answer: whole, or piece by piece as it is taken.
package enum DeskOutput: Sendable {
    case whole(DeskReply)
    case stream(DeskStream)
}

/// An answer that is too long to be made at once, or has no end.
package struct DeskStream: Sendable {
    /// Status, kind and lines of the head; its body is not sent.
    package var head: DeskReply
    /// Bytes in all; nil: nobody knows, and it ends with the connection.
    package var length: Int?
    /// The next piece, asked for when the one before has been taken; nil: it is over. Ends soon when its task is cancelled.
    package var next: @Sendable () async -> [UInt8]?

    package init(head: DeskReply, length: Int?, next: @escaping @Sendable () async -> [UInt8]?) {
        self.head = head
        self.length = length
        self.next = next
    }
}
