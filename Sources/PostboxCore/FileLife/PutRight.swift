/// Finds out which bad rows of a file the drops that were made of its rows have put right: each by itself, so that one row that was
/// corrected takes no other one off the desk's list.
///
/// A row is told by destination, service and RIC. Of a file with several bad rows of one RIC so many are right as one way of putting
/// them right has sent: whoever sends the same row twice has not sent the other one. A row whose RIC was corrected is one that the file
/// did not have: it stands for a bad row of that destination whose RIC was sent by nobody.
///
/// The file's result is taken first (`noteBad`), then the results of later drops branch by branch, a branch being a drop that was made
/// of the file's rows, with all that were made of its own. When one of them has a RIC that is none of the bad ones (`needsGood`), the
/// file's result is taken once more (`noteGood`): rows that were right before put nothing right.
///
/// Of what is left it tells how many rows a later drop brought again, where they ended badly as well: whoever counts the bad rows of all
/// drops counts each at its newest one. Where it cannot be told which of several rows that was, the row is counted twice rather than not
/// at all.
package struct PutRight: Sendable {
    /// How a drop came to rows of another one.
    package enum Origin: Sendable, Equatable {
        /// They were held there: each such row is in one drop.
        case held
        /// Somebody had them sent again.
        case resent
        /// Its rejects, corrected and dropped again, or the whole of it.
        case dropped
    }

    /// Bad rows of one key, and how many of them each way has put right.
    private struct Tally: Sendable {
        /// By `places`.
        var destination: Int32
        var held: Int32 = 0
        var others: Int32 = 0
        var byHeld: Int32 = 0
        var byResent: Int32 = 0
        var byDropped: Int32 = 0
        /// Bad ones that branches brought again and nobody of theirs has put right: of held rows all, of others the most of one branch.
        var againHeld: Int32 = 0
        var againOthers: Int32 = 0
        /// Of the branch that is being taken: right ones, and bad ones that stand.
        var now: Int32 = 0
        var standing: Int32 = 0
        /// Of its drop that is being taken.
        var good: Int32 = 0
        var bad: Int32 = 0
        /// Bad rows of the key in the drop that the file's rows were in before.
        var before: Int32 = 0

        var left: Int {
            max(0, Int(held) + Int(others) - Int(min(held, byHeld)) - Int(byResent) - Int(byDropped))
        }

        /// Of these, how many are bad again elsewhere.
        var again: Int { min(left, Int(againHeld) + Int(againOthers)) }

        mutating func endDrop() {
            // What a drop brings are rows that stood since the one before.
            standing = max(standing - good, bad)
            now += good
            (good, bad) = (0, 0)
        }
    }

    private var tallies: [UInt64: Tally] = [:]
    /// Keys of which the branch that is being taken has rows.
    private var touched: [UInt64] = []
    /// By destination: keys of rows that are right, and are none of the bad ones.
    private var strangers: [Int32: Set<UInt64>] = [:]
    /// Of these, keys of drops that were made of rows of later ones: they may stand for rows that were brought again.
    private var inTurn: [Int32: Set<UInt64>] = [:]
    /// A drop of the branch that is being taken was taken.
    private var isInTurn = false
    /// The same as `strangers`, of rows that are bad.
    private var badStrangers: [Int32: Set<UInt64>] = [:]
    /// Rows that are right, of results that nobody can read any more; and the most bad ones of one of these.
    private var unread = 0
    private var unreadBad = 0
    private var destinations: [String: Int32] = [:]
    /// Services by destination: the number of each is a part of its key.
    private var places: [String: [[UInt8]: Int]] = [:]
    private var placeCount = 0
    /// The place of the line before: most lines have the same.
    private var last: (destination: String, service: [UInt8], place: Int, number: Int32)?

    package init() {}

    /// No line of the file was bad: none could be read, or nobody can read its result.
    package var isEmpty: Bool { tallies.isEmpty }

    /// Takes a line of the file's result.
    package mutating func noteBad(_ line: ResultJournal.Line) {
        guard !line.outcome.isGood else { return }
        let (key, destination) = key(of: line)
        var tally = tallies[key] ?? Tally(destination: destination)
        if line.reason == Hold.held { tally.held += 1 } else { tally.others += 1 }
        tallies[key] = tally
    }

    /// Takes a line of a later drop's result. `isClosed`: the drop ended `done`, or a person said that nothing more is to be done about
    /// it: its rows need nothing more, however they ended.
    package mutating func noteLater(_ line: ResultJournal.Line, isClosed: Bool) {
        let (key, destination) = key(of: line)
        let isRight = line.outcome.isGood || isClosed
        if tallies[key] != nil { return note(key, isRight: isRight) }
        if isRight {
            let isNew = strangers[destination, default: []].insert(key).inserted
            if isNew, isInTurn { inTurn[destination, default: []].insert(key) }
        } else {
            badStrangers[destination, default: []].insert(key)
        }
    }

    /// Takes a line of the drop that the file's rows were in before, ahead of those of siblings: newer drops of that one's rows.
    package mutating func noteBefore(_ line: ResultJournal.Line) {
        guard !line.outcome.isGood else { return }
        let key = key(of: line).key
        tallies[key]?.before += 1
    }

    /// Takes a line of a sibling's result. It counts where the file had all bad rows of that key: else it may be another row's.
    package mutating func noteSibling(_ line: ResultJournal.Line, isClosed: Bool) {
        let key = key(of: line).key
        guard let tally = tallies[key], tally.before <= tally.held + tally.others else { return }
        note(key, isRight: line.outcome.isGood || isClosed)
    }

    private mutating func note(_ key: UInt64, isRight: Bool) {
        guard var tally = tallies[key] else { return }
        if tally.good == 0, tally.bad == 0 { touched.append(key) }
        if isRight { tally.good += 1 } else { tally.bad += 1 }
        tallies[key] = tally
    }

    /// So many rows of a later drop are right, and so many are not, and nobody can tell any more which.
    package mutating func noteUnread(_ rows: Int, bad: Int = 0) {
        unread += rows
        unreadBad = max(unreadBad, bad)
    }

    /// A later drop was taken whole; the next one is of the same branch.
    package mutating func endDrop() {
        for key in touched { tallies[key]?.endDrop() }
        isInTurn = true
    }

    /// The branch was taken whole.
    package mutating func endBranch(_ origin: Origin) {
        endDrop()
        for key in touched {
            guard var tally = tallies[key] else { continue }
            switch origin {
            case .held:
                tally.byHeld += tally.now
                tally.againHeld += tally.standing
            case .resent:
                tally.byResent = max(tally.byResent, tally.now)
                tally.againOthers = max(tally.againOthers, tally.standing)
            case .dropped:
                tally.byDropped = max(tally.byDropped, tally.now)
                tally.againOthers = max(tally.againOthers, tally.standing)
            }
            (tally.now, tally.standing) = (0, 0)
            tallies[key] = tally
        }
        touched = []
        isInTurn = false
    }

    /// Whether the file's result has to be taken again.
    package var needsGood: Bool { [strangers, badStrangers].contains { $0.values.contains { !$0.isEmpty } } }

    /// Takes a line of the file's result again.
    package mutating func noteGood(_ line: ResultJournal.Line) {
        guard line.outcome.isGood else { return }
        let (key, destination) = key(of: line)
        strangers[destination]?.remove(key)
        inTurn[destination]?.remove(key)
        badStrangers[destination]?.remove(key)
    }

    /// What is left. `held`: lines that wait in later drops for somebody to release them.
    package func left(held: Int) -> RowsLeft {
        var (left, again): ([Int32: Int], [Int32: Int]) = ([:], [:])
        for tally in tallies.values {
            left[tally.destination, default: 0] += tally.left
            again[tally.destination, default: 0] += tally.again
        }
        var (rows, bad) = (0, 0)
        for (destination, count) in left {
            let right = strangers[destination] ?? []
            let own = max(0, count - right.count)
            // What a correction of a correction put right under another RIC may be a row that was brought again.
            let more = (badStrangers[destination] ?? []).subtracting(right).count
            rows += own
            bad += min(own, max(0, (again[destination] ?? 0) + more - (inTurn[destination]?.count ?? 0)))
        }
        return RowsLeft(rows: max(0, rows - unread), held: held, again: max(0, max(bad, unreadBad) - unread))
    }

    private mutating func key(of line: ResultJournal.Line) -> (key: UInt64, destination: Int32) {
        if let last, last.destination == line.destination, last.service.elementsEqual(line.service) {
            return (keyHash(ric: line.ric, service: last.place), last.number)
        }
        let service = Array(line.service)
        let number = destinations[line.destination] ?? Int32(destinations.count)
        destinations[line.destination] = number
        let place = places[line.destination]?[service] ?? placeCount
        if place == placeCount {
            placeCount += 1
            places[line.destination, default: [:]][service] = place
        }
        last = (line.destination, service, place, number)
        return (keyHash(ric: line.ric, service: place), number)
    }
}
