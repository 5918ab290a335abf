import PostboxCore
import Testing

@Suite("Posting window: a large post goes alone")
struct LonePostTests {
    @Test("It waits for what is in flight, goes by itself, and nothing follows before its answer")
    func alone() {
        let desk = Desk()
        desk.add("A u BID", "B u BID", "L u BID large", "C u BID", "D u BID")
        #expect(desk.take() == ["1:1", "1:2"])
        #expect(desk.take() == [])
        desk.ack("1:1")
        #expect(desk.take() == [])
        desk.ack("1:2")
        #expect(desk.take() == ["1:3"])
        #expect(desk.window.isLone)
        #expect(desk.take() == [])
        desk.ack("1:3")
        #expect(!desk.window.isLone)
        #expect(desk.take() == ["1:4", "1:5"])
        desk.ack("1:4", "1:5")
        #expect(desk.isIdle)
    }

    @Test("Several in a row go one after the other, in order")
    func several() {
        let desk = Desk()
        desk.add("A u BID large", "B u BID large", "C u BID", "D u BID large")
        for label in ["1:1", "1:2", "1:3", "1:4"] {
            #expect(desk.take() == [label])
            #expect(desk.take() == [])
            desk.ack(label)
        }
        #expect(desk.isIdle)
    }

    @Test(
        "Whatever ends it lets the next one go",
        arguments: ["an Ack", "a refusal", "no answer", "an unreadable answer", "a lost connection"])
    func ends(how: String) {
        let desk = Desk(resend: .never)
        desk.add("L u BID large", "A u BID")
        #expect(desk.take() == ["1:1"])
        switch how {
        case "an Ack": desk.ack("1:1")
        case "a refusal": desk.nak("1:1", .symbolUnknown, .final)
        case "no answer": #expect(desk.pass(seconds: 15) == 1)
        case "an unreadable answer": desk.answerUnreadably("1:1", text: "x")
        default: desk.lose()
        }
        #expect(desk.take() == ["1:2"])
    }

    @Test("Its other try goes alone as well, and nothing new passes it while it waits for that")
    func retry() {
        let desk = Desk()
        desk.add("L u BID large", "A u BID", "B u BID")
        #expect(desk.take() == ["1:1"])
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.take(1) == ["1:2"])
        desk.pass(seconds: 2)
        // It is due now; what is in flight has to end first.
        #expect(desk.take() == [])
        #expect(desk.window.nextRetry == nil)
        desk.ack("1:2")
        #expect(desk.window.nextRetry != nil)
        #expect(desk.take() == ["1:1"])
        #expect(desk.take() == [])
        desk.ack("1:1")
        #expect(desk.take() == ["1:3"])
        #expect(desk.rows["1:1"]?.attempts == 2)
    }

    @Test("Other tries of small posts, however many fall due, do not keep it waiting")
    func noStarvation() {
        let desk = Desk(attemptsMax: 1000)
        desk.add("A u BID", "B u BID", "L u BID large")
        #expect(desk.take() == ["1:1", "1:2"])
        desk.nak("1:1", .noResources, .retry)
        desk.pass(seconds: 8)
        // A is due again, and B is still out: the large one is next.
        #expect(desk.take() == [])
        desk.nak("1:2", .noResources, .retry)
        #expect(desk.take() == ["1:3"])
        desk.ack("1:3")
        desk.pass(seconds: 8)
        #expect(Set(desk.take()) == ["1:1", "1:2"])
    }

    @Test("Behind an older post of its RIC that waits for another try it waits too, and others go on")
    func behindItsOwn() {
        let desk = Desk()
        desk.add("L u BID", "L u ASK large", "A u BID")
        #expect(desk.take() == ["1:1"])
        desk.nak("1:1", .noResources, .retry)
        #expect(desk.take() == ["1:3"])
        desk.pass(seconds: 2)
        #expect(desk.take() == ["1:1"])
        desk.ack("1:3")
        #expect(desk.take() == [])
        desk.ack("1:1")
        #expect(desk.take() == ["1:2"])
        desk.ack("1:2")
        #expect(desk.isIdle)
    }

    @Test("After a lost connection what is in doubt goes again in order, the large ones alone")
    func lost() {
        let desk = Desk()
        desk.add("A u BID", "B u BID")
        _ = desk.take()
        desk.add(drop: 2, "L u BID large", "M u BID large")
        desk.ack("1:1")
        desk.lose()
        #expect(desk.take() == ["1:2"])
        #expect(desk.take() == [])
        desk.ack("1:2")
        #expect(desk.take() == ["2:1"])
        desk.lose()
        #expect(desk.take() == ["2:1"])
        desk.ack("2:1")
        #expect(desk.take() == ["2:2"])
        desk.ack("2:2")
        #expect(desk.rows["2:1"]?.attempts == 2)
        #expect(desk.isIdle)
    }

    @Test("Rows in doubt from an earlier run go alone where they are large")
    func earlierRun() {
        let desk = Desk()
        desk.add("A u BID", "L u BID large", "B u BID", isInDoubt: true)
        #expect(desk.take() == ["1:1"])
        #expect(desk.take() == [])
        desk.ack("1:1")
        #expect(desk.take() == ["1:2"])
        #expect(desk.take() == [])
        desk.ack("1:2")
        #expect(desk.take() == ["1:3"])
        desk.ack("1:3")
        #expect(desk.isIdle)
    }

    @Test("Cancelled while it waits, it holds nobody up; cancelled in flight, it settles first")
    func cancelled() {
        let desk = Desk()
        desk.add("A u BID")
        _ = desk.take()
        desk.add(drop: 2, "L u BID large")
        desk.add(drop: 3, "B u BID", "M u BID large", "C u BID")
        #expect(desk.take() == [])
        desk.cancel(drop: 2)
        #expect(desk.take() == ["3:1"])
        desk.ack("1:1", "3:1")
        #expect(desk.take() == ["3:2"])
        desk.cancel(drop: 3)
        #expect(desk.take() == [])
        desk.ack("3:2")
        #expect(desk.isIdle)
        #expect(desk.ends == ["2:1 unsent cancelled", "1:1 acked", "3:1 acked", "3:3 unsent cancelled", "3:2 acked"])
    }

    @Test("A window of one, and a limit of one, let it go like any other", arguments: [1, 100])
    func small(capacity: Int) {
        let desk = Desk(capacity: capacity)
        desk.add("A u BID", "L u BID large", "B u BID")
        for label in ["1:1", "1:2", "1:3"] {
            #expect(desk.take(1) == [label])
            desk.ack(label)
        }
        #expect(desk.isIdle)
    }

    @Test("A frame above 30,000 bytes is told, whatever RIC, service and profile are", arguments: [true, false])
    func bound(isTwice: Bool) {
        let codec = MessageCodec(
            profile: isTwice ? .rccViaRTDS : .rtds, services: ["NIPROV", "A_LONGER_SERVICE"],
            postUserInfo: (address: "10.1.2.3", userID: 7))
        #expect(LonePosts.frameMax == 30_000)
        for ric in ["A", "A\\\"B", String(repeating: "R", count: 255)] {
            for post in [PostKind.update, .refresh] {
                for service in 0...1 {
                    var firstAlone: Int?
                    for fields in 27_000...30_000 {
                        let row = MappedRow(
                            row: 1, line: 2, post: post, service: service, ricStart: 0, ricLength: ric.utf8.count,
                            fieldsStart: 300, fieldsLength: fields, keyHash: 1)
                        guard codec.lonePosts.holds(row) else { continue }
                        firstAlone = fields
                        break
                    }
                    let alone = firstAlone ?? 0
                    var batch = PostBatch()
                    batch.bytes = Array(ric.utf8) + [UInt8](repeating: 0x20, count: 300 - ric.utf8.count)
                    batch.bytes += [UInt8](repeating: 0x78, count: 30_000)
                    func frame(_ fields: Int) -> Int {
                        let row = MappedRow(
                            row: 1, line: 2, post: post, service: service, ricStart: 0, ricLength: ric.utf8.count,
                            fieldsStart: 300, fieldsLength: fields, keyHash: 1)
                        let payload = codec.json(of: row, in: batch, postID: .max).count
                        return FrameCodec.headerBytes(payload: payload) + payload
                    }
                    // None above the bound goes among others; few below it go alone: what the RIC could have taken more.
                    #expect(frame(alone - 1) <= 30_000)
                    #expect(frame(alone) > 30_000 - 100 - 2 * ric.utf8.count)
                }
            }
        }
    }
}
