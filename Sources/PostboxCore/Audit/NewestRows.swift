/// Puts rows of many drops into one order, the newest first, with no more of them in memory than that takes.
///
/// A row stands at the time at which it was settled. That is within the time for which its drop was in work, whatever a clock says that was
/// set back meanwhile: so no row is newer than the end of its drop, and drops are taken by their ends, the last one first. A skipped row was
/// never settled, and stands where its drop was claimed.
///
/// Of rows of one instant those of the drop with the higher number come first, and of one drop those that stand further behind in its file.
package struct NewestRows: Sendable {
    private struct Waiting: Sendable {
        var at: Int64
        var row: AuditRow
        var number: Int
        /// Among those of its drop, as they came.
        var index: Int

        func comesBefore(_ other: Waiting) -> Bool {
            (at, row.drop, number, index) > (other.at, other.row.drop, other.number, other.index)
        }
    }

    private let first: RICQuery.Place?
    /// The newest last.
    private var waiting: [Waiting] = []
    /// Of the row that was gone over last.
    private var place: RICQuery.Place?

    /// - Parameter first: where the first row stands that is given; nil: all are given.
    package init(from first: RICQuery.Place? = nil) { self.first = first }

    /// When rows of a drop may stand, microseconds since 1970. One in work has no end yet.
    package static func span(of drop: DropLine) -> ClosedRange<Int64> {
        drop.claimedAt...(drop.isFinished ? max(drop.claimedAt, drop.settledAt) : .max)
    }

    /// Takes all rows of a drop, as they stand in its result, skipped ones behind them.
    package mutating func take(_ rows: [AuditRow], of drop: DropLine) {
        guard !rows.isEmpty else { return }
        let span = Self.span(of: drop)
        for (index, row) in rows.enumerated() {
            let at = TimeText.microseconds(row[.settledAt]) ?? span.lowerBound
            waiting.append(
                Waiting(
                    at: min(max(at, span.lowerBound), span.upperBound), row: row, number: row.row, index: index))
        }
        waiting.sort { $1.comesBefore($0) }
    }

    /// The next row, and where it stands; nil: there is none, or a drop that is not taken yet may have one that comes before it.
    ///
    /// - Parameter bound: the latest end of drops that are not taken yet; nil: all are taken.
    package mutating func next(above bound: Int64?) -> (row: AuditRow, place: RICQuery.Place)? {
        while let newest = waiting.last, bound.map({ newest.at > $0 }) ?? true {
            waiting.removeLast()
            let isBeside = place?.at == newest.at && place?.drop == newest.row.drop
            let found = RICQuery.Place(
                at: newest.at, drop: newest.row.drop, behind: isBeside ? (place?.behind ?? 0) + 1 : 0)
            place = found
            if let first, found.comesBefore(first) { continue }
            return (newest.row, found)
        }
        return nil
    }
}
