/// One row of JSON as a small tree, and the values at the paths that a rule names in it.
///
/// Values are known by their place in the text, or behind it among what was unescaped.
struct JSONRowTree {
    private typealias Index = Int32

    private enum Content {
        case object
        case array
        case scalar(RowBatch.Kind)
    }

    private struct Node {
        /// Where its name begins in `names`.
        var nameStart = 0
        var nameLength = 0
        /// Where its name, or itself, stands.
        var at = 0
        var start = 0
        var length = 0
        var content = Content.object
        var hasEscapes = false
        var firstChild: Index = -1
        var next: Index = -1
    }

    private struct Path {
        var text: String
        /// All of it, as one name.
        var whole: [UInt8]
        var steps: [ColumnPath.Step]
        var isNested: Bool
        /// Index of its column, or -1: no row had it yet.
        var column = -1
    }

    /// What is wrong with a row, at a byte of the text.
    struct Fault {
        var reason: String
        var at: Int
        var columnName: String?
        var what: String
        var hint: String?
    }

    private(set) var columns: [Column] = []
    /// What the first rows have, whether a rule names it or not.
    private(set) var members = MemberNames()
    private var paths: [Path] = []
    private let takesAll: Bool
    private let used: UsedColumns?
    /// Names of the elements of rows that are arrays. Nil: rows are objects.
    private let elementNames: [[UInt8]]?

    /// A row may be a single value, which is a column of its own.
    private let takesValue: Bool
    private var valueColumn = -1

    /// By name: the column of the row's member that has it, where its name alone makes it one.
    private var columnOfMember: [[UInt8]: Int] = [:]
    /// Where strings with escapes lie is noted.
    var notesEscapes = false
    /// Where the last row's lie in the text, with their quotes, by the index of their cell.
    private(set) var escapes: [(cell: Int, place: Range<Int>)] = []
    private var lastRow: [Int: Int] = [:]
    private var rowNumber = 0

    private var nodes: [Node] = []
    private var names: [UInt8] = []
    private var hits: [Index] = []
    /// A value where an object or array should be on the way of the path at hand, or -1.
    private var blocked: Index = -1
    /// A member whose name its object has twice, on the way of the path at hand, or -1.
    private var twice: Index = -1

    /// - Parameters:
    ///   - used: The columns that the rule names. Nil: none.
    ///   - takesAll: All top-level members are columns besides.
    init(used: UsedColumns?, takesAll: Bool, elementNames: [[UInt8]]? = nil) {
        self.used = used
        self.takesAll = takesAll
        self.elementNames = elementNames
        takesValue = elementNames == nil && used?.takesRowValue == true
        for text in used?.written ?? [] where !ColumnPath.isOwn(text) {
            let path = try? ColumnPath(parsing: text)
            if path?.isFromRoot == true { continue }
            // What is no path may be a name all the same.
            let steps = path?.steps ?? [.name(Array(text.utf8))]
            if takesAll, steps.count == 1, steps == [.name(Array(text.utf8))] { continue }
            paths.append(Path(text: text, whole: Array(text.utf8), steps: steps, isNested: steps.count > 1))
        }
    }

    /// Adds a column that is no path in the row.
    mutating func addColumn(_ column: Column) -> Int {
        columns.append(column)
        return columns.count - 1
    }

    /// Passes a row's value and appends a cell for each path that it has. Throws what breaks the document; what it appended
    /// until then is to be taken back. Returns what is wrong with the row.
    ///
    /// - Parameters:
    ///   - depth: Objects and arrays around the row, and the row.
    ///   - unescaped: Stands behind the text in the batch.
    mutating func read(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, depth: Int,
        into cells: inout [RowBatch.Cell], _ unescaped: inout [UInt8]
    ) throws(JSONFault) -> Fault? {
        let start = cursor.at
        nodes.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        if notesEscapes { escapes.removeAll(keepingCapacity: true) }
        rowNumber &+= 1
        var fault: Fault?
        _ = try parse(text, &cursor, Node(at: start), depth: depth - 1, &fault)
        if takesValue {
            if valueColumn < 0 { valueColumn = addColumn(Column(name: ColumnPath.valueName)) }
            append(valueColumn, 0, isBlocked: false, text, &cells, &unescaped, &fault)
            if case .scalar = nodes[0].content { return fault }
        }
        if let fault = place(text, start) { return fault }
        if members.beginRow() { noteMembers() }
        for index in paths.indices {
            hits.removeAll(keepingCapacity: true)
            (blocked, twice) = (-1, -1)
            find(paths[index].steps[...], below: 0, text)
            if paths[index].steps.count > 1 { findWhole(paths[index].whole) }
            if let other = pathFault(paths[index].text) { fault = fault ?? other }
            guard let node = hits.first ?? (blocked >= 0 ? blocked : nil) else { continue }
            if paths[index].column < 0 {
                paths[index].column = addColumn(Column(name: paths[index].text, isNested: paths[index].isNested))
            }
            append(paths[index].column, node, isBlocked: hits.isEmpty, text, &cells, &unescaped, &fault)
        }
        guard takesAll || used?.knowsAnyCase == true else { return fault }
        var child = nodes[0].firstChild
        while child >= 0 {
            try appendMember(child, text, &cells, &unescaped, &fault)
            child = nodes[Int(child)].next
        }
        return fault
    }

    /// Sees that the row is of the form that rows have, and names the elements of an array.
    private mutating func place(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Fault? {
        switch (nodes[0].content, elementNames) {
        case (.object, nil): return nil
        case (.array, let elementNames?):
            var child = nodes[0].firstChild
            var count = 0
            while child >= 0 {
                if count < elementNames.count {
                    nodes[Int(child)].nameStart = names.count
                    nodes[Int(child)].nameLength = elementNames[count].count
                    names.append(contentsOf: elementNames[count])
                }
                count += 1
                child = nodes[Int(child)].next
            }
            nodes[0].content = .object
            guard count != elementNames.count else { return nil }
            return Fault(
                reason: "ragged_row", at: start,
                what:
                    "The row has \(Plural.text(count, "value")), and there \(Plural.word(elementNames.count, "is", "are")) \(Plural.text(elementNames.count, "name")).",
                hint: "Every row must have a value for each name; null where there is none.")
        case (_, nil):
            return Fault(
                reason: "not_an_object", at: start, what: "A row must be an object: { with named values }.",
                hint: "Where each member is a value by itself, its column is `$value`.")
        case (_, .some):
            return Fault(
                reason: "not_an_object", at: start, what: "A row must be an array of values here: [ … ].")
        }
    }

    /// Whether the last row that was passed shows where it ends, as numbers do not.
    var isRowClosed: Bool {
        switch nodes.first?.content {
        case .scalar(.number), nil: false
        default: true
        }
    }

    private mutating func noteMembers() {
        var child = nodes[0].firstChild
        while child >= 0 {
            let node = nodes[Int(child)]
            let name = names[node.nameStart..<node.nameStart + node.nameLength]
            members.note(String(decoding: name, as: UTF8.self))
            child = node.next
        }
    }

    // MARK: Building

    private mutating func parse(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, _ begun: Node, depth: Int,
        _ fault: inout Fault?
    ) throws(JSONFault) -> Index {
        let index = Index(truncatingIfNeeded: nodes.count)
        var node = begun
        let first = try cursor.neededByte()
        node.start = cursor.at
        nodes.append(node)
        switch first {
        case Byte.quote:
            let string = try cursor.passString()
            (node.start, node.length, node.hasEscapes) = (string.start, string.length, string.hasEscapes)
            node.content = .scalar(.string)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if depth >= JSONCursor.depthMax { throw .isTooDeep(at: cursor.at) }
            let isObject = first == UInt8(ascii: "{")
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            node.content = isObject ? .object : .array
            cursor.at += 1
            var last: Index = -1
            if try cursor.neededByte() == close {
                cursor.at += 1
            } else {
                while true {
                    _ = try cursor.neededByte()
                    var child = Node(at: cursor.at)
                    if isObject {
                        let name = try cursor.passName()
                        child.nameStart = names.count
                        let content = UnsafeBufferPointer(rebasing: text[name.start..<name.start + name.length])
                        if !name.hasEscapes {
                            names.append(contentsOf: content)
                        } else if !appendUnescaped(content, to: &names), fault == nil {
                            fault = badEscape(nil, at: child.at)
                        }
                        child.nameLength = names.count - child.nameStart
                        _ = try cursor.neededByte()
                    }
                    let below = try parse(text, &cursor, child, depth: depth + 1, &fault)
                    if last < 0 { node.firstChild = below } else { nodes[Int(last)].next = below }
                    last = below
                    if try cursor.passSeparator(orClose: close) { break }
                }
            }
            node.length = cursor.at - node.start
        default:
            let kind = try cursor.passScalar(first)
            node.content = .scalar(kind)
            node.length = kind == .null ? 0 : cursor.at - node.start
        }
        nodes[Int(index)] = node
        return index
    }

    // MARK: Values

    private mutating func find(
        _ steps: ArraySlice<ColumnPath.Step>, below parent: Index, _ text: UnsafeBufferPointer<UInt8>
    ) {
        guard let step = steps.first else { return hits.append(parent) }
        let rest = steps.dropFirst()
        let node = nodes[Int(parent)]
        switch (step, node.content) {
        case (_, .scalar(.null)): break
        case (.name(let name), .object): member(name, of: parent) { $0.find(rest, below: $1, text) }
        case (.attribute(let name), .object):
            member([UInt8(ascii: "@")] + name, of: parent) { $0.find(rest, below: $1, text) }
        case (.index(let index), .array):
            var child = node.firstChild
            var at = 0
            while child >= 0, at < index {
                at += 1
                child = nodes[Int(child)].next
            }
            if child >= 0 { find(rest, below: child, text) }
        case (.member(let isAttribute, let name, let value), .object):
            var isIt = false
            member(isAttribute ? [UInt8(ascii: "@")] + name : name, of: parent) { tree, child in
                isIt = tree.says(child, value, text)
            }
            if isIt { find(rest, below: parent, text) }
        case (.member, .array):
            var child = node.firstChild
            while child >= 0 {
                if case .object = nodes[Int(child)].content { find(steps, below: child, text) }
                child = nodes[Int(child)].next
            }
        case (.any, _): break
        case (.name, _), (.attribute, _), (.index, _), (.member, _): blocked = parent
        }
    }

    /// A member whose name looks like the whole path is one of the same name.
    private mutating func findWhole(_ name: [UInt8]) {
        member(name, of: 0) { tree, child in tree.hits.append(child) }
    }

    private mutating func member(
        _ name: [UInt8], of parent: Index, _ found: (inout JSONRowTree, Index) -> Void
    ) {
        var one: Index = -1
        var child = nodes[Int(parent)].firstChild
        while child >= 0 {
            let node = nodes[Int(child)]
            if node.nameLength == name.count, isName(node, name) {
                if one >= 0 { twice = child }
                one = one < 0 ? child : one
            }
            child = node.next
        }
        if one >= 0 { found(&self, one) }
    }

    private func isName(_ node: Node, _ name: [UInt8]) -> Bool {
        var index = 0
        while index < name.count {
            if names[node.nameStart &+ index] != name[index] { return false }
            index &+= 1
        }
        return true
    }

    private func says(_ index: Index, _ value: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let node = nodes[Int(index)]
        guard case .scalar(let kind) = node.content, kind != .null else { return false }
        let content = UnsafeBufferPointer(rebasing: text[node.start..<node.start + node.length])
        guard node.hasEscapes else { return content.elementsEqual(value) }
        var bytes: [UInt8] = []
        return appendUnescaped(content, to: &bytes) && bytes == value
    }

    private func pathFault(_ path: String) -> Fault? {
        guard twice >= 0 || hits.count > 1 else { return nil }
        let node = nodes[Int(twice >= 0 ? twice : hits[1])]
        // A member of that name twice, or several elements of an array that say what is asked for.
        return Fault(
            reason: twice >= 0 ? "duplicate_key" : "duplicate_column", at: node.at, columnName: path,
            what: "The row has \(path) twice.", hint: "Leave one of them in the row: nobody knows which is meant.")
    }

    private func badEscape(_ path: String?, at: Int) -> Fault {
        Fault(
            reason: "bad_escape", at: at, columnName: path,
            what:
                "The text holds \\u0000, or half a surrogate pair (\\uD800 to \\uDFFF): neither is a character of a text."
        )
    }

    private mutating func append(
        _ column: Int, _ index: Index, isBlocked: Bool, _ text: UnsafeBufferPointer<UInt8>,
        _ cells: inout [RowBatch.Cell], _ unescaped: inout [UInt8], _ fault: inout Fault?
    ) {
        let node = nodes[Int(index)]
        var (start, length) = (node.start, node.length)
        var kind = RowBatch.Kind.nested
        if !isBlocked, case .scalar(let scalar) = node.content { kind = scalar }
        if node.hasEscapes {
            if notesEscapes { escapes.append((cells.count, start - 1..<start + length + 1)) }
            let content = UnsafeBufferPointer(rebasing: text[start..<start + length])
            let unescapedStart = unescaped.count
            if !appendUnescaped(content, to: &unescaped), fault == nil {
                fault = badEscape(columns[column].name, at: start)
            }
            start = text.count + unescapedStart
            length = unescaped.count - unescapedStart
        }
        cells.append(
            RowBatch.Cell(
                column: UInt32(truncatingIfNeeded: column), start: UInt32(truncatingIfNeeded: start),
                length: UInt32(truncatingIfNeeded: length), kind: kind))
    }

    /// Appends the cell of a member of the row whose name alone makes it a column.
    private mutating func appendMember(
        _ child: Index, _ text: UnsafeBufferPointer<UInt8>, _ cells: inout [RowBatch.Cell],
        _ unescaped: inout [UInt8], _ fault: inout Fault?
    ) throws(JSONFault) {
        let node = nodes[Int(child)]
        let name = Array(names[node.nameStart..<node.nameStart + node.nameLength])
        var column = columnOfMember[name] ?? -2
        if column == -2 { column = try addMember(name, at: node.at) }
        guard column >= 0 else { return }
        if lastRow.updateValue(rowNumber, forKey: column) == rowNumber, fault == nil {
            fault = Fault(
                reason: "duplicate_key", at: node.at, columnName: columns[column].name,
                what: "The row has \(columns[column].name) twice.",
                hint: "Leave one of them in the row: nobody knows which is meant.")
        }
        append(column, child, isBlocked: false, text, &cells, &unescaped, &fault)
    }

    /// The column of a member's name that came the first time; -1: it is none.
    private mutating func addMember(_ name: [UInt8], at: Int) throws(JSONFault) -> Int {
        let text = String(decoding: name, as: UTF8.self)
        guard columnOfMember.count < ColumnTree.nodesMax else { throw .hasTooManyColumns(at: at) }
        let isColumn =
            (takesAll || used?.isUsedInAnyCase(text) == true) && !paths.contains { $0.text == text }
        columnOfMember[name] = isColumn ? addColumn(Column(name: text)) : -1
        return columnOfMember[name] ?? -1
    }
}
