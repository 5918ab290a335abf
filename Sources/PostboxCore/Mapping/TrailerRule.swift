/// The digest that a companion of a price file holds.
package enum ChecksumKind: String, Sendable, Equatable, CaseIterable, Codable {
    case sha256
}

/// In which order a rule's files are taken when several are ready.
package enum FileOrder: String, Sendable, Equatable, CaseIterable, Codable {
    /// By change time, then by name.
    case arrival
    case name
}

/// A price file's last row, which is no data: it says how many rows there are and what a column adds up to.
package struct TrailerRule: Sendable, Equatable, Codable {
    /// Where a value stands in the trailer.
    package enum Place: Sendable, Equatable, Codable {
        /// CSV: the cell of that number, from 1.
        case cell(Int)
        /// JSON: the member of that name, or a path (`end.rows`).
        case member(String)
    }

    /// A column's values, added up exactly.
    package struct Sum: Sendable, Equatable, Codable {
        /// The column's name, or a path in JSON.
        package var column: String
        /// Where the trailer has the sum.
        package var field: Place

        package init(column: String, field: Place) {
            self.column = column
            self.field = field
        }
    }

    /// CSV: what its first cell holds, exactly. JSON: the member that only a trailer has.
    package var match: String
    /// Where the trailer has the number of data rows; nil: it has none.
    package var count: Place?
    package var sum: Sum?

    package init(match: String, count: Place? = nil, sum: Sum? = nil) {
        self.match = match
        self.count = count
        self.sum = sum
    }
}

extension MappingRule {
    /// How files of this rule are written, as far as the rule tells: by `format`, else by its pattern's ending.
    package var knownFormat: PriceFileFormat? { format ?? PriceFileFormat(fileName: match) }

    /// The rule for the rejects of a file: corrected rows are whole without marker, checksum and trailer. Where they name a
    /// destination of the rule, they are for that one alone.
    package func forRejects(at destination: String? = nil) -> MappingRule {
        var rule = self
        rule.readySuffix = nil
        rule.checksum = nil
        rule.trailer = nil
        // It has some of the rows.
        rule.checks?.removeAll { $0.isOfFile }
        rule.isForRejects = true
        if let destination, destinations.contains(destination) { rule.destinations = [destination] }
        return rule
    }
}
