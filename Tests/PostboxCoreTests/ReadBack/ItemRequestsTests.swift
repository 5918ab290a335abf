import Testing

@testable import PostboxCore

@Suite("Which items are asked for when, and what their answers mean")
struct ItemRequestsTests {
    private static let second: Int64 = 1_000_000_000

    /// A server that speaks to one machine.
    private struct Desk {
        var machine: ItemRequests
        var now: Int64 = 1
        var heardAt: Int64 = 1

        init(window: Int = 500) { machine = ItemRequests(window: window, timeout: 15 * second) }

        /// Rows of one field `B`, whose value is their number, of RICs `R1`, `R2`…
        mutating func add(_ rows: ClosedRange<Int>, service: (Int) -> Int = { _ in 0 }) -> Int {
            var batch = PostBatch()
            for row in rows {
                let start = batch.bytes.count
                let ric = Array("R\(row)".utf8)
                let fields = Array("{\"B\":\(row)}".utf8)
                batch.bytes += ric + fields
                batch.rows.append(
                    MappedRow(
                        row: row, line: 0, post: .update, service: service(row), ricStart: start,
                        ricLength: ric.count, fieldsStart: start + ric.count, fieldsLength: fields.count,
                        keyHash: UInt64(row)))
            }
            return machine.add(ItemRequests.Job(rows: batch, comparison: StoredFields(nil)))
        }

        /// Takes requests until there is nothing to ask for.
        mutating func take(_ most: Int = .max) -> [ItemRequests.Request] {
            var taken: [ItemRequests.Request] = []
            while let request = machine.take(min(most, machine.room(at: now)), at: now) { taken.append(request) }
            return taken
        }

        mutating func answer(_ text: String) -> ItemRequests.Event? {
            heardAt = now
            return Array(text.utf8).withUnsafeBytes { bytes in
                ItemAnswer(bytes).map { machine.answered($0, at: now) }
            }
        }

        mutating func image(_ id: Int32, _ value: Int) -> ItemRequests.Event? {
            answer(
                #"{"ID":\#(id),"Type":"Refresh","State":{"Stream":"NonStreaming","Data":"Ok"},"Fields":{"B":\#(value)}}"#
            )
        }

        mutating func status(_ id: Int32, _ code: String, stream: String = "Closed", data: String = "Suspect")
            -> ItemRequests.Event?
        {
            answer(
                #"{"ID":\#(id),"Type":"Status","State":{"Stream":"\#(stream)","Data":"\#(data)","Code":"\#(code)"}}"#)
        }

        /// True: the server is asked whether it is there.
        @discardableResult
        mutating func pass(_ seconds: Int64, heard: Bool = true) -> Bool {
            now += seconds * second
            if heard { heardAt = now }
            return machine.timePassed(to: now, heardAt: heardAt)
        }

        mutating func finished() -> [StoredRow]? {
            defer { machine.finished = [] }
            return machine.finished.first?.rows
        }
    }

    @Test("Items go in batches within the window, their answers are told in the rows' order, and the next ones follow")
    func batches() {
        var desk = Desk(window: 150)
        let ticket = desk.add(1...200)
        let requests = desk.take()
        #expect(requests.map(\.rics.count) == [100, 50])
        #expect(requests.map(\.id) == [3, 104] && requests.allSatisfy(\.isBatch))
        #expect(desk.status(3, "", data: "Ok") == .taken)
        for (row, id) in zip(1..., requests[0].items) { #expect(desk.image(id, row) == .taken) }
        let last = desk.take()
        #expect(last.map(\.rics.count) == [50] && last.first?.rics.first == Array("R151".utf8))
        for (row, id) in zip(101..., requests[1].items) { _ = desk.image(id, row) }
        #expect(desk.machine.finished.isEmpty)
        for id in last.first?.items ?? 0..<0 { _ = desk.image(id, 0) }
        #expect(desk.machine.finished.map(\.ticket) == [ticket])
        let rows = desk.finished() ?? []
        #expect(rows.prefix(150).allSatisfy { $0 == .same })
        #expect(rows.dropFirst(150).allSatisfy { $0 == .differs(Array("{\"B\":0}".utf8)) })
        #expect(desk.machine.isIdle)
        #expect(desk.image(4, 1) == .foreign)
    }

    @Test("A request is of one service, and of as many items as the rate allows")
    func services() {
        var desk = Desk()
        _ = desk.add(1...6) { $0 <= 2 ? 0 : 1 }
        let requests = desk.take(3)
        #expect(requests.map(\.rics.count) == [2, 3, 1] && requests.map(\.service) == [0, 1, 1])
        #expect(
            String(decoding: OutboundMessage.itemRequest(requests[0], service: "A\"B"), as: UTF8.self)
                == #"{"ID":3,"Key":{"Name":["R1","R2"],"Service":"A\"B"},"Streaming":false}"#)
    }

    @Test(
        "What a closed stream means is told by its code",
        arguments: [
            ("NotFound", "Closed", StoredRow.absent), ("", "Closed", .absent), ("NotEntitled", "Closed", .absent),
            ("NoResources", "Closed", nil), ("SourceUnknown", "Closed", nil), ("Error", "Closed", nil),
            ("TooManyItems", "Closed", nil), ("", "ClosedRecover", nil),
            ("Timeout", "Closed", nil), ("", "NonStreaming", nil), ("", "Open", nil),
        ])
    func closed(code: String, stream: String, expected: StoredRow?) {
        var desk = Desk()
        _ = desk.add(1...2)
        let ids = Array(desk.take()[0].items)
        _ = desk.image(ids[0], 1)
        #expect(desk.status(ids[1], code, stream: stream) == .taken)
        guard let expected else {
            #expect(desk.finished() == nil)
            // It waits for its image, or it is asked for again after a pause.
            desk.pass(1)
            let again = desk.take()
            #expect(again.count == (stream == "Open" ? 0 : 1))
            _ = desk.image(again.first?.items.first ?? ids[1], 2)
            #expect(desk.finished() == [.same, .same])
            return
        }
        #expect(desk.finished() == [.same, expected])
    }

    @Test("After a lost connection everything without an answer is asked for again, on streams of the new one")
    func reconnect() {
        var desk = Desk()
        _ = desk.add(1...5)
        let first = desk.take()[0]
        _ = desk.image(first.id + 2, 2)
        desk.machine.connectionLost()
        #expect(desk.machine.openCount == 0)
        let again = desk.take()
        #expect(again.map(\.rics) == [[1, 3, 4, 5].map { Array("R\($0)".utf8) }])
        for (id, row) in zip(again[0].items, [1, 3, 4, 5]) { _ = desk.image(id, row) }
        #expect(desk.finished() == Array(repeating: .same, count: 5))
    }

    @Test("A server that takes no batches is asked one by one")
    func single() {
        var desk = Desk()
        _ = desk.add(1...3)
        let batch = desk.take()[0]
        _ = desk.status(batch.id, "UnableToRequestAsBatch")
        let single = desk.take()
        #expect(single.map(\.rics.count) == [1, 1, 1] && !single.contains { $0.isBatch })
        for (row, request) in single.enumerated() { _ = desk.image(request.id, row + 1) }
        #expect(desk.finished() == [.same, .same, .same])

        var other = Desk()
        _ = other.add(1...1)
        // An Error names the batch's stream.
        let refused = other.take()[0]
        let (isTaken, isForeign) = (other.machine.failed(refused.id), !other.machine.failed(99))
        #expect(isTaken && isForeign)
        #expect(other.take().map(\.isBatch) == [false])
    }

    @Test(
        "A server that never answers, or refuses the first single request, knows no requests; jobs are through at once then"
    )
    func unsupported() {
        var silent = Desk()
        _ = silent.add(1...2)
        _ = silent.take()
        // A dead link says nothing about the server.
        let asks = silent.pass(20, heard: false)
        #expect(asks)
        #expect(!silent.machine.isUnsupported && silent.machine.openCount == 2)
        silent.pass(2)
        #expect(silent.take().count == 2, "one by one")
        let early = silent.machine.tellsLack()
        #expect(!silent.machine.isUnsupported && !early)
        silent.pass(16)
        #expect(silent.machine.isUnsupported && silent.machine.isIdle)
        let tells = [silent.machine.tellsLack(), silent.machine.tellsLack()]
        #expect(tells == [true, false], "it is told once")
        #expect(silent.finished() == [.unanswered, .unanswered])
        _ = silent.add(3...3)
        #expect(silent.finished() == [.unanswered])
        #expect(silent.machine.isIdle)

        var refusing = Desk()
        _ = refusing.add(1...1)
        _ = refusing.machine.failed(refusing.take()[0].id)
        _ = refusing.machine.failed(refusing.take()[0].id)
        #expect(refusing.machine.isUnsupported)
        // Another server may know them; what it lacks is told anew.
        for _ in 1...2 {
            refusing.machine.use(window: 500, timeout: 15 * Self.second)
            let before = refusing.machine.tellsLack()
            #expect(!refusing.machine.isUnsupported && !before)
            _ = refusing.add(1...1)
            _ = refusing.machine.failed(refusing.take()[0].id)
            let after = refusing.machine.tellsLack()
            #expect(refusing.machine.isUnsupported && after)
        }
    }

    @Test("An item that is not answered is asked for again, three times in all")
    func silence() {
        var desk = Desk()
        _ = desk.add(1...2)
        _ = desk.image(desk.take()[0].items.lowerBound, 1)
        for _ in 1...2 {
            desk.pass(15)
            #expect(desk.finished() == nil)
            #expect(desk.take().map(\.rics.count) == [1])
        }
        desk.pass(15)
        #expect(desk.finished() == [.same, .unanswered])
        #expect(desk.machine.isIdle)
    }

    @Test("A job that is waited for no longer keeps what is known; late answers of it are taken and mean nothing")
    func ended() {
        var desk = Desk()
        let ticket = desk.add(1...3)
        let first = desk.take()[0].items.lowerBound
        _ = desk.image(first, 1)
        desk.machine.end(ticket)
        desk.machine.end(ticket)
        #expect(desk.finished() == [.same, .unanswered, .unanswered])
        #expect(desk.image(first + 1, 2) == .taken)
        #expect(desk.finished() == nil)
    }

    @Test("An image in several parts is compared as a whole; one that the server does not vouch for is asked for again")
    func parts() {
        var desk = Desk()
        _ = desk.add(1...1)
        let id = desk.take()[0].items.lowerBound
        _ = desk.answer(#"{"ID":\#(id),"Type":"Refresh","Complete":false,"Fields":{"A":1}}"#)
        #expect(desk.finished() == nil)
        _ = desk.answer(#"{"ID":\#(id),"Type":"Refresh","Fields":{"B":1.0}}"#)
        #expect(desk.finished() == [.same])

        _ = desk.add(2...2)
        let other = desk.take()[0].items.lowerBound
        _ = desk.answer(
            #"{"ID":\#(other),"Type":"Refresh","State":{"Stream":"NonStreaming","Data":"Suspect"},"Fields":{"B":9}}"#)
        #expect(desk.finished() == nil)
        desk.pass(1)
        _ = desk.image(desk.take()[0].items.lowerBound, 2)
        #expect(desk.finished() == [.same])
    }

    @Test(
        "Messages that are about no item are none of its own",
        arguments: [
            #"{"ID":3,"Type":"Ack","AckID":4}"#, #"{"ID":3,"Type":"Refresh","Domain":"Source"}"#,
            #"{"Type":"Refresh"}"#, #"{"ID":3,"Type":"Update","Fields":{}}"#, #"{"ID":3,"Type":"Refresh""#, "5",
        ])
    func foreign(text: String) {
        var desk = Desk()
        #expect(desk.answer(text) == nil)
    }
}
