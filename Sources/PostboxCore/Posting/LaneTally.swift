/// Posts of a lane since the start.
package struct LaneTally: Sendable, Equatable {
    package var sent = 0
    /// Answered well.
    package var acked = 0
    package private(set) var nacked = 0
    /// Refusals by NakCode.
    package private(set) var naks = WordCounts()

    /// The server refused a post.
    mutating func refused(_ code: NakCode) {
        nacked += 1
        naks.add(code.name)
    }
}
