extension DeliveryMachine {
    /// What is known of the drop before it is read again.
    package struct Drop: Sendable {
        package var number: Int
        /// Rows of the file.
        package var rows: Int
        package var postIDBase: UInt32
        /// Rows that an earlier run settled.
        package var settled: RowSet?
        /// Rows up to this one may have been sent by an earlier run; 0: none.
        package var postedThrough: Int
        /// nil: however many rows the server refuses.
        package var nackLimit: NackLimit?
        /// Rows that are not sent whatever stands against them.
        package var keptBack: [KeptBack]
        /// Rows that newer ones have overtaken are held, those that are covered as well.
        package var holdsOvertaken: Bool

        package init(
            number: Int, rows: Int, postIDBase: UInt32, settled: RowSet?, postedThrough: Int,
            nackLimit: NackLimit? = nil, keptBack: [KeptBack] = [], holdsOvertaken: Bool = false
        ) {
            self.number = number
            self.rows = rows
            self.postIDBase = postIDBase
            self.settled = settled
            self.postedThrough = postedThrough
            self.nackLimit = nackLimit
            self.keptBack = keptBack
            self.holdsOvertaken = holdsOvertaken
        }
    }

    /// How the delivery ends.
    package enum End: Sendable, Equatable {
        /// Every row has its outcome at this destination.
        case complete
        /// So it has, but the file was no longer the one that was read first: how that was noticed.
        case changed(String)
        /// The program stops; the rest goes on at the next start.
        case interrupted
        /// A fault of the disk or the ledger; the rest goes on when it is mended.
        case faulty

        /// Every row has its outcome at this destination.
        package var isComplete: Bool { self == .complete || changed != nil }

        /// How it was noticed that the file is no longer the one that was read first; nil: it is.
        package var changed: String? { if case .changed(let text) = self { text } else { nil } }
    }

    /// What is to be done now.
    package enum Action: Sendable, Equatable {
        /// Read the rows up to `postedThrough` that have no end yet: `foundDoubts(_:)`.
        case findDoubts
        /// Read what the drop itself and newer ones had accepted, of the RICs and services wanted (by hash; nil: of all):
        /// `loaded(newerRows:)`.
        case loadNewer(wanted: Set<UInt64>?)
        /// Read what those drops had accepted, again if it was read before: `loaded(newerRows:)`.
        case loadOvertakers([DropPlace], wanted: Set<UInt64>?)
        /// Ask for the drop's turn at the lane and wait for it: `turned(_:givenUp:)`.
        case takeTurn
        /// Note that the drop hands rows over: older ones that begin from now on have to look at its results.
        case noteSending
        /// Read on: `read(_:isLast:)` or `readAll()`.
        case read
        /// Look what stands against each of these rows: `judged(_:)`.
        case judge([MappedRow], in: PostBatch)
        /// Write down how these rows end.
        case end([RowEnd], in: PostBatch)
        /// Wait until `isWaiting` is false: memory stays bounded when results are slow to write.
        case waitUntilFew
        /// Wait until the lane allows so many rows to be committed: `mayCommit(_:)`. `isLast`: the drop has no more.
        case askCommit(rows: Int, isLast: Bool)
        /// Count a start if the drop is the next to go: of many that present their rows only the one that goes first can be what
        /// brings the program down.
        case begin
        /// Commit the rows through this one as sent: `advanced()`. `isFirst`: with them the drop is begun, if it is the next to
        /// go; one that only waits for its turn is not blamed for a crash.
        case advance(through: Int, isFirst: Bool)
        /// Hand these rows in doubt over.
        case present([Handover])
        /// Hand these rows over: `offered(_:)`. So many were committed for it.
        case offer(Handover, committed: Int)
        /// Write down how the rows after this one end that are not among those: by their numbers, because they cannot be read any
        /// more.
        case endUnread(after: Int, besides: RowSet?, OutcomeDetail)
        /// Tell the lane that no more rows come.
        case finishOffering
        /// Every row that was handed over is settled: leave the lane for good.
        case close
        /// Every row that was handed over is settled; others follow when a fault is mended. The drop keeps its place at the lane,
        /// so that no newer drop's rows go before them.
        case suspend
        /// Wait until no more outcomes come: `answersEnded(firstUntaken:)`.
        case awaitAnswers
        /// Take back that rows behind this one were sent.
        case rewind(to: Int)
        case done(End)
    }
}
