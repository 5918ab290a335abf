/// What a rule may take from the file as a whole: the columns `$file`, `$claimed` and those that the file's name gives.
package struct RowContext: Sendable, Equatable {
    /// The file's name; of a file of rejects that of the file they were in.
    package var file: String
    /// What `{NAME}` stood for in the rule's `match`, by the name alone.
    package var captures: [String: String]
    /// Microseconds since 1970.
    package var claimedAt: Int64
    /// What its rows were numbered in the file that they come from; nil: they come from this one.
    package var numbers: RowNumbers?

    package init(file: String = "", captures: [String: String] = [:], claimedAt: Int64 = 0) {
        self.file = file
        self.captures = captures
        self.claimedAt = claimedAt
    }
}

extension MappingRule {
    /// What the rule may take from a file of this name, which a file of rejects has from the file they were in.
    package func rowContext(file name: String, claimedAt: Int64) -> RowContext {
        let name = RejectsName.root(of: name)
        return RowContext(file: name, captures: partsOfName(name), claimedAt: claimedAt)
    }
}

/// A column of Postbox's own, which is in no file.
enum OwnColumn: Sendable, Equatable {
    case file
    case claimed
    case row
    case line
    case capture(String)

    /// nil: no column of ours has that name.
    init?(_ name: String, _ context: RowContext) {
        switch name {
        case "$file": self = .file
        case "$claimed": self = .claimed
        case "$row": self = .row
        case "$line": self = .line
        default:
            guard name.hasPrefix("$"), let value = context.captures[String(name.dropFirst())] else { return nil }
            self = .capture(value)
        }
    }

    /// Its text, where that is the same for every row.
    func text(_ context: RowContext) -> [UInt8]? {
        switch self {
        case .file: return Array(context.file.utf8)
        case .capture(let value): return Array(value.utf8)
        case .claimed:
            var text: [UInt8] = []
            var time = TimeText()
            time.append(context.claimedAt, to: &text)
            return text
        case .row, .line: return nil
        }
    }
}

/// What a rule's values are made with, besides the file's rows.
package struct RowSources: Sendable {
    package var context: RowContext
    /// What had to be known of the whole file before its first row; nil: nothing.
    package var scan: FileScan?
    /// What `take` knows before the file is read: of a file of rejects, what was found in the file that its rows come from; nil: nothing.
    package var taken: RowScan?
    /// The configuration's tables, by name.
    package var tables: [String: LookupTable]
    /// The zones that the rule names, by name.
    package var zones: [String: TimeZoneRules]
    /// What the servers know of fields; nil: the rule's types and a value's look decide.
    package var dictionary: FieldDictionary?
    /// The rule's business days.
    package var calendar = BusinessCalendar.plain
    /// What earlier files of the rule were like, as far as its checks ask.
    package var past = RulePast()
    /// Somebody released the file: its checks hold nothing any more, they warn.
    package var isReleased = false
    /// Which of its rows go: whoever released it may have left some out.
    package var going = RowChoice.all
    /// All that is wrong with a row is told, not only what is found first.
    package var tellsAll = false

    package init(
        context: RowContext = RowContext(), scan: FileScan? = nil, tables: [String: LookupTable] = [:],
        zones: [String: TimeZoneRules] = [:], dictionary: FieldDictionary? = nil
    ) {
        self.context = context
        self.scan = scan
        self.tables = tables
        self.zones = zones
        self.dictionary = dictionary
    }

    /// The rules of a zone. Throws when it is none that is known.
    func zone(_ name: String) throws(SettingsMistake) -> TimeZoneRules {
        guard let rules = zones[name] else { throw SettingsMistake("a zone of the system's tz database") }
        return rules
    }
}
