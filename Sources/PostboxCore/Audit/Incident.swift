/// A wrong value that is withdrawn, as the list beside the withdrawal's result tells it.
package struct Incident: Sendable, Equatable {
    /// The withdrawal's row that replaces it; 0: none does.
    package var row: Int
    /// The drop that said it.
    package var drop: Int
    package var value: ReplacedValue
    /// When it was accepted: microseconds since 1970.
    package var from: Int64

    package init(row: Int, drop: Int, value: ReplacedValue, from: Int64) {
        self.row = row
        self.drop = drop
        self.value = value
        self.from = from
    }

    /// The list's first line.
    package static let header = "drop,destination,service,ric,field,wrong,from,until,replaced_by\n"

    /// The row, and its line of the list while nobody knows yet until when the wrong value held.
    package var note: String {
        "\(row),"
            + CSVText.line([
                "\(drop)", value.destination, value.service, value.ric, value.field, value.wrong, TimeText.text(from),
                "", value.replacedBy ?? "",
            ]) + "\n"
    }

    /// The row of a note; nil: it is none.
    package static func row(ofNote note: UnsafeRawBufferPointer) -> Int? {
        AuditRow.cells(note)?.first.flatMap { Int($0) }
    }

    /// The line that a note becomes. `until`: when the row was accepted, as a result tells it; nil: it was not. nil: it is no note.
    package static func line(ofNote note: UnsafeRawBufferPointer, until: String?) -> String? {
        guard var cells = AuditRow.cells(note), cells.count == 10 else { return nil }
        cells.removeFirst()
        cells[7] = until ?? ""
        return CSVText.line(cells) + "\n"
    }
}
