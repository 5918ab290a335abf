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
        /// Of the branch that is being taken.
        var now: Int32 = 0

        var left: Int {
            max(0, Int(held) + Int(others) - Int(min(held, byHeld)) - Int(byResent) - Int(byDropped))
        }
    }

    private var tallies: [UInt64: Tally] = [:]
    /// Keys of which the branch that is being taken has right rows.
    private var touched: [UInt64] = []
    /// By destination: keys of rows that are right, and are none of the bad ones.
    private var strangers: [Int32: Set<UInt64>] = [:]
    /// Rows that are right, of results that nobody can read any more.
    private var unread = 0
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
        guard line.outcome.isGood || isClosed else { return }
        let (key, destination) = key(of: line)
        guard let now = tallies[key]?.now else {
            strangers[destination, default: []].insert(key)
            return
        }
        if now == 0 { touched.append(key) }
        tallies[key]?.now = now + 1
    }

    /// So many rows of a later drop are right, and nobody can tell any more which.
    package mutating func noteUnread(_ rows: Int) { unread += rows }

    /// The branch was taken whole.
    package mutating func endBranch(_ origin: Origin) {
        for key in touched {
            guard var tally = tallies[key] else { continue }
            switch origin {
            case .held: tally.byHeld += tally.now
            case .resent: tally.byResent = max(tally.byResent, tally.now)
            case .dropped: tally.byDropped = max(tally.byDropped, tally.now)
            }
            tally.now = 0
            tallies[key] = tally
        }
        touched = []
    }

    /// Whether the file's result has to be taken again.
    package var needsGood: Bool { strangers.values.contains { !$0.isEmpty } }

    /// Takes a line of the file's result again.
    package mutating func noteGood(_ line: ResultJournal.Line) {
        guard line.outcome.isGood else { return }
        let (key, destination) = key(of: line)
        strangers[destination]?.remove(key)
    }

    /// What is left. `held`: lines that wait in later drops for somebody to release them.
    package func left(held: Int) -> RowsLeft {
        var left: [Int32: Int] = [:]
        for tally in tallies.values { left[tally.destination, default: 0] += tally.left }
        let rows = left.reduce(0) { $0 + max(0, $1.value - (strangers[$1.key]?.count ?? 0)) }
        return RowsLeft(rows: max(0, rows - unread), held: held)
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
