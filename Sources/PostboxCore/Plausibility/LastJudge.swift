/// Looks at the rows of a file, for all its destinations, and finds those that fail checks against last accepted values.
///
/// A row fails when it fails at one of the destinations: what one server is spared must not go to another. Rows are taken piece by
/// piece, and judged when many were taken, so that what is known of them is looked up together.
package struct LastJudge {
    private struct Entry {
        let check: RowCheck
        /// Index into the rule's `checks`.
        let index: Int
        /// Index among the fields.
        let field: Int
        /// What becomes of a row that fails, and of one of which nothing is known.
        let action: CheckRule.Action
        let first: CheckRule.Action
    }

    private struct Row {
        let row: Int
        let destination: Int
        let target: Int
        let ric: Range<Int>
        /// Where its values begin.
        let values: Int
    }

    private let entries: [Entry]
    private let names: [String]
    private let destinations: [String]
    private let place: DropPlace
    /// A person has released its rows: what would reject them now is passed over.
    private let isReleased: Bool
    private let targets: [LastWords.Target]
    /// By destination: index of the target of its first service.
    private let firstTarget: [Int]
    private var fields: PostFields
    private var bytes: [UInt8] = []
    private var values: [PostFields.Value] = []
    private var rows: [Row] = []

    /// - Parameters:
    ///   - services: Of each of the rule's destinations, names by their index in mapped rows.
    ///   - place: The drop that is judged.
    ///
    /// nil: the rule has no such check, or one that cannot be made: then every row says so.
    package init?(_ rule: MappingRule, services: [[String]], place: DropPlace, sources: RowSources) {
        let checks = (rule.checks ?? []).enumerated().filter { $0.element.comparesWithLast }
        guard !checks.isEmpty else { return nil }
        var names: [String] = []
        for name in checks.flatMap(\.element.fields) where !names.contains(name) { names.append(name) }
        var entries: [Entry] = []
        do throws(SettingsMistake) {
            for (index, check) in checks {
                let field = check.fields.first.flatMap { names.firstIndex(of: $0) } ?? 0
                let compiled = try RowCheck(check.kind, field: { names.firstIndex(of: $0) ?? 0 }, sources: sources)
                entries.append(
                    Entry(check: compiled, index: index, field: field, action: check.action, first: check.first))
            }
        } catch {
            return nil
        }
        self.entries = entries
        self.names = names
        self.place = place
        isReleased = sources.isReleased
        destinations = rule.destinations
        fields = PostFields(names)
        var targets: [LastWords.Target] = []
        var firstTarget: [Int] = []
        for (destination, services) in zip(rule.destinations, services) {
            firstTarget.append(targets.count)
            targets += services.map { LastWords.Target(destination: destination, service: $0) }
        }
        self.targets = targets
        self.firstTarget = firstTarget
    }

    /// So many rows, or bytes of them, are judged together.
    private static let rowsMax = 1 << 17
    private static let bytesMax = 16 << 20

    /// Enough was taken to be judged.
    package var isFull: Bool { rows.count >= Self.rowsMax || bytes.count >= Self.bytesMax }

    /// Takes a destination's next rows, as they were mapped; each piece of the file for all destinations, one after the other. Rows
    /// that are rejected already are passed over.
    package mutating func take(_ posts: PostBatch, destination: Int) {
        let text = posts.bytes.span
        for row in posts.rows where row.problem < 0 {
            fields.find(in: text, row.fieldsStart..<row.fieldsStart + row.fieldsLength)
            guard fields.values.contains(where: { $0 != .none }) else { continue }
            let start = values.count
            for value in fields.values { values.append(keep(value, posts.bytes)) }
            let ric = bytes.count
            bytes += posts.bytes[row.ricStart..<row.ricStart + row.ricLength]
            rows.append(
                Row(
                    row: row.row, destination: destination, target: firstTarget[destination] + max(0, row.service),
                    ric: ric..<bytes.count, values: start))
        }
    }

    /// The same value, as its bytes lie here; of a text with its quotes.
    private mutating func keep(_ value: PostFields.Value, _ text: [UInt8]) -> PostFields.Value {
        let start = bytes.count
        switch value {
        case .none: return .none
        case .number(let range):
            bytes += text[range]
            return .number(start..<bytes.count)
        case .text(let range):
            bytes += text[range.lowerBound - 1..<range.upperBound + 1]
            return .text(start + 1..<bytes.count - 1)
        }
    }

    /// Judges what was taken. Throws what keeps the last values from being known.
    package mutating func judge(by answers: LastAnswers, into writer: inout LastFindingsWriter) throws {
        guard !rows.isEmpty else { return }
        let questions = LastQuestions(
            targets: targets, fields: names, bytes: bytes,
            questions: rows.map { LastQuestions.Question(target: $0.target, ric: $0.ric) }, place: place)
        var found: [Found] = []
        var verdict = RowVerdict(bytes: bytes, values: names.map { _ in .none }, ric: 0..<0)
        try answers.answer(questions) { index, answer in
            let row = rows[index]
            verdict.ric = row.ric
            for field in names.indices { verdict.values[field] = values[row.values + field] }
            for entry in entries {
                let seen = answer.seen[entry.field]
                // It does not stand in the row of files that this one would lengthen.
                if case .unchanged = entry.check, answer.isNewer[entry.field] { continue }
                let fault = verdict.fault(entry.check, against: seen, at: destinations[row.destination])
                guard let fault else { continue }
                if isReleased, (fault.isFirst ? entry.first : entry.action) == .reject { continue }
                found.append(
                    Found(
                        finding: LastFindings.Finding(
                            row: row.row, check: entry.index, destination: row.destination, seen: seen),
                        isFirst: fault.isFirst))
            }
        }
        found.sort()
        var last: (row: Int, check: Int)?
        for found in found {
            let finding = found.finding
            // One word against a row is enough of each check.
            if let last, last == (finding.row, finding.check) { continue }
            last = (finding.row, finding.check)
            writer.add(finding)
        }
        bytes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
    }

    private struct Found: Comparable {
        let finding: LastFindings.Finding
        /// Nothing was known.
        let isFirst: Bool

        /// Of one check at one row what fails stands before what is unknown.
        static func < (one: Found, other: Found) -> Bool {
            let (a, b) = (one.finding, other.finding)
            if a.row != b.row { return a.row < b.row }
            if a.check != b.check { return a.check < b.check }
            if one.isFirst != other.isFirst { return other.isFirst }
            return a.destination < b.destination
        }
    }
}

extension CheckFault {
    fileprivate var isFirst: Bool { if case .first = self { true } else { false } }
}
