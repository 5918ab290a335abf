internal import PostboxCore
internal import PostboxIO

/// What was posted for a RIC, for the page: the newest first, as many as a person looks through.
enum RICHistory {
    private static let most = 500

    /// Reads results by the index. Throws `LedgerError` and `DiskError`.
    static func posts(_ ric: String, in directories: Settings.Directories) throws -> [RICPost] {
        var posts: [RICPost] = []
        _ = try AuditLookup(directories).rows(AuditQuery(ric: ric)) { row in
            if let post = post(row) { posts.append(post) }
            return posts.count < most
        }
        return posts
    }

    /// nil: a row that is none of a post's, such as a skipped one.
    private static func post(_ row: AuditRow) -> RICPost? {
        guard let outcome = PostOutcome(word: row[.outcome]) else { return nil }
        let fields: [(name: String, value: String)]
        if case .object(let members)? = JSONValue.parse(row[.fields]) {
            fields = members.map { (name: $0.key, value: $0.value.word ?? "") }
        } else {
            fields = []
        }
        let words = [row[.nakCode], row[.reason], row[.text]].filter { !$0.isEmpty }
        return RICPost(
            drop: row.drop, name: row.file, row: row.row, destination: row[.destination], outcome: outcome,
            settledAt: TimeText.microseconds(row[.settledAt]) ?? 0, text: words.joined(separator: " "), fields: fields)
    }
}
