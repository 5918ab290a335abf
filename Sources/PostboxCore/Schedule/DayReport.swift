/// A file as the report of a day counts it. Times are microseconds since 1970.
package struct DayFile: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        case inbox, work, held
        case ended(Verdict)

        /// A stable word.
        package var word: String {
            switch self {
            case .inbox: "inbox"
            case .work: "work"
            case .held: "held"
            case .ended(let verdict): verdict.rawValue
            }
        }
    }

    /// nil: it was not claimed yet.
    package var drop: Int?
    package var name: String
    /// The rule's `match`; empty: the plain mapping.
    package var rule: String
    /// When it came.
    package var at: Int64
    package var place: Place
    package var rows: Int
    package var bad: Int
    /// The drop whose rows it holds.
    package var original: Int?
    /// Something else has put it right, or somebody said that nothing more is to be done.
    package var isClosed: Bool

    package init(
        drop: Int?, name: String, rule: String, at: Int64, place: Place, rows: Int = 0, bad: Int = 0,
        original: Int? = nil, isClosed: Bool = false
    ) {
        self.drop = drop
        self.name = name
        self.rule = rule
        self.at = at
        self.place = place
        self.rows = rows
        self.bad = bad
        self.original = original
        self.isClosed = isClosed
    }
}

/// How a day went: what each rule expected and got, what is open, instruments without a price, what people did, and who signed it off.
package struct DayReport: Sendable, Equatable {
    /// A rule's day.
    package struct Rule: Sendable, Equatable {
        /// Its `match`; empty: the plain mapping.
        package var rule: String
        /// Files that are expected; nil: the rule expects none at a time.
        package var expected: Int?
        /// Corrections are no files of their own.
        package var arrived = 0
        package var rows = 0
        package var bad = 0
        /// Files that are not done, and that nothing has put right.
        package var open: [DayFile] = []
        /// Why nothing is expected although it would be.
        package var skipped: String?
        /// By when its files are to be there, as people say it, while that time has not come yet; nil: it is over, or the rule has none.
        package var dueBy: String?

        /// Expected files that should be there and did not come.
        package var missing: Int { dueBy == nil ? lacking : 0 }

        /// Expected files that did not come, and that are not due yet.
        package var awaited: Int { dueBy == nil ? 0 : lacking }

        private var lacking: Int { max(0, (expected ?? 0) - arrived) }

        /// `1 missing`, `1 not due yet (by 17:30 Europe/London)`; nil: all that is expected came.
        package var lacks: String? {
            if missing > 0 { return "\(missing) missing" }
            return dueBy.flatMap { awaited > 0 ? "\(awaited) not due yet (by \($0))" : nil }
        }
    }

    /// Instruments of a table that had no accepted price.
    package struct Unpriced: Sendable, Equatable {
        package var table: String
        package var key: String
        package var count: Int
        /// The first of them.
        package var instruments: [String]
        /// Why it cannot be told; nil: it can.
        package var fault: String?

        package init(table: String, key: String, count: Int, instruments: [String], fault: String? = nil) {
            self.table = table
            self.key = key
            self.count = count
            self.instruments = instruments
            self.fault = fault
        }
    }

    /// Something that a person did.
    package struct Act: Sendable, Equatable {
        package var at: Int64
        package var act: RecordAct

        package init(at: Int64, act: RecordAct) {
            self.at = at
            self.act = act
        }
    }

    /// Instruments that are named of a table.
    package static let named = 1000

    /// Days since 1970-01-01. A rule's day is that of its zone, everything else's that of UTC.
    package var day: Int
    package var rules: [Rule]
    /// The day has not begun, neither by UTC nor in the zone of a rule.
    package let isAhead: Bool
    /// The day was over before anything was known, which is since then: microseconds since 1970. nil: it was not.
    package let unknownBefore: Int64?
    package var unpriced: [Unpriced] = []
    package var acts: [Act] = []
    /// Who answers for the day.
    package var signatures: [PersonNote] = []

    /// - Parameters:
    ///   - matches: of all rules, in the order of the configuration; empty: the plain mapping alone.
    ///   - files: those that may be of that day, and what corrects them.
    ///   - knownSince: since when the spool is used; microseconds since 1970. nil: for longer than that day is past.
    ///   - now: what is not due by then is not missing; microseconds since 1970.
    package init(
        day: Int, matches: [String], schedules: [RuleSchedule], skips: [ScheduleSkip], files: [DayFile],
        knownSince: Int64? = nil, at now: Int64
    ) {
        self.day = day
        isAhead = !Self.hasBegun(day, schedules: schedules, at: now)
        let isUnknown = knownSince.map { Self.end(of: day, schedules: schedules) <= $0 } ?? false
        unknownBefore = isUnknown ? knownSince : nil
        let known = Set(matches)
        let others = Set(files.map(\.rule)).subtracting(known).sorted()
        rules = (matches + others).compactMap { match in
            let schedule = schedules.first { $0.rule == match }
            let own = files.filter { file in
                file.rule == match && file.original == nil
                    && (schedule?.day(at: file.at) ?? BusinessCalendar.today(at: file.at, in: .utc)) == day
            }
            guard known.contains(match) || !own.isEmpty else { return nil }
            var rule = Rule(rule: match)
            // Whoever does not know the day knows of no file that is missing.
            if let schedule, let by = schedule.by, schedule.isDue(on: day), !isUnknown {
                let skip = skips.first { $0.rule == match && $0.day == day }
                rule.expected = skip == nil ? schedule.count : 0
                rule.skipped = skip.map { "\(ReleaseRule.name($0.by)): \($0.why)" }
                if now < schedule.time(by, on: day) { rule.dueBy = schedule.text(by, on: day) }
            }
            for file in own.sorted(by: { ($0.at, $0.name) < ($1.at, $1.name) }) {
                rule.arrived += 1
                rule.rows += file.rows
                rule.bad += file.bad
                if file.place != .ended(.done), !file.isClosed { rule.open.append(file) }
            }
            return rule
        }
    }

    /// Whether a day has begun by now, by UTC or in the zone of one of the rules: somebody can answer for it.
    package static func hasBegun(_ day: Int, schedules: [RuleSchedule], at now: Int64) -> Bool {
        BusinessCalendar.today(at: now, in: .utc) >= day || schedules.contains { $0.day(at: now) >= day }
    }

    /// When it is over by UTC and in the zones of all rules, microseconds since 1970.
    package static func end(of day: Int, schedules: [RuleSchedule]) -> Int64 {
        let zones = [TimeZoneRules.utc] + schedules.map(\.zoneRules)
        return zones.map { BusinessCalendar.time(0, on: day + 1, in: $0) }.max() ?? 0
    }

    /// Nothing is missing and nothing is open so far.
    package var isClear: Bool {
        unknownBefore == nil && rules.allSatisfy { $0.missing == 0 && $0.open.isEmpty }
            && unpriced.allSatisfy { $0.count == 0 && $0.fault == nil }
    }

    /// The same, and nothing more is expected.
    package var isComplete: Bool { isClear && !isAhead && rules.allSatisfy { $0.awaited == 0 } }

    /// How it stands, in a few words.
    package var state: String {
        if let unknownBefore {
            return "nothing is known of that day: this spool is used since \(TimeText.text(unknownBefore))"
        }
        guard isClear else { return "not complete" }
        if isAhead { return "has not come yet" }
        return isComplete ? "complete" : "nothing is missing so far"
    }

    private static func name(_ rule: String) -> String { rule.isEmpty ? "(plain mapping)" : rule }

    /// An object on one line.
    package var json: String {
        let quoted = VisibleText.quoted
        let rules = rules.map { rule in
            let open = rule.open.map { file in
                "{"
                    + [
                        file.drop.map { "\"drop\":\($0)" }, "\"file\":\(quoted(file.name))",
                        "\"state\":\"\(file.place.word)\"",
                    ].compactMap(\.self).joined(separator: ",") + "}"
            }
            let members = [
                "\"rule\":\(quoted(rule.rule))", rule.expected.map { "\"expected\":\($0)" },
                "\"arrived\":\(rule.arrived)", "\"missing\":\(rule.missing)",
                rule.dueBy.map { "\"due_by\":\(quoted($0))" },
                "\"rows\":\(rule.rows)", "\"bad\":\(rule.bad)", "\"open\":[\(open.joined(separator: ","))]",
                rule.skipped.map { "\"skipped\":\(quoted($0))" },
            ]
            return "{" + members.compactMap(\.self).joined(separator: ",") + "}"
        }
        let unpriced = unpriced.map { table in
            let members = [
                "\"table\":\(quoted(table.table))", "\"key\":\(quoted(table.key))", "\"count\":\(table.count)",
                "\"instruments\":[\(table.instruments.map(quoted).joined(separator: ","))]",
                table.fault.map { "\"fault\":\(quoted($0))" },
            ]
            return "{" + members.compactMap(\.self).joined(separator: ",") + "}"
        }
        let acts = acts.map { line in
            let act = line.act
            let members = [
                "\"at\":\"\(TimeText.text(line.at))\"", "\"act\":\(quoted(act.act))", act.drop.map { "\"drop\":\($0)" },
                act.subject.map { "\"subject\":\(quoted($0))" }, "\"by\":\(quoted(act.by))",
                act.why.map { "\"why\":\(quoted($0))" },
            ]
            return "{" + members.compactMap(\.self).joined(separator: ",") + "}"
        }
        return
            "{\"day\":\"\(BusinessCalendar.text(ofDay: day))\",\"complete\":\(isComplete),\"known\":\(unknownBefore == nil),"
            + "\"rules\":[\(rules.joined(separator: ","))],\"unpriced\":[\(unpriced.joined(separator: ","))],"
            + "\"acts\":[\(acts.joined(separator: ","))],\"signed\":\(PersonNote.json(signatures))}"
    }

    /// Lines of CSV (RFC 4180): a kind of line for each of these things, and blanks where a column does not apply.
    package var csv: [String] {
        func line(_ cells: [String]) -> String { CSVText.line(cells.map(CSVText.shown)) }
        var lines = ["kind,rule,expected,arrived,rows,bad,open,name,state,at,by,why"]
        if unknownBefore != nil {
            lines.append(line(["unknown"] + [String](repeating: "", count: 10) + [state]))
        }
        for rule in rules {
            lines.append(
                line([
                    "rule", rule.rule, rule.expected.map(String.init) ?? "", "\(rule.arrived)", "\(rule.rows)",
                    "\(rule.bad)", "\(rule.open.count)", "", "", "", "", rule.skipped ?? rule.lacks ?? "",
                ]))
            for file in rule.open {
                lines.append(
                    line([
                        "open", rule.rule, "", "", "\(file.rows)", "\(file.bad)", "", file.name, file.place.word,
                        TimeText.text(file.at), "", file.drop.map { "drop \($0)" } ?? "",
                    ]))
            }
        }
        for table in unpriced {
            for instrument in table.instruments {
                lines.append(line(["unpriced", table.table, "", "", "", "", "", instrument, "", "", "", ""]))
            }
            if let fault = table.fault {
                lines.append(line(["unpriced", table.table, "", "", "", "", "", "", "unknown", "", "", fault]))
            }
        }
        for entry in acts {
            let what = entry.act.drop.map { "drop \($0)" } ?? entry.act.subject ?? ""
            lines.append(
                line([
                    "act", "", "", "", "", "", "", what, entry.act.act, TimeText.text(entry.at), entry.act.by,
                    entry.act.why ?? "",
                ]))
        }
        for one in signatures {
            lines.append(line(["signed", "", "", "", "", "", "", "", "", TimeText.text(one.at), one.by, one.why]))
        }
        return lines
    }

    /// For people.
    package var lines: [String] {
        var lines = ["\(BusinessCalendar.text(ofDay: day)): \(state)", ""]
        let header = ["rule", "expected", "arrived", "rows", "bad", "open"]
        let cells = rules.map { rule in
            [
                Self.name(rule.rule), rule.expected.map(String.init) ?? "-", "\(rule.arrived)", "\(rule.rows)",
                "\(rule.bad)", "\(rule.open.count)",
            ]
        }
        lines += StatusText.table(header, cells)
        for rule in rules {
            if let skipped = rule.skipped {
                lines.append("  \(Self.name(rule.rule)): nothing is expected, says \(skipped)")
            }
            if let lacks = rule.lacks { lines.append("  \(Self.name(rule.rule)): \(lacks)") }
            for file in rule.open {
                lines.append(
                    "  \(Self.name(rule.rule)): \(VisibleText.line(file.name))\(file.drop.map { ", drop \($0)" } ?? ""), \(file.place.word)"
                )
            }
        }
        for table in unpriced where table.count > 0 || table.fault != nil {
            if let fault = table.fault {
                lines += ["", "instruments of \(table.table) cannot be told: \(fault)"]
                continue
            }
            let shown = table.instruments.prefix(20).map { VisibleText.line($0) }
            lines += [
                "",
                "\(Plural.text(table.count, "instrument")) of \(table.table) \(Plural.word(table.count, "has", "have")) no accepted price",
                "  " + shown.joined(separator: ", ") + (table.count > shown.count ? " …" : ""),
            ]
        }
        if !acts.isEmpty {
            lines.append("")
            for entry in acts {
                let what = entry.act.drop.map { "drop \($0)" } ?? entry.act.subject ?? ""
                lines.append(
                    "\(TimeText.text(entry.at).dropFirst(11).prefix(8)) \(entry.act.by) \(VisibleText.line(entry.act.words)) \(VisibleText.line(what))"
                        + (entry.act.why.map { ": \(VisibleText.line($0))" } ?? ""))
            }
        }
        lines.append("")
        lines += signatures.map {
            "signed off by \($0.by) at \(TimeText.text($0.at))"
                + ($0.why.isEmpty ? "" : ": \(VisibleText.line($0.why))")
        }
        if signatures.isEmpty { lines.append("nobody has signed it off (postbox day --sign)") }
        return lines
    }
}

extension LookupTable {
    /// Keys of a column that are not among these: how many, and the first of them in the table's order. nil: it has no such column.
    package func keys(_ column: String, besides known: Set<String>, most: Int) -> (count: Int, first: [String])? {
        guard let index = self.column(column) else { return nil }
        let keys = TableKeys(self, column: index)
        var seen = RowSet(rows: keys.placesEnd)
        for key in known {
            let bytes = Array(key.utf8)
            if let place = keys.place(of: bytes.span) { seen.insert(place) }
        }
        return (keys.count - seen.count, keys.first(most, besides: seen))
    }
}
