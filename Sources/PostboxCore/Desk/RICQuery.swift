/// Which rows of a RIC are asked for, and where a page of them begins.
package struct RICQuery: Sendable, Equatable {
    /// Rows on a page.
    package static let pageSize = 500
    /// What may stand in the query of its address.
    static let keys = ["from", "to", "page"]

    /// Where a row stands among all rows of its RIC, the newest first: there a page begins.
    package struct Place: Sendable, Equatable {
        /// The row's time, microseconds since 1970, as ``NewestRows`` has it.
        package var at: Int64
        package var drop: Int
        /// So many rows of that drop and that time come before it.
        package var behind: Int

        package init(at: Int64, drop: Int, behind: Int) {
            self.at = at
            self.drop = drop
            self.behind = behind
        }

        /// `1796072129184714.812.40`; nil: it is none.
        package init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let at = SettingsText.wholeNumber(String(parts[0]), in: 0...Int.max),
                let drop = DeskCall.number(parts[1]),
                let behind = SettingsText.wholeNumber(String(parts[2]), in: 0...999_999_999)
            else { return nil }
            self.init(at: Int64(at), drop: drop, behind: behind)
        }

        package var text: String { "\(at).\(drop).\(behind)" }

        /// Whether a row that stands there is given before one that stands at the other place.
        package func comesBefore(_ other: Place) -> Bool {
            (at, drop, -behind) > (other.at, other.drop, -other.behind)
        }
    }

    package var ric: String
    /// When rows got their outcomes, from then on and before then: microseconds since 1970; nil: at any time.
    package var from: Int64?
    package var to: Int64?
    /// nil: at the newest row.
    package var page: Place?

    package init(ric: String, from: Int64? = nil, to: Int64? = nil, page: Place? = nil) {
        self.ric = ric
        self.from = from
        self.to = to
        self.page = page
    }

    init(ric: String, _ query: DeskQuery) throws(DeskQuery.Fault) {
        self.init(ric: ric)
        func time(_ key: String, _ bound: GivenTime.Bound) throws(DeskQuery.Fault) -> Int64? {
            guard let text = query[key] else { return nil }
            guard let time = GivenTime(text)?.inUTC(bound) else {
                throw DeskQuery.Fault("\(key) is no day of UTC or instant such as 2026-11-27 or 2026-11-27T08:00:00Z")
            }
            return time
        }
        from = try time("from", .since)
        to = try time("to", .to)
        try DeskQuery.checkOrder(from, to)
        if let text = query["page"] {
            guard let place = Place(text) else {
                throw DeskQuery.Fault("no page begins there: take `next` of the page before")
            }
            page = place
        }
    }
}

/// Rows of a RIC, the newest first.
package struct RICRows: Sendable, Equatable {
    package var ric: String
    package var rows: [AuditRow]
    /// Where the next page begins; nil: these were the last ones.
    package var next: RICQuery.Place?
    /// On the first page: drops of whose rows not all have a line.
    package var unlisted: [UnlistedDrop] = []
    /// Results whose rows are missing.
    package var unread: [UnreadResult] = []
    /// Drops whose results are gone, and with them rows that they had or may have had.
    package var gone: [Int] = []

    package init(ric: String, rows: [AuditRow] = [], next: RICQuery.Place? = nil) {
        self.ric = ric
        self.rows = rows
        self.next = next
    }

    /// An object on one line.
    package var json: String {
        "{\"ric\":\(VisibleText.quoted(ric)),\"rows\":[\(rows.map(\.json).joined(separator: ","))],\"next\":"
            + (next.map { VisibleText.quoted($0.text) } ?? "null")
            + (unlisted.isEmpty ? "" : ",\"unlisted\":[\(unlisted.map(\.json).joined(separator: ","))]")
            + (unread.isEmpty ? "" : ",\"unread\":[\(unread.map(\.json).joined(separator: ","))]")
            + (gone.isEmpty ? "" : ",\"gone\":[\(gone.map(String.init).joined(separator: ","))]") + "}"
    }
}
