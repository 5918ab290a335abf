/// A rule made ready for a price file's columns: what each column is for and what each field needs, in flat arrays, so
/// that a row is mapped without looking anything up by name.
///
/// A *slot* is something a row gives once, by whatever column: the RIC, a column that the rule names. Columns fill slots.
struct MappingPlan: Sendable {
    /// What a column's values are for.
    struct ColumnUse {
        /// The slot of the column's name, or -1.
        var slot = -1
        /// The slot of the plain mapping's RIC, Post or Service, or -1.
        var plainSlot = -1
        /// The slot of a column that the rule names and that this one lies in, or -1: that one is no value then.
        var parentSlot = -1
        var role = Role.ignored
        /// Where `,"NAME":` lies in `bytes`, for a field of the plain mapping.
        var prefix = 0..<0
        /// Which of `typed` a field of the plain mapping is, or -1: its values are told by their look.
        var typed = -1
    }

    enum Role {
        /// No field.
        case ignored
        /// A field of the column's name.
        case field
        /// Below the row's top level: no rule names it, so what it means is unknown.
        case nested
        /// A field whose name cannot go on the wire.
        case badName
        /// A field that an earlier column is already.
        case duplicate
        /// A field that the dictionary does not have.
        case unknown
    }

    /// A field that the rule names.
    struct Field {
        /// Where `,"NAME":` lies in `bytes`.
        var prefix: Range<Int>
        /// The slot of its column, or -1 for a constant.
        var slot: Int
        /// A row may lack the column.
        var isOptional: Bool
        var conversion: FieldConversion
        /// A constant: what came of it, and where its JSON lies in `bytes`.
        var constantOutcome = FieldOutcome.empty
        var constant = 0..<0
    }

    enum RIC {
        case slot(Int)
        case template([TemplatePart])
    }

    enum TemplatePart {
        /// Where the text lies in `bytes`.
        case text(Range<Int>)
        case slot(Int)
    }

    enum Post {
        case always(PostKind)
        case plain(slot: Int)
        case column(slot: Int, words: [(word: Range<Int>, kind: PostKind)])
    }

    /// The piece in which names and constants are read, whatever lies behind them.
    typealias Padding = SIMD32<UInt8>
    /// Bytes behind what is copied into posts, so that all of it can be read so.
    static let padding = MemoryLayout<Padding>.size

    /// What is copied into posts, and the padding.
    private(set) var bytes: [UInt8]
    private(set) var uses: [ColumnUse] = []
    private(set) var fields: [Field] = []
    /// By the dictionary: how the values of columns that are fields by their names become JSON.
    private(set) var typed: [FieldConversion] = []
    private(set) var displays = DisplayTable()
    private(set) var ric = RIC.slot(0)
    private(set) var post = Post.always(.update)
    /// The slot of the plain mapping's Service, or -1 where a row cannot name its service.
    private(set) var serviceSlot = -1
    private(set) var slotCount = 0
    /// Whether columns become fields by their names.
    let mapsColumnsPlainly: Bool
    let empty: EmptyRule?
    /// Values of columns that become fields by their names go as they are.
    let sendsAsIs: Bool
    let lineBreaks: LineBreaks
    /// What may stand in the post's column.
    private(set) var postWords = ["Refresh", "Update"]
    /// Why no row of the file can be mapped.
    private(set) var obstacle: RowFault?
    /// A text may go although it is longer than its field, and somebody is to be told.
    private(set) var sendsLongTexts = false
    /// The names of a header that a row may repeat; empty: the file has none.
    private(set) var header: [[UInt8]] = []
    private let mayNest: Bool
    /// A value stands where a column lies that the rule takes for a value.
    private(set) var hasParents = false
    /// By column, for those that should be objects: the slots of the columns that the rule names in them.
    private(set) var children: [Int: [Int]] = [:]

    private var slotsByName: [String: Int] = [:]
    /// The columns that the rule names, in its order, and what it takes from them.
    private var needed: [(slot: Int, name: String, use: String, isOptional: Bool)] = []
    /// By slot of a made value: the slots of what it is made of.
    private var sources: [Int: [Int]] = [:]
    /// By slot of a made value: how it is made of these.
    private var makings: [Int: ValueMaking] = [:]
    /// By slot of a made value that a table gave.
    private var taken: [Int: TakenValue] = [:]
    private let tables: [String: LookupTable]
    /// Columns of which the file has one.
    private var choices: [(names: [String], use: String, isOptional: Bool)] = []
    /// Columns that shape the rows.
    private var watched: [(name: String, use: String)] = []
    /// Where columns of `choices` and `watched` are among the file's.
    private var found: [String: [Int]] = [:]
    private var isPlainRICUsed = false
    private var isPlainPostUsed = false
    private var fieldNames: Set<String> = []

    /// nil: values are told by the rule and by their look.
    private let dictionary: FieldDictionary?
    private let tooLong: TooLong
    /// The plain mapping is told how numbers are written.
    private let saysMarks: Bool

    static let unpivotUse = "`unpivot`"
    static let carryUse = "`carry`"
    /// Whether columns of that use are ones that lines have and rows need not.
    static func isOfLines(_ use: String) -> Bool { use == unpivotUse || use == carryUse }

    private let plainRICSlot = 0
    private let plainPostSlot = 1

    /// `mayNest`: see ``RowMapper``.
    init(
        _ rule: MappingRule, mayNest: Bool = true, dictionary: FieldDictionary? = nil,
        tables: [String: LookupTable] = [:]
    ) {
        self.mayNest = mayNest
        self.tables = tables
        self.dictionary = dictionary
        tooLong = rule.tooLong ?? .reject
        saysMarks = rule.number?.saysMarks == true
        if let dictionary { displays.enums = dictionary.enums }
        bytes = Array(repeating: 0, count: MappingPlan.padding)
        mapsColumnsPlainly = rule.fields == nil
        empty = rule.empty
        sendsAsIs = rule.sendsAsIs == true
        lineBreaks = rule.lineBreaks ?? .reject
        slotCount = 2
        if mapsColumnsPlainly {
            serviceSlot = slotCount
            slotCount += 1
        }
        compile(rule.ric)
        compile(rule.post)
        for field in rule.fields ?? [] { compile(field) }
        sendsLongTexts = fields.contains { $0.conversion.sendsLongTexts }
        let shaping = rule.shapingColumns
        watched = shaping.watched
        choices += shaping.choices
        for name in watched.map(\.name) + choices.flatMap(\.names) { found[name] = [] }
        if let problem = mappingRuleProblems(rule, dictionary).first {
            obstacle = .badRule(problem.what)
        }
    }

    /// Takes in columns that came since the last call.
    ///
    /// - Parameter areHeader: they are the first row's cells.
    mutating func extend(to columns: [Column], areHeader: Bool) {
        guard columns.count > uses.count else { return }
        for column in columns[uses.count...] {
            let inside = slotsByName.filter { $0.key.hasPrefix(column.name + ".") }.map(\.value)
            if mayNest, !inside.isEmpty, !areHeader, !column.isAttribute {
                children[uses.count] = inside.sorted()
                hasParents = true
            }
            if !found.isEmpty { found[column.name]?.append(uses.count) }
            uses.append(use(of: column))
        }
        if areHeader { header = columns.map { Array($0.name.utf8) } }
    }

    /// The columns that the rule, or the plain mapping, cannot do without and that are not among those of the file, with what
    /// is taken from each.
    ///
    /// - Parameters:
    ///   - lines: columns that count for none.
    ///   - usedUp: those that count for `carry` and `unpivot` alone.
    func missing(besides lines: Set<Int>, usedUp: Set<Int> = []) -> [(name: String, use: String)] {
        let unread = lines.union(usedUp)
        func has(_ isIt: (ColumnUse) -> Bool) -> Bool {
            uses.indices.contains { !unread.contains($0) && isIt(uses[$0]) }
        }
        var missing: [(name: String, use: String)] = []
        if isPlainRICUsed, !has({ $0.plainSlot == plainRICSlot }) { missing.append(("RIC", "the RIC")) }
        for need in needed where !need.isOptional && !DerivedColumn.isName(need.name) {
            if !has({ $0.slot == need.slot || $0.parentSlot == need.slot }) { missing.append((need.name, need.use)) }
        }
        guard !found.isEmpty else { return missing }
        for need in watched
        where !isThere(need.name, besides: Self.isOfLines(need.use) ? lines : unread)
            && !missing.contains(where: { $0.name == need.name })
        {
            missing.append(need)
        }
        for choice in choices
        where !choice.isOptional
            && !choice.names.contains(where: { isThere($0, besides: Self.isOfLines(choice.use) ? lines : unread) })
        {
            missing.append((choice.names.joined(separator: " or "), choice.use))
        }
        return missing
    }

    /// Two columns of the file of which the rule takes one.
    ///
    /// - Parameters:
    ///   - lines: columns that count for none.
    ///   - usedUp: those that count for `carry` and `unpivot` alone.
    func ambiguous(besides lines: Set<Int>, usedUp: Set<Int>) -> [String]? {
        for choice in choices {
            let unread = Self.isOfLines(choice.use) ? lines : lines.union(usedUp)
            let present = choice.names.filter { isThere($0, besides: unread) }
            if present.count > 1 { return Array(present.prefix(2)) }
        }
        return nil
    }

    /// The file's columns that are fields the dictionary does not have.
    func unknownFields(among columns: [Column], besides unread: Set<Int>) -> [String] {
        zip(uses, columns).enumerated()
            .filter { $1.0.role == .unknown && !unread.contains($0) }
            .map { $1.1.name }
    }

    /// What a message adds of the dictionary's field that a name was most likely meant to be.
    func wordsOfNearestField(to name: String) -> String { dictionary?.words(ofNearestTo: name) ?? "" }

    private func isThere(_ name: String, besides unread: Set<Int>) -> Bool {
        found[name]?.contains { !unread.contains($0) } ?? false
    }

    /// The slots of what the value in a slot is made of, in the rule's order.
    func sources(of slot: Int) -> [Int] { sources[slot] ?? [] }

    /// How the value in a slot is made of these.
    func making(of slot: Int) -> ValueMaking { makings[slot] ?? .column }

    /// What the value in a slot was taken from, and the slots of its key; nil: from no table.
    func taken(in slot: Int) -> (value: TakenValue, keys: [Int])? {
        taken[slot].map { value in (value, value.keys.compactMap { slotsByName[$0] }) }
    }

    /// No field takes its value from a column.
    var hasConstantsAlone: Bool { !mapsColumnsPlainly && fields.allSatisfy { $0.slot < 0 } }

    /// The name of the column that would have filled a slot.
    func columnName(ofSlot slot: Int) -> String? {
        if slot == plainRICSlot { return "RIC" }
        return needed.first { $0.slot == slot }?.name
    }

    private mutating func compile(_ rule: RICRule) {
        switch rule {
        case .plain:
            isPlainRICUsed = true
            ric = .slot(plainRICSlot)
        case .column(let name):
            ric = .slot(slot(name, for: "the RIC"))
        case .template(let parts):
            ric = .template(
                parts.map {
                    switch $0 {
                    case .text(let text): .text(add(Array(text.utf8)))
                    case .column(let name): .slot(slot(name, for: "the RIC"))
                    }
                })
        case .derived(let source, let value):
            let made = slot(DerivedColumn.nameOfRIC, for: "the RIC")
            sources[made] = slots(of: source, value, for: "the RIC", isOptional: false)
            makings[made] = ValueMaking(value)
            taken[made] = TakenValue(source, value, tables: tables)
            ric = .slot(made)
        }
    }

    private mutating func compile(_ rule: PostRule) {
        switch rule {
        case .refresh: post = .always(.refresh)
        case .update: post = .always(.update)
        case .plain:
            isPlainPostUsed = true
            post = .plain(slot: plainPostSlot)
        case .column(let name, let refresh, let update):
            let slot = slot(name, for: "Refresh or Update")
            postWords = refresh + update
            let words =
                refresh.map { (word: add(Array($0.utf8)), kind: PostKind.refresh) }
                + update.map { (word: add(Array($0.utf8)), kind: PostKind.update) }
            post = .column(slot: slot, words: words)
        }
    }

    private mutating func compile(_ rule: FieldRule) {
        let known = dictionary?.field(rule.name)
        var conversion = FieldConversion(rule, as: known)
        conversion.lineBreaks = lineBreaks
        if let values = rule.values { conversion.displays = displays.add(values) }
        let prefix = addPrefix(rule.name)
        switch rule.source {
        case .column(let name):
            let isOptional = rule.isOptional ?? false
            conversion.doubtsPoints = true
            let slot = slot(name, for: "the field \(rule.name)", isOptional: isOptional)
            fields.append(Field(prefix: prefix, slot: slot, isOptional: isOptional, conversion: conversion))
        case .derived(let source, let value):
            // A formula's result is scaled and rounded already, and a number by that.
            if value.formula != nil {
                conversion = FieldConversion(
                    FieldRule(name: rule.name, source: rule.source, type: rule.type ?? .real, tooLong: rule.tooLong),
                    as: known)
                conversion.lineBreaks = lineBreaks
            }
            conversion.isMadeDate = rule.type == .date && value.date?.target == .date
            conversion.doubtsPoints = value.formula == nil && value.number?.saysMarks != true
            // A row that lacks the column is the matter of who makes the value.
            let slot = slot(DerivedColumn.name(ofField: rule.name), for: "the field \(rule.name)", isOptional: true)
            sources[slot] = slots(
                of: source, value, for: "the field \(rule.name)", isOptional: rule.isOptional ?? false)
            makings[slot] = ValueMaking(value)
            taken[slot] = TakenValue(source, value, tables: tables)
            fields.append(Field(prefix: prefix, slot: slot, isOptional: true, conversion: conversion))
        case .value(let text, let isText):
            let constant = constantJSON(text, isText: isText, conversion, displays)
            fields.append(
                Field(
                    prefix: prefix, slot: -1, isOptional: false, conversion: conversion,
                    constantOutcome: constant.outcome,
                    constant: add(constant.json)))
        }
    }

    private mutating func use(of column: Column) -> ColumnUse {
        var use = ColumnUse()
        use.slot = slotsByName[column.name] ?? -1
        let plain = column.isNested ? -1 : plainMeaning(column.name)
        if plain == plainRICSlot && isPlainRICUsed || plain == plainPostSlot && isPlainPostUsed
            || plain >= 0 && plain == serviceSlot
        {
            use.plainSlot = plain
        }
        if column.isNested, !column.isAttribute { use.parentSlot = parentSlot(of: column.name) }
        if use.parentSlot >= 0 { hasParents = true }
        // Of lines a column without a name is none: their reader lets nothing stand in it.
        if column.name.isEmpty, !mayNest { return use }
        // A RIC or Post column is no field even where the rule says RIC or post itself: no field has such a name.
        // What a rule or Postbox itself adds to the file's columns is none of its fields either.
        guard mapsColumnsPlainly, use.slot < 0, plain < 0, !column.name.hasPrefix("$") else { return use }
        let known = dictionary?.field(column.name)
        if column.isNested {
            use.role = .nested
        } else if dictionary != nil, known == nil {
            use.role = .unknown
        } else if !isFieldName(column.name) {
            use.role = .badName
        } else if !fieldNames.insert(column.name).inserted {
            use.role = .duplicate
        } else {
            use.role = .field
            use.prefix = addPrefix(column.name)
            if let known {
                var conversion = FieldConversion(known, tooLong: tooLong)
                conversion.lineBreaks = lineBreaks
                conversion.doubtsPoints = !saysMarks
                use.typed = typed.count
                typed.append(conversion)
                if conversion.sendsLongTexts { sendsLongTexts = true }
            }
        }
        return use
    }

    /// The slot that a column of this name has in the plain mapping, or -1.
    private func plainMeaning(_ name: String) -> Int {
        switch name.lowercased() {
        case "ric": plainRICSlot
        case "post": plainPostSlot
        case "service": mapsColumnsPlainly ? serviceSlot : -1
        default: -1
        }
    }

    /// The slot of the column that the rule names and that a path leads through, or -1.
    private func parentSlot(of path: String) -> Int {
        var parent = path[...]
        while let dot = parent.lastIndex(of: ".") {
            parent = parent[..<dot]
            if let slot = slotsByName[String(parent)] { return slot }
        }
        return -1
    }

    private mutating func slot(_ name: String, for use: String, isOptional: Bool = false) -> Int {
        if let known = slotsByName[name] {
            if !isOptional, let at = needed.firstIndex(where: { $0.slot == known }) { needed[at].isOptional = false }
            return known
        }
        let slot = slotCount
        slotCount += 1
        slotsByName[name] = slot
        needed.append((slot, name, use, isOptional))
        return slot
    }

    /// The slots of all that a value is made of.
    private mutating func slots(
        of source: ColumnSource, _ value: ValueRule, for use: String, isOptional: Bool
    ) -> [Int] {
        var names = value.columns
        switch source {
        case .column(let name): names.insert(name, at: 0)
        case .anyOf(let all):
            choices.append((all, use, isOptional))
            return (all.map { slot($0, for: use, isOptional: true) })
                + names.map { slot($0, for: use, isOptional: isOptional) }
        case .none: break
        }
        return names.map { slot($0, for: use, isOptional: isOptional) }
    }

    /// The columns that it takes something from by their names, sorted.
    var names: [String] { slotsByName.keys.sorted() }

    /// Whether the plan takes something from a column of this name.
    func takes(_ name: String) -> Bool { slotsByName[name] != nil }

    private mutating func addPrefix(_ name: String) -> Range<Int> {
        add(Array(",\"\(name)\":".utf8))
    }

    private mutating func add(_ added: [UInt8]) -> Range<Int> {
        let start = bytes.count - MappingPlan.padding
        bytes.insert(contentsOf: added, at: start)
        return start..<start + added.count
    }
}

/// A rule's constant as JSON, made by the same conversion as a column's values.
func constantJSON(
    _ text: String, isText: Bool, _ conversion: FieldConversion, _ displays: borrowing DisplayTable
) -> (outcome: FieldOutcome, json: [UInt8]) {
    let utf8 = Array(text.utf8)
    var out = MappedBytes()
    let outcome = conversion.write(utf8.span, kind: isText ? .string : .plain, displays: displays, into: &out)
    switch outcome {
    case .written, .warned: return (outcome, out.withWritten { Array($0) })
    case .empty, .faulty: return (outcome, [])
    }
}

/// Whether a name can stand in a Fields object: a server compares names unescaped (What servers do §2.4), so one that
/// JSON would have to escape is unknown to every server.
func isFieldName(_ name: String) -> Bool {
    !name.isEmpty
        && name.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
}
