/// Rows of a file that are held together, as one drop of their own.
package struct HeldPart: Sendable, Equatable {
    /// The destination that they are for; nil: all of the file's.
    package var destination: String?
    package var rows: RowSet
    /// Checks hold them; else something newer has overtaken them.
    package var isOfChecks: Bool

    package init(destination: String?, rows: RowSet, isOfChecks: Bool) {
        self.destination = destination
        self.rows = rows
        self.isOfChecks = isOfChecks
    }

    /// The drops that a file's held rows become: a row that checks hold at every destination is one row for all of them, as it is one
    /// question to a person. What was overtaken goes as new once it is released, and is kept apart for that.
    ///
    /// - Parameters:
    ///   - held: Rows that ended so, by destination.
    ///   - checked: By destination: those that checks hold.
    ///   - destinations: The file's, in their order.
    package static func parts(
        of held: [String: RowSet], checked: [String: HeldRows], at destinations: [String]
    ) -> [HeldPart] {
        var ofChecks: [String: RowSet] = [:]
        var parts: [HeldPart] = []
        for name in destinations {
            guard let rows = held[name] else { continue }
            ofChecks[name] = checked[name].map { rows.intersection($0.rows) }
        }
        func add(_ destination: String?, _ rows: RowSet?, isOfChecks: Bool) {
            guard let rows, rows.count > 0 else { return }
            parts.append(
                HeldPart(
                    destination: destinations.count > 1 ? destination : nil, rows: rows, isOfChecks: isOfChecks))
        }
        var common: RowSet?
        if destinations.count > 1, ofChecks.count == destinations.count {
            common = ofChecks.values.reduce(nil) { (common: RowSet?, rows) in common?.intersection(rows) ?? rows }
            add(nil, common, isOfChecks: true)
        }
        for name in destinations {
            guard let rows = held[name] else { continue }
            let checked = ofChecks[name]
            add(name, common.flatMap { checked?.subtracting($0) } ?? checked, isOfChecks: true)
            add(name, checked.map { rows.subtracting($0) } ?? rows, isOfChecks: false)
        }
        return parts
    }
}
