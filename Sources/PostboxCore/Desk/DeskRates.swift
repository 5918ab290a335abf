/// Makes rates of counts that are looked at now and then.
package struct DeskRates: Sendable {
    private struct Look: Sendable {
        /// Nanoseconds.
        var at: Int64
        /// Posts sent, by destination.
        var sent: [String: Int]
        /// Rows settled, by drop.
        var settled: [Int: Int]
    }

    /// A rate is made of a second at least, and of ten at most.
    private static let least: Int64 = 1_000_000_000
    private static let most: Int64 = 10_000_000_000

    private var looks: [Look] = []

    package init() {}

    /// Notes what a look shows, and puts the rates into it. `now`: nanoseconds of a clock that never goes back.
    package mutating func take(_ board: inout StatusBoard, at now: Int64) {
        looks.removeAll { now - $0.at > Self.most }
        if let first = looks.first(where: { now - $0.at >= Self.least }) {
            let seconds = Double(now - first.at) / 1e9
            func rate(_ new: Int, _ old: Int) -> Int { Int((Double(max(0, new - old)) / seconds).rounded()) }
            for index in board.lanes.indices {
                let lane = board.lanes[index]
                board.lanes[index].traffic.rate = first.sent[lane.name].map { rate(lane.traffic.sent, $0) }
            }
            for index in board.files.indices {
                let file = board.files[index]
                board.files[index].rate = first.settled[file.drop].map { rate(file.settled, $0) }
            }
        }
        // Looks come as often as somebody asks: a few a second tell as much as all.
        if let last = looks.last, now - last.at < Self.least / 4 { return }
        looks.append(
            Look(
                at: now,
                sent: Dictionary(board.lanes.map { ($0.name, $0.traffic.sent) }, uniquingKeysWith: { $1 }),
                settled: Dictionary(board.files.map { ($0.drop, $0.settled) }, uniquingKeysWith: { $1 })))
    }
}
