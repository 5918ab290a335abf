/// How many rows of a file were read back, by what that showed.
package struct ReadBackCounts: Sendable, Equatable {
    package private(set) var same = 0
    package private(set) var differs = 0
    package private(set) var absent = 0
    package private(set) var overwritten = 0
    /// Without an answer in time, or where it cannot be told.
    package private(set) var unverified = 0
    /// Of these: the answer came, and it cannot be told.
    package private(set) var unsure = 0

    package init() {}

    package mutating func add(_ seen: SeenRow) {
        switch seen {
        case .same: same += 1
        case .differs: differs += 1
        case .absent: absent += 1
        case .overwritten: overwritten += 1
        case .unsure:
            unsure += 1
            unverified += 1
        case .unanswered: unverified += 1
        }
    }

    /// Rows of which the server does not hold what was sent.
    package var bad: Int { differs + absent }

    /// Every row that was to be read back.
    package var total: Int { same + differs + absent + overwritten + unverified }

    /// The members of an object.
    package var text: String {
        "\"same\": \(same), \"differs\": \(differs), \"absent\": \(absent), \"overwritten\": \(overwritten), \"unverified\": \(unverified)"
    }
}

/// What reading a row back showed, when newer rows are known.
package enum SeenRow: Sendable, Equatable {
    case same
    /// A JSON object of the fields that are stored otherwise, with what is stored.
    case differs([UInt8])
    case absent
    /// The same, and newer rows that were accepted meanwhile explain all of it.
    case overwritten([UInt8])
    case unsure
    case unanswered

    /// The word in the file; blank: it was not verified.
    package var word: StaticString {
        switch self {
        case .same: "same"
        case .differs: "differs"
        case .absent: "absent"
        case .overwritten: "overwritten"
        case .unsure, .unanswered: ""
        }
    }
}

/// Writes the lines of `NAME.readback.csv` of one destination.
package struct ReadBackLines: Sendable {
    /// The header line.
    package static let header = "drop,row,destination,ric,service,verified,stored\n"

    private let lead: [UInt8]
    private let destination: [UInt8]
    private let services: [[UInt8]]

    /// `services`: names by their index in rows.
    package init(drop: Int, destination: String, services: [String]) {
        lead = Array("\(drop),".utf8)
        self.destination = Array(destination.utf8)
        self.services = services.map { Array($0.utf8) }
    }

    /// Appends a row's line.
    package func append(_ row: MappedRow, in batch: PostBatch, _ seen: SeenRow, to out: inout LineBuffer) {
        var stored: [UInt8] = []
        switch seen {
        case .differs(let fields), .overwritten(let fields): stored = fields
        case .same, .absent, .unsure, .unanswered: break
        }
        let service = services.indices.contains(row.service) ? services[row.service] : []
        // Every byte may be doubled, and what is quoted is written in whole words.
        let most = 2 * (destination.count + row.ricLength + service.count + stored.count) + lead.count + 256
        out.append(most) { line in
            line.append(lead)
            line.append(row.row)
            for text in [destination, Array(batch.bytes[row.ricStart..<row.ricStart + row.ricLength]), service] {
                line.append(UInt8(ascii: ","))
                text.withUnsafeBytes { line.appendQuoted($0, 0, $0.count) }
            }
            line.append(UInt8(ascii: ","))
            for index in 0..<seen.word.utf8CodeUnitCount { line.append(seen.word.utf8Start[index]) }
            line.append(UInt8(ascii: ","))
            stored.withUnsafeBytes { line.appendQuoted($0, 0, $0.count) }
            line.append(UInt8(ascii: "\n"))
        }
    }
}
