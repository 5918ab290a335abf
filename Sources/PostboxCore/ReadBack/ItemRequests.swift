internal import DequeModule

/// Which items are requested when, over one login, and what their answers mean for the rows that were sent.
///
/// A machine: it reads no clock and touches no socket. Jobs come in, each some rows of a drop; `take` says what to ask for now;
/// answers, refusals, time and lost connections come in as events; jobs that are through come out in `finished`. An item is
/// asked for as a snapshot, several in one request where the server takes that (The wire §9).
package struct ItemRequests: Sendable {
    /// Rows that are read back together, with what was sent of each.
    package struct Job: Sendable {
        /// The rows' services are indexes into the login's.
        package var rows: PostBatch
        package var comparison: StoredFields

        package init(rows: PostBatch, comparison: StoredFields) {
            self.rows = rows
            self.comparison = comparison
        }
    }

    /// A request to send.
    package struct Request: Sendable, Equatable {
        /// Its own stream's number. The items of a batch are answered on those that follow.
        package var id: Int32
        /// The index of the items' service.
        package var service: Int
        /// Raw RICs, one at least.
        package var rics: [[UInt8]]
        /// Asked for as a batch, also if it is of one.
        package var isBatch: Bool

        /// The streams of the items, in order.
        package var items: Range<Int32> {
            let first = isBatch ? id + 1 : id
            return first..<first + Int32(rics.count)
        }
    }

    /// What an answer tells besides what is counted here.
    package enum Event: Sendable, Equatable {
        /// It is for no request of ours.
        case foreign
        case taken
    }

    /// A job that is through: of each row in order what is stored.
    package struct Finished: Sendable, Equatable {
        package var ticket: Int
        package var rows: [StoredRow]

        package init(ticket: Int, rows: [StoredRow]) {
            self.ticket = ticket
            self.rows = rows
        }
    }

    fileprivate struct Work {
        var job: Job
        var results: [StoredRow]
        /// Rows that have no result yet.
        var left: Int
        /// The first row that was never asked for.
        var next = 0
        /// Rows to be asked for again, before those.
        var again: Deque<Int> = []
        /// How often a row was asked for without an answer; by row, where it was once.
        var silences: [Int: Int] = [:]

        var hasMore: Bool { !again.isEmpty || next < results.count }
    }

    private struct Open {
        var ticket: Int
        var row: Int
        /// Nanoseconds.
        var sentAt: Int64
        /// Its number in the login's rate.
        var paced: UInt64?
    }

    /// Whether the server knows requests for items.
    private enum Knows: Equatable {
        /// Nothing was answered so far. Batches are tried first, then single requests.
        case untried
        case items
        /// `isTold`: whoever runs the lane knows it as well.
        case nothing(isTold: Bool)
    }

    /// The first stream: 1 is the login, 2 the directory.
    private static let firstID: Int32 = 3
    /// Items of one request at most, and bytes of their names: a frame of a few kilobytes goes among others.
    private static let batchMax = 100
    private static let batchBytesMax = 6_000
    /// How long nothing is asked for when the server says that it has no room, in nanoseconds.
    private static let pauseLength: Int64 = 1_000_000_000
    /// Codes of a state that tell of the server and its ways, and nothing of the item (The wire §2.4).
    private static let passing: Set<String> = [
        "NoResources", "Timeout", "Preempted", "DacsDown", "SourceUnknown", "FailoverStarted", "FailoverCompleted",
        "Error",
    ]
    /// Times that a row is asked for without an answer.
    private static let silencesMax = 3

    private var window: Int
    private var timeout: Int64
    /// Items that may be open now: fewer once the server said that there were too many.
    private var most: Int
    private var works: [Int: Work] = [:]
    /// Tickets of jobs, in their order.
    private var order: Deque<Int> = []
    private var open: [Int32: Open] = [:]
    /// Streams in the order in which they were opened; some are closed by now.
    private var opened: Deque<Int32> = []
    /// Items of each batch, by its own stream.
    private var batches: [Int32: Int32] = [:]
    /// The parts so far of images that come in several.
    private var parts: [Int32: [UInt8]] = [:]
    private var nextID = ItemRequests.firstID
    private var nextTicket = 1
    private var takesBatches = true
    private var knows = Knows.untried
    private var pausedUntil: Int64?
    /// Jobs that are through since the caller last emptied it.
    package var finished: [Finished] = []
    /// Numbers in the login's rate of items that were answered since the caller last emptied it.
    package var answeredInRate: [UInt64] = []

    /// `window`: items open at most; `timeout`: how long an answer may take, in nanoseconds.
    package init(window: Int, timeout: Int64) {
        self.window = max(1, window)
        self.timeout = timeout
        most = max(1, window)
    }

    /// Goes by other settings from now on.
    package mutating func use(window: Int, timeout: Int64) {
        self.window = max(1, window)
        self.timeout = timeout
        most = self.window
        // Another server may know them.
        if isUnsupported { knows = .untried }
    }

    /// Nothing is asked for, and nothing open.
    package var isIdle: Bool { works.isEmpty && open.isEmpty }

    /// Items that were asked for and have no answer.
    package var openCount: Int { open.count }

    /// Whether it is known that the server answers no request for an item.
    package var isUnsupported: Bool {
        if case .nothing = knows { true } else { false }
    }

    /// Whether it is known now and was not told yet. True once, until other settings come.
    package mutating func tellsLack() -> Bool {
        guard knows == .nothing(isTold: false) else { return false }
        knows = .nothing(isTold: true)
        return true
    }

    // MARK: - Jobs

    /// Takes a job and returns its ticket. Where the server knows no requests it is through at once.
    package mutating func add(_ job: Job) -> Int {
        let ticket = nextTicket
        nextTicket += 1
        let count = job.rows.rows.count
        let results = [StoredRow](repeating: .unanswered, count: count)
        guard count > 0, !isUnsupported else {
            finished.append(Finished(ticket: ticket, rows: results))
            return ticket
        }
        works[ticket] = Work(job: job, results: results, left: count)
        order.append(ticket)
        return ticket
    }

    /// A job is waited for no longer: what has no answer stays without one. Nothing happens when it is through.
    package mutating func end(_ ticket: Int) {
        guard let work = works.removeValue(forKey: ticket) else { return }
        order.removeAll { $0 == ticket }
        finished.append(Finished(ticket: ticket, rows: work.results))
    }

    private mutating func endAll() {
        for ticket in Array(order) { end(ticket) }
    }

    // MARK: - Requests

    /// How many items may be asked for now.
    package func room(at now: Int64) -> Int {
        guard !order.isEmpty, open.count < most, pausedUntil.map({ $0 <= now }) ?? true else { return 0 }
        return most - open.count
    }

    /// The next request, of at most `most` items, which are open from now on; nil: there is nothing to ask for.
    package mutating func take(_ most: Int, at now: Int64) -> Request? {
        pausedUntil = nil
        guard most > 0, let ticket = order.first(where: { works[$0]?.hasMore == true }) else { return nil }
        let limit = takesBatches ? min(most, Self.batchMax) : 1
        var rows: [Int] = []
        var request = Request(id: 0, service: 0, rics: [], isBatch: takesBatches)
        var bytes = 0
        while rows.count < limit, let row = works[ticket]?.nextRow {
            guard let batch = works[ticket]?.job.rows else { break }
            let mapped = batch.rows[row]
            if rows.isEmpty {
                request.service = mapped.service
            } else if mapped.service != request.service || bytes + mapped.ricLength > Self.batchBytesMax {
                break
            }
            works[ticket]?.takeRow()
            bytes += mapped.ricLength
            rows.append(row)
            request.rics.append(Array(batch.bytes[mapped.ricStart..<mapped.ricStart + mapped.ricLength]))
        }
        // A server is asked with a list of one only as long as it is not known to take lists.
        request.isBatch = takesBatches && (rows.count > 1 || knows == .untried)
        request.id = claimIDs(rows.count + (request.isBatch ? 1 : 0))
        if request.isBatch { batches[request.id] = Int32(rows.count) }
        for (id, row) in zip(request.items, rows) {
            open[id] = Open(ticket: ticket, row: row, sentAt: now)
            opened.append(id)
        }
        return request
    }

    /// The item's number in the login's rate, where that is limited.
    package mutating func paced(_ id: Int32, number: UInt64) { open[id]?.paced = number }

    /// So many numbers in a row; after the last one they begin anew. Those of the window are long done with by then.
    private mutating func claimIDs(_ count: Int) -> Int32 {
        if nextID > Int32.max - Int32(Self.batchMax + 2) { nextID = Self.firstID }
        defer { nextID += Int32(count) }
        return nextID
    }

    // MARK: - Answers

    /// A message about an item came.
    package mutating func answered(_ answer: ItemAnswer, at now: Int64) -> Event {
        if batches[answer.id] != nil {
            if case .status(let state) = answer.kind { batchAnswered(answer.id, state, at: now) }
            return .taken
        }
        guard let asked = open[answer.id] else { return .foreign }
        switch answer.kind {
        case .image(let fields, let isComplete):
            knows = .items
            guard isComplete, parts[answer.id] == nil else { return part(answer.id, fields, isComplete, asked) }
            settle(answer.id, asked, compared(asked, fields))
        case .status(let state):
            refused(answer.id, asked, state, at: now)
        }
        return .taken
    }

    private func compared(_ asked: Open, _ fields: UnsafeRawBufferPointer) -> StoredRow {
        guard let job = works[asked.ticket]?.job, asked.row < job.rows.rows.count else { return .unanswered }
        let row = job.rows.rows[asked.row]
        return job.rows.bytes.withUnsafeBytes { bytes in
            job.comparison.compare(
                sent: UnsafeRawBufferPointer(rebasing: bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength]),
                stored: fields)
        }
    }

    private mutating func part(
        _ id: Int32, _ fields: UnsafeRawBufferPointer, _ isComplete: Bool, _ asked: Open
    ) -> Event {
        // Of `{a}` and `{b}` it makes `{a,b}`.
        var whole = parts[id] ?? []
        if !whole.isEmpty, fields.count > 2 {
            whole.removeLast()
            if whole.count > 1 { whole.append(UInt8(ascii: ",")) }
            whole.append(contentsOf: fields.dropFirst())
        } else if whole.isEmpty {
            whole = Array(fields)
        }
        parts[id] = whole
        if isComplete { whole.withUnsafeBytes { settle(id, asked, compared(asked, $0)) } }
        return .taken
    }

    /// The whole batch: its own stream is closed when it was understood, else nothing of it is answered.
    private mutating func batchAnswered(_ id: Int32, _ state: StreamState, at now: Int64) {
        guard let count = batches.removeValue(forKey: id) else { return }
        guard !state.code.isEmpty, state.data != "Ok" else { return }
        if ["UnableToRequestAsBatch", "NoBatchViewSupportInReq"].contains(state.code) || state.code == "UsageError" {
            takesBatches = false
            askAgain(items(of: id, count))
        } else {
            for item in items(of: id, count) { if let asked = open[item] { refused(item, asked, state, at: now) } }
        }
    }

    private func items(of batch: Int32, _ count: Int32) -> [Int32] {
        (1...max(1, count)).map { batch + $0 }.filter { open[$0] != nil }
    }

    /// An Error that names a stream (The wire §5): the server cannot read the request. False: it is none of ours.
    package mutating func failed(_ id: Int32) -> Bool {
        if let count = batches.removeValue(forKey: id) {
            takesBatches = false
            askAgain(items(of: id, count))
            return true
        }
        guard let asked = open[id] else { return false }
        if knows == .untried { lacksRequests() } else { settle(id, asked, .unanswered) }
        return true
    }

    /// An item's stream is closed, or was not opened.
    private mutating func refused(_ id: Int32, _ asked: Open, _ state: StreamState, at now: Int64) {
        switch (state.stream, state.code) {
        case ("Open", _):
            // The image is still to come.
            break
        case ("NonStreaming", _), ("Unspecified", _):
            // It came, and the server itself does not vouch for it.
            pausedUntil = now + Self.pauseLength
            askAgain([id])
        case (_, "TooManyItems"):
            most = max(1, most / 2)
            pausedUntil = now + Self.pauseLength
            askAgain([id])
        case ("ClosedRecover", _):
            pausedUntil = now + Self.pauseLength
            askAgain([id])
        case (_, let code) where Self.passing.contains(code):
            pausedUntil = now + Self.pauseLength
            askAgain([id])
        case (_, "UsageError") where knows == .untried:
            lacksRequests()
        default:
            knows = .items
            settle(id, asked, .absent)
        }
    }

    private mutating func settle(_ id: Int32, _ asked: Open, _ result: StoredRow) {
        close(id)
        guard works[asked.ticket] != nil else { return }
        works[asked.ticket]?.results[asked.row] = result
        works[asked.ticket]?.left -= 1
        if works[asked.ticket]?.left == 0 { end(asked.ticket) }
    }

    private mutating func close(_ id: Int32) {
        parts[id] = nil
        if let paced = open.removeValue(forKey: id)?.paced { answeredInRate.append(paced) }
        while let first = opened.first, open[first] == nil { opened.removeFirst() }
    }

    private mutating func askAgain(_ ids: [Int32]) {
        for id in ids {
            guard let asked = open[id] else { continue }
            close(id)
            works[asked.ticket]?.again.append(asked.row)
        }
    }

    /// The server knows no requests for items: nobody waits for answers any more.
    private mutating func lacksRequests() {
        knows = .nothing(isTold: false)
        forgetOpen()
        endAll()
    }

    private mutating func forgetOpen() {
        for id in Array(opened) { close(id) }
        opened = []
        open = [:]
        batches = [:]
        parts = [:]
    }

    // MARK: - The connection and time

    /// The connection is gone: what had no answer is asked for again.
    package mutating func connectionLost() {
        guard !open.isEmpty || !batches.isEmpty else { return }
        askAgain(Array(opened))
        forgetOpen()
        nextID = Self.firstID
        most = window
        pausedUntil = nil
        answeredInRate = []
    }

    /// Time has passed. `heardAt`: when the last byte came from the server, in nanoseconds: a link that is dead says nothing about
    /// what the server knows. True: the server is to be asked whether it is still there.
    package mutating func timePassed(to now: Int64, heardAt: Int64) -> Bool {
        if let until = pausedUntil, until <= now { pausedUntil = nil }
        while let id = opened.first, let asked = open[id], asked.sentAt + timeout <= now {
            guard heardAt > asked.sentAt else {
                // The login's own keeping alive decides about such a link.
                pausedUntil = now + Self.pauseLength
                return true
            }
            if knows == .untried {
                // Lists may be what it does not know.
                if takesBatches {
                    takesBatches = false
                    batches = [:]
                    askAgain(Array(opened))
                } else {
                    lacksRequests()
                }
                return false
            }
            let silences = (works[asked.ticket]?.silences[asked.row] ?? 0) + 1
            if silences >= Self.silencesMax {
                settle(id, asked, .unanswered)
            } else {
                works[asked.ticket]?.silences[asked.row] = silences
                askAgain([id])
            }
        }
        if open.isEmpty { batches = [:] }
        return false
    }

    /// When time is to pass next, in nanoseconds; nil: nothing falls due.
    package var nextDeadline: Int64? {
        if let pausedUntil { return pausedUntil }
        return opened.first.flatMap { open[$0] }.map { $0.sentAt + timeout }
    }

    /// Nothing is asked for any more: the lane ends.
    package mutating func stop() {
        forgetOpen()
        endAll()
    }
}

extension ItemRequests.Work {
    /// The row to ask for next; nil: all were asked for.
    fileprivate var nextRow: Int? { again.first ?? (next < results.count ? next : nil) }

    /// It was asked for.
    fileprivate mutating func takeRow() {
        if again.isEmpty { next += 1 } else { again.removeFirst() }
    }
}
