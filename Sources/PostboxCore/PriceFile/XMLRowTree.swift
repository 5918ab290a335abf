internal import CLibXML2

/// One row of XML as a small tree, and the values at the paths that a rule names in it.
struct XMLRowTree {
    private typealias Index = Int32

    private struct Node {
        var name: Int32
        var isAttribute = false
        /// Behind the row's first byte of text.
        var textStart = 0
        var textLength = 0
        var line = 0
        var firstChild: Index = -1
        var lastChild: Index = -1
        var next: Index = -1
        /// Elements lie in it.
        var hasChildren = false
        var hasAttributes = false
        var isNil = false
        /// It holds both text and elements.
        var isMixed = false
        /// Where its element begins and ends in the file, an attribute's own; only where that is noted.
        var elementStart = 0
        var elementEnd = 0
    }

    private enum Step {
        case name(Int32)
        case attribute(Int32)
        case index(Int)
        case member(isAttribute: Bool, name: Int32, value: [UInt8])
    }

    private struct Path {
        var text: String
        var steps: [Step]
        var isNested: Bool
        /// Index of its column, or -1: no row had it yet.
        var column = -1
    }

    private(set) var columns: [Column] = []
    /// What the first rows have, whether a rule names it or not.
    private(set) var members = MemberNames()
    private var paths: [Path] = []
    /// All children and attributes of the row are columns.
    private let takesAll: Bool
    private let used: UsedColumns?

    /// Names met so far, by where libxml2 keeps each once, and by their text.
    private var namesByToken: [UnsafePointer<xmlChar>: Int32] = [:]
    private var namesByText: [[UInt8]: Int32] = [:]
    private var names: [String] = []
    /// By name: the column of the row's child that has it, where its name alone makes it one; -1: none yet, -2: it is none.
    private var columnOfChild: [Int] = []
    /// By column of such a child: the last row that had it.
    private var lastRow: [Int: Int] = [:]
    private var rowNumber = 0
    /// What is wrong with single cells of the row whose cells were appended last, by their indices.
    private(set) var cellProblems: [Int: RowProblem] = [:]

    private var nodes: [Node] = []
    private var open: [Index] = []
    private var hits: [Index] = []
    /// On the way of the path at hand: text where an element should be, and an element with text and elements.
    private var blocked: Index = -1
    /// An element at the path's end that holds nothing but attributes: an empty value, where none is beside it. Or -1.
    private var unfilled: Index = -1
    private var mixed: Index = -1
    /// Whether text stands in the row's element itself.
    private var hasText = false
    /// Too many names came.
    private(set) var isFull = false
    /// Where values lie in the file is noted.
    let notesOrigins: Bool
    private var origins: [Int: ValueOrigin] = [:]

    /// - Parameters:
    ///   - used: The columns that the rule names. Nil: none.
    ///   - takesAll: All top-level values are columns besides.
    ///   - notesOrigins: Where values lie in the file is asked for.
    init(used: UsedColumns?, takesAll: Bool, notesOrigins: Bool = false) {
        self.notesOrigins = notesOrigins
        self.used = used
        self.takesAll = takesAll
        for text in used?.written ?? [] where !ColumnPath.isOwn(text) {
            guard let path = try? ColumnPath(parsing: text), !path.isFromRoot else { continue }
            let steps = path.localNames
            let isNested = steps.count > 1
            if takesAll, !isNested { continue }
            var compiled: [Step] = []
            for step in steps {
                switch step {
                case .name(let name): compiled.append(.name(id(name)))
                case .attribute(let name): compiled.append(.attribute(id(name)))
                case .index(let index): compiled.append(.index(index))
                case .member(let isAttribute, let name, let value):
                    compiled.append(.member(isAttribute: isAttribute, name: id(name), value: value))
                case .any: break
                }
            }
            paths.append(Path(text: text, steps: compiled, isNested: isNested))
        }
    }

    /// Adds a column that is no path in the row.
    mutating func addColumn(_ column: Column) -> Int {
        columns.append(column)
        return columns.count - 1
    }

    // MARK: Building

    /// A row's element begins.
    mutating func begin(line: Int) {
        nodes.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        hasText = false
        nodes.append(Node(name: -1, line: line))
        open.append(0)
        rowNumber &+= 1
    }

    /// A child's element begins. `textCount`: bytes of text of the row so far.
    ///
    /// Returns how many of them count on: white space before a first child does not.
    mutating func openChild(
        _ name: UnsafePointer<xmlChar>, line: Int, text: UnsafeBufferPointer<UInt8>
    ) -> Int {
        guard let parent = open.last else { return text.count }
        var count = text.count
        let at = Int(parent)
        if parent != 0, !nodes[at].hasChildren {
            let start = nodes[at].textStart
            if text[start..<count].contains(where: { $0 > Byte.space }) { nodes[at].isMixed = true }
            nodes[at].textLength = 0
            count = start
        }
        nodes[at].hasChildren = true
        var node = Node(name: id(name), textStart: count, line: line)
        node.isNil = false
        append(node, to: parent)
        open.append(Index(truncatingIfNeeded: nodes.count - 1))
        return count
    }

    /// The open element has this attribute, whose value was appended to the text.
    mutating func add(attribute name: UnsafePointer<xmlChar>, textStart: Int, textLength: Int) {
        guard let parent = open.last else { return }
        nodes[Int(parent)].hasAttributes = true
        append(
            Node(
                name: id(name), isAttribute: true, textStart: textStart, textLength: textLength,
                line: nodes[Int(parent)].line, elementStart: nodes[Int(parent)].elementStart),
            to: parent)
        nodes[Int(parent)].textStart = textStart + textLength
    }

    /// The open element says that it has no value.
    mutating func noteNil() {
        if let last = open.last { nodes[Int(last)].isNil = true }
    }

    /// Whether text that comes now is kept: it belongs to an element that has no children so far. Other text is noted.
    mutating func keeps(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let last = open.last else { return false }
        if last != 0, !nodes[Int(last)].hasChildren {
            nodes[Int(last)].textLength += text.count
            return true
        }
        guard text.contains(where: { $0 > Byte.space }) else { return false }
        if last == 0 { hasText = true } else { nodes[Int(last)].isMixed = true }
        return false
    }

    mutating func closeChild() { open.removeLast() }

    /// Where the open element begins in the file.
    mutating func noteStart(_ offset: Int) {
        if let last = open.last { nodes[Int(last)].elementStart = offset }
    }

    /// Where it ends.
    mutating func noteEnd(_ offset: Int) {
        if let last = open.last { nodes[Int(last)].elementEnd = offset }
    }

    /// Where the values lie whose cells were appended since the last call, by their index.
    mutating func takeOrigins() -> [Int: ValueOrigin] {
        defer { origins = [:] }
        return origins
    }

    private mutating func append(_ node: Node, to parent: Index) {
        let index = Index(truncatingIfNeeded: nodes.count)
        nodes.append(node)
        let last = nodes[Int(parent)].lastChild
        if last < 0 { nodes[Int(parent)].firstChild = index } else { nodes[Int(last)].next = index }
        nodes[Int(parent)].lastChild = index
    }

    private mutating func id(_ token: UnsafePointer<xmlChar>) -> Int32 {
        if let known = namesByToken[token] { return known }
        let id = id(Array(UnsafeBufferPointer(start: token, count: Int(xmlStrlen(token)))))
        namesByToken[token] = id
        return id
    }

    private mutating func id(_ name: [UInt8]) -> Int32 {
        if let known = namesByText[name] { return known }
        guard names.count < ColumnTree.nodesMax else {
            isFull = true
            return -1
        }
        let id = Int32(truncatingIfNeeded: names.count)
        let text = String(decoding: name, as: UTF8.self)
        namesByText[name] = id
        names.append(text)
        let isColumn = takesAll || used?.isUsedInAnyCase(text) == true && used?.isWritten(text) != true
        columnOfChild.append(isColumn ? -1 : -2)
        return id
    }

    // MARK: Values

    /// Appends a cell for each path that the row has. `text`: the row's text; `base`: where it begins in the batch's. Returns what is wrong
    /// with the row as a whole; what is wrong with single cells is in `cellProblems`.
    mutating func appendCells(
        _ text: UnsafeBufferPointer<UInt8>, base: Int, to cells: inout [RowBatch.Cell], line: Int
    ) -> RowProblem? {
        var problem: RowProblem?
        cellProblems.removeAll(keepingCapacity: true)
        if members.beginRow() { noteMembers() }
        if hasText {
            problem = RowProblem(
                reason: "stray_text", line: line,
                what: "Text stands directly in the row's element, so no column has it.",
                hint: "Put the text into an element or attribute of its own.")
        }
        for index in paths.indices {
            hits.removeAll(keepingCapacity: true)
            (blocked, mixed, unfilled) = (-1, -1, -1)
            find(paths[index].steps[...], below: 0, text)
            if let fault = fault(paths[index].text) {
                problem = problem ?? fault
            } else {
                noteFilledNil(paths[index].text, text, at: cells.count)
            }
            guard let node = nodeOfPath else { continue }
            if paths[index].column < 0 {
                paths[index].column = addColumn(
                    Column(
                        name: paths[index].text, isNested: paths[index].isNested,
                        isAttribute: nodes[Int(node)].isAttribute))
            }
            let isBlocked = hits.isEmpty && blocked >= 0
            append(cell(paths[index].column, node, isBlocked: isBlocked, text, base), of: node, to: &cells)
        }
        guard takesAll || used?.knowsAnyCase == true else { return problem }
        var child = nodes[0].firstChild
        while child >= 0 {
            if let fault = appendChild(child, text, base, to: &cells) { problem = problem ?? fault }
            child = nodes[Int(child)].next
        }
        return problem
    }

    private mutating func noteMembers() {
        var child = nodes[0].firstChild
        while child >= 0 {
            let node = nodes[Int(child)]
            if node.name >= 0 { members.note(names[Int(node.name)]) }
            child = node.next
        }
    }

    /// What the path at hand led to: a value before what stands in its way, and that before an empty one. Nil: nothing.
    private var nodeOfPath: Index? {
        if let hit = hits.first { return hit }
        if blocked >= 0 { return blocked }
        return unfilled >= 0 ? unfilled : nil
    }

    /// Appends the cell of a child of the row whose name alone makes it a column.
    private mutating func appendChild(
        _ child: Index, _ text: UnsafeBufferPointer<UInt8>, _ base: Int, to cells: inout [RowBatch.Cell]
    ) -> RowProblem? {
        let node = nodes[Int(child)]
        guard node.name >= 0, columnOfChild[Int(node.name)] > -2, hasValue(node) || node.hasAttributes else {
            return nil
        }
        var problem: RowProblem?
        if hasValue(node) {
            let name = names[Int(node.name)]
            hits = [child]
            (blocked, mixed) = (-1, node.isMixed ? child : -1)
            problem = fault(name)
            if problem == nil { noteFilledNil(name, text, at: cells.count) }
            if columnOfChild[Int(node.name)] < 0 {
                columnOfChild[Int(node.name)] = addColumn(Column(name: name, isAttribute: node.isAttribute))
            }
            let column = columnOfChild[Int(node.name)]
            if lastRow.updateValue(rowNumber, forKey: column) == rowNumber { problem = problem ?? twice(name, node) }
            append(cell(column, child, isBlocked: false, text, base), of: child, to: &cells)
        }
        // What the plain mapping does not read is not passed over in silence.
        guard takesAll, !node.hasChildren else { return problem }
        var attribute = node.firstChild
        while attribute >= 0 {
            let name = "\(names[Int(node.name)])@\(names[Int(max(nodes[Int(attribute)].name, 0))])"
            if used?.contains(name) != true {
                let column =
                    columns.firstIndex { $0.name == name } ?? addColumn(Column(name: name, isNested: true))
                append(cell(column, attribute, isBlocked: false, text, base), of: attribute, to: &cells)
            }
            attribute = nodes[Int(attribute)].next
        }
        return problem
    }

    private mutating func append(_ cell: RowBatch.Cell, of index: Index, to cells: inout [RowBatch.Cell]) {
        if notesOrigins {
            let node = nodes[Int(index)]
            origins[cells.count] =
                node.isAttribute
                ? .attribute(names[Int(max(node.name, 0))], tag: node.elementStart)
                : .element(start: node.elementStart, end: node.elementEnd)
        }
        cells.append(cell)
    }

    private func hasValue(_ node: Node) -> Bool {
        node.isNil || node.hasChildren || node.textLength > 0 || !node.hasAttributes
    }

    private func cell(
        _ column: Int, _ index: Index, isBlocked: Bool, _ text: UnsafeBufferPointer<UInt8>, _ base: Int
    ) -> RowBatch.Cell {
        let node = nodes[Int(index)]
        var kind = RowBatch.Kind.plain
        var length = node.textLength
        if isBlocked || node.hasChildren {
            kind = .nested
        } else if node.isNil {
            kind = .null
            length = 0
        } else if length > 0,
            min(text[node.textStart], text[node.textStart + length - 1]) <= Byte.space
        {
            kind = .padded
        }
        return RowBatch.Cell(
            column: UInt32(truncatingIfNeeded: column), start: UInt32(truncatingIfNeeded: base + node.textStart),
            length: UInt32(truncatingIfNeeded: length), kind: kind)
    }

    /// What is wrong with what the path at hand led to.
    private func fault(_ path: String) -> RowProblem? {
        if hits.count > 1 { return twice(path, nodes[Int(hits[1])]) }
        if mixed >= 0 {
            return RowProblem(
                reason: "stray_text", line: nodes[Int(mixed)].line, columnName: path,
                what: "The element \(path) holds both text and elements, or one around it does.",
                hint: "Put the text into an element or attribute of its own.")
        }
        return nil
    }

    /// Notes that what the path at hand led to is nil and holds something: the matter of that cell.
    private mutating func noteFilledNil(_ path: String, _ text: UnsafeBufferPointer<UInt8>, at cell: Int) {
        guard let hit = hits.first else { return }
        let node = nodes[Int(hit)]
        guard node.isNil, node.hasChildren || !isBlank(node, text) else { return }
        cellProblems[cell] = .filledNil(path, line: node.line)
    }

    private func twice(_ path: String, _ node: Node) -> RowProblem {
        RowProblem(
            reason: "duplicate_column", line: node.line, columnName: path, what: "The row has \(path) twice.",
            hint: "Say which is meant: `[0]` behind a name is the first, `[@name=value]` the one that says so.")
    }

    private func isBlank(_ node: Node, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        !text[node.textStart..<node.textStart + node.textLength].contains { $0 > Byte.space }
    }

    /// Adds the nodes that the steps lead to below this one.
    private mutating func find(
        _ steps: ArraySlice<Step>, below parent: Index, _ text: UnsafeBufferPointer<UInt8>
    ) {
        guard let step = steps.first else {
            if hasValue(nodes[Int(parent)]) { hits.append(parent) } else { unfilled = parent }
            if nodes[Int(parent)].isMixed { mixed = parent }
            return
        }
        let rest = steps.dropFirst()
        switch step {
        case .attribute(let name):
            each(parent) {
                $0.isAttribute && $0.name == name
            } found: { tree, child in
                tree.find(rest, below: child, text)
            }
        case .name(let name):
            let node = nodes[Int(parent)]
            if node.isMixed { mixed = parent }
            if parent != 0, !node.hasChildren, !node.isNil, !isBlank(node, text) { blocked = parent }
            var wanted = -1
            var below = rest
            if case .index(let index)? = rest.first {
                wanted = index
                below = rest.dropFirst()
            }
            var seen = 0
            let isLast = rest.isEmpty
            each(parent) {
                $0.name == name && (isLast || !$0.isAttribute)
            } found: { tree, child in
                if wanted < 0 || wanted == seen { tree.find(below, below: child, text) }
                seen += 1
            }
        case .member(let isAttribute, let name, let value):
            var isIt = false
            each(parent) {
                $0.name == name && ($0.isAttribute || !isAttribute)
            } found: { tree, child in
                if tree.says(child, value, text) { isIt = true }
            }
            if isIt { find(rest, below: parent, text) }
        case .index: break
        }
    }

    private mutating func each(
        _ parent: Index, _ isIt: (Node) -> Bool, found: (inout XMLRowTree, Index) -> Void
    ) {
        var child = nodes[Int(parent)].firstChild
        while child >= 0 {
            if isIt(nodes[Int(child)]) { found(&self, child) }
            child = nodes[Int(child)].next
        }
    }

    private func says(_ index: Index, _ value: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let node = nodes[Int(index)]
        guard !node.hasChildren, !node.isNil else { return false }
        var range = node.textStart..<node.textStart + node.textLength
        while let first = range.first, text[first] <= Byte.space { range = range.dropFirst() }
        while let last = range.last, text[last] <= Byte.space { range = range.dropLast() }
        return text[range].elementsEqual(value)
    }
}
