/// How a row ended. Every row of a claimed file ends in exactly one.
package enum PostOutcome: UInt8, Sendable, Equatable, CaseIterable {
    /// The server answered with an Ack without NakCode.
    case acked
    /// In doubt or waiting for another try when a newer post that covers it was acked.
    case superseded
    /// The server refused it, finally.
    case nacked
    /// Our own validation refused it; never sent.
    case rejected
    /// May have been sent; no answer is to be had.
    case unknown
    /// Certainly not sent, nothing wrong with the row itself.
    case unsent

    /// The word in result files.
    package var word: String {
        switch self {
        case .acked: "acked"
        case .superseded: "superseded"
        case .nacked: "nacked"
        case .rejected: "rejected"
        case .unknown: "unknown"
        case .unsent: "unsent"
        }
    }

    package var isGood: Bool { self == .acked || self == .superseded }

    /// The outcome of a word in a result file.
    package init?(word: String) {
        guard let match = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = match
    }
}

/// What a bad or superseded row's result line says beside its outcome.
package struct OutcomeDetail: Sendable, Equatable {
    package var nakCode: String
    /// A stable word of ours; empty where the server's answer says it all.
    package var reason: String
    /// For people; holds the server's text.
    package var text: String
    /// `DROP:ROW` of the newer post; empty.
    package var supersededBy: String

    /// The reason of a refused row of which an earlier try had no answer: the server may hold its value all the same.
    package static let refusedAfterDoubt = "in_doubt_before"
    /// The reason of a superseded row that was certainly not sent, and of any other.
    package static let neverSent = "never_sent"
    package static let mayHaveBeenSent = "may_have_been_sent"

    package init(nakCode: String = "", reason: String = "", text: String = "", supersededBy: String = "") {
        self.nakCode = nakCode
        self.reason = reason
        self.text = text
        self.supersededBy = supersededBy
    }
}

/// How a row ends that never reaches a lane, or not again.
package struct RowEnd: Sendable, Equatable {
    package var row: MappedRow
    package var outcome: PostOutcome
    package var detail: OutcomeDetail

    package init(_ row: MappedRow, _ outcome: PostOutcome, _ detail: OutcomeDetail) {
        self.row = row
        self.outcome = outcome
        self.detail = detail
    }
}

/// A point in time as the machines take it: nothing here reads a clock.
package struct Moment: Sendable, Equatable {
    /// Nanoseconds of a clock that never steps.
    package var monotonic: Int64
    /// Microseconds since 1970-01-01 UTC: for result files only.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// Mapped rows of one drop that are handed over to a lane together, shared by everything that has to know a row's bytes until it is
/// settled.
package final class Handover: Sendable {
    /// The drop's number.
    package let drop: Int
    package let batch: PostBatch
    /// The rows to post: of the batch's, without the rejected and the settled ones.
    package let rows: [MappedRow]
    /// A row's PostID is this plus its number, within 1…4294967295.
    package let postIDBase: UInt32
    /// The rows may have been sent by a run that ended: they are in doubt from the start.
    package let isInDoubt: Bool

    package init(drop: Int, batch: PostBatch, rows: [MappedRow], postIDBase: UInt32, isInDoubt: Bool = false) {
        self.drop = drop
        self.batch = batch
        self.rows = rows
        self.postIDBase = postIDBase
        self.isInDoubt = isInDoubt
    }

    package func postID(of row: Int) -> UInt32 { Postbox.postID(base: postIDBase, row: row) }
}

extension Handover: Equatable {
    /// They hold the same rows of the same drop.
    package static func == (left: Handover, right: Handover) -> Bool {
        left === right
            || left.drop == right.drop && left.rows == right.rows && left.batch == right.batch
                && left.postIDBase == right.postIDBase && left.isInDoubt == right.isInDoubt
    }
}

package enum Postbox {
    /// PostIDs are 1…4294967295 (What servers do §2.4: uint32; 0 means none).
    package static let postIDs: UInt64 = 4_294_967_295

    /// The base for the next drop, where the PostIDs of these open drops are taken: behind the one that the longest run of free
    /// PostIDs follows, on the ring that they are.
    package static func nextBase(behind open: [(base: UInt32, rows: Int)]) -> UInt64 {
        let open = open.sorted { $0.base < $1.base }
        var best = (free: Int64.min, base: UInt64(0))
        for (index, drop) in open.enumerated() {
            let isLast = index + 1 == open.count
            let next = Int64(open[isLast ? 0 : index + 1].base) + (isLast ? Int64(postIDs) : 0)
            let free = next - Int64(drop.base) - Int64(drop.rows)
            if free > best.free { best = (free, (UInt64(drop.base) + UInt64(drop.rows)) % postIDs) }
        }
        return best.base
    }

    /// The PostID of a row: base plus row number, wrapped within 1…4294967295.
    package static func postID(base: UInt32, row: Int) -> UInt32 {
        UInt32((UInt64(base) + UInt64(row) - 1) % postIDs + 1)
    }
}

/// The end of one row, as the window hands it out.
package struct SettledRow: Sendable, Equatable {
    /// Microseconds since 1970 of the last time it was sent; 0: never.
    package var sentAt: Int64
    /// Microseconds since 1970.
    package var settledAt: Int64
    private var index4: Int32
    private var attempts4: Int32
    private var detail4: Int32
    package var outcome: PostOutcome

    package init(index: Int, outcome: PostOutcome, attempts: Int, sentAt: Int64, settledAt: Int64, detail: Int = -1) {
        index4 = Int32(index)
        attempts4 = Int32(attempts)
        detail4 = Int32(detail)
        self.outcome = outcome
        self.sentAt = sentAt
        self.settledAt = settledAt
    }

    /// Index into the handover's `rows`.
    package var index: Int { Int(index4) }

    /// Times it was sent.
    package var attempts: Int { Int(attempts4) }

    /// Index into the run's `details`, or -1.
    package var detail: Int {
        get { Int(detail4) }
        set { detail4 = Int32(newValue) }
    }
}

/// Rows of one handover that ended together, in the order of settling.
package struct SettledRun: Sendable {
    package var handover: Handover
    package var rows: [SettledRow]
    package var details: [OutcomeDetail]

    package init(handover: Handover, rows: [SettledRow] = [], details: [OutcomeDetail] = []) {
        self.handover = handover
        self.rows = rows
        self.details = details
    }
}

extension SettledRun: Equatable {
    /// Ends of the same handed over rows, not of others like them.
    package static func == (left: SettledRun, right: SettledRun) -> Bool {
        left.handover === right.handover && left.rows == right.rows && left.details == right.details
    }
}
