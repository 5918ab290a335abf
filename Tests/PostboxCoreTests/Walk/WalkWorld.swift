import PostboxCore

/// One row of one drop.
struct RowID: Hashable, Comparable, CustomStringConvertible {
    var drop: Int
    var row: Int

    var description: String { "\(drop):\(row)" }

    static func < (left: RowID, right: RowID) -> Bool { (left.drop, left.row) < (right.drop, right.row) }
}

/// A price file of the pretend inbox.
struct WalkFile {
    var name: String
    /// Microseconds since 1970.
    var arrival: Int64
    var priority: Int
    var notes: [RowNote]
    /// Rows that our own validation refuses.
    var rejected: Set<Int>
    /// Rows that the server refuses for good.
    var hopeless: Set<Int>
    /// Microseconds.
    var maxAge: Int64?
    /// Rows that the second pass reads at once.
    var chunk: Int

    /// A chunk of rows as the mapper would make it.
    func batch(from first: Int) -> PostBatch {
        var batch = PostBatch()
        for row in first..<min(first + chunk, notes.count + 1) {
            let note = notes[row - 1]
            let isRejected = rejected.contains(row)
            let ric = Array(note.ric.utf8)
            let fields =
                isRejected
                ? [] : Array(("{" + note.fields.map { "\"\($0)\":\(row)" }.joined(separator: ",") + "}").utf8)
            let ricStart = batch.bytes.count
            batch.bytes += ric
            let fieldsStart = batch.bytes.count
            batch.bytes += fields
            if isRejected {
                batch.problems.append(
                    RowProblem(reason: "decimal_too_long", line: row + 1, what: "a pretend problem"))
            }
            batch.rows.append(
                MappedRow(
                    row: row, line: row + 1, post: note.post, service: note.service, ricStart: ricStart,
                    ricLength: ric.count, fieldsStart: fieldsStart, fieldsLength: fields.count,
                    keyHash: ric.withUnsafeBytes { keyHash(ric: $0, service: note.service) },
                    problem: isRejected ? batch.problems.count - 1 : -1))
        }
        return batch
    }
}

/// A file of result lines: what was written survives a kill, what was synced survives a power cut.
final class JournalFile {
    var bytes: [UInt8] = []
    var synced = 0

    func sync() { synced = bytes.count }
}

/// What outlives the program.
struct PretendDisk {
    struct LedgerRow {
        var file: WalkFile
        var place: DropPlace
        var stage = FileStage.claimed
        var base: UInt32 = 0
        var through = 0
    }

    struct WorkFolder {
        var file: WalkFile?
        var result: JournalFile?
    }

    var inbox: [WalkFile] = []
    var work: [Int: WorkFolder] = [:]
    var guards: [DropPlace: JournalFile] = [:]
    /// Results of drops that were moved.
    var moved: [Int: JournalFile] = [:]
    /// Committed.
    var ledger: [Int: LedgerRow] = [:]
    var lastNumber = 0

    /// Bytes that were not synced are lost, but for a part of them.
    mutating func cutPower(_ random: inout SplitMix64) {
        for drop in work.keys.sorted() {
            guard let journal = work[drop]?.result else { continue }
            let kept = Int.random(in: journal.synced...journal.bytes.count, using: &random)
            let lost = journal.bytes.count - kept
            journal.bytes.removeLast(lost)
            // Some file systems know the length before they have the bytes.
            if lost > 0, Bool.random(using: &random) { journal.bytes += Array(repeating: 0, count: lost) }
            journal.sync()
        }
    }
}

/// How one life is set up.
struct WalkSettings {
    var window: Int
    var resend: Destination.Resend
    var attemptsMax: Int
    var lead: Int
    var flightStart: Int
    var rate: Int?
    var dropsMax: Int
    var rowsMax: Int
    var hasPriority: Bool
    /// One of so many steps is trouble of that kind; 0: never.
    var kills: Int
    var losses: Int
    var orders: Int
    /// One of so many answers of the server is not an Ack.
    var refusals: Int
    /// Posts in a row without an answer, from which on posting pauses.
    var unansweredMax = 20

    init(_ random: inout SplitMix64) {
        func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        window = int(1...8)
        resend = int(0...5) == 0 ? .never : .newest
        attemptsMax = int(1...3)
        lead = int(1...8)
        flightStart = int(1...4)
        rate = int(0...3) == 0 ? int(2...40) : nil
        dropsMax = int(1...5)
        rowsMax = [3, 6, 12, 30][int(0...3)]
        hasPriority = int(0...1) == 0
        kills = [0, 60, 120, 300][int(0...3)]
        losses = [0, 30, 60, 200][int(0...3)]
        orders = [0, 40, 150][int(0...2)]
        refusals = [1, 2, 4, 30][int(0...3)]
    }
}

/// Trouble of the login and orders of the desk for all of it. It has a chance of its own, so that what else happens in a life stays
/// what it was.
struct WalkTrouble {
    private var random: SplitMix64
    /// One of so many steps; 0: never.
    private var holds: Int
    private var suspects: Int
    private var returns: Int
    private var denials: Int
    /// One of so many moments of silence is a real one.
    private var silences: Int
    let unansweredMax: Int
    /// A drop that is held stays so over a kill.
    let holdsLast: Bool
    /// How often it came to that.
    var pauses = 0
    var goneBack = 0

    enum Event {
        case hold(Bool)
        case suspect(Bool)
        case goBack
        /// The server refuses every post for want of permission.
        case denial(Bool)
    }

    init(seed: UInt64) {
        random = SplitMix64(seed: seed ^ 0x9e37_79b9)
        holds = [0, 0, 40, 100][Int.random(in: 0...3, using: &random)]
        suspects = [0, 0, 60, 200][Int.random(in: 0...3, using: &random)]
        returns = [0, 0, 50, 150][Int.random(in: 0...3, using: &random)]
        denials = [0, 0, 80, 200][Int.random(in: 0...3, using: &random)]
        silences = [0, 2, 8][Int.random(in: 0...2, using: &random)]
        unansweredMax = Int.random(in: 2...20, using: &random)
        holdsLast = Bool.random(using: &random)
    }

    /// What happens besides at this step; nil: nothing.
    mutating func next() -> Event? {
        if chance(holds) { return .hold(chance(2)) }
        if chance(suspects) { return .suspect(chance(2)) }
        if chance(returns) { return .goBack }
        if chance(denials) { return .denial(chance(3)) }
        return nil
    }

    mutating func isHeard() -> Bool { !chance(silences) }

    private mutating func chance(_ one: Int) -> Bool { one > 0 && Int.random(in: 0..<one, using: &random) == 0 }
}

/// The world around the program: its disk, the server, the clock and chance.
final class WalkWorld {
    static let services = ["FIRST", "SECOND"]
    static let destination = "cache"

    var random: SplitMix64
    let settings: WalkSettings
    var now = Moment(monotonic: 1_000_000_000, wall: 1_795_000_000_000_000)
    var disk = PretendDisk()
    let server = PretendServer()
    let promise = WalkPromise()
    var trouble: WalkTrouble
    /// Drops that the desk holds: whatever restarts that outlives, where holds last.
    var held: Set<Int> = []
    /// From now on nothing goes wrong any more.
    var isCalm = false
    let keepsTrace: Bool
    private(set) var trace: [String] = []

    init(seed: UInt64, keepsTrace: Bool) {
        var random = SplitMix64(seed: seed)
        trouble = WalkTrouble(seed: seed)
        var settings = WalkSettings(&random)
        settings.unansweredMax = trouble.unansweredMax
        self.settings = settings
        self.random = random
        self.keepsTrace = keepsTrace
    }

    func tell(_ text: @autoclosure () -> String) {
        if keepsTrace { trace.append(text()) }
    }

    func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// True once in so many times; never for 0.
    func chance(_ one: Int) -> Bool { one > 0 && Int.random(in: 0..<one, using: &random) == 0 }

    func pass(seconds: Double) {
        now.monotonic += Int64(seconds * 1e9)
        now.wall += Int64(seconds * 1e6)
    }
}

/// LSEG's side: posts in the order of their arrival, values by RIC and service, answers that may get lost.
final class PretendServer {
    struct Post {
        var id: RowID
        var postID: UInt32
    }

    struct Answer {
        var id: RowID
        var postID: UInt32
        var code: NakCode?
        var nakClass: Destination.NakClass = .final
    }

    /// What it holds of one RIC and service: by field, the row that wrote it last.
    struct Item {
        var fields: [String: RowID] = [:]
        /// The last Refresh, which blanked all it did not bring.
        var refresh: RowID?
    }

    /// Sent and not yet read by the server.
    var wire: [Post] = []
    /// Given by the server and not yet read by the program.
    var answers: [Answer] = []
    private(set) var items: [String: Item] = [:]
    /// It refuses every post for want of permission.
    var deniesAll = false

    func serve(_ world: WalkWorld) {
        guard !wire.isEmpty else { return }
        let post = wire.removeFirst()
        guard let row = world.promise.rows[post.id] else { return }
        var code: NakCode?
        var nakClass = Destination.NakClass.final
        var isApplied = true
        var isAnswered = true
        if row.isHopeless { (code, isApplied) = (.symbolUnknown, false) }
        if deniesAll { (code, isApplied) = (.deniedBySrc, false) }
        if !world.isCalm, world.chance(world.settings.refusals) {
            let isGood = !row.isHopeless && !deniesAll
            switch world.int(0...7) {
            case 0...3: (code, nakClass, isApplied) = (.noResources, .retry, false)
            case 4: (code, nakClass, isApplied) = (.noResponse, .retry, isGood && world.chance(2))
            case 5 where world.chance(3): (code, nakClass, isApplied) = (.sourceUnknown, .stop, false)
            default: (isAnswered, isApplied) = (false, isGood && world.chance(2))
            }
        }
        world.promise.received(post.id, isAccepted: isApplied)
        if isApplied {
            if row.note.post == .refresh { items[row.key] = Item(fields: [:], refresh: post.id) }
            for field in row.note.fields { items[row.key, default: Item()].fields[field] = post.id }
        }
        world.tell(
            "server: \(post.id) \(isApplied ? "applied" : "not applied"), \(isAnswered ? code?.name ?? "Ack" : "no answer")"
        )
        guard isAnswered else { return }
        if code == nil { world.promise.ackSent(post.id) }
        answers.append(Answer(id: post.id, postID: post.postID, code: code, nakClass: nakClass))
    }

    /// The connection ends: a part of what was on its way still arrives, no answer does.
    func hangUp(_ world: WalkWorld) {
        for _ in 0..<world.int(0...wire.count) { serve(world) }
        wire = []
        answers = []
    }
}
