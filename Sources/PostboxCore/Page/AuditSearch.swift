/// What somebody looks for in the view Audit: the rows of a RIC, and of these which.
package struct AuditSearch: Sendable, Equatable {
    /// What may stand in its address.
    static let keys = ["ric", "from", "to", "outcome", "value", "file", "as"]

    /// The rows that are meant; nil: nobody has named a RIC yet.
    package private(set) var query: AuditQuery?
    /// They are wanted as a file of CSV, and not as a page.
    package private(set) var isCSV = false
    /// Something is wrong with what was filled in.
    package private(set) var isMistaken = false
    /// What was filled in, by key, as it was.
    private var typed: [String: String] = [:]

    /// All rows of a RIC; nil: none yet.
    package init(ric: String? = nil) {
        query = ric.map { AuditQuery(ric: $0) }
        typed["ric"] = ric
    }

    /// What somebody filled in wrongly: nothing is looked for.
    package init(_ form: FilledForm) {
        typed = form.typed
        typed["as"] = nil
        isMistaken = true
    }

    /// Reads what stands in its address.
    init(_ found: DeskQuery) throws(DeskQuery.Fault) {
        for key in Self.keys.dropLast() { typed[key] = found[key] }
        if let form = found["as"] {
            guard form == "csv" else { throw DeskQuery.Fault("as is csv, or nothing") }
            isCSV = true
        }
        var query = AuditQuery(ric: found["ric"])
        query.from = try Self.time("from", .since, found)
        query.to = try Self.time("to", .to, found)
        if let word = found["outcome"] {
            guard AuditQuery.outcomeWords.contains(word) else {
                throw DeskQuery.Fault("\(VisibleText.line(word)) is no outcome")
            }
            query.outcomes = [word]
        }
        if let value = found["value"] {
            query.value = AuditQuery.value(value)
            if query.value == nil { throw DeskQuery.Fault("a value is such as BID=1.2") }
        }
        if let name = found["file"] { query.file = name.contains("*") || name.contains("?") ? name : "*\(name)*" }
        try DeskQuery.checkOrder(query.from, query.to)
        if isCSV, query.ric == nil { throw DeskQuery.Fault("name the RIC whose rows are wanted: ric=VOD.L") }
        // Without a RIC the index tells nothing, and every result would have to be read.
        self.query = query.ric == nil ? nil : query
    }

    private static func time(
        _ key: String, _ bound: GivenTime.Bound, _ found: DeskQuery
    ) throws(DeskQuery.Fault) -> Int64? {
        guard let text = found[key] else { return nil }
        guard let time = GivenTime(text)?.inUTC(bound) else {
            throw DeskQuery.Fault("\(key) is no day of UTC or instant such as 2026-11-27 or 2026-11-27T08:00:00Z")
        }
        return time
    }

    /// Not all rows of the RIC are meant.
    var isNarrowed: Bool { typed.keys.contains { $0 != "ric" } }

    /// What was filled in there; empty: nothing.
    func text(_ key: String) -> String { typed[key] ?? "" }

    /// The address of the same rows as CSV.
    var addressOfCSV: String {
        let members = Self.keys.compactMap { key in typed[key].map { "\(key)=\(DeskQuery.escaped($0))" } }
        return "/audit?" + (members + ["as=csv"]).joined(separator: "&")
    }
}

/// Rows of an audit as a file of CSV for people's spreadsheets: all that were looked for, or none. No cell of it is a formula. CSV has no
/// place for what is no row: a file of no row is there only where nothing else may have one, and beside rows the answer's head names drops
/// that have further ones without lines, or had them.
package struct AuditExport: Sendable {
    /// Rows of a file at most: it is made in memory.
    package static let most = 100_000

    private let most: Int
    private var text = AuditRow.csvHeader + "\n"
    private var count = 0

    package init(most: Int = Self.most) { self.most = most }

    /// Takes a row. False: there are too many.
    package mutating func add(_ row: AuditRow) -> Bool {
        count += 1
        guard count <= most else { return false }
        text += row.sheetCSV + "\n"
        return true
    }

    /// Lines of the head that name drops, by their numbers.
    static let unlistedHeader = "Postbox-Unlisted"
    static let goneHeader = "Postbox-Gone"
    /// Drops that are named there.
    private static let named = 100

    /// The file; where rows are missing, or there are too many, why there is none.
    ///
    /// - Parameters:
    ///   - unread: results whose rows are missing.
    ///   - unlisted: drops with rows without lines, one of which may be looked for.
    ///   - gone: drops whose results are gone.
    package func reply(
        _ ric: String, unread: [UnreadResult], unlisted: [UnlistedDrop] = [], gone: [Int] = []
    ) -> DeskReply {
        guard unread.isEmpty else {
            return DeskReply(problem: 503, unread.map(\.text).joined(separator: "; "), refusal: .unavailable)
        }
        guard count <= most else {
            return DeskReply(
                problem: 400,
                "these are more than \(Plural.text(most, "row")): say from when to when, or use postbox audit --ric RIC --csv"
            )
        }
        let others = (gone.isEmpty ? [] : [UnreadResult.text(ofGone: gone)]) + UnlistedDrop.lines(unlisted, ofRIC: ric)
        guard count > 0 || others.isEmpty else {
            return DeskReply(problem: 404, "no result has such a row; " + others.joined(separator: "; "))
        }
        var reply = DeskReply(text, kind: .table)
        reply.headers = [
            .init("Content-Disposition", "attachment; filename*=UTF-8''" + DeskQuery.escaped("audit \(ric).csv"))
        ]
        for (name, drops) in [(Self.unlistedHeader, unlisted.map(\.drop)), (Self.goneHeader, gone)]
        where !drops.isEmpty {
            reply.headers.append(
                .init(name, drops.prefix(Self.named).map(String.init).joined(separator: ", ")))
        }
        return reply
    }
}
