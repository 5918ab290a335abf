/// Why checks hold a whole file.
package struct FileHold: Sendable, Equatable {
    /// A stable word.
    package var reason: String
    /// The same for people.
    package var text: String
    /// Rows that need a look; by the numbers that they have in the file.
    package var examples: [HeldRow]

    package init(reason: String, text: String, examples: [HeldRow] = []) {
        self.reason = reason
        self.text = text
        self.examples = examples
    }

    /// What checks come to that hold. nil: they hold no more than some rows.
    ///
    /// - Parameters:
    ///   - rule: The file's.
    ///   - findings: What is said against the file as a whole.
    ///   - held: Rows that checks hold, at each destination.
    ///   - counted: Rows of the file that count.
    package init?(_ rule: MappingRule, findings: [CheckFinding], held: [HeldRows], counted: Int) {
        let most = held.max { $0.rows.count < $1.rows.count }
        let ofFile = findings.filter { $0.action == .hold }.map(\.problem)
        if let first = ofFile.first {
            self.init(
                reason: first.reason, text: ofFile.map(\.text).joined(separator: " "), examples: most?.examples ?? [])
            return
        }
        guard let most, let limit = rule.holdFileLimit, !limit.allows(most.rows.count, of: counted) else { return nil }
        let (reason, words) = most.told(of: most.rows)
        self.init(
            reason: reason,
            text:
                "checks hold \(Plural.word(counted, "its only row", "\(most.rows.count) of its \(counted) rows")), more than `hold_file_above` of the rule allows: \(words)",
            examples: most.examples)
    }
}

/// Rows of a file that checks hold back at one destination, while the others go.
package struct HeldRows: Sendable, Equatable {
    package private(set) var rows = RowSet(rows: 0)
    /// By the stable word of what a row is held for, of several the first.
    package private(set) var byReason: [String: RowSet] = [:]
    /// Of some of the rows: what their lines say. The others are told by whoever reads them again.
    package var texts: [Int: String] = [:]
    /// Rows that need a look, at most `HeldDrop.examplesMax`; by the numbers that they have in the file.
    package private(set) var examples: [HeldRow] = []

    /// None.
    package init() {}

    /// Holds a row, once.
    package mutating func insert(_ row: Int, for reason: String) {
        guard row > 0, !rows.contains(row) else { return }
        rows.grow(toHold: row)
        rows.insert(row)
        byReason[reason, default: RowSet(rows: 0)].grow(toHold: row)
        byReason[reason]?.insert(row)
    }

    /// Shows a row to whoever releases it, if not too many are shown.
    package mutating func show(_ row: HeldRow) {
        if examples.count < HeldDrop.examplesMax { examples.append(row) }
    }

    /// Takes mapped rows, in the file's order, of which checks hold some.
    package mutating func take(_ posts: PostBatch) {
        guard !posts.holds.isEmpty else { return }
        for row in posts.rows {
            guard let holds = posts.holds[row.row], let first = holds.first else { continue }
            insert(row.row, for: first.problem.reason)
            let ric = String(decoding: posts.bytes[row.ricStart..<row.ricStart + row.ricLength], as: UTF8.self)
            for hold in holds {
                show(
                    HeldRow(
                        row: row.row, ric: ric, field: hold.field, old: hold.old, new: hold.new,
                        reason: hold.problem.reason, text: hold.problem.what, service: row.service))
            }
        }
    }

    /// What some of the rows are held for: the word that most of them have, and all of it for people.
    package func told(of some: RowSet) -> (reason: String, text: String) {
        let counts = byReason.mapValues { $0.intersection(some).count }.filter { $0.value > 0 }
            .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        return (
            counts.first?.key ?? Hold.held, counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        )
    }

    /// As the second pass takes them.
    package var keptBack: KeptBack {
        KeptBack(
            rows: rows, detail: OutcomeDetail(reason: Hold.held, text: "it waits until somebody releases it"),
            texts: texts)
    }
}

extension HeldRows: Codable {
    private enum CodingKeys: CodingKey {
        case reasons, texts, examples
    }

    /// Reads what `encode` wrote.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        byReason = try container.decode([String: RowSet].self, forKey: .reasons)
        texts = try container.decode([Int: String].self, forKey: .texts)
        examples = try container.decode([HeldRow].self, forKey: .examples)
        for some in byReason.values { rows.formUnion(some) }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(byReason, forKey: .reasons)
        try container.encode(texts, forKey: .texts)
        try container.encode(examples, forKey: .examples)
    }
}
