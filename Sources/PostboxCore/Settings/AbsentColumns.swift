extension MappingRule {
    /// Columns that the rule needs, that it does not make, and that none of its files can have: every file would be refused.
    package var absentColumnFaults: [(key: RuleKey, what: String)] {
        guard let format = knownFormat else { return [] }
        let list = columnList(format)
        var faults: [(key: RuleKey, what: String)] = []
        for column in neededColumns where !column.names.contains(where: { mayHave($0, format, list) }) {
            faults.append((column.key, absence(of: column, format, list)))
        }
        return faults
    }

    /// Columns that are called as those that a rule makes, and that nothing makes. A header, or a member of JSON, may have such a name;
    /// more likely it is mistyped.
    package var unmadeColumns: [(key: RuleKey, what: String)] {
        let format = knownFormat
        let list = format.flatMap { columnList($0) }
        func isUnmade(_ name: String) -> Bool {
            guard isLikeOwn(name), !makesColumn(name), list?.names.contains(name) != true else { return false }
            guard let format else { return name != ColumnPath.valueName }
            if format.traits.hasPaths, name == ColumnPath.valueName { return false }
            return mayHave(name, format, list)
        }
        var found: [(key: RuleKey, what: String)] = []
        for column in neededColumns where column.names.allSatisfy(isUnmade) {
            found.append(
                (
                    column.key,
                    "nothing makes the column \(column.shownNames), which \(column.use) needs, so that only files with a column of that "
                        + "name can be read: \(column.whatMakes)"
                ))
        }
        return found
    }

    /// Those that the file must have. Behind `group` cells have the names that the file's lines give them.
    private var neededColumns: [NamedColumn] {
        columnsByUse.filter { !$0.isOptional && !($0.isBehindGroup && shape?.group != nil) }
    }

    /// Nil: the file names its columns.
    private func columnList(_ format: PriceFileFormat) -> ColumnList? {
        let traits = format.traits
        var list: ColumnList?
        if traits.hasPaths, !traits.hasRowElement {
            switch layout?.rows {
            case .zip(let paths)?: list = ColumnList(word: "zip", names: paths, isOfValues: false)
            case .arrays(_, nil, let names?)?: list = ColumnList(word: "columns", names: names)
            case .arrays?, .path?, nil: break
            }
        } else if traits.hasColumnsByPosition {
            list = ColumnList(word: "columns", names: (layout?.lines?.fixed ?? []).map(\.name))
        } else if traits.hasHeader, layout?.lines?.header == LineLayout.Header.none {
            list = ColumnList(word: "columns", names: layout?.lines?.columns ?? [])
        }
        // An empty list is told as such.
        return list?.names.isEmpty == true ? nil : list
    }

    /// Whether some file of the rule can have a column of that name, or the rule makes it.
    private func mayHave(_ name: String, _ format: PriceFileFormat, _ list: ColumnList?) -> Bool {
        if makesColumn(name) { return true }
        let traits = format.traits
        if let list {
            if list.names.contains(name) { return true }
            if !traits.hasPaths { return false }
            if name == ColumnPath.keyName { return rowsAreMembers }
            return name.hasPrefix("/") || list.isOfValues && list.names.contains { isPath(name, into: $0) }
        }
        guard ColumnPath.isOwn(name) else { return true }
        if name == ColumnPath.keyName { return traits.hasPaths && !traits.hasRowElement && rowsAreMembers }
        // No name of XML has a dollar sign.
        if traits.hasRowElement { return false }
        guard traits.hasPaths, fields != nil, name != ColumnPath.valueName else { return true }
        switch layout?.rows {
        case .arrays?, .zip?: return true
        // Below a path such a name is no member's, unless it stands in quotes.
        case .path?, nil: return !PriceFileReaders.needsTree(namedColumns, layout)
        }
    }

    /// Whether the path leads to a column's value, or below it.
    private func isPath(_ path: String, into column: String) -> Bool {
        if [".", "[", "@"].contains(where: { path.hasPrefix(column + $0) }) { return true }
        guard case .name(let first)? = (try? ColumnPath(parsing: path))?.steps.first else { return false }
        return first == Array(column.utf8)
    }

    /// Whether each row is a member of an object, so that it has a name.
    private var rowsAreMembers: Bool {
        switch layout?.rows {
        case .path(let path)?, .arrays(let path, _, _)?: (try? ColumnPath(ofRows: path))?.steps.last == .any
        case .zip?, nil: false
        }
    }

    private func makesColumn(_ name: String) -> Bool {
        isMade(name) || (layout?.lines?.headings ?? []).contains { $0.name == name }
    }

    private func isLikeOwn(_ name: String) -> Bool { (try? SettingsText.ownColumn(name)) != nil }

    private func absence(of column: NamedColumn, _ format: PriceFileFormat, _ list: ColumnList?) -> String {
        if column.names == [ColumnPath.keyName] {
            return
                "no row has a `$key`, which \(column.use) needs: it is the name of a row that is a member, where the path in `rows` ends in `.*`"
        }
        if column.names.allSatisfy(ColumnPath.isOwn) {
            let quoted =
                format.traits.hasPaths && !format.traits.hasRowElement && list == nil
                ? "; a member that is called so stands in quotes, such as `'\(VisibleText.line(column.names[0]))'`" : ""
            return
                "nothing makes the column \(column.shownNames), which \(column.use) needs: \(column.whatMakes)\(quoted)"
        }
        let word = list?.word ?? "columns"
        let nearest = column.names.compactMap { NearestWord.of($0, in: list?.names ?? []) }.first
        return "`\(word)` does not name \(column.shownNames), which \(column.use) needs: no file can have it"
            + (nearest.map { "; the nearest is `\(VisibleText.line($0))`" }
                ?? "; write it there, or take another column")
    }
}

/// All columns of a rule's files, where the rule itself says which they are.
private struct ColumnList {
    /// How the rule writes the list.
    var word: String
    var names: [String]
    /// Its columns may hold objects and arrays, into which a path leads.
    var isOfValues = true
}

extension NamedColumn {
    fileprivate var shownNames: String { names.map { "`\(VisibleText.line($0))`" }.joined(separator: " or ") }

    /// Half a sentence: what would make such a column.
    fileprivate var whatMakes: String {
        let part = names.first.map { "{\(VisibleText.line(String($0.dropFirst())))}" } ?? "{NAME}"
        return "it comes from \(part) in `match`, or from `let`, `unpivot` or a heading in `carry`"
    }
}
