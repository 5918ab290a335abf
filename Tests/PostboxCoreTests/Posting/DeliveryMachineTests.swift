import PostboxCore
import Testing

@Suite("What is done with a drop's rows at one destination, and in which order")
struct DeliveryMachineTests {
    private let newer = DropPlace(drop: 8, age: 8, priority: 1)

    // MARK: - The plain way

    @Test("Rows are committed before their turn is taken, and offered in it, a lead at a time")
    func plain() {
        var desk = DeliveryDesk(rows: 3)
        #expect(desk.begin() == "read")
        #expect(desk.read(1...3, isLast: true) == "ask for 2")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 2, the first")
        #expect(desk.next { $0.advanced() } == "take turn")
        #expect(desk.turned(.go) == "note sending")
        #expect(desk.next() == "offer 1 2, committed 2")
        #expect(desk.next { $0.offered(true) } == "ask for 1, the last")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 3")
        #expect(desk.next { $0.advanced() } == "take turn")
        #expect(desk.turned(.go) == "offer 3, committed 1")
        #expect(desk.next { $0.offered(true) } == "read")
        #expect(desk.next { $0.readAll() } == "finish offering")
        #expect(desk.next() == "await answers")
        #expect(desk.machine.settled(2) == nil)
        #expect(desk.machine.settled(1) == .close)
        #expect(desk.next { $0.stopped() } == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "complete")
    }

    @Test("Only the last lead of the last batch is the last")
    func last() {
        var desk = DeliveryDesk(rows: 4)
        _ = desk.begin()
        #expect(desk.read(1...2) == "ask for 2")
        _ = desk.next { $0.mayCommit(true) }
        _ = desk.next { $0.advanced() }
        _ = desk.turned(.go)
        _ = desk.next()
        #expect(desk.next { $0.offered(true) } == "read")
        #expect(desk.read(3...4, isLast: true) == "ask for 2, the last")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 4")
    }

    @Test("A server's rate may change with each login, and with it how many rows are committed at once")
    func changedLead() {
        var desk = DeliveryDesk(rows: 8)
        #expect(desk.firstOffer(1...8) == "offer 1 2, committed 2")
        desk.machine.set(lead: 4)
        #expect(desk.next { $0.offered(true) } == "ask for 4")
        _ = desk.next { $0.mayCommit(true) }
        #expect(desk.next { $0.advanced() } == "take turn")
        // What is committed already goes as it was committed.
        desk.machine.set(lead: 1)
        #expect(desk.turned(.go) == "offer 3 4 5 6, committed 4")
        #expect(desk.next { $0.offered(true) } == "wait")
        #expect(desk.next { _ = $0.settled(4) } == "ask for 1")
    }

    @Test("A handover says which drop, which rows and which PostIDs")
    func handover() {
        var desk = DeliveryDesk(rows: 2)
        _ = desk.begin()
        _ = desk.read(1...2, isLast: true)
        _ = desk.next { $0.mayCommit(true) }
        _ = desk.next { $0.advanced() }
        _ = desk.turned(.go)
        let batch = DeliveryDesk.batch(1...2)
        #expect(
            desk.machine.next()
                == .offer(Handover(drop: 7, batch: batch, rows: batch.rows, postIDBase: 100), committed: 2))
    }

    @Test("When every row is settled before the last was read the reading side leaves the lane")
    func settledEarly() {
        var desk = DeliveryDesk(rows: 2)
        #expect(desk.firstOffer(1...2) == "offer 1 2, committed 2")
        // Their outcomes come before the lane has said that it took them.
        #expect(desk.machine.settled(2) == nil)
        #expect(desk.next { $0.offered(true) } == "read")
        #expect(desk.next { $0.readAll() } == "close")
        #expect(desk.next() == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "complete")
    }

    @Test("While many rows are open nothing more is committed, until results are written or no more come")
    func waits() {
        for isStopped in [false, true] {
            var desk = DeliveryDesk(rows: 9, lead: 1)
            _ = desk.begin()
            _ = desk.read(1...9, isLast: true)
            for row in 1...5 {
                _ = desk.next { $0.mayCommit(true) }
                _ = desk.next { $0.advanced() }
                if desk.turned(.go) == "note sending" { _ = desk.next() }
                #expect(desk.next { $0.offered(true) } == (row < 5 ? "ask for 1" : "wait"))
            }
            #expect(desk.machine.isWaiting)
            #expect(desk.next() == "wait")
            if isStopped { desk.machine.stopped() } else { #expect(desk.machine.settled(1) == nil) }
            #expect(!desk.machine.isWaiting)
            #expect(desk.next() == "ask for 1")
        }
    }

    @Test("Rejected and settled rows are not handed over; a batch of such alone commits nothing")
    func rejected() {
        var desk = DeliveryDesk(rows: 6, settled: [4])
        _ = desk.begin()
        #expect(desk.read(1...2, rejected: [1, 2]) == "end 1 rejected not_a_decimal, 2 rejected not_a_decimal")
        #expect(desk.next() == "read")
        #expect(desk.read(3...6, rejected: [3], isLast: true) == "end 3 rejected not_a_decimal")
        #expect(desk.next() == "ask for 2, the last")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 6")
        #expect(desk.next { $0.failed() } == "suspend")
    }

    @Test("Rows that are kept back end unsent, whatever else is known of them; those in doubt are none of them")
    func keptBack() {
        var desk = DeliveryDesk(rows: 6, settled: [4], postedThrough: 2, keptBack: [2, 3, 5])
        #expect(desk.begin() == "find doubts")
        #expect(desk.foundDoubts(1...1) == "take turn")
        #expect(desk.turned(.go) == "note sending")
        #expect(desk.next() == "load newer")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "begin")
        #expect(desk.next() == "offer 1, committed 0")
        _ = desk.next { $0.offered(true) }
        #expect(
            desk.read(1...6, rejected: [3], isLast: true)
                == "end 2 unsent left_out, 3 rejected not_a_decimal, 5 unsent left_out")
        #expect(desk.next() == "ask for 1, the last")
    }

    @Test("Rows of a correction that newer ones have overtaken are held, also those that are covered")
    func heldOvertaken() {
        var desk = DeliveryDesk(rows: 3, holdsOvertaken: true)
        #expect(desk.begin(newerRows: 2) == "read")
        #expect(desk.read(1...3, isLast: true) == "judge 1 2 3")
        #expect(
            desk.next { $0.judged([.superseded("8:1"), .overtaken("8:2"), .free]) }
                == "end 1 unsent held, 2 unsent held")
        #expect(desk.next() == "ask for 1, the last")
    }

    @Test("A file all of whose rows were rejected is complete without the lane's turn")
    func rejectedOnly() {
        var desk = DeliveryDesk(rows: 1)
        _ = desk.begin()
        #expect(desk.read(1...1, rejected: [1], isLast: true) == "end 1 rejected not_a_decimal")
        #expect(desk.next() == "read")
        #expect(desk.next { $0.readAll() } == "close")
        #expect(desk.next() == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "complete")
    }

    // MARK: - The turn

    @Test("Overtaken between commit and turn, it reads what went first and judges the lead by it")
    func overtaken() {
        var desk = DeliveryDesk(rows: 4)
        _ = desk.begin()
        _ = desk.read(1...4, isLast: true)
        _ = desk.next { $0.mayCommit(true) }
        #expect(desk.next { $0.advanced() } == "take turn")
        #expect(desk.turned(.overtaken([newer])) == "load [8]")
        #expect(desk.next { $0.loaded(newerRows: 1) } == "take turn")
        #expect(desk.turned(.go) == "note sending")
        #expect(desk.next() == "judge 1 2")
        #expect(desk.next { $0.judged([.superseded("8:1"), .free]) } == "end 1 superseded never_sent by 8:1")
        // What was committed counts, whatever became of it.
        #expect(desk.next() == "offer 2, committed 2")
        #expect(desk.next { $0.offered(true) } == "judge 3 4")
        #expect(
            desk.next { $0.judged([.overtaken("8:1"), .overtaken("8:1")]) }
                == "end 3 unsent overtaken, 4 unsent overtaken")
        #expect(desk.next() == "read")
    }

    @Test("A lead of which no row is free is handed over all the same: the lane waits for it")
    func emptyLead() {
        var desk = DeliveryDesk(rows: 1)
        _ = desk.begin()
        _ = desk.read(1...1, isLast: true)
        _ = desk.next { $0.mayCommit(true) }
        _ = desk.next { $0.advanced() }
        _ = desk.turned(.overtaken([newer]))
        _ = desk.next { $0.loaded(newerRows: 1) }
        _ = desk.turned(.go)
        #expect(desk.next() == "judge 1")
        #expect(desk.next { $0.judged([.overtaken("8:1")]) } == "end 1 unsent overtaken")
        #expect(desk.next() == "offer , committed 1")
        #expect(desk.next { $0.offered(true) } == "read")
        #expect(desk.next { $0.readAll() } == "close")
    }

    @Test("Overtaken before it may commit, it takes its turn first and judges the rest")
    func overtakenBefore() {
        var desk = DeliveryDesk(rows: 2)
        _ = desk.begin()
        _ = desk.read(1...2, isLast: true)
        #expect(desk.next { $0.mayCommit(false) } == "take turn")
        #expect(desk.turned(.overtaken([newer])) == "load [8]")
        #expect(desk.next { $0.loaded(newerRows: 2) } == "take turn")
        #expect(desk.turned(.go) == "note sending")
        #expect(desk.next() == "judge 1 2")
        #expect(desk.next { $0.judged([.free, .free]) } == "ask for 2, the last")
        // Nothing new is known: it is not judged again.
        #expect(desk.next { $0.mayCommit(true) } == "commit through 2, the first")
        #expect(desk.next { $0.advanced() } == "take turn")
        #expect(desk.turned(.go) == "offer 1 2, committed 2")
    }

    @Test("Newer drops that went before it began are read before its first row")
    func wasOvertaken() {
        var desk = DeliveryDesk(rows: 1)
        #expect(desk.begin(wasOvertaken: true) == "load newer")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "read")
        #expect(desk.read(1...1, isLast: true) == "ask for 1, the last")
    }

    @Test("What is known of a correction's original stands against its rows from the start")
    func correction() {
        var desk = DeliveryDesk(rows: 2)
        #expect(desk.begin(newerRows: 1) == "read")
        #expect(desk.read(1...2, isLast: true) == "judge 1 2")
        #expect(desk.next { $0.judged([.overtaken("3:9"), .free]) } == "end 1 unsent overtaken")
        #expect(desk.next() == "ask for 1, the last")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 2, the first")
    }

    @Test("Given up before or after the commit, what was not handed over is unsent and the rest of the file is read")
    func givenUp() {
        for isCommitted in [false, true] {
            var desk = DeliveryDesk(rows: 5)
            #expect(desk.firstOffer(1...4, isLast: false) == "offer 1 2, committed 2")
            #expect(desk.next { $0.offered(true) } == "ask for 2")
            _ = desk.next { $0.mayCommit(isCommitted) }
            if isCommitted { _ = desk.next { $0.advanced() } }
            #expect(desk.turned(.over, givenUp: "cancelled") == "end 3 unsent cancelled, 4 unsent cancelled")
            #expect(desk.next() == "read")
            #expect(desk.read(5...5, isLast: true) == "ask for 1, the last")
            #expect(desk.next { $0.mayCommit(false) } == "take turn")
            #expect(desk.turned(.over, givenUp: "cancelled") == "end 5 unsent cancelled")
            #expect(desk.next() == "read")
            #expect(desk.next { $0.readAll() } == "finish offering")
            #expect(desk.machine.settled(2) == .close)
        }
    }

    // MARK: - The lane stops

    @Test("The lane stops before the commit: nothing is taken back but what the lane had not sent")
    func stopsBeforeCommit() {
        for (untaken, end) in [(nil, "interrupted"), (2, "rewind to 1")] as [(Int?, String)] {
            var desk = DeliveryDesk(rows: 4)
            _ = desk.firstOffer(1...4)
            _ = desk.next { $0.offered(true) }
            #expect(desk.next { $0.mayCommit(false) } == "take turn")
            #expect(desk.turned(.over) == "finish offering")
            #expect(desk.next() == "await answers")
            #expect(desk.next { $0.stopped() } == "await answers")
            #expect(desk.next { $0.answersEnded(firstUntaken: untaken) } == end)
        }
    }

    @Test("The lane stops between commit and turn, or does not take the rows: the ledger goes back to before them")
    func stopsAfterCommit() {
        for isOffered in [false, true] {
            for (untaken, row) in [(nil, 2), (2, 1)] as [(Int?, Int)] {
                var desk = DeliveryDesk(rows: 4)
                _ = desk.firstOffer(1...4)
                _ = desk.next { $0.offered(true) }
                _ = desk.next { $0.mayCommit(true) }
                _ = desk.next { $0.advanced() }
                if isOffered {
                    #expect(desk.turned(.go) == "offer 3 4, committed 2")
                    // Nobody answers rows that were not taken.
                    #expect(desk.next { $0.offered(false) } == "finish offering")
                } else {
                    #expect(desk.turned(.over) == "finish offering")
                }
                #expect(desk.next() == "await answers")
                #expect(desk.machine.settled(2) == .close)
                desk.machine.stopped()
                #expect(desk.next { $0.answersEnded(firstUntaken: untaken) } == "rewind to \(row)")
                #expect(desk.next() == "interrupted")
            }
        }
    }

    @Test("When all that was read is handed over and answers are missing the drop is not complete")
    func lost() {
        var desk = DeliveryDesk(rows: 2)
        _ = desk.firstOffer(1...2)
        _ = desk.next { $0.offered(true) }
        #expect(desk.next { $0.readAll() } == "finish offering")
        #expect(desk.machine.settled(1) == nil)
        desk.machine.stopped()
        #expect(desk.next() == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: 2) } == "rewind to 1")
        #expect(desk.next() == "interrupted")
    }

    // MARK: - Rows in doubt

    @Test("Rows in doubt are presented all at once before the first batch, and not handed over again")
    func doubts() {
        var desk = DeliveryDesk(rows: 5, settled: [2], postedThrough: 4)
        #expect(desk.begin(presents: true) == "find doubts")
        #expect(desk.foundDoubts(1...1, 3...4) == "take turn")
        #expect(desk.turned(.present) == "note sending")
        #expect(desk.next() == "load newer")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "begin")
        #expect(desk.next() == "present 1 | 3 4")
        #expect(desk.next() == "read")
        #expect(desk.read(1...5, isLast: true) == "ask for 1, the last")
        #expect(desk.next { $0.mayCommit(true) } == "commit through 5")
    }

    @Test(
        "Of rows in doubt those that newer rows cover are superseded, those that newer ones stand against stay unknown")
    func doubtsJudged() {
        var desk = DeliveryDesk(rows: 3, postedThrough: 3)
        _ = desk.begin(presents: true)
        _ = desk.foundDoubts(1...3)
        _ = desk.turned(.present)
        // Nothing else of the file is wanted: all of it may have been sent.
        #expect(desk.next() == "load newer of 1 RICs")
        #expect(desk.next { $0.loaded(newerRows: 1) } == "judge 1 2 3")
        desk.machine.judged([.superseded("8:1"), .overtaken("8:2"), .free])
        #expect(desk.next() == "end 1 superseded may_have_been_sent by 8:1, 2 unknown in_doubt")
        #expect(desk.next() == "begin")
        #expect(desk.next() == "present 3")
    }

    @Test("A drop without rows in doubt presents that there are none, and no start is counted")
    func noDoubts() {
        var desk = DeliveryDesk(rows: 2, settled: [1], postedThrough: 1)
        _ = desk.begin(presents: true)
        _ = desk.foundDoubts()
        _ = desk.turned(.present)
        #expect(desk.next() == "load newer")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "present ")
        #expect(desk.next() == "read")
    }

    @Test("After a fault rows in doubt are offered in the drop's turn; what the lane does not take is lost")
    func doubtsAfterFault() {
        var desk = DeliveryDesk(rows: 3, postedThrough: 3)
        _ = desk.begin()
        _ = desk.foundDoubts(1...1, 2...3)
        #expect(desk.turned(.overtaken([newer])) == "load [8]")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "take turn")
        #expect(desk.turned(.go) == "note sending")
        #expect(desk.next() == "load newer of 1 RICs")
        #expect(desk.next { $0.loaded(newerRows: 0) } == "begin")
        #expect(desk.next() == "offer 1, committed 0")
        #expect(desk.next { $0.offered(true) } == "offer 2 3, committed 0")
        #expect(desk.next { $0.offered(false) } == "read")
        #expect(desk.read(1...3, isLast: true) == "read")
        #expect(desk.next { $0.readAll() } == "finish offering")
        desk.machine.stopped()
        _ = desk.next()
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "interrupted")
    }

    @Test("Cancelled rows in doubt are unknown; when the lane stops they are left as they are")
    func doubtsOver() {
        var cancelled = DeliveryDesk(rows: 2, postedThrough: 1)
        _ = cancelled.begin()
        _ = cancelled.foundDoubts(1...1)
        #expect(cancelled.turned(.over, givenUp: "cancelled") == "load newer")
        #expect(cancelled.next { $0.loaded(newerRows: 0) } == "end 1 unknown in_doubt")
        #expect(cancelled.next() == "read")
        #expect(cancelled.read(1...2, isLast: true) == "ask for 1, the last")

        var stopped = DeliveryDesk(rows: 2, postedThrough: 1)
        _ = stopped.begin()
        _ = stopped.foundDoubts(1...1)
        #expect(stopped.turned(.over) == "close")
        #expect(stopped.next() == "await answers")
        #expect(stopped.next { $0.answersEnded(firstUntaken: nil) } == "interrupted")
    }

    @Test("Rows in doubt that a lane does not take any more keep the drop from being complete")
    func doubtsTooLate() {
        for presents in [false, true] {
            var desk = DeliveryDesk(rows: 1, postedThrough: 1)
            _ = desk.begin(presents: presents)
            _ = desk.foundDoubts(1...1)
            _ = desk.turned(presents ? .present : .go)
            desk.machine.stopped()
            _ = desk.next()
            _ = desk.next { $0.loaded(newerRows: 0) }
            #expect(desk.next() == (presents ? "present 1" : "offer 1, committed 0"))
            if !presents { desk.machine.offered(false) }
            #expect(desk.next() == "read")
            #expect(desk.read(1...1, isLast: true) == "read")
            #expect(desk.next { $0.readAll() } == "close")
            _ = desk.next()
            #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "interrupted")
        }
    }

    // MARK: - What cannot be done

    @Test("After a fault the answers are awaited, the drop keeps its place, and nothing is taken back")
    func fault() {
        for isSettled in [false, true] {
            var desk = DeliveryDesk(rows: 4)
            _ = desk.firstOffer(1...4)
            _ = desk.next { $0.offered(true) }
            #expect(desk.next { $0.mayCommit(true) } == "commit through 4")
            if isSettled {
                #expect(desk.machine.settled(2) == nil)
                #expect(desk.next { $0.failed() } == "suspend")
                #expect(desk.next() == "await answers")
            } else {
                #expect(desk.next { $0.failed() } == "await answers")
                #expect(desk.machine.settled(1) == nil)
                #expect(desk.machine.settled(1) == .suspend)
            }
            desk.machine.stopped()
            #expect(desk.next { $0.answersEnded(firstUntaken: 1) } == "faulty")
        }
    }

    @Test("A fault while journals are read ends the delivery, too")
    func faultOfJournals() {
        var desk = DeliveryDesk(rows: 2, postedThrough: 1)
        _ = desk.begin(presents: true)
        _ = desk.foundDoubts(1...1)
        #expect(desk.turned(.overtaken([newer])) == "load [8]")
        #expect(desk.next { $0.failed() } == "suspend")
        #expect(desk.next() == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == "faulty")
    }

    @Test("Of a file that changed while it was read the rows that can no longer be read end by their numbers")
    func changed() {
        var desk = DeliveryDesk(rows: 6)
        #expect(desk.firstOffer(1...2, isLast: false) == "offer 1 2, committed 2")
        _ = desk.next { $0.offered(true) }
        #expect(desk.next { $0.changed("other bytes") } == "end after 2: changed_while_read")
        #expect(desk.next() == "finish offering")
        #expect(desk.next() == "await answers")
        #expect(desk.machine.settled(2) == .close)
        desk.machine.stopped()
        #expect(desk.next { $0.answersEnded(firstUntaken: nil) } == #"changed("other bytes")"#)

        var early = DeliveryDesk(rows: 6)
        #expect(early.next { $0.changed("another size") } == "end after 0: changed_while_read")
        #expect(early.next() == "close")
    }

    @Test("A changed file of which answers are missing goes on at the next start")
    func changedAndLost() {
        var desk = DeliveryDesk(rows: 6)
        _ = desk.firstOffer(1...2, isLast: false)
        _ = desk.next { $0.offered(true) }
        _ = desk.next { $0.changed("other bytes") }
        desk.machine.stopped()
        #expect(desk.next() == "close")
        #expect(desk.next() == "await answers")
        #expect(desk.next { $0.answersEnded(firstUntaken: 2) } == "rewind to 1")
        #expect(desk.next() == "interrupted")
    }
}
