/// A form of a view as somebody filled it in, and what is wrong with that: he is shown what he wrote, and why nothing came of it.
package struct FilledForm: Sendable, Equatable {
    /// The view that the form belongs to.
    package enum Place: Sendable, Equatable {
        case files, day, ric, audit
        /// Rows of a file, on its own page.
        case rows(drop: Int)
    }

    package var place: Place
    /// What stood in it, by key, as far as it can be read.
    package var typed: [String: String]
    /// What is wrong, for people.
    package var fault: String

    package init(_ place: Place, typed: [String: String], fault: String) {
        self.place = place
        self.typed = typed
        self.fault = fault
    }

    /// The form that an address comes from; nil: from none. `target`: path and query, as the request has them.
    package init?(target: String, fault: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count > 1 else { return nil }
        let keys: [String]
        switch parts[0] {
        case "/files": (place, keys) = (.files, DropQuery.keys)
        case "/day": (place, keys) = (.day, ["day"])
        case "/ric": (place, keys) = (.ric, ["ric"])
        case "/audit": (place, keys) = (.audit, AuditSearch.keys)
        default:
            guard parts[0].hasPrefix("/drops/"), let drop = DeskCall.number(parts[0].dropFirst(7)) else { return nil }
            (place, keys) = (.rows(drop: drop), ResultFilter.keys)
        }
        typed = DeskQuery.typed(parts[1], keys: keys)
        self.fault = fault
    }

    /// What was filled in there; empty: nothing.
    func text(_ key: String) -> String { typed[key] ?? "" }

    /// What he is told above the view.
    package var said: String {
        switch place {
        case .files, .day, .ric, .audit: "Nothing was looked up: \(fault)."
        case .rows: "These rows are not chosen as asked: \(fault)."
        }
    }
}
