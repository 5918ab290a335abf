import PostboxCore

/// A row as tests write it: `A u BID,ASK` is an Update of A's BID and ASK, `A r BID` a Refresh.
struct RowNote {
    var ric: String
    var post: PostKind
    var fields: [String]
    var service = 0
    /// Its frame is so long that it goes alone.
    var isLarge = false

    init(ric: String, post: PostKind, fields: [String]) {
        self.ric = ric
        self.post = post
        self.fields = fields
    }

    init(_ note: String) {
        let words = note.split(separator: " ")
        ric = String(words[0])
        post = words[1] == "r" ? .refresh : .update
        fields = words[2].split(separator: ",").map(String.init)
        if words.count > 3 { service = Int(words[3]) ?? 0 }
        isLarge = words.last == "large"
    }

    /// What the rule of covering says, told a second time and more simply.
    func covers(_ older: RowNote) -> Bool {
        post == .refresh || (older.post == .update && Set(older.fields).isSubset(of: fields))
    }
}

/// A handover made of notes. `hash` overrides the rows' key hash.
func makeHandover(
    drop: Int, firstRow: Int = 1, _ notes: [RowNote], base: UInt32, isInDoubt: Bool = false, hash: UInt64? = nil
) -> Handover {
    var batch = PostBatch()
    for (offset, note) in notes.enumerated() {
        let ric = Array(note.ric.utf8)
        let value = note.isLarge ? "\"\(String(repeating: "x", count: Desk.frameMax))\"" : "\(offset + 1).5"
        let fields = Array(("{" + note.fields.map { "\"\($0)\":\(value)" }.joined(separator: ",") + "}").utf8)
        let ricStart = batch.bytes.count
        batch.bytes += ric
        let fieldsStart = batch.bytes.count
        batch.bytes += fields
        var keyHash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in ric + [UInt8(note.service)] { keyHash = (keyHash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        batch.rows.append(
            MappedRow(
                row: firstRow + offset, line: firstRow + offset + 1, post: note.post, service: note.service,
                ricStart: ricStart, ricLength: ric.count, fieldsStart: fieldsStart, fieldsLength: fields.count,
                keyHash: hash ?? keyHash))
    }
    return Handover(drop: drop, batch: batch, rows: batch.rows, postIDBase: base, isInDoubt: isInDoubt)
}

/// A window with a pretend clock, spoken to in labels `DROP:ROW`.
final class Desk {
    var window: PostingWindow
    private(set) var now = Moment(monotonic: 1_000_000_000, wall: 1_795_000_000_000_000)
    /// Every end of a row in order: `1:2 acked`, `1:1 superseded 1:2`, `1:3 nacked SymbolUnknown`, `1:4 unknown ack_timeout`.
    private(set) var ends: [String] = []
    private(set) var rows: [String: SettledRow] = [:]
    private(set) var details: [String: OutcomeDetail] = [:]
    private var postIDs: [String: UInt32] = [:]
    private var bases: [Int: UInt32] = [:]
    private var rowsOfDrop: [Int: Int] = [:]

    init(
        capacity: Int = 100, resend: Destination.Resend = .newest, attemptsMax: Int = 3, ackTimeout: Int64 = 15,
        hash: UInt64? = nil
    ) {
        window = PostingWindow(
            capacity: capacity, ackTimeout: ackTimeout * 1_000_000_000, resend: resend, attemptsMax: attemptsMax,
            backoff: ReconnectBackoff(first: .seconds(2), most: .seconds(8)))
        window.lonePosts = LonePosts(around: 0, ricTimes: 1, frameMax: Self.frameMax)
        self.hash = hash
    }

    /// Bytes: a row of a few fields is shorter.
    static let frameMax = 200

    private let hash: UInt64?

    /// Adds rows to a drop; they are numbered on.
    func add(drop: Int = 1, _ notes: [RowNote], isInDoubt: Bool = false, base: UInt32? = nil) {
        let start = bases[drop] ?? base ?? UInt32(drop * 100_000)
        bases[drop] = start
        let first = rowsOfDrop[drop, default: 0] + 1
        rowsOfDrop[drop] = first - 1 + notes.count
        let handover = makeHandover(drop: drop, firstRow: first, notes, base: start, isInDoubt: isInDoubt, hash: hash)
        for row in handover.rows { postIDs["\(drop):\(row.row)"] = handover.postID(of: row.row) }
        _ = window.add(handover, now: now)
        drain()
    }

    func add(drop: Int = 1, _ notes: String..., isInDoubt: Bool = false) {
        add(drop: drop, notes.map { RowNote($0) }, isInDoubt: isInDoubt)
    }

    /// What the window sends now, as labels.
    func take(_ limit: Int = 1000) -> [String] {
        var sends: [PostingWindow.Send] = []
        window.take(limit, now: now, into: &sends)
        drain()
        return sends.map { send in
            guard let handover = window.handover(send.handover) else { return "none" }
            let row = handover.rows[Int(send.index)].row
            return handover.postID(of: row) == send.postID ? "\(handover.drop):\(row)" : "wrong PostID"
        }
    }

    var isIdle: Bool { window.isIdle }

    func postID(_ label: String) -> UInt32 { postIDs[label] ?? 0 }

    @discardableResult
    func ack(_ labels: String...) -> Bool {
        var all = true
        for label in labels where !window.acked(postID(label), now: now) { all = false }
        drain()
        return all
    }

    /// An Ack for any PostID.
    func ackID(_ postID: UInt32) -> Bool { window.acked(postID, now: now) }

    @discardableResult
    func nak(_ label: String, _ code: NakCode, _ nakClass: Destination.NakClass, text: String = "") -> Bool {
        defer { drain() }
        return window.nacked(postID(label), code: code, text: text, nakClass: nakClass, now: now, jitter: 1)
    }

    @discardableResult
    func answerUnreadably(_ label: String, text: String) -> Bool {
        defer { drain() }
        return window.answeredUnreadably(postID(label), text: text, now: now)
    }

    func lose() {
        window.connectionLost(now: now)
        drain()
    }

    func cancel(drop: Int) {
        window.cancel(drop: drop, reason: "cancelled", text: "cancelled by hand", now: now)
        drain()
    }

    /// Time passes; returns how many answers came too late.
    @discardableResult
    func pass(seconds: Double) -> Int {
        now.monotonic += Int64(seconds * 1e9)
        now.wall += Int64(seconds * 1e6)
        defer { drain() }
        return window.timePassed(now: now)
    }

    private func drain() {
        var handles: [Int32] = []
        for (handle, row) in window.settled {
            handles.append(handle)
            guard let handover = window.handover(handle) else {
                ends.append("a settled row without a handover")
                continue
            }
            let label = "\(handover.drop):\(handover.rows[row.index].row)"
            let detail = row.detail < 0 ? nil : window.details[row.detail]
            var reason = detail?.reason
            // What the window has taken and never sent cannot be superseded: all that are say the same.
            if row.outcome == .superseded, reason == "may_have_been_sent" { reason = nil }
            let rest = [detail?.supersededBy, detail?.nakCode, reason].compactMap { $0 }.filter { !$0.isEmpty }
            ends.append(([label, row.outcome.word] + rest).joined(separator: " "))
            rows[label] = row
            details[label] = detail
        }
        window.settled.removeAll()
        window.details.removeAll()
        window.releaseHandovers(handles)
    }
}
