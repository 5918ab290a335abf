/// Looks at a whole file: whether it has the rows that it should have. It is asked once all of them were read.
package struct FileChecks: Sendable {
    fileprivate struct Universe {
        let keys: TableKeys
        let table: String
        let key: String
        let missing: RowLimit
        let action: CheckRule.Action
        /// Places of keys that are in the file.
        var seen: RowSet
    }

    private var universes: [Universe] = []
    private var counts: [(min: Int, action: CheckRule.Action)] = []
    private var comparisons: [(last: RulePast.File, percent: RowCheck.Limit, action: CheckRule.Action)] = []
    private var layouts: [CheckRule.Action] = []
    private let past: RulePast
    private let isReleased: Bool
    private var obstacle: String?

    /// nil: the rule has no check of the whole file.
    package init?(_ rule: MappingRule, sources: RowSources) {
        let checks = (rule.checks ?? []).filter(\.isOfFile)
        guard !checks.isEmpty else { return nil }
        past = sources.past
        isReleased = sources.isReleased
        for check in checks {
            switch check.kind {
            case .rows(let min): counts.append((min, check.action))
            case .rowsAgainstLast(let percent, let zone):
                do throws(SettingsMistake) {
                    let zone = try zone.map { (name) throws(SettingsMistake) in try sources.zone(name) } ?? .utc
                    let limit = try RowCheck.limit(percent)
                    // Without an earlier file nothing is compared.
                    if let last = past.file(ofDayLike: sources.context.claimedAt, in: zone, sources.calendar) {
                        comparisons.append((last, limit, check.action))
                    }
                } catch {
                    obstacle = "a check needs \(error.expected)"
                }
            case .layout: layouts.append(check.action)
            case .universe(let name, let key, let missing):
                do throws(SettingsMistake) {
                    let (table, column) = try RowCheck.column(key, ofTable: name, sources)
                    let keys = TableKeys(table, column: column)
                    universes.append(
                        Universe(
                            keys: keys, table: name, key: key, missing: missing, action: check.action,
                            seen: RowSet(rows: keys.placesEnd)))
                } catch {
                    obstacle = "a check needs \(error.expected)"
                }
            default: break
            }
        }
    }

    /// It has to see every row.
    package var needsRows: Bool { !universes.isEmpty }

    /// Takes the file's next rows, rejected ones too: they are in the file.
    package mutating func take(_ posts: PostBatch) {
        for at in universes.indices {
            for row in posts.rows where row.ricLength > 0 {
                let ric = posts.bytes.span.extracting(row.ricStart..<row.ricStart + row.ricLength)
                if let place = universes[at].keys.place(of: ric) { universes[at].seen.insert(place) }
            }
        }
    }

    /// What is said against the file.
    ///
    /// - Parameters:
    ///   - rows: Its rows of data.
    ///   - counted: Those of them that count.
    ///   - layout: What it looks like; nil: that was not asked for.
    package func findings(rows: Int, counted: Int, layout: SeenLayout? = nil) -> [CheckFinding] {
        var findings = asked(rows: rows, counted: counted, layout: layout)
        if isReleased { for at in findings.indices where findings[at].action == .hold { findings[at].action = .warn } }
        return findings
    }

    private func asked(rows: Int, counted: Int, layout: SeenLayout?) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        if let obstacle {
            findings.append(
                CheckFinding(
                    problem: FileProblem(
                        reason: "bad_rule", what: "The rule for this file cannot be followed: \(obstacle).",
                        hint: "Correct the configuration."), action: .reject))
        }
        for universe in universes {
            let missing = universe.keys.count - universe.seen.count
            guard !universe.missing.allows(missing, of: universe.keys.count) else { continue }
            findings.append(CheckFinding(problem: universe.problem(missing), action: universe.action))
        }
        for count in counts where counted < count.min {
            findings.append(
                CheckFinding(
                    problem: FileProblem(
                        reason: "too_few_rows",
                        what:
                            "The file has \(Plural.text(counted, "row that counts", "rows that count")), the rule wants \(count.min) at least.",
                        hint: "The file may have been cut off or written too early: have it written again."),
                    action: count.action))
        }
        for (last, percent, action) in comparisons where rows < last.rows {
            let share = Share(part: UInt128(last.rows - rows), whole: UInt128(last.rows))
            guard share.isMore(than: percent.number) else { continue }
            findings.append(
                CheckFinding(
                    problem: FileProblem(
                        reason: "too_few_rows",
                        what:
                            "The file has \(Plural.text(rows, "row")), \(share.text ?? "") fewer than \(last.rows) in \(VisibleText.line(last.name)) "
                            + "(drop \(last.drop)), the last file of the rule on such a day; the rule allows \(percent.text) %.",
                        hint: "The file may have been cut off or written too early: have it written again."),
                    action: action))
        }
        for action in layouts {
            if let finding = finding(of: layout, action) { findings.append(finding) }
        }
        return findings
    }

    private func finding(of layout: SeenLayout?, _ action: CheckRule.Action) -> CheckFinding? {
        switch past.layout {
        case .none: return nil
        case .unreadable(let why):
            // Refused or held, no file would ever be the last good one again.
            return CheckFinding(
                problem: FileProblem(
                    reason: "layout_changed",
                    what: "What the last good file of the rule looked like cannot be told: \(why).",
                    hint: "Look at the file; the next one is compared with it."), action: .warn)
        case .known(let old, let file, let drop):
            guard let differences = layout?.differences(from: old), !differences.isEmpty else { return nil }
            return CheckFinding(
                problem: FileProblem(
                    reason: "layout_changed",
                    what:
                        "The file looks other than the last good one of the rule, \(VisibleText.line(file)) (drop \(drop)): "
                        + "\(differences.joined(separator: "; ")).",
                    hint: "Ask the supplier what changed. Where it is right, "
                        + (action == .hold ? "release this file" : "let this file pass once with `on_fail: warn`")
                        + ": the next one is compared with it."), action: action)
        }
    }
}

extension FileChecks.Universe {
    /// Names that are told.
    private static var namesMax: Int { 10 }

    fileprivate func problem(_ missing: Int) -> FileProblem {
        let names = keys.first(Self.namesMax, besides: seen).map { VisibleText.line($0) }.joined(separator: ", ")
        return FileProblem(
            reason: "missing_instruments",
            what:
                "\(Plural.word(keys.count, "The one instrument", "\(missing) of the \(keys.count) instruments")) in the column \(key) of the table \(table) \(Plural.word(missing, "is", "are")) not in the "
                + "file: \(names)\(missing > Self.namesMax ? ", …" : "").",
            hint: "Have the file written again with all of them, or take them out of the table's file.")
    }
}

/// What a check says against a file as a whole.
package struct CheckFinding: Sendable, Equatable {
    package var problem: FileProblem
    package var action: CheckRule.Action

    package init(problem: FileProblem, action: CheckRule.Action) {
        self.problem = problem
        self.action = action
    }
}

/// What the checks of a rule warned of in a file that is sent all the same.
package struct CheckWarnings: Sendable, Equatable {
    /// How often which warning was given to a row, at the destination that has most of them.
    package var rows: [String: Int]
    /// What is said of the file as a whole, for people.
    package var file: [String]

    package init(rows: [String: Int], file: [String]) {
        self.rows = rows
        self.file = file
    }
}

/// What the checks of a rule said to a file when it was first read.
package struct CheckReport: Sendable, Equatable {
    /// Rows that go with a warning, at the destination that has most of them.
    package var warnedRows = 0
    /// How often which warning was given there.
    package var warnings: [String: Int] = [:]
    /// What is said against the file as a whole.
    package var findings: [CheckFinding] = []

    package init() {}

    /// Why nothing of the file is sent; nil: nothing stands against it.
    package var refusal: FileProblem? { findings.first { $0.action == .reject }?.problem }

    /// What is wrong with a file that is sent all the same.
    package var fileWarnings: [FileProblem] { findings.filter { $0.action == .warn }.map(\.problem) }

    /// What is told of it when the file is finished.
    package var warned: CheckWarnings { CheckWarnings(rows: warnings, file: fileWarnings.map(\.text)) }

    /// Notes the warnings of mapped rows. `going`: those of them that are sent; no other row goes with a warning.
    package mutating func take(_ posts: PostBatch, going: RowChoice = .all) {
        for (row, problems) in posts.warnings where going.contains(row) {
            warnedRows += 1
            for problem in problems { warnings[problem.reason, default: 0] += 1 }
        }
    }
}
