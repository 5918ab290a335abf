internal import PostboxCore
internal import PostboxIO

/// What was posted for a RIC, for the page: the newest first, as many as a person looks through.
enum RICHistory {
    /// Reads results by the index, and those of files in work by what is known of them. Throws `LedgerError` and `DiskError`.
    static func posts(
        _ query: AuditQuery, in directories: Settings.Directories, _ growing: GrowingResults
    ) throws -> RICFound {
        var posts: [RICPost] = []
        var isCut = false
        let facts = try AuditLookup(directories, growing: growing).rows(query) { row in
            guard posts.count < RICFound.most else {
                isCut = true
                return false
            }
            posts.append(post(row))
            return true
        }
        let people = try LedgerReading(in: directories)?.people(of: Set(posts.map(\.drop))) ?? [:]
        for at in posts.indices { posts[at].who = people[posts[at].drop] ?? "" }
        var found = RICFound(
            posts, unlisted: facts.unlisted, gone: facts.gone,
            fault: facts.unread.isEmpty ? nil : facts.unread.map(\.text).joined(separator: "; "))
        found.isCut = isCut
        return found
    }

    /// All rows that are looked for, as a file. Throws as `posts`.
    static func export(
        _ query: AuditQuery, in directories: Settings.Directories, _ growing: GrowingResults
    ) throws -> DeskReply {
        var export = AuditExport()
        let facts = try AuditLookup(directories, growing: growing).rows(query) { export.add($0) }
        return export.reply(
            query.ric ?? "", unread: facts.unread, unlisted: query.isOfUnlisted ? facts.unlisted : [],
            gone: facts.gone)
    }

    /// A page of all rows of a RIC, the newest first. Throws as `posts`.
    static func rows(
        _ wanted: RICQuery, in directories: Settings.Directories, _ growing: GrowingResults
    ) throws -> RICRows {
        var query = AuditQuery(ric: wanted.ric)
        (query.from, query.to) = (wanted.from, wanted.to)
        var found = RICRows(ric: wanted.ric)
        let facts = try AuditLookup(directories, growing: growing).newest(
            wanted.ric, query, from: wanted.page
        ) { row, place in
            guard found.rows.count < RICQuery.pageSize else {
                found.next = place
                return false
            }
            found.rows.append(row)
            return true
        }
        found.unlisted = facts.unlisted
        found.unread = facts.unread
        found.gone = facts.gone
        return found
    }

    private static func post(_ row: AuditRow) -> RICPost {
        let fields: [(name: String, value: String)]
        if case .object(let members)? = JSONValue.parse(row[.fields]) {
            fields = members.map { (name: $0.key, value: $0.value.word ?? "") }
        } else {
            fields = []
        }
        let words = [row[.nakCode], row[.reason], row[.text]].filter { !$0.isEmpty }
        return RICPost(
            drop: row.drop, name: row.file, row: row.row, destination: row[.destination],
            outcome: PostOutcome(word: row[.outcome]),
            settledAt: TimeText.microseconds(row[.settledAt]) ?? 0, text: words.joined(separator: " "), fields: fields)
    }
}
