internal import PostboxCore

/// What a rule makes of the file's columns: where a text comes from, and what becomes of it.
struct MadeValue {
    var source: ColumnSource
    var value: ValueRule

    /// A column's name, or several of which the file has one.
    static func source(_ value: SettingsValue) -> ColumnSource? {
        guard value.isList else { return value.text("a column's name").map { .column($0) } }
        guard let names = value.texts() else { return nil }
        if names.isEmpty { value.refuse("a list with at least one column's name") }
        if Set(names).count != names.count { value.refuse("a list of names, each once: the file has one of them") }
        return names.count == 1 ? .column(names[0]) : .anyOf(names)
    }
}

/// Reads the keys that a field, the RIC and a column of `let` share.
struct MadeValueReader<Key: MadeValueKey> {
    private let section: SettingsSection<Key>
    /// What may stand in place of `column`, for the message.
    private let others: [String]

    /// - Parameter others: keys besides those of all made values that stand in place of `column`.
    init(_ section: SettingsSection<Key>, others: [String] = []) {
        self.section = section
        self.others = others
    }

    /// - Parameter isMade: something else makes the value: neither `column` nor `template` is needed.
    func read(isMade: Bool = false) -> MadeValue? {
        var value = ValueRule()
        let found = section.read(.lookup, lookup)
        value.lookup = found?.lookup
        value.template = section.read(.template) { $0.parsed(as: "a template", TemplatePiece.parse) }
        value.extract = section.read(.extract) {
            $0.parsed(as: "a regular expression") { (text) throws(SettingsMistake) in
                _ = try Extractor(text)
                return text
            }
        }
        value.strip = section.text(.strip)
        value.whenEmpty = section.text(.whenEmpty)
        value.map = map()
        if value.map != nil, value.lookup != nil { section.report("a value has `map` or `lookup`, not both", at: .map) }
        let hasKey = found?.keys != nil
        let count = [section.has(.column), section.has(.template), isMade].count { $0 }
        guard count == 1 || count == 0 && hasKey else {
            let keys = [Key.column.rawValue, Key.template.rawValue] + others
            let words = keys.dropLast().map { "`\($0)`" }.joined(separator: ", ") + " or `\(keys.last ?? "")`"
            if !section.isBroken(.column), !section.isBroken(.template), !section.isBroken(.lookup) {
                section.report(
                    count > 1 ? "a value comes from one of \(words)" : "a value needs \(words), one of them",
                    at: section.has(.template) ? .template : .column)
            }
            return nil
        }
        if case .anyOf(let names)? = found?.keys {
            guard count == 0 else {
                section.report(
                    "`by` of a `lookup` is one name, where the value comes from something else: make a column of "
                        + "\(names.joined(separator: ", ")) in `let`, and name that",
                    at: .lookup)
                return nil
            }
            // The key is the value that the lookup begins with.
            return MadeValue(source: .anyOf(names), value: value)
        }
        guard section.has(.column) else { return MadeValue(source: .none, value: value) }
        return section.read(.column, MadeValue.source).map { MadeValue(source: $0, value: value) }
    }

    private func map() -> WordMap? {
        let otherwise = section.read(.otherwise, otherwise)
        if section.has(.otherwise), !section.has(.map) { section.report("`otherwise` goes with `map`", at: .otherwise) }
        return section.read(.map) { value in
            guard let entries = value.entries("a mapping from words of the file to others such as {EURO: EUR}") else {
                return nil
            }
            if entries.isEmpty { value.refuse("a mapping with at least one word") }
            var words: [String: String] = [:]
            for (word, value) in entries { value.text("a text", mayBeEmpty: true).map { words[word] = $0 } }
            return WordMap(words: words, otherwise: otherwise ?? .keep)
        }
    }

    private func otherwise(_ value: SettingsValue) -> WordMap.Otherwise? {
        let expected = "keep, reject or {value: X}"
        if value.isMapping {
            guard let section = value.section(OtherwiseKey.self) else { return nil }
            section.require(.value)
            return section.read(.value) { $0.text("a text", mayBeEmpty: true) }.map { .value($0) }
        }
        switch value.text(expected) {
        case "keep": return .keep
        case "reject": return .reject
        case nil: return nil
        default:
            value.refuse(expected)
            return nil
        }
    }

    /// A lookup, and the columns that hold its key; `by` of the lookup is one name.
    private func lookup(_ value: SettingsValue) -> (lookup: Lookup, keys: ColumnSource?)? {
        guard let section = value.section(LookupKey.self) else { return nil }
        section.require(.table)
        section.require(.take)
        guard let table = section.text(.table), let take = section.text(.take) else { return nil }
        let keys = section.read(.by, MadeValue.source)
        var by: String?
        if case .column(let name)? = keys { by = name }
        return (lookup: Lookup(table: table, by: by, take: take), keys: keys)
    }
}
