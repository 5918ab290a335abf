import PostboxCore
import Testing

@Suite("Posting window: one post, one answer")
struct PostingWindowTests {
    @Test("Posts of different RICs go out together and in order")
    func order() {
        let desk = Desk()
        desk.add("A u BID", "B u BID", "C r BID")
        #expect(desk.take(2) == ["1:1", "1:2"])
        #expect(desk.take() == ["1:3"])
        #expect(desk.window.inFlight == 3)
        #expect(desk.take() == [])
    }

    @Test(
        "Acks may come in any order",
        arguments: [["1:1", "1:2", "1:3"], ["1:3", "1:2", "1:1"], ["1:2", "1:3", "1:1"]])
    func anyOrder(labels: [String]) {
        let desk = Desk()
        desk.add("A u BID", "B u BID", "C u BID")
        _ = desk.take()
        for label in labels { #expect(desk.ack(label)) }
        #expect(desk.ends == labels.map { $0 + " acked" })
        #expect(desk.isIdle)
    }

    @Test("A foreign, an early and a second Ack change nothing")
    func foreign() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        #expect(desk.take(1) == ["1:1"])
        #expect(!desk.ackID(7))
        #expect(!desk.ack("1:2"))
        #expect(desk.ack("1:1"))
        #expect(!desk.ack("1:1"))
        #expect(!desk.nak("1:1", .symbolUnknown, .final))
        #expect(desk.ends == ["1:1 acked"])
        #expect(desk.window.inFlight == 0)
    }

    @Test("An answer that cannot be read ends the row unknown, and an older one of its RIC is not sent after it")
    func unreadable() {
        let desk = Desk()
        desk.add("A u BID,ASK", "A u BID", "B u BID")
        #expect(desk.take() == ["1:1", "1:2", "1:3"])
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.answerUnreadably("1:2", text: #"{"NakCode":[]}"#))
        #expect(!desk.answerUnreadably("1:2", text: "again"))
        #expect(desk.answerUnreadably("1:3", text: "x"))
        #expect(
            desk.ends == ["1:2 unknown unreadable_answer", "1:1 nacked NoResources", "1:3 unknown unreadable_answer"])
        #expect(desk.details["1:2"]?.text == #"{"NakCode":[]}"#)
        #expect(desk.isIdle)
    }

    @Test("An Ack after the ack timeout changes nothing")
    func lateAck() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        #expect(desk.pass(seconds: 14.999) == 0)
        #expect(desk.pass(seconds: 0.001) == 1)
        #expect(!desk.ack("1:1"))
        #expect(desk.ends == ["1:1 unknown ack_timeout"])
        #expect(desk.isIdle)
    }

    @Test("The ack timeout counts from each post's own sending")
    func timeouts() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        _ = desk.take(1)
        desk.pass(seconds: 5)
        _ = desk.take(1)
        #expect(desk.window.nextDeadline == desk.now.monotonic + 10_000_000_000)
        #expect(desk.pass(seconds: 10) == 1)
        #expect(desk.window.oldestSentAt == desk.now.monotonic - 10_000_000_000)
        #expect(desk.pass(seconds: 5) == 1)
        #expect(desk.ends == ["1:1 unknown ack_timeout", "1:2 unknown ack_timeout"])
        #expect(desk.window.nextDeadline == nil)
    }

    @Test("A final refusal ends the row with the server's code and text")
    func final() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        desk.nak("1:1", .symbolUnknown, .final, text: "F44: Unable to find item on post update.")
        #expect(desk.ends == ["1:1 nacked SymbolUnknown"])
        #expect(desk.details["1:1"]?.text == "F44: Unable to find item on post update.")
        #expect(desk.isIdle)
    }

    @Test("A refusal for now is tried again after a growing pause")
    func retry() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.window.inFlight == 0)
        #expect(desk.window.waiting == 1)
        #expect(desk.window.nextRetry == desk.now.monotonic + 2_000_000_000)
        desk.pass(seconds: 1.999)
        #expect(desk.take() == [])
        desk.pass(seconds: 0.001)
        #expect(desk.take() == ["1:1"])
        desk.nak("1:1", .noResources, .retry)
        desk.pass(seconds: 3.999)
        #expect(desk.take() == [])
        desk.pass(seconds: 0.001)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.ends == ["1:1 acked"])
        #expect(desk.rows["1:1"]?.attempts == 3)
        #expect(desk.rows["1:1"]?.sentAt == desk.now.wall)
    }

    @Test(
        "Tries are bounded, and an exhausted NoResponse is unknown",
        arguments: [(NakCode.noResources, "nacked NoResources"), (.noResponse, "unknown NoResponse")])
    func bounded(code: NakCode, end: String) {
        let desk = Desk(attemptsMax: 3)
        desk.add("A u BID")
        for _ in 1...3 {
            #expect(desk.take() == ["1:1"])
            desk.nak("1:1", code, .retry)
            desk.pass(seconds: 10)
        }
        #expect(desk.take() == [])
        #expect(desk.ends == ["1:1 " + end])
        #expect(desk.rows["1:1"]?.attempts == 3)
    }

    @Test("A refusal that is the destination's fault does not count against the row")
    func stop() {
        let desk = Desk(attemptsMax: 2)
        desk.add("A u BID")
        for _ in 1...10 {
            #expect(desk.take() == ["1:1"])
            desk.nak("1:1", .sourceUnknown, .stop)
            desk.pass(seconds: 10)
        }
        #expect(desk.take() == ["1:1"])
        #expect(desk.ends.isEmpty)
        desk.ack("1:1")
        #expect(desk.rows["1:1"]?.attempts == 11)
    }

    @Test("No more posts are in flight than the window holds, and a waiting one takes a place")
    func capacity() {
        let desk = Desk(capacity: 2)
        desk.add("A u BID", "B u BID", "C u BID", "D u BID")
        #expect(desk.take() == ["1:1", "1:2"])
        #expect(desk.window.queued == 2)
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.take() == [])
        desk.ack("1:2")
        #expect(desk.take() == ["1:3"])
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1", "1:3")
        #expect(desk.take() == ["1:4"])
        #expect(!desk.window.hasQueued)
    }

    @Test("Nothing falls due while the window is full")
    func fullWindow() {
        let desk = Desk(capacity: 1)
        desk.add("A u BID", "B u BID", isInDoubt: true)
        #expect(desk.window.nextRetry == 0)
        #expect(desk.take() == ["1:1"])
        #expect(desk.window.nextRetry == nil)
        #expect(desk.window.nextDeadline == desk.now.monotonic + 15_000_000_000)
        desk.ack("1:1")
        #expect(desk.window.nextRetry == 0)
        #expect(desk.take() == ["1:2"])
    }

    @Test("Handovers go out one after the other, whichever drop they are of")
    func handovers() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID", "B u BID")
        desk.add(drop: 2, "C u BID")
        desk.add(drop: 1, "D u BID")
        #expect(desk.take() == ["1:1", "1:2", "2:1", "1:3"])
        desk.ack("2:1", "1:3", "1:1", "1:2")
        #expect(desk.ends == ["2:1 acked", "1:3 acked", "1:1 acked", "1:2 acked"])
    }

    @Test("A finished handover's handle serves the next handover")
    func handles() {
        var window = PostingWindow(capacity: 4, ackTimeout: 1, resend: .newest, attemptsMax: 1)
        let now = Moment(monotonic: 0, wall: 0)
        let first = window.add(makeHandover(drop: 1, [RowNote("A u BID")], base: 1), now: now)
        var sends: [PostingWindow.Send] = []
        window.take(9, now: now, into: &sends)
        _ = window.acked(sends[0].postID, now: now)
        window.settled.removeAll()
        window.releaseHandovers([first])
        #expect(window.handover(first) == nil)
        let second = window.add(makeHandover(drop: 2, [RowNote("A u BID")], base: 9), now: now)
        #expect(second == first)
        #expect(window.handover(second)?.drop == 2)
    }

    @Test("The next drop's PostIDs follow those of open drops, also where these went over the end")
    func nextBase() {
        #expect(Postbox.nextBase(behind: []) == 0)
        #expect(Postbox.nextBase(behind: [(base: 0, rows: 10)]) == 10)
        #expect(Postbox.nextBase(behind: [(base: 30, rows: 5), (base: 10, rows: 20), (base: 10, rows: 20)]) == 35)
        // Over the end: 4294967295 and then 1 to 9; the newest has 10 to 19.
        #expect(Postbox.nextBase(behind: [(base: 4_294_967_294, rows: 10), (base: 9, rows: 10)]) == 19)
        #expect(Postbox.nextBase(behind: [(base: 4_294_967_290, rows: 5)]) == 0)
        // One that was left open long ago lies far behind the others.
        #expect(Postbox.nextBase(behind: [(base: 5, rows: 10), (base: 1_000_000, rows: 1_000_000)]) == 2_000_000)
    }

    @Test("PostIDs wrap from 4294967295 to 1")
    func wrap() {
        let desk = Desk()
        desk.add(["A u BID", "B u BID", "C u BID"].map { RowNote($0) }, base: 4_294_967_293)
        #expect(desk.take() == ["1:1", "1:2", "1:3"])
        #expect([desk.postID("1:1"), desk.postID("1:2"), desk.postID("1:3")] == [4_294_967_294, 4_294_967_295, 1])
        desk.ack("1:3")
        desk.ack("1:2")
        #expect(desk.ends == ["1:3 acked", "1:2 acked"])
        #expect(Postbox.postID(base: 4_294_967_295, row: 1) == 1)
        #expect(Postbox.postID(base: 0, row: 4_294_967_295) == 4_294_967_295)
    }

    @Test("The pacer's number is kept by PostID while the post is in flight")
    func paced() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        _ = desk.take()
        desk.window.paced(desk.postID("1:1"), number: 41)
        desk.window.paced(desk.postID("1:2"), number: 42)
        #expect(desk.window.pacedNumber(desk.postID("1:2")) == 42)
        #expect(desk.window.pacedNumber(desk.postID("1:1")) == 41)
        desk.ack("1:1")
        #expect(desk.window.pacedNumber(desk.postID("1:1")) == nil)
    }

    @Test("The answers' row can be looked up while it is in flight")
    func lookUp() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        _ = desk.take()
        #expect(desk.window.post(desk.postID("1:2"))?.index == 1)
        desk.ack("1:2")
        #expect(desk.window.post(desk.postID("1:2")) == nil)
    }
}

@Suite("Posting window: several posts of one RIC")
struct PostingWindowOrderTests {
    @Test("Twins fly together and end one by one", arguments: [["1:1", "1:2"], ["1:2", "1:1"]])
    func twins(labels: [String]) {
        let desk = Desk()
        desk.add("A u BID", "A u BID")
        #expect(desk.take() == ["1:1", "1:2"])
        for label in labels { desk.ack(label) }
        #expect(desk.ends == labels.map { $0 + " acked" })
        #expect(desk.isIdle)
    }

    @Test("A refused older post stays behind its acked newer one: superseded when covered")
    func superseded() {
        let desk = Desk()
        desk.add("A u BID", "A u BID,ASK")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.window.waiting == 1)
        desk.pass(seconds: 10)
        #expect(desk.take() == [])
        desk.ack("1:2")
        #expect(desk.ends == ["1:2 acked", "1:1 superseded 1:2 NoResources"])
        #expect(desk.isIdle)
    }

    @Test("A refused older post stays behind its acked newer one: nacked when not covered")
    func overtaken() {
        let desk = Desk()
        desk.add("A u BID", "A u ASK")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.ack("1:2")
        #expect(desk.ends == ["1:2 acked", "1:1 nacked NoResources"])
        #expect(desk.isIdle)
    }

    @Test(
        "A refusal that comes after the newer one's Ack is not tried again",
        arguments: [("A u BID,ASK", "1:1 superseded 1:2 NoResources"), ("A u ASK", "1:1 nacked NoResources")])
    func refusedAfterwards(newer: String, end: String) {
        let desk = Desk()
        desk.add("A u BID", newer)
        _ = desk.take()
        desk.ack("1:2")
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.ends == ["1:2 acked", end])
        #expect(desk.isIdle)
    }

    @Test("An Ack that comes after the newer one's Ack counts")
    func ackedAfterwards() {
        let desk = Desk()
        desk.add("A u BID", "A u BID")
        _ = desk.take()
        desk.ack("1:2", "1:1")
        #expect(desk.ends == ["1:2 acked", "1:1 acked"])
    }

    @Test("A newer post that may have been applied keeps the older one from being sent again")
    func newerUnknown() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        desk.pass(seconds: 1)
        desk.add("A u BID")
        _ = desk.take()
        desk.pass(seconds: 13)
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.pass(seconds: 2) == 1)
        #expect(desk.ends == ["1:2 unknown ack_timeout", "1:1 nacked NoResources"])
        desk.pass(seconds: 60)
        #expect(desk.take() == [])
    }

    @Test("A newer post that was refused lets the older one be tried again")
    func newerRefused() {
        let desk = Desk()
        desk.add("A u BID", "A u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.nak("1:2", .invalidContent, .final)
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.ends == ["1:2 nacked InvalidContent", "1:1 acked"])
    }

    @Test("Later rows of a RIC wait behind one that waits; other RICs go on")
    func behind() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.add("A u ASK", "C u BID", "A u TRDPRC_1")
        #expect(desk.take() == ["1:4"])
        #expect(desk.window.waiting == 3)
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.take() == ["1:3"])
        desk.ack("1:3")
        #expect(desk.take() == ["1:5"])
        desk.ack("1:5", "1:2", "1:4")
        #expect(desk.isIdle)
        #expect(desk.rows["1:3"]?.attempts == 1)
    }

    @Test("A later row that covers the waiting one replaces it")
    func replaces() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        desk.nak("1:1", .sourceDown, .retry)
        desk.add("A u ASK", "A r BID")
        #expect(desk.take() == [])
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:2"])
        desk.ack("1:2")
        #expect(desk.take() == ["1:3"])
        #expect(desk.ends == ["1:2 acked"])
        desk.ack("1:3")
        #expect(desk.ends == ["1:2 acked", "1:3 acked", "1:1 superseded 1:3 SourceDown"])
    }

    @Test("A covering post that may not go again either does not keep the older one alive")
    func overtakenTogether() {
        let desk = Desk()
        desk.add("A u BID", "A u BID,ASK", "A u TRDPRC_1")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.nak("1:2", .noResources, .retry)
        desk.ack("1:3")
        #expect(desk.ends == ["1:3 acked", "1:2 nacked NoResources", "1:1 nacked NoResources"])
        desk.pass(seconds: 60)
        #expect(desk.take() == [])
    }

    @Test("The same RIC at another service is another item")
    func services() {
        let desk = Desk()
        desk.add("A u BID", "A u BID 1")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.ack("1:2")
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.ends == ["1:2 acked", "1:1 acked"])
    }

    @Test("RICs whose hashes agree by chance are kept apart")
    func collisions() {
        let desk = Desk(hash: 42)
        desk.add("A u BID", "B u BID", "A u BID", "B u BID")
        #expect(desk.take() == ["1:1", "1:2", "1:3", "1:4"])
        desk.ack("1:4")
        desk.nak("1:2", .noResources, .retry)
        desk.ack("1:3")
        desk.nak("1:1", .noResources, .retry)
        #expect(
            desk.ends == [
                "1:4 acked", "1:2 superseded 1:4 NoResources", "1:3 acked", "1:1 superseded 1:3 NoResources",
            ])
        #expect(desk.isIdle)
    }

    @Test("Twins are found behind another RIC with the same hash")
    func collidingTwins() {
        let desk = Desk(hash: 42)
        desk.add("A u BID", "B u BID", "B u BID")
        _ = desk.take()
        desk.ack("1:3")
        desk.nak("1:2", .noResources, .retry)
        #expect(desk.ends == ["1:3 acked", "1:2 superseded 1:3 NoResources"])
    }
}

@Suite("Posting window: the connection is lost")
struct PostingWindowLossTests {
    @Test("What was in flight is sent again at once on the next connection")
    func again() {
        let desk = Desk()
        desk.add("A u BID", "B u BID", "C u BID")
        _ = desk.take(2)
        desk.lose()
        #expect(desk.window.inFlight == 0)
        #expect(desk.take(2) == ["1:1", "1:2"])
        desk.ack("1:1", "1:2")
        #expect(desk.rows["1:1"]?.attempts == 2)
        #expect(desk.take() == ["1:3"])
    }

    @Test("Of several posts of one RIC only the newest covering one is sent again")
    func newestOnly() {
        let desk = Desk()
        desk.add("A u BID", "A r BID,ASK", "A u BID,ASK", "A r BID")
        #expect(desk.take().count == 4)
        desk.lose()
        #expect(desk.take() == ["1:4"])
        #expect(desk.ends.isEmpty)
        desk.ack("1:4")
        #expect(desk.ends.first == "1:4 acked")
        #expect(Set(desk.ends.dropFirst()) == ["1:1 superseded 1:4", "1:2 superseded 1:4", "1:3 superseded 1:4"])
        #expect(desk.isIdle)
    }

    @Test("What the newest does not cover goes before it, in order, one after the other")
    func before() {
        let desk = Desk()
        desk.add("A r BID", "A u BID", "A u ASK", "A u BID")
        #expect(desk.take().count == 4)
        desk.lose()
        #expect(desk.take() == ["1:1"])
        #expect(desk.take() == [])
        desk.ack("1:1")
        #expect(desk.take() == ["1:3"])
        desk.ack("1:3")
        #expect(desk.take() == ["1:4"])
        desk.ack("1:4")
        // 1:2 was overtaken by 1:3, but 1:4 covers it.
        #expect(desk.ends == ["1:1 acked", "1:3 acked", "1:4 acked", "1:2 superseded 1:4"])
    }

    @Test("When the successor is refused for good, the older one is tried")
    func successorRefused() {
        let desk = Desk()
        desk.add("A u BID", "A u BID")
        _ = desk.take()
        desk.lose()
        #expect(desk.take() == ["1:2"])
        desk.nak("1:2", .invalidContent, .final)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.ends == ["1:2 nacked InvalidContent", "1:1 acked"])
    }

    @Test("When the successor was in doubt and its tries end then, its first one may hold: the older one is not tried")
    func successorRefusedAfterDoubt() {
        let desk = Desk(attemptsMax: 1)
        desk.add("A u BID", "A u BID")
        _ = desk.take()
        desk.lose()
        #expect(desk.take() == ["1:2"])
        desk.nak("1:2", .noResources, .retry)
        desk.pass(seconds: 8)
        #expect(desk.take() == [])
        #expect(desk.ends == ["1:2 nacked NoResources in_doubt_before", "1:1 unknown connection_lost"])
    }

    @Test("A row in doubt that is refused at its next try and given up then still stands against older ones")
    func givenUpAfterDoubt() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        desk.add(drop: 2, "A u BID")
        _ = desk.take()
        desk.lose()
        #expect(desk.take() == ["2:1"])
        desk.nak("2:1", .noResources, .retry)
        desk.cancel(drop: 2)
        desk.pass(seconds: 8)
        #expect(desk.take() == [])
        #expect(desk.ends == ["2:1 nacked NoResources in_doubt_before", "1:1 unknown connection_lost"])
    }

    @Test("When the successor ends unknown, the older one is not tried")
    func successorUnknown() {
        let desk = Desk()
        desk.add("A u BID", "A u BID")
        _ = desk.take()
        desk.lose()
        #expect(desk.take() == ["1:2"])
        desk.pass(seconds: 15)
        #expect(desk.ends == ["1:2 unknown ack_timeout", "1:1 unknown connection_lost"])
        #expect(desk.take() == [])
    }

    @Test("A row in doubt that an acked newer one does not cover is unknown")
    func overtakenInDoubt() {
        let desk = Desk()
        desk.add("A u BID", "A u ASK")
        _ = desk.take()
        desk.ack("1:2")
        desk.lose()
        #expect(desk.ends == ["1:2 acked", "1:1 unknown connection_lost"])
        #expect(desk.isIdle)
    }

    @Test("A superseded row says that it may have been sent, also when it was refused before")
    func supersededReason() {
        let desk = Desk()
        desk.add("A u BID", "A u BID", "B u BID", "B r BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.ack("1:2")
        desk.lose()
        #expect(desk.take() == ["1:4"])
        desk.ack("1:4")
        for label in ["1:1", "1:3"] {
            #expect(desk.rows[label]?.outcome == .superseded)
            #expect(desk.details[label]?.reason == "may_have_been_sent")
        }
        #expect(desk.details["1:1"]?.nakCode == "NoResources")
    }

    @Test("A row in doubt that an acked newer one covers is superseded")
    func coveredInDoubt() {
        let desk = Desk()
        desk.add("A u BID", "A r ASK")
        _ = desk.take()
        desk.ack("1:2")
        desk.lose()
        #expect(desk.ends == ["1:2 acked", "1:1 superseded 1:2"])
    }

    @Test("With resend never, what was in flight is unknown and never sent again")
    func never() {
        let desk = Desk(resend: .never)
        desk.add("A u BID", "A u BID", "B u BID")
        _ = desk.take(2)
        desk.lose()
        #expect(desk.ends == ["1:1 unknown connection_lost", "1:2 unknown connection_lost"])
        #expect(desk.take() == ["1:3"])
    }

    @Test("With resend never, a refused row still waits for its next try when the connection is lost")
    func neverRetries() {
        let desk = Desk(resend: .never)
        desk.add("A u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.lose()
        #expect(desk.ends.isEmpty)
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
    }

    @Test("Refusals before a lost connection still count against the bound")
    func refusalsAreKept() {
        let desk = Desk(attemptsMax: 2)
        desk.add("A u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.pass(seconds: 2)
        _ = desk.take()
        desk.lose()
        #expect(desk.take() == ["1:1"])
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.ends == ["1:1 nacked NoResources in_doubt_before"])
    }

    @Test("A post that takes every connection down with it ends unknown")
    func poison() {
        let desk = Desk()
        desk.add("A u BID")
        var sendings = 0
        while sendings < 100, desk.take() == ["1:1"] {
            sendings += 1
            desk.lose()
        }
        #expect(sendings == 20)
        #expect(desk.ends == ["1:1 unknown connection_lost"])
        #expect(desk.isIdle)
    }
}

@Suite("Posting window: rows that an earlier run may have sent, and cancelled drops")
struct PostingWindowDoubtTests {
    @Test("Rows in doubt are sent again, newest covering only, before new rows of their RIC")
    func inDoubt() {
        let desk = Desk()
        desk.add("A u BID", "B u BID", "A u BID", isInDoubt: true)
        desk.add("A u ASK", "C u BID")
        #expect(desk.take() == ["1:3", "1:2", "1:5"])
        desk.ack("1:3")
        #expect(desk.take() == ["1:4"])
        desk.ack("1:4")
        #expect(desk.ends == ["1:3 acked", "1:1 superseded 1:3", "1:4 acked"])
    }

    @Test("A new row that covers a row in doubt replaces it")
    func replacedInDoubt() {
        let desk = Desk(capacity: 1)
        desk.add("B u BID", "A u BID", isInDoubt: true)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:1")
        #expect(desk.take() == ["1:2"])
        desk.ack("1:2")
        #expect(desk.ends == ["1:1 acked", "1:2 acked"])
        #expect(desk.rows["1:2"]?.attempts == 2)
    }

    @Test("Rows in doubt come in pieces, and a later piece waits for the earlier one's answer")
    func pieces() {
        let desk = Desk()
        desk.add("A u BID", isInDoubt: true)
        #expect(desk.take() == ["1:1"])
        desk.add("A u BID", "A u ASK", isInDoubt: true)
        #expect(desk.take() == [])
        desk.lose()
        #expect(desk.take() == ["1:2"])
        desk.ack("1:2")
        #expect(desk.take() == ["1:3"])
        desk.ack("1:3")
        #expect(desk.ends == ["1:2 acked", "1:1 superseded 1:2", "1:3 acked"])
    }

    @Test("A row in doubt waits while an older post of its RIC is in flight, and neither is forgotten")
    func behindOneInFlight() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        #expect(desk.take() == ["1:1"])
        desk.add(drop: 2, "A u BID", isInDoubt: true)
        #expect(desk.take() == [])
        desk.nak("1:1", .noResources, .retry)
        desk.pass(seconds: 2)
        #expect(desk.take() == ["2:1"])
        desk.ack("2:1")
        #expect(desk.ends == ["2:1 acked", "1:1 superseded 2:1 NoResources"])
        #expect(desk.isIdle)
    }

    @Test("Rows in doubt keep their place behind rows that were added before them")
    func behindQueued() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        desk.add(drop: 2, "A u BID", isInDoubt: true)
        desk.add(drop: 3, "A u BID")
        #expect(desk.take(1) == ["1:1"])
        desk.nak("1:1", .invalidContent, .final)
        #expect(desk.take() == ["2:1", "3:1"])
        desk.ack("3:1", "2:1")
        #expect(desk.ends == ["1:1 nacked InvalidContent", "3:1 acked", "2:1 acked"])
    }

    @Test("With resend never, rows in doubt are unknown at once")
    func inDoubtNever() {
        let desk = Desk(resend: .never)
        desk.add("A u BID", "A u BID", isInDoubt: true)
        #expect(desk.ends == ["1:1 unknown connection_lost", "1:2 unknown connection_lost"])
        #expect(desk.take() == [])
        #expect(desk.isIdle)
    }

    @Test("Cancelling a drop ends what waits and what was not taken; what is in flight ends by itself")
    func cancel() {
        let desk = Desk(capacity: 4)
        desk.add(drop: 1, "A u BID", "B u BID", "A u ASK", "C u BID", "D u BID")
        desk.add(drop: 2, "D u ASK")
        #expect(desk.take(2) == ["1:1", "1:2"])
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.take() == ["1:4"])
        desk.cancel(drop: 1)
        #expect(
            desk.ends == [
                "1:1 nacked NoResources", "1:3 unsent cancelled", "1:5 unsent cancelled",
            ])
        #expect(desk.take() == ["2:1"])
        desk.ack("1:2", "1:4", "2:1")
        #expect(desk.ends.suffix(3) == ["1:2 acked", "1:4 acked", "2:1 acked"])
        #expect(desk.isIdle)
        #expect(desk.details["1:3"]?.text == "cancelled by hand")
        #expect(desk.rows["1:3"]?.sentAt == 0)
    }

    @Test("A cancelled row in doubt is unknown, and older ones of its RIC are not sent after it")
    func cancelInDoubt() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        desk.add(drop: 2, "A u BID")
        _ = desk.take()
        desk.lose()
        desk.cancel(drop: 2)
        #expect(desk.take() == [])
        #expect(desk.ends == ["2:1 unknown cancelled", "1:1 unknown connection_lost"])
        #expect(desk.isIdle)
    }

    @Test("A cancelled successor leaves the older one to be tried when it was refused itself")
    func cancelRefused() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        desk.add(drop: 2, "A u BID")
        _ = desk.take()
        desk.nak("1:1", .noResources, .retry)
        desk.nak("2:1", .noResources, .retry)
        desk.cancel(drop: 2)
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        #expect(desk.ends == ["2:1 nacked NoResources"])
    }

    @Test("A cancelled drop leaves no place in the queue to be filled by a later one")
    func cancelQueue() {
        let desk = Desk(capacity: 1)
        desk.add(drop: 1, "A u BID")
        _ = desk.take()
        desk.add(drop: 2, "B u BID")
        desk.add(drop: 3, "C u BID")
        desk.cancel(drop: 2)
        desk.add(drop: 4, "C u BID")
        #expect(desk.window.queued == 2)
        desk.ack("1:1")
        #expect(desk.take() == ["3:1"])
        desk.ack("3:1")
        #expect(desk.take() == ["4:1"])
        desk.ack("4:1")
        #expect(desk.isIdle)
    }

    @Test("Cancelled rows in doubt that were not looked at yet are unknown")
    func cancelQueuedInDoubt() {
        let desk = Desk(capacity: 1)
        desk.add(drop: 1, "A u BID")
        desk.add(drop: 2, "A u BID", isInDoubt: true)
        _ = desk.take()
        desk.cancel(drop: 2)
        #expect(desk.ends == ["2:1 unknown cancelled"])
    }

    @Test("A row whose last refusal was a NoResponse and that may not go again is unknown")
    func overtakenNoResponse() {
        let desk = Desk()
        desk.add("A u BID", "A u ASK")
        _ = desk.take()
        desk.nak("1:1", .noResponse, .retry)
        desk.ack("1:2")
        #expect(desk.ends == ["1:2 acked", "1:1 unknown NoResponse"])
    }

    @Test("After the only queued drop was cancelled, the window is idle")
    func cancelIdle() {
        let desk = Desk()
        desk.add(drop: 1, "A u BID")
        desk.cancel(drop: 1)
        #expect(desk.ends == ["1:1 unsent cancelled"])
        #expect(desk.isIdle)
    }
}
