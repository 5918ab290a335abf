/// A wrong value that is withdrawn, as the list beside the withdrawal's result tells it: from its Ack until the Ack of what replaced it.
package struct Incident: Sendable, Equatable {
    /// The withdrawal's row that replaces it; 0: none does.
    package var row: Int
    /// The drop that said it.
    package var drop: Int
    package var value: ReplacedValue
    /// When it was accepted: microseconds since 1970.
    package var from: Int64
    /// When something else had replaced it before; nil: it holds, or nobody can tell.
    package var until: Int64?

    package init(row: Int, drop: Int, value: ReplacedValue, from: Int64, until: Int64? = nil) {
        self.row = row
        self.drop = drop
        self.value = value
        self.from = from
        self.until = until
    }

    /// The list's first line.
    package static let header = "drop,destination,service,ric,field,wrong,from,until,replaced_by\n"

    /// The row, and its line of the list as far as it is known before the withdrawal's rows have their outcomes.
    package var note: String {
        "\(row),"
            + CSVText.line([
                "\(drop)", value.destination, value.service, value.ric, value.field, value.wrong, TimeText.text(from),
                until.map { TimeText.text($0) } ?? "", value.replacedBy ?? "",
            ]) + "\n"
    }
}

/// A note of an incident, read back.
package struct IncidentNote: Sendable, Equatable {
    /// The withdrawal's row that is to replace the value; 0: none is.
    package var row: Int
    private var cells: [String]

    /// nil: it is no note.
    package init?(_ note: UnsafeRawBufferPointer) {
        guard let cells = AuditRow.cells(note), cells.count == 10, let row = Int(cells[0]) else { return nil }
        self.row = row
        self.cells = Array(cells.dropFirst())
    }

    package var service: String { cells[2] }
    package var ric: String { cells[3] }
    package var field: String { cells[4] }
    /// Microseconds since 1970.
    package var from: Int64 { TimeText.microseconds(cells[6]) ?? 0 }

    /// The list's line where no row replaces the value, or where the withdrawal's row did. `until`: when that one was accepted, as a result
    /// tells it; nil: as it is noted.
    package func line(until: String? = nil) -> String {
        var cells = cells
        if let until { cells[7] = until }
        return CSVText.line(cells) + "\n"
    }

    /// The list's line where the withdrawal's row came to nothing. `next`: what was accepted instead, and when; nil: nothing was.
    package func line(replaced next: (at: Int64, json: [UInt8])?) -> String {
        var cells = cells
        cells[7] = next.map { TimeText.text($0.at) } ?? ""
        cells[8] = next.map { String(decoding: $0.json, as: UTF8.self) } ?? ""
        return CSVText.line(cells) + "\n"
    }
}
