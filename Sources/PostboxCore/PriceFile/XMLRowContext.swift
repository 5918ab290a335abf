internal import CLibXML2
internal import Glibc

/// What libxml2's callbacks fill. A struct behind a plain pointer: a class, with its counting of references, would halve
/// the speed.
struct XMLRowContext: XMLContext {
    /// Elements inside each other, the root included.
    static let depthMax = 32
    var feed = XMLFeed()
    var tree = ColumnTree()
    private(set) var frame = RowFrame()
    var rowCount = 0

    private let wantedRow: String?
    private let usedColumns: UsedColumns?
    /// The rows' name, as libxml2 keeps it; nil before the first row.
    private(set) var rowToken: UnsafePointer<xmlChar>?
    private(set) var rowNameLength = 0
    /// Whether the rows' name is known, and holds no colon: before one, XML would see a prefix.
    private(set) var rowIsPlain = false
    private(set) var rootName = ""
    private var isRootClosed = false
    private var problem: FileProblem?
    private var parserFault: XMLParserFault?

    /// Elements open now.
    var depth = 0
    /// The depth from which on all is skipped, while it is.
    private var skippedFrom = Int.max
    let levels: UnsafeMutablePointer<Level>

    private var text: UnsafeMutablePointer<UInt8>
    var textCount = 0
    private var textCapacity = 1 << 16
    var cells: [RowBatch.Cell] = []
    var rows: [RowBatch.Row] = []
    private var problems: [RowProblem] = []
    private var spoiled: Set<Int> = []
    private var cellProblems: [Int: RowProblem] = [:]

    /// Where each open element begins in the file, by its depth, where values' places are noted; else nil.
    private var starts: [Int]?
    private var origins: [Int: ValueOrigin] = [:]
    private var rowStart = 0
    private var rowLine = 0
    private var rowFirstCell = 0
    private var rowTextStart = 0
    private var rowProblem: RowProblem?
    /// Cells of the row at hand whose elements are nil and hold something, from its first cell on, in order.
    private var filledNils: [(cell: Int, problem: RowProblem)] = []
    /// Another one for each row that was begun, here or as a plain one.
    var stamp = 0
    private let pieceBytes: Int?
    /// How often in succession no plain row stood where one could begin.
    private var misses = 0
    /// How many bytes libxml2 had taken at the end of the root's last child, or -1.
    private(set) var childEnd = -1

    /// An open element, a row's or below it.
    struct Level {
        var node: ColumnTree.Node = ColumnTree.root
        /// Its name in its start tag, while plain rows are read.
        var name: UnsafePointer<UInt8>?
        var nameLength = 0
        /// The child or attribute that came last, or -1.
        var previous: ColumnTree.Node = -1
        var textStart = 0
        var hasChildren = false
        /// It has attributes that are columns.
        var hasAttributes = false
        /// An attribute says that it has no value.
        var isNil = false
    }

    /// Smaller pieces keep libxml2's buffer in the cache.
    static let pieceBytesMax = 32 << 10
    /// So much of a row that may be plain waits for more.
    private static let unfinishedMax = 64 << 10

    /// See ``XMLReader``.
    init(rowElement: String?, usedColumns: UsedColumns?, pieceBytes: Int?, notesOrigins: Bool = false) {
        self.pieceBytes = pieceBytes
        if notesOrigins { starts = Array(repeating: 0, count: Self.depthMax + 1) }
        wantedRow = rowElement
        self.usedColumns = usedColumns
        levels = .allocate(capacity: Self.depthMax + 1)
        levels.initialize(repeating: Level(), count: Self.depthMax + 1)
        text = .allocate(capacity: textCapacity)
    }

    func free() {
        levels.deallocate()
        text.deallocate()
    }

    /// Moves the whole rows to the batch; what belongs to an unfinished row stays.
    mutating func deliver(into batch: inout RowBatch) {
        let isInRow = depth >= 2 && skippedFrom > 2
        let textEnd = isInRow ? rowTextStart : textCount
        let cellEnd = isInRow ? rowFirstCell : cells.count
        batch.text.append(contentsOf: UnsafeBufferPointer(start: text, count: textEnd))
        swap(&batch.cells, &cells)
        swap(&batch.rows, &rows)
        swap(&batch.problems, &problems)
        swap(&batch.spoiled, &spoiled)
        swap(&batch.cellProblems, &cellProblems)
        for cell in batch.cells[cellEnd...] {
            var moved = cell
            moved.start -= UInt32(truncatingIfNeeded: textEnd)
            cells.append(moved)
        }
        batch.cells.removeLast(batch.cells.count - cellEnd)
        if starts != nil {
            var unfinished: [Int: ValueOrigin] = [:]
            for (cell, origin) in origins where cell >= cellEnd { unfinished[cell - cellEnd] = origin }
            batch.origins = origins.filter { $0.key < cellEnd }
            origins = unfinished
        }
        memmove(text, text + textEnd, textCount - textEnd)
        textCount -= textEnd
        for level in 0...Self.depthMax { levels[level].textStart -= textEnd }
        rowTextStart = 0
        rowFirstCell = 0
    }

    /// Whether nothing was found wrong yet.
    var isSound: Bool { problem == nil && parserFault == nil }

    mutating func takeAhead(_ text: UnsafeBufferPointer<UInt8>, mayWait: Bool) -> (taken: Int, waits: Bool) {
        // What is wrong in a row is told where libxml2 reads it.
        guard pieceBytes != nil, isBetweenRows, !feed.hasBadBytes else { return (0, false) }
        let rows = takePlainRows(text)
        let rest = text.count - rows.taken
        if rest > 0, mayWait, rows.isUnfinished, rest <= Self.unfinishedMax { return (rows.taken, true) }
        if rest > 0 { misses = rows.taken > 0 ? 0 : misses + 1 }
        return (rows.taken, false)
    }

    /// Up to the end of a row, so that the next one may be read without libxml2; the more, the less plain the rows have been.
    func pieceLength(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        let most = min(text.count, Self.pieceBytesMax)
        guard let pieceBytes else { return most }
        var end = min(most, pieceBytes << min(misses, 8)) - 1
        while end < most {
            if text[end] == UInt8(ascii: ">") && mayEndRow(text, at: end) { return end + 1 }
            end += 1
        }
        return most
    }

    func check(endOfFile: TextPlace?) throws(FileProblem) {
        if let problem { throw problem }
        if let fault = parserFault {
            if let endOfFile, !isRootClosed {
                throw feed.cause(of: feed.truncated(at: endOfFile, root: rootName), behind: nil)
            }
            throw fault.problem
        }
        if endOfFile != nil, let bad = feed.badByte(before: feed.endOffset) { throw bad.fileProblem }
        if depth >= 2 && skippedFrom > 2 && feed.endOffset - rowStart > rowBytesMax {
            throw feed.cause(of: feed.loneAmpersand ?? feed.tooLong(rowLine))
        }
        if let endOfFile, !isRootClosed { throw feed.truncated(at: endOfFile, root: rootName) }
    }
}

// MARK: Callbacks

extension XMLRowContext {
    static func handler() -> xmlSAXHandler {
        xmlSAXHandler(
            start: { context, name, prefix, _, _, _, attributeCount, _, attributes in
                guard let name else { return }
                contextBehind(context)?.pointee.start(name, prefix, attributeCount: Int(attributeCount), attributes)
            },
            end: { context, _, _, _ in contextBehind(context)?.pointee.end() },
            text: { context, bytes, count in
                guard let bytes else { return }
                contextBehind(context)?.pointee.take(bytes, count: Int(count))
            },
            doctype: { context, _, _, _ in contextBehind(context)?.pointee.stopAtDoctype() },
            fault: { context, error in
                guard let error else { return }
                contextBehind(context)?.pointee.note(error.pointee)
            })
    }

    private mutating func start(
        _ name: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?, attributeCount: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        depth &+= 1
        if depth > Self.depthMax { return stop(feed.tooDeep(Self.depthMax)) }
        if depth >= skippedFrom { return }
        if depth == 1 {
            rootName = (prefix.map { words($0) + ":" } ?? "") + words(name)
            return
        }
        if starts != nil { starts?[depth] = feed.tag.offset }
        if depth == 2 {
            startRow(name)
            if depth >= skippedFrom || problem != nil { return }
        } else {
            startChild(name)
        }
        if let attributes, attributeCount > 0 { take(attributes, count: attributeCount) }
        levels[depth].textStart = textCount
    }

    private mutating func startRow(_ name: UnsafePointer<xmlChar>) {
        if rowToken == nil && (wantedRow == nil || wantedRow == words(name)) {
            rowToken = name
            rowNameLength = Int(xmlStrlen(name))
            rowIsPlain = xmlStrchr(name, UInt8(ascii: ":")) == nil
        }
        guard name == rowToken else {
            if wantedRow == nil { return refuseMixed(name) }
            skippedFrom = depth
            return
        }
        stamp &+= 1
        let tag = feed.tag
        // One outside of the rows is no row's.
        if let bad = feed.badByte(before: tag.offset) { return stop(bad.fileProblem) }
        if rowCount == 0 { frame = RowFrame(prologue: 0..<tag.offset, separator: "\n", closing: "\n</\(rootName)>\n") }
        rowStart = tag.offset
        rowLine = tag.line
        rowFirstCell = cells.count
        rowTextStart = textCount
        rowProblem = nil
        filledNils.removeAll(keepingCapacity: true)
        levels[depth] = Level()
    }

    @inline(__always)
    private mutating func startChild(_ name: UnsafePointer<xmlChar>) {
        let parent = depth &- 1
        if !levels[parent].hasChildren {
            levels[parent].hasChildren = true
            if parent > 2 { dropText(of: parent) }
        }
        guard let node = tree.node(token: name, below: levels[parent].node, after: levels[parent].previous) else {
            return stop(feed.tooManyColumns)
        }
        levels[parent].previous = node
        if !tree.mark(node, row: stamp) && rowProblem == nil { noteDuplicate(node) }
        levels[depth] = Level(node: node)
    }

    private mutating func take(_ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>, count: Int) {
        for index in 0..<count {
            let attribute = attributes + index &* 5
            guard let name = attribute[0], let start = attribute[3], let end = attribute[4] else { continue }
            if let meaning = XMLMeaning(name, prefix: attribute[1], attribute[2], start, end, isInRow: depth > 2) {
                if meaning == .isNil { levels[depth].isNil = true }
                continue
            }
            levels[depth].hasAttributes = true
            guard let node = tree.node(token: name, below: levels[depth].node, after: levels[depth].previous) else {
                return stop(feed.tooManyColumns)
            }
            levels[depth].previous = node
            if !tree.mark(node, row: stamp) && rowProblem == nil { noteDuplicate(node) }
            let textStart = textCount
            append(start, count: start.distance(to: end))
            tree.noteAttribute(node)
            if let starts { origins[cells.count] = .attribute(words(name), tag: starts[depth]) }
            appendCell(node, from: textStart)
        }
    }

    private mutating func end() {
        defer { depth &-= 1 }
        if depth == 1 { isRootClosed = true }
        if depth == 2 { childEnd = feed.taken }
        if depth >= skippedFrom {
            if depth == skippedFrom { skippedFrom = Int.max }
            return
        }
        if depth == 2 { return endRow() }
        guard depth > 2 else { return }
        let level = levels[depth]
        if let starts { origins[cells.count] = .element(start: starts[depth], end: feed.offset) }
        if level.isNil { return appendNull(level) }
        if level.hasChildren || (level.hasAttributes && textCount == level.textStart) { return }
        appendCell(level.node, from: level.textStart)
    }

    private mutating func appendNull(_ level: Level) {
        let value = text + level.textStart
        if level.hasChildren || !isBlank(value, count: textCount - level.textStart) {
            let path = tree.path(level.node)
            guard isUsed(path) else { return }
            filledNils.append((cells.count - rowFirstCell, .filledNil(path, line: rowLine)))
        }
        cells.append(
            RowBatch.Cell(
                column: tree.column(level.node), start: UInt32(truncatingIfNeeded: level.textStart), length: 0,
                kind: .null))
    }

    private mutating func endRow() {
        let end = feed.offset
        if end - rowStart > rowBytesMax { return stop(feed.tooLong(rowLine)) }
        if let bad = feed.takeBadByte(before: end) { rowProblem = bad.rowProblem }
        rowCount &+= 1
        var row = RowBatch.Row(
            number: rowCount, line: rowLine, sourceStart: rowStart, sourceLength: end - rowStart,
            firstCell: rowFirstCell, cellCount: cells.count - rowFirstCell)
        if let rowProblem {
            row.problem = problems.count
            problems.append(rowProblem)
        } else if let first = filledNils.first {
            row.problem = problems.count
            spoiled.insert(row.problem)
            problems.append(first.problem)
            for (cell, problem) in filledNils { cellProblems[rowFirstCell + cell] = problem }
        }
        rows.append(row)
    }

    private mutating func take(_ bytes: UnsafePointer<xmlChar>, count: Int) {
        if depth >= skippedFrom || depth == 0 { return }
        if depth > 2 && !levels[depth].hasChildren { return append(bytes, count: count) }
        if isBlank(bytes, count: count) { return }
        if depth == 1 { stop(feed.textBetweenRows, behind: count) } else { noteStrayText() }
    }

    /// Forgets the white space before an element's first child.
    private mutating func dropText(of level: Int) {
        let start = levels[level].textStart
        if !isBlank(text + start, count: textCount - start) { noteStrayText(level) }
        textCount = start
    }

    @inline(__always)
    mutating func appendCell(_ node: ColumnTree.Node, from textStart: Int) {
        let isEmpty = textCount == textStart
        appendCell(
            node, from: textStart,
            isPadded: !isEmpty && min(text[textStart], text[textCount &- 1]) <= Byte.space)
    }

    @inline(__always)
    mutating func appendCell(_ node: ColumnTree.Node, from textStart: Int, isPadded: Bool) {
        cells.append(
            RowBatch.Cell(
                column: tree.column(node), start: UInt32(truncatingIfNeeded: textStart),
                length: UInt32(truncatingIfNeeded: textCount &- textStart), kind: isPadded ? .padded : .plain))
    }

    /// Appends the cell of a node that has a column already; false when it has none.
    @inline(__always)
    mutating func appendKnownCell(_ node: ColumnTree.Node, from textStart: Int) -> Bool {
        guard tree.hasColumn(node) else { return false }
        appendCell(node, from: textStart)
        return true
    }

    /// As `append`, quickly for a few bytes.
    @inline(__always)
    mutating func appendShort(_ bytes: UnsafePointer<xmlChar>, count: Int) {
        if textCapacity &- textCount < count { grow(by: count) }
        copyShort(bytes, to: text + textCount, count)
        textCount &+= count
    }

    @inline(__always)
    private mutating func append(_ bytes: UnsafePointer<xmlChar>, count: Int) {
        if textCapacity &- textCount < count { grow(by: count) }
        memcpy(text + textCount, bytes, count)
        textCount &+= count
    }

    private mutating func grow(by count: Int) {
        let capacity = max(textCapacity * 2, textCount + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, text, textCount)
        text.deallocate()
        text = larger
        textCapacity = capacity
    }
}

@inline(__always)
private func contextBehind(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLRowContext>? {
    pointer?.assumingMemoryBound(to: XMLRowContext.self)
}

func words(_ name: UnsafePointer<xmlChar>) -> String { String(cString: name) }

func isSame(_ name: UnsafePointer<xmlChar>, _ word: String) -> Bool {
    strcmp(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self), word) == 0
}

func isBlank(_ bytes: UnsafePointer<xmlChar>, count: Int) -> Bool {
    for index in 0..<count {
        switch bytes[index] {
        case Byte.space, Byte.tab, Byte.lineFeed, Byte.carriageReturn: continue
        default: return false
        }
    }
    return true
}

// MARK: Words for what is wrong

extension XMLRowContext {
    /// `behind`: bytes of text that libxml2 is about to take.
    private mutating func stop(_ problem: FileProblem, behind: Int = 0) {
        if self.problem == nil { self.problem = feed.cause(of: problem, behind: behind) }
        xmlStopParser(feed.parser)
    }

    private mutating func note(_ error: xmlError) {
        guard error.level == XML_ERR_FATAL, parserFault == nil, problem == nil else { return }
        problem = feed.cause(of: error)
        if problem == nil { parserFault = XMLParserFault(error, feed, depth: depth) }
    }

    private mutating func stopAtDoctype() { stop(feed.doctype) }

    private mutating func refuseMixed(_ name: UnsafePointer<xmlChar>) {
        stop(feed.mixedElements(rowToken.map { words($0) } ?? "", words(name)))
    }

    private func isUsed(_ path: String) -> Bool { usedColumns?.reaches(path) != false }

    private mutating func noteDuplicate(_ node: ColumnTree.Node) {
        guard isUsed(tree.path(node)) else { return }
        rowProblem = RowProblem(
            reason: "duplicate_column", line: feed.tag.line, column: feed.tagColumn, columnName: tree.path(node),
            what: "The row has \(tree.path(node)) twice.")
    }

    private mutating func noteStrayText(_ level: Int? = nil) {
        guard rowProblem == nil else { return }
        let level = level ?? depth
        let path = level > 2 ? tree.path(levels[level].node) : nil
        if let path, !isUsed(path) { return }
        rowProblem = RowProblem(
            reason: "stray_text", line: rowLine, columnName: path,
            what: path.map { "The element \($0) holds both text and elements." }
                ?? "Text stands directly in the row's element, so no column has it.",
            hint: "Put the text into an element or attribute of its own.")
    }
}
