/// The columns of a price file that a rule takes something from: what is wrong with the names of the others does not matter.
package struct UsedColumns: Sendable, Equatable {
    private var names: Set<String> = []
    /// In small letters: any case of them is used.
    private var inAnyCase: Set<String> = []
    /// Those of which the mapper sees the whole value, and whether line breaks may stand in any.
    private var whole: Set<String> = []
    private var keepsLineBreaks = false
    /// The rule makes a column of the name `$value`.
    private var makesValue = false

    init(_ names: [String] = []) { self.names = Set(names) }

    /// The names that the rule writes, in the order of their letters.
    package var written: [String] { names.sorted() }

    /// Whether the rule writes this name.
    func isWritten(_ name: String) -> Bool { names.contains(name) }

    /// Whether the rule takes a row that is a single value: its `$value` is none of its own.
    var takesRowValue: Bool { names.contains(ColumnPath.valueName) && !makesValue }

    /// Whether some columns are used in any case of their letters.
    var knowsAnyCase: Bool { !inAnyCase.isEmpty }

    /// Whether a column of this name is used in any case of its letters.
    func isUsedInAnyCase(_ name: String) -> Bool { !inAnyCase.isEmpty && inAnyCase.contains(name.lowercased()) }

    /// Whether the column of this name is used.
    package func contains(_ name: String) -> Bool {
        names.contains(name) || !inAnyCase.isEmpty && inAnyCase.contains(name.lowercased())
    }

    /// Whether line breaks in the column's values are told by the mapper, or may stand there.
    func takesLines(_ name: String) -> Bool {
        keepsLineBreaks ? contains(name) : whole.contains(name) || isUsedInAnyCase(name)
    }

    /// Whether nothing would tell what a stray quote made of lines in a column of this name: nothing uses it, and the rule does not say
    /// that texts have lines.
    func doubtsLines(_ name: String) -> Bool { !keepsLineBreaks && !contains(name) }

    /// Whether the column of this path is used, or one that lies in it.
    func reaches(_ path: String) -> Bool {
        contains(path) || names.contains { $0.hasPrefix(path + ".") }
    }

    fileprivate mutating func add(_ name: String) { names.insert(name) }
    fileprivate mutating func add(_ source: ColumnSource) { source.names.forEach { add($0) } }

    fileprivate mutating func add(_ source: ColumnSource, _ value: ValueRule) {
        add(source)
        value.columns.forEach { add($0) }
    }

    fileprivate mutating func add(_ shape: RowShape) {
        func addAll(_ columns: [String]) { columns.flatMap(shape.names).forEach { add($0) } }
        addAll(shape.carried ?? [])
        if let unpivot = shape.unpivot {
            addAll(unpivot.keep)
            if case .named(let columns) = unpivot.columns { columns.forEach { add($0) } }
        }
        shape.lets?.forEach { add($0.source, $0.value) }
        makesValue = shape.makes(ColumnPath.valueName)
        shape.conditions?.forEach { add($0.column) }
        if let group = shape.group { addAll(group.by + [group.field, group.value]) }
        if case .latest(let column, _)? = shape.take { add(column) }
    }

    fileprivate mutating func add(inAnyCase name: String) { inAnyCase.insert(name) }

    fileprivate mutating func add(whole name: String) {
        names.insert(name)
        whole.insert(name)
    }

    fileprivate mutating func keepLineBreaks() { keepsLineBreaks = true }
}

extension MappingRule {
    /// The columns that the rule names, and those that the plain mapping gives a meaning where the rule leaves it to it. Nil:
    /// all columns are used, as each is the field of its name.
    package var usedColumns: UsedColumns? {
        fields == nil ? nil : namedColumns
    }

    /// The columns that the rule names; those that the plain mapping gives a meaning where the rule leaves it to it.
    package var namedColumns: UsedColumns {
        var used = UsedColumns()
        if lineBreaks == .keep { used.keepLineBreaks() }
        switch ric {
        case .plain: used.add(inAnyCase: "ric")
        case .column(let name): used.add(whole: name)
        case .template(let parts): for case .column(let name) in parts { used.add(name) }
        case .derived(let source, let value): used.add(source, value)
        }
        switch post {
        case .plain: used.add(inAnyCase: "post")
        case .column(let name, _, _): used.add(whole: name)
        case .refresh, .update: break
        }
        for field in fields ?? [] {
            switch field.source {
            case .column(let name): used.add(whole: name)
            case .value: break
            case .derived(let source, let value): used.add(source, value)
            }
        }
        if let shape { used.add(shape) }
        checkedColumns.forEach { used.add($0) }
        guard let trailer else { return used }
        used.add(trailer.match)
        if let sum = trailer.sum { used.add(sum.column) }
        for case .member(let name)? in [trailer.count, trailer.sum?.field] { used.add(name) }
        return used
    }
}
