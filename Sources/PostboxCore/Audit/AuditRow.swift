/// A row as an audit shows it: a line of a result, or of a list of skipped rows.
package struct AuditRow: Sendable, Equatable {
    /// The columns of a result, in their order.
    package enum Column: Int, Sendable, CaseIterable {
        case drop, row, line, destination, ric, service, post, outcome, nakCode, reason, text, supersededBy, postID,
            attempts, sentAt, settledAt, fields
    }

    /// What a skipped row has as its outcome: it is none of a post's.
    package static let skippedWord = "skipped"

    /// The name that the file had in the inbox.
    package var file: String
    /// By column; results with more columns have them behind these.
    package var cells: [String]

    package subscript(_ column: Column) -> String {
        column.rawValue < cells.count ? cells[column.rawValue] : ""
    }

    package var drop: Int { Int(self[.drop]) ?? 0 }
    package var row: Int { Int(self[.row]) ?? 0 }

    /// A line of a drop's result; nil: it is none.
    package init?(resultLine line: UnsafeRawBufferPointer, drop: Int, file: String) {
        guard let cells = Self.cells(line), cells.count >= Column.allCases.count, cells[0] == "\(drop)",
            Int(cells[1]) != nil
        else { return nil }
        self.file = file
        self.cells = cells
    }

    /// A line of a drop's list of skipped rows; nil: it is none.
    package init?(skippedLine line: UnsafeRawBufferPointer, drop: Int, file: String) {
        guard let cells = Self.cells(line), cells.count >= 4, Int(cells[0]) != nil else { return nil }
        self.file = file
        self.cells = [String](repeating: "", count: Column.allCases.count)
        self.cells[Column.drop.rawValue] = "\(drop)"
        self.cells[Column.row.rawValue] = cells[0]
        self.cells[Column.line.rawValue] = cells[1]
        self.cells[Column.ric.rawValue] = cells[2]
        self.cells[Column.outcome.rawValue] = Self.skippedWord
        self.cells[Column.text.rawValue] = cells[3]
    }

    /// The cells of a line (RFC 4180), up to its end; nil: a quote does not end.
    static func cells(_ line: UnsafeRawBufferPointer) -> [String]? {
        var cells: [String] = []
        var at = 0
        while true {
            var cell: [UInt8] = []
            if at < line.count, line[at] == 0x22 {
                at += 1
                while true {
                    guard at < line.count else { return nil }
                    if line[at] == 0x22 {
                        guard at + 1 < line.count, line[at + 1] == 0x22 else { break }
                        at += 1
                    }
                    cell.append(line[at])
                    at += 1
                }
                at += 1
                cells.append(String(decoding: cell, as: UTF8.self))
            } else {
                let start = at
                while at < line.count, line[at] != 0x2C, line[at] != 0x0A, line[at] != 0x0D { at += 1 }
                cells.append(String(decoding: line[start..<at], as: UTF8.self))
            }
            guard at < line.count, line[at] == 0x2C else { return cells }
            at += 1
        }
    }

    /// The header of the list as CSV.
    package static var csvHeader: String { "file," + ResultLines.header.dropLast() }

    /// As a line of CSV, without a line end.
    package var csv: String { CSVText.line([file] + cells.prefix(Column.allCases.count)) }

    /// The same for people's spreadsheets: no cell is a formula there.
    var sheetCSV: String { CSVText.line(([file] + cells.prefix(Column.allCases.count)).map(CSVText.guarded)) }

    /// As an object on one line.
    package var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let names = ResultLines.header.dropLast().split(separator: ",")
        let numbers: Set<Column> = [.drop, .row, .line, .postID, .attempts]
        var members = ["\"file\":\(quoted(file))"]
        for (column, name) in zip(Column.allCases, names) {
            let cell = self[column]
            if column == .fields {
                members.append("\"fields\":\(JSONValue.parse(cell) == nil ? "null" : cell)")
            } else if numbers.contains(column), let number = Int(cell) {
                members.append("\"\(name)\":\(number)")
            } else {
                members.append("\"\(name)\":\(cell.isEmpty ? "null" : quoted(cell))")
            }
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

/// Which rows an audit is to show; nil: any.
package struct AuditQuery: Sendable, Equatable {
    package var ric: String?
    /// When the row got its outcome, microseconds since 1970.
    package var from: Int64?
    package var to: Int64?
    /// The file's name in the inbox; `*` and `?` as in a rule's `match`.
    package var file: String?
    package var drop: Int?
    package var service: String?
    package var destination: String?
    /// Words of outcomes, `skipped` among them.
    package var outcomes: Set<String>?
    /// A field and the value that it was sent with, as numbers or as texts.
    package var value: (field: String, value: String)?

    package init(ric: String? = nil) { self.ric = ric }

    /// Rows without a line may be among them: those have neither an outcome nor a value that was sent.
    package var isOfUnlisted: Bool { outcomes == nil && value == nil }

    /// The words that `outcomes` may have.
    package static let outcomeWords = PostOutcome.allCases.map(\.word) + [AuditRow.skippedWord]

    /// What people write as `BID=1.2`; nil: it is none.
    package static func value(_ text: String) -> (field: String, value: String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    package static func == (one: AuditQuery, other: AuditQuery) -> Bool {
        one.ric == other.ric && one.from == other.from && one.to == other.to && one.file == other.file
            && one.drop == other.drop && one.service == other.service && one.destination == other.destination
            && one.outcomes == other.outcomes && one.value?.field == other.value?.field
            && one.value?.value == other.value?.value
    }

    /// Whether a row of a file that matches is one of these.
    package func matches(_ row: AuditRow) -> Bool {
        guard ric == nil || row[.ric] == ric, service == nil || row[.service] == service,
            destination == nil || row[.destination] == destination, outcomes?.contains(row[.outcome]) ?? true
        else { return false }
        if from != nil || to != nil, let at = TimeText.microseconds(row[.settledAt]) {
            if let from, at < from { return false }
            if let to, at >= to { return false }
        }
        guard let value else { return true }
        guard let sent = JSONValue.parse(row[.fields])?[value.field] else { return false }
        if let text = sent.text { return text == value.value }
        let word = sent.word ?? ""
        return Array(word.utf8).withUnsafeBytes { one in
            Array(value.value.utf8).withUnsafeBytes { isSameValue(one, $0) }
        }
    }
}

/// A result whose rows are missing in an answer, as it cannot be read, or not to its end.
package struct UnreadResult: Sendable, Equatable {
    package var drop: Int
    package var file: String
    /// For people.
    package var why: String

    package init(drop: Int, file: String, why: String) {
        self.drop = drop
        self.file = file
        self.why = why
    }

    /// That results are gone, in a sentence: retention removed them, or somebody took them away.
    package static func text(ofGone drops: [Int]) -> String {
        "results are gone, their rows cannot be shown: \(Plural.drops(drops))"
    }

    /// In a sentence.
    package var text: String {
        "the result of drop \(drop) (\(VisibleText.line(file))) cannot be read, and rows of it are missing here: \(why)"
    }

    /// An object.
    var json: String {
        "{\"drop\":\(drop),\"file\":\(VisibleText.quoted(file)),\"why\":\(VisibleText.quoted(why))}"
    }
}
