internal import PostboxCore

/// Reads the keys of a rule that say how its files lie.
struct LayoutReader {
    let section: SettingsSection<RuleKey>
    /// How the rule's files are written; nil: it does not tell.
    let format: PriceFileFormat?

    /// Nil: the rule has none of these keys.
    func read() -> FileLayout? {
        var layout = FileLayout()
        let lines = lines()
        if !lines.isEmpty { layout.lines = lines }
        layout.rows = rowsPath()
        let blanks = BlankValues(trims: section.bool(.trim), nulls: section.texts(.nulls))
        if blanks != BlankValues() { layout.blanks = blanks }
        let container = ContainerRule(
            isPlain: section.read(.compression, isPlain), member: section.text(.member),
            maxExpanded: section.read(.maxExpanded) { $0.parsed(as: "a size", SettingsText.bytes) },
            sheet: section.text(.sheet))
        if container != ContainerRule() { layout.container = container }
        return layout.isEmpty ? nil : layout
    }

    private func isPlain(_ value: SettingsValue) -> Bool? {
        let expected = "`by name` or `none`"
        switch value.text(expected) {
        case "none": return true
        case "by name": return nil
        case nil: return nil
        default:
            value.refuse(expected)
            return nil
        }
    }

    // MARK: - Lines

    private func lines() -> LineLayout {
        var lines = LineLayout()
        if section.written(.delimiter) == "blanks" { lines.partsAtBlanks = true }
        lines.quote = section.read(.quote) { $0.word() }
        lines.skipped = section.number(.skipLines, 0...1_000_000).flatMap { $0 > 0 ? $0 : nil }
        lines.comment = section.text(.comment)
        lines.header = section.read(.header, header)
        section.read(.columns) { columns($0, &lines) }
        if section.value(.rows)?.isMapping == true { section.read(.rows) { markers($0, &lines) } }
        lines.dropped = section.texts(.drop)
        lines.headings = section.read(.carry) { value in
            let headings = (value.items(single: true) ?? []).filter { $0.isMapping }.compactMap(heading)
            return headings.isEmpty ? nil : headings
        }
        lines.ragged = section.word(.ragged)
        if section.has(.delimiter) { lines.hasOwnDelimiter = true }
        check(lines)
        return lines
    }

    private func check(_ lines: LineLayout) {
        let isFixed = format?.traits.hasColumnsByPosition == true
        if isFixed, lines.fixed == nil, !section.isBroken(.columns) {
            section.report(
                "`format: fixed` needs `columns`: each with the characters it stands in, {ISIN: 1-12, BID: 14-25}",
                at: .columns)
        }
        if !isFixed, lines.fixed != nil { section.report("columns by position go with `format: fixed`", at: .columns) }
        if isFixed { return }
        let names = lines.columns != nil
        switch lines.header {
        case HeaderNone.header?:
            if !names, lines.fixed == nil, !section.isBroken(.columns) {
                section.report("`header: none` needs `columns`: a name for each column", at: .columns)
            }
            if lines.columns?.isEmpty == true {
                section.report("`columns` names no column: `header: none` needs a name for each", at: .columns)
            }
        case .between?: break
        default:
            if names, !isArrays {
                section.report("`columns` goes with `header: none`: else the header names the columns", at: .columns)
            }
        }
    }

    private enum HeaderNone { static let header = LineLayout.Header.none }
    private var isArrays: Bool { section.has(.arrays) }

    private func header(_ value: SettingsValue) -> LineLayout.Header? {
        let expected = "1, none, {first_cell: NAME}, {after: LINE} or {after: LINE, before: LINE}"
        guard value.isMapping else {
            switch value.text(expected) {
            case "1": return nil
            case "none": return HeaderNone.header
            case nil: return nil
            default:
                value.refuse(expected)
                return nil
            }
        }
        guard let section = value.section(HeaderKey.self) else { return nil }
        if section.has(.firstCell) {
            if section.has(.after) || section.has(.before) {
                section.report("`header` has `first_cell`, or `after` and `before`, not both", at: .firstCell)
            }
            return section.text(.firstCell).map { .firstCell($0) }
        }
        section.require(.after)
        guard let after = section.text(.after) else { return nil }
        guard section.has(.before) else { return .after(after) }
        return section.text(.before).map { .between(after: after, before: $0) }
    }

    private func columns(_ value: SettingsValue, _ lines: inout LineLayout) {
        guard value.isMapping else {
            guard !isArrays else { return }
            let names = value.items("a list of names, or names with their characters such as {ISIN: 1-12}").flatMap {
                items -> [String]? in
                let names = items.compactMap { $0.text("a column's name") }
                return names.count == items.count ? names : nil
            }
            if let names, Set(names).count != names.count { value.refuse("a list of names, each once") }
            lines.columns = names
            return
        }
        guard let entries = value.entries("names with their characters") else { return }
        var columns: [LineLayout.FixedColumn] = []
        for (name, value) in entries {
            guard let place = value.parsed(as: "characters such as 1-12", SettingsText.characters) else { continue }
            if let other = columns.first(where: {
                $0.first <= place.upperBound && place.lowerBound <= $0.last
            }) {
                value.refuse("a place of its own: it overlaps `\(other.name)`")
            }
            columns.append(LineLayout.FixedColumn(name: name, first: place.lowerBound, last: place.upperBound))
        }
        lines.fixed = columns.isEmpty ? nil : columns.sorted { $0.first < $1.first }
    }

    private func markers(_ value: SettingsValue, _ lines: inout LineLayout) {
        guard let section = value.section(RowsKey.self) else { return }
        if !section.has(.after), !section.has(.before) {
            section.report("`rows` needs `after`, `before` or both: the lines between which the rows are", at: .after)
        }
        lines.after = section.text(.after)
        lines.before = section.text(.before)
    }

    private func heading(_ value: SettingsValue) -> LineLayout.Heading? {
        guard let section = value.section(HeadingKey.self) else { return nil }
        section.require(.heading)
        section.require(.name)
        let name = section.read(.name) { $0.parsed(as: "a name of its own such as $product", SettingsText.ownColumn) }
        guard let patterns = section.texts(.heading), let name else { return nil }
        return LineLayout.Heading(patterns: patterns, name: name)
    }

    // MARK: - JSON and XML

    private func rowsPath() -> RowsPath? {
        if let arrays = section.read(.arrays, arrays) {
            if section.has(.rows) {
                section.report("`rows` and `arrays` both say where the rows are: leave one of them out", at: .rows)
            }
            return arrays
        }
        guard let value = section.value(.rows), !value.isMapping else { return nil }
        return section.read(.rows) {
            $0.text("a path such as quotes.items, or the lines between which the rows are: {after: LINE, before: LINE}")
                .map { .path($0) }
        }
    }

    private func arrays(_ value: SettingsValue) -> RowsPath? {
        guard let arrays = value.section(ArraysKey.self) else { return nil }
        if arrays.has(.zip) {
            if arrays.has(.rows) || arrays.has(.names) {
                arrays.report("`arrays` has `zip`, or `rows` with `names`, not both", at: .zip)
            }
            guard let paths = arrays.texts(.zip) else { return nil }
            if paths.isEmpty { arrays.report("`zip` names no array: each column of the rows is one", at: .zip) }
            if Set(paths).count != paths.count { arrays.report("`zip` names an array twice", at: .zip) }
            return .zip(paths)
        }
        arrays.require(.rows)
        let columns = section.texts(.columns)
        if arrays.has(.names) == (columns != nil) {
            arrays.report(
                "rows that are arrays need their names: `names` in `arrays`, the path where they are, or `columns` in the rule",
                at: .names)
        }
        if columns?.isEmpty == true {
            section.report("`columns` names no column: rows that are arrays need a name for each value", at: .columns)
        }
        return arrays.text(.rows).map { .arrays(rows: $0, names: arrays.text(.names), columns: columns) }
    }
}
