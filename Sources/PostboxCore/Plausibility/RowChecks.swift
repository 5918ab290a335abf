/// Looks at rows that were mapped and says which of them are not plausible: they are rejected, held, or go with a warning.
///
/// A verdict depends on the row, the rule, the tables and the day of the drop's claim, and on what was found of it by last accepted
/// values, so that every reading of a file comes to the same.
package struct RowChecks: Sendable {
    private struct Entry {
        let check: RowCheck
        let action: CheckRule.Action
        /// The first field that it looks at, or -1.
        let field: Int
        /// The row's column that holds the key of its table; nil: the RIC is the key.
        let by: String?
        /// What becomes of a row of which nothing is known.
        let first: CheckRule.Action
        /// Of a check against last accepted values: its index among the rule's; -1: it is another.
        let last: Int
    }

    private var entries: [Entry] = []
    /// What was found by last accepted values; nil: the rule does not ask, or it was not looked for yet.
    private var findings: LastFindings.Cursor?
    private let destinations: [String]
    private let names: [String]
    /// By field: columns of the file that it is made of, for places.
    private let columns: [[String]]
    private var fields: PostFields
    /// Why no row can be checked.
    private var obstacle: String?
    /// All that is said against a row is told, not only what is found first.
    private let tellsAll: Bool
    private let isReleased: Bool
    /// Places of columns among those of the file, and how many were looked at.
    private var places: [String: UInt32] = [:]
    private var known = 0

    /// - Parameter findings: What was found by last accepted values; nil: it was not looked for yet, and nothing is said about it.
    ///
    /// nil: the rule has no check of rows.
    package init?(_ rule: MappingRule, sources: RowSources, findings: LastFindings? = nil) {
        let checks = (rule.checks ?? []).enumerated().filter {
            !$0.element.isOfFile && (findings != nil || !$0.element.comparesWithLast)
        }
        guard !checks.isEmpty else { return nil }
        self.findings = rule.comparesWithLast ? findings.map { LastFindings.Cursor($0) } : nil
        destinations = findings?.destinations ?? []
        var names: [String] = []
        for name in checks.flatMap(\.element.fields) where !names.contains(name) { names.append(name) }
        self.names = names
        columns = names.map { name in rule.columns(ofField: name) }
        fields = PostFields(names)
        tellsAll = sources.tellsAll
        isReleased = sources.isReleased
        do throws(SettingsMistake) {
            for (index, check) in checks {
                let compiled = try RowCheck(check.kind, field: { names.firstIndex(of: $0) ?? 0 }, sources: sources)
                entries.append(
                    Entry(
                        check: compiled, action: check.action,
                        field: check.fields.first.flatMap { names.firstIndex(of: $0) } ?? -1, by: check.known?.by,
                        first: check.first, last: check.comparesWithLast ? index : -1))
            }
        } catch {
            obstacle = "a check needs \(error.expected)"
        }
    }

    /// Judges the rows of `posts` behind the first so many, which were mapped from the rows of `batch` one by one. A row that is
    /// rejected loses its fields.
    ///
    /// - Parameter columns: The reading's columns; they may have grown since the last call.
    package mutating func judge(
        _ posts: inout PostBatch, from first: Int, _ batch: borrowing RowBatch, columns: [Column]
    ) {
        while known < columns.count {
            places[columns[known].name] = places[columns[known].name] ?? UInt32(known)
            known += 1
        }
        let bytes = posts.bytes
        for index in first..<posts.rows.count where posts.rows[index].problem < 0 {
            let row = posts.rows[index]
            guard index - first < batch.rows.count else { return }
            let source = batch.rows[index - first]
            fields.find(in: bytes.span, row.fieldsStart..<row.fieldsStart + row.fieldsLength)
            let verdict = RowVerdict(
                bytes: bytes, values: fields.values, ric: row.ricStart..<row.ricStart + row.ricLength)
            var judgement = RowJudgement(isReleased: isReleased)
            if let obstacle {
                judgement.reject(
                    rowProblem(
                        .badRule(obstacle), line: row.line, columnName: nil, value: bytes.span.extracting(0..<0)))
            }
            let found = findings?.found(at: row.row) ?? []
            for entry in entries {
                guard !judgement.isRejected || tellsAll else { break }
                var key: [UInt8]?
                if let by = entry.by { key = self.key(by, source, batch) }
                guard
                    let fault = entry.last < 0
                        ? verdict.fault(entry.check, key: key) : fault(entry, verdict, found)
                else { continue }
                var action = entry.action
                if case .first = fault { action = entry.first }
                let (old, new) = fault.values
                judgement.take(
                    RowHold(
                        problem: problem(fault, entry, source, batch),
                        field: entry.field < 0 ? "" : names[entry.field], old: old, new: new), action)
            }
            judgement.note(with: index, of: &posts)
        }
    }

    /// Why what was found could not be read; rows that were judged since may be wrong.
    package var fault: (any Error)? { findings?.fault }

    private func fault(_ entry: Entry, _ verdict: RowVerdict, _ found: [LastFindings.Finding]) -> CheckFault? {
        guard let finding = found.first(where: { $0.check == entry.last }) else { return nil }
        return verdict.fault(entry.check, against: finding.seen, at: destinations[finding.destination])
    }

    /// The value of the row's column of that name; empty where there is none.
    private func key(_ name: String, _ row: RowBatch.Row, _ batch: borrowing RowBatch) -> [UInt8] {
        guard let cell = cell(name, row, batch) else { return [] }
        return Array(batch.text[cell.text(in: batch.text)])
    }

    private func cell(_ name: String, _ row: RowBatch.Row, _ batch: borrowing RowBatch) -> RowBatch.Cell? {
        guard let place = places[name] else { return nil }
        for index in row.firstCell..<row.firstCell + row.cellCount where batch.cells[index].column == place {
            return batch.cells[index]
        }
        return nil
    }

    private func problem(
        _ fault: CheckFault, _ entry: Entry, _ row: RowBatch.Row, _ batch: borrowing RowBatch
    ) -> RowProblem {
        let told = fault.told(of: entry.field < 0 ? "" : names[entry.field], names)
        var problem = RowProblem(reason: told.reason, line: row.line, what: told.what, hint: told.hint)
        guard entry.field >= 0 else { return problem }
        for name in columns[entry.field] {
            guard let cell = cell(name, row, batch) else { continue }
            problem.columnName = name
            var start = Int.max
            for index in row.firstCell..<row.firstCell + row.cellCount {
                start = min(start, Int(batch.cells[index].start))
            }
            problem.place(cell.bytes, rowStart: start, in: batch)
            break
        }
        return problem
    }
}

extension MappingRule {
    /// The columns of the file that a field takes its value from.
    fileprivate func columns(ofField name: String) -> [String] {
        guard let fields else { return [name] }
        guard let field = fields.first(where: { $0.name == name }) else { return [] }
        switch field.source {
        case .column(let column): return [column]
        case .value: return []
        case .derived(let source, let value): return source.names + value.columns
        }
    }
}
