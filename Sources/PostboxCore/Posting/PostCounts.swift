/// What became of a lane's posts so far: how many were sent, accepted and refused. A post that was sent again counts again.
package struct PostCounts: Sendable, Equatable {
    package internal(set) var sent = 0
    package internal(set) var acked = 0
    package private(set) var nacked = 0
    /// Refusals by the names of their NakCodes: all that were counted.
    package private(set) var naks = WordCounts()

    package init() {}

    /// A post was refused.
    mutating func refused(_ code: NakCode) {
        nacked += 1
        naks.add(code.name)
    }
}
