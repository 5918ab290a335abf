/// What a file said later of the same RIC than its bad rows, which are corrected now: those values are newer than the corrected ones.
///
/// Its journal is taken twice, first with `noteBad`, then with `noteLater`: lines stand in the order in which rows ended, not in
/// that of the file.
package struct OriginalRows: Sendable {
    /// A row that was accepted, or may have been.
    package struct Row: Sendable, Equatable {
        package var number: Int
        package var ric: [UInt8]
    }

    private let destination: String
    private let services: [String]
    /// By hash of RIC and service: the last bad row.
    private var bad: [UInt64: Int] = [:]
    /// By hash of RIC and service: a row that stood behind the last bad one.
    package private(set) var later: [UInt64: Row] = [:]

    /// - Parameter services: Names by their index in mapped rows; rows of others are of no interest.
    package init(destination: String, services: [String]) {
        self.destination = destination
        self.services = services
    }

    /// Takes a line of the first reading.
    package mutating func noteBad(_ line: ResultJournal.Line) {
        guard !line.outcome.isGood, let key = key(of: line) else { return }
        bad[key] = max(line.row, bad[key] ?? 0)
    }

    /// Takes a line of the second reading, when every bad row is known.
    package mutating func noteLater(_ line: ResultJournal.Line) {
        guard line.mayBeAccepted, let key = key(of: line), let last = bad[key], line.row > last else { return }
        later[key] = Row(number: line.row, ric: Array(line.ric))
    }

    private func key(of line: ResultJournal.Line) -> UInt64? {
        guard line.destination == destination,
            let service = services.firstIndex(where: { $0.utf8.elementsEqual(line.service) })
        else { return nil }
        return keyHash(ric: line.ric, service: service)
    }
}
