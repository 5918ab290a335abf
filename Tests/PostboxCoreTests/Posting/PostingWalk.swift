import PostboxCore

/// A small random number generator whose runs can be repeated by their seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// One random life of a window with a server that acks, refuses, forgets and hangs up, checked against what is promised.
final class PostingWalk {
    private struct Row {
        var note: RowNote
        /// The place in the order of admission.
        var order: Int
        var isInDoubt: Bool
        var sendings = 0
        var wasAcked = false
        var wasRefused = false
        /// In flight when a connection was cut.
        var wasCut = false
        var drop: Int
    }

    private enum Answer {
        case ack
        case nak(NakCode, Destination.NakClass)
        case unreadable
    }

    /// What the server holds of one RIC: by field, the order of the row that wrote it last.
    private struct Item {
        var fields: [String: Int] = [:]
        /// The last Refresh, which blanked all it did not bring.
        var refresh = -1
    }

    private var random: SplitMix64
    private let seed: UInt64
    private let desk: Desk
    private let capacity: Int
    private let resend: Destination.Resend
    private let isRough: Bool
    /// Some rows are so large that they go alone, and some answers cannot be read.
    private let hasLarge: Bool
    private var rows: [String: Row] = [:]
    private var labels: [String] = []
    private var dropBase: UInt32
    private var drop = 0
    private var cancelled: Set<Int> = []
    /// In flight when their drop was cancelled: they settle by themselves.
    private var spared: Set<String> = []

    /// Sent and not yet read by the server.
    private var wire: [String] = []
    /// Given by the server and not yet read by us.
    private var answers: [(label: String, answer: Answer)] = []
    private var inFlight: [UInt32: String] = [:]
    private var items: [String: Item] = [:]
    /// By RIC and service: the newest row whose Ack came in.
    private var newestAcked: [String: Int] = [:]
    private(set) var faults: [String] = []
    /// How the rows of this life ended.
    private(set) var outcomes: [PostOutcome: Int] = [:]

    private static let fields = ["BID", "ASK", "TRDPRC_1"]

    init(seed: UInt64) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        capacity = Int.random(in: 1...8, using: &random)
        resend = Int.random(in: 0..<5, using: &random) == 0 ? .never : .newest
        isRough = Bool.random(using: &random)
        // Drawn from no lot, so that lives which once broke the promise stay as they were.
        hasLarge = [0, 2, 4, 5].contains(seed % 7)
        desk = Desk(
            capacity: capacity, resend: resend, attemptsMax: Int.random(in: 1...3, using: &random),
            hash: Int.random(in: 0..<6, using: &random) == 0 ? 42 : nil)
        dropBase = Bool.random(using: &random) ? 4_294_967_285 : 1000
        self.random = random
    }

    /// Faults, each with the seed that shows it again; empty: the promise held.
    func run() -> [String] {
        if chance(3) { addHandover(isInDoubt: true) }
        for _ in 0..<int(20...120) where faults.isEmpty { step() }
        // From now on the server is well.
        var steps = 0
        while faults.isEmpty, !(desk.isIdle && wire.isEmpty && answers.isEmpty) {
            steps += 1
            if steps > 2000 {
                fault("stuck: \(labels.filter { desk.rows[$0] == nil })")
                break
            }
            take(1000)
            while !wire.isEmpty { serve(isWell: true) }
            while !answers.isEmpty { deliver() }
            pass(1)
        }
        checkTheEnd()
        return faults
    }

    private func step() {
        switch int(0...19) {
        case 0...3 where labels.count < 60: addHandover(isInDoubt: false)
        case 4 where labels.count < 60 && chance(4): addHandover(isInDoubt: true)
        case 5...9: take(int(1...10))
        case 10...13: if !wire.isEmpty { serve(isWell: false) }
        case 14...16: if !answers.isEmpty { deliver() }
        case 17: pass(Double(int(0...40)) / 10)
        case 18 where chance(isRough ? 2 : 8): cut()
        case 19 where chance(6): pass(15)
        case 19 where chance(8): cancel()
        default: take(1)
        }
    }

    private func addHandover(isInDoubt: Bool) {
        drop += 1
        var notes: [RowNote] = []
        for _ in 0..<int(1...6) {
            let fields = Self.fields.filter { _ in chance(2) }
            var note = RowNote(
                ric: ["A", "B", "C"].randomElement(using: &random) ?? "A", post: chance(3) ? .refresh : .update,
                fields: fields.isEmpty ? ["BID"] : fields)
            note.service = chance(5) ? 1 : 0
            note.isLarge = hasLarge && chance(4)
            notes.append(note)
        }
        for (offset, note) in notes.enumerated() {
            let label = "\(drop):\(offset + 1)"
            rows[label] = Row(note: note, order: labels.count, isInDoubt: isInDoubt, drop: drop)
            labels.append(label)
            // An earlier run may have brought it to the server; only before anything else went there.
            if isInDoubt, drop == 1, chance(2) { apply(label) }
        }
        desk.add(drop: drop, notes, isInDoubt: isInDoubt, base: dropBase)
        dropBase = Postbox.postID(base: dropBase, row: notes.count)
    }

    private func key(_ note: RowNote) -> String { "\(note.ric) \(note.service)" }

    private func take(_ limit: Int) {
        for label in desk.take(limit) {
            guard let row = rows[label] else { return fault("sent \(label), which is no row") }
            let postID = desk.postID(label)
            if let other = inFlight[postID] { fault("PostID \(postID) of \(label) is in flight for \(other)") }
            if desk.rows[label] != nil { fault("sent \(label), which had ended") }
            if resend == .never, row.wasCut { fault("sent \(label) again although it was in doubt") }
            if cancelled.contains(row.drop), !spared.contains(label) { fault("sent \(label) of a cancelled drop") }
            inFlight[postID] = label
            rows[label]?.sendings += 1
            wire.append(label)
        }
        if inFlight.count > 1, let large = inFlight.values.first(where: { rows[$0]?.note.isLarge == true }) {
            fault("\(large), which is large, is not in flight alone: \(inFlight.values.sorted())")
        }
        if desk.window.inFlight > capacity { fault("\(desk.window.inFlight) in flight of \(capacity)") }
        if desk.window.inFlight != inFlight.count {
            fault("the window counts \(desk.window.inFlight) in flight, the server's side \(inFlight.count)")
        }
    }

    private func apply(_ label: String) {
        guard let row = rows[label] else { return }
        let key = key(row.note)
        if row.note.post == .refresh { items[key] = Item(fields: [:], refresh: row.order) }
        for field in row.note.fields { items[key, default: Item()].fields[field] = row.order }
    }

    /// The server reads the next post.
    private func serve(isWell: Bool) {
        let label = wire.removeFirst()
        guard let row = rows[label] else { return }
        if let newest = newestAcked[key(row.note)], newest > row.order {
            fault("the server received \(label) after the Ack of \(labels[newest])")
        }
        switch isWell ? 0 : int(0...11) {
        case 0...5:
            apply(label)
            answers.append((label, .ack))
        case 6: answers.append((label, .nak(.symbolUnknown, .final)))
        case 7, 8: answers.append((label, .nak(.noResources, .retry)))
        case 9:
            if chance(2) { apply(label) }
            answers.append((label, .nak(.noResponse, .retry)))
        case 10 where hasLarge && chance(3):
            if chance(2) { apply(label) }
            answers.append((label, .unreadable))
        case 10: answers.append((label, .nak(.sourceUnknown, .stop)))
        default: if chance(2) { apply(label) }
        }
    }

    /// One of the server's answers arrives, in any order.
    private func deliver() {
        let (label, answer) = answers.remove(at: int(0...answers.count - 1))
        let postID = desk.postID(label)
        let isOpen = inFlight[postID] == label
        if isOpen { inFlight[postID] = nil }
        switch answer {
        case .ack:
            if isOpen { rows[label]?.wasAcked = true }
            if desk.ack(label) != isOpen { fault("the Ack of \(label) was \(isOpen ? "not " : "")taken") }
            if isOpen, let row = rows[label] {
                newestAcked[key(row.note)] = max(newestAcked[key(row.note)] ?? -1, row.order)
            }
        case .unreadable:
            if desk.answerUnreadably(label, text: "{}") != isOpen {
                fault("an unreadable answer to \(label) was \(isOpen ? "not " : "")taken")
            }
        case .nak(let code, let nakClass):
            rows[label]?.wasRefused = true
            if desk.nak(label, code, nakClass) != isOpen {
                fault("a refusal of \(label) was \(isOpen ? "not " : "")taken")
            }
        }
    }

    private func pass(_ seconds: Double) {
        let before = Set(desk.rows.keys)
        let count = desk.pass(seconds: seconds)
        var gone = 0
        for (postID, label) in inFlight where desk.rows[label] != nil && !before.contains(label) {
            inFlight[postID] = nil
            gone += 1
        }
        if gone != count { fault("\(count) timeouts told, \(gone) seen") }
    }

    /// The connection dies: a part of what was on its way still reaches the server.
    private func cut() {
        for _ in 0..<int(0...wire.count) { serve(isWell: false) }
        for label in inFlight.values { rows[label]?.wasCut = true }
        wire = []
        answers = []
        inFlight = [:]
        desk.lose()
        if desk.window.inFlight != 0 { fault("posts in flight on no connection") }
    }

    private func cancel() {
        guard drop > 0 else { return }
        let chosen = int(1...drop)
        desk.cancel(drop: chosen)
        if cancelled.insert(chosen).inserted { spared.formUnion(inFlight.values) }
    }

    private func checkTheEnd() {
        guard faults.isEmpty else { return }
        if desk.ends.count != labels.count { fault("\(labels.count) rows, \(desk.ends.count) ends") }
        for label in labels {
            guard let row = rows[label], let end = desk.rows[label] else {
                fault("\(label) never ended")
                continue
            }
            outcomes[end.outcome, default: 0] += 1
            if end.attempts != row.sendings + (row.isInDoubt ? 1 : 0) {
                fault("\(label) says \(end.attempts) attempts, was sent \(row.sendings) times")
            }
            switch end.outcome {
            case .acked: if !row.wasAcked { fault("\(label) ended acked without an Ack") }
            case .superseded: checkSuccessor(of: label, row)
            case .nacked: if !row.wasRefused { fault("\(label) ended nacked without a refusal") }
            case .unknown: if end.attempts == 0 { fault("\(label) ended unknown and was never sent") }
            case .unsent:
                if end.attempts != 0 || !cancelled.contains(row.drop) { fault("\(label) ended unsent") }
            case .rejected: fault("\(label) ended rejected")
            }
            // No older value stands where a newer one was accepted.
            guard end.outcome == .acked else { continue }
            let item = items[key(row.note)] ?? Item()
            for field in row.note.fields where max(item.fields[field] ?? -1, item.refresh) < row.order {
                fault("\(field) of \(key(row.note)) is older than \(label), which was acked")
            }
        }
    }

    private func checkSuccessor(of label: String, _ row: Row) {
        guard let name = desk.details[label]?.supersededBy, let newer = rows[name] else {
            return fault("\(label) has no successor")
        }
        if desk.rows[name]?.outcome != .acked || !newer.wasAcked { fault("\(label)'s successor \(name) was not acked") }
        if newer.order <= row.order { fault("\(label)'s successor \(name) is older") }
        if key(newer.note) != key(row.note) || !newer.note.covers(row.note) { fault("\(name) does not cover \(label)") }
    }

    private func fault(_ text: String) { faults.append("seed \(seed): \(text)") }
    private func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
}
