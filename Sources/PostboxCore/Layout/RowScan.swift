/// What `take` has to know of all rows of a file before the first of them.
package struct RowScan: Sendable, Equatable, Codable {
    /// Rows that count.
    package var counted = 0
    /// The greatest value of the column of `take: {latest:}`; nil: no row has one.
    package var latest: DateOrder?

    package init() {}
}

extension MappingRule {
    /// Whether `take` has to know all rows before the first of them.
    package var needsRowScan: Bool {
        switch shape?.take {
        case .last, .latest: true
        case .first, nil: false
        }
    }
}
