internal import CLibXML2

/// What libxml2's callbacks fill where rows lie deeper in the document, or a rule's columns deeper in a row; or where a
/// document is read through for what stands outside of its rows.
struct XMLTreeContext: XMLContext {
    /// Elements inside each other, the root included.
    static let depthMax = 32

    /// What is looked for.
    enum Aim {
        /// Rows at exactly one place.
        case rows(PathStates)
        /// Rows right below the root, of this local name; nil: of the first one's, and no others.
        case children(String?)
        /// Values at paths from the root.
        case values(DocumentBuilder)
    }

    /// An element of a document that is read through for its values.
    private struct Level {
        var textStart = 0
        var hasChildren = false
        var hasAttributes = false
        var isNil = false
        var wantsText = false
    }

    var feed = XMLFeed()
    private(set) var tree: XMLRowTree
    private(set) var rowCount = 0
    private(set) var rootName = ""
    /// Rows were found, or a place where they may be.
    private(set) var hasFoundRows = false

    private var aim: Aim
    private var isRootClosed = false
    private var problem: FileProblem?
    private var fault: XMLParserFault?
    private var depth = 0
    /// The depth of the row that is open; 0: none is.
    private var rowDepth = 0
    private var rowName: UnsafePointer<xmlChar>?
    private var levels: [Level] = []

    private var text: [UInt8] = []
    private var rowTextStart = 0
    private var cells: [RowBatch.Cell] = []
    private var rows: [RowBatch.Row] = []
    private var problems: [RowProblem] = []
    private var spoiled: Set<Int> = []
    private var cellProblems: [Int: RowProblem] = [:]
    private var kept: [Range<Int>] = []
    private var rowStart = 0
    private var rowLine = 0
    /// Columns from the root, and the column of each, or -1.
    private let documentColumns: [String]
    private var indexOfDocumentColumn: [Int]
    private let document: DocumentValues?

    /// Where what was kept last, or the last row, ends in the source.
    private var gapStart = 0
    /// Where the last end tag outside of rows ends.
    private var gapEnd = 0
    /// Nothing but white space came since the last row.
    private var gapIsBlank = false

    /// - Parameter documentColumns: Columns that begin with a slash, as the rule writes them.
    init(_ aim: Aim, tree: XMLRowTree, documentColumns: [String] = [], document: DocumentValues? = nil) {
        self.aim = aim
        self.tree = tree
        self.documentColumns = documentColumns
        self.document = document
        indexOfDocumentColumn = documentColumns.map { _ in -1 }
    }

    /// Moves the whole rows to the batch; what belongs to an unfinished row stays.
    ///
    /// - Parameter isLast: The file is over.
    mutating func deliver(into batch: inout RowBatch, isLast: Bool) {
        if isLast {
            if feed.endOffset > gapStart { kept.append(gapStart..<feed.endOffset) }
            gapStart = feed.endOffset
        } else if rowDepth == 0, !gapIsBlank, gapEnd > gapStart {
            kept.append(gapStart..<gapEnd)
            gapStart = gapEnd
        }
        let rest = rowDepth > 0 ? Array(text[rowTextStart...]) : []
        text.removeLast(rest.count)
        swap(&batch.text, &text)
        swap(&batch.cells, &cells)
        swap(&batch.rows, &rows)
        swap(&batch.problems, &problems)
        swap(&batch.spoiled, &spoiled)
        swap(&batch.cellProblems, &cellProblems)
        swap(&batch.kept, &kept)
        if tree.notesOrigins { batch.origins = tree.takeOrigins() }
        text.append(contentsOf: rest)
        rowTextStart = 0
    }

    mutating func takeAhead(_ text: UnsafeBufferPointer<UInt8>, mayWait: Bool) -> (taken: Int, waits: Bool) {
        (0, false)
    }

    func pieceLength(_ text: UnsafeBufferPointer<UInt8>) -> Int { min(text.count, XMLRowContext.pieceBytesMax) }

    func free() {}

    func check(endOfFile: TextPlace?) throws(FileProblem) {
        if let problem { throw problem }
        if let fault {
            if let endOfFile, !isRootClosed {
                throw feed.cause(of: feed.truncated(at: endOfFile, root: rootName), behind: nil)
            }
            throw fault.problem
        }
        if endOfFile != nil, let bad = feed.badByte(before: feed.endOffset) { throw bad.fileProblem }
        if rowDepth > 0, feed.endOffset - rowStart > rowBytesMax {
            throw feed.cause(of: feed.loneAmpersand ?? feed.tooLong(rowLine))
        }
        if let endOfFile, !isRootClosed { throw feed.truncated(at: endOfFile, root: rootName) }
    }

    /// What the document held at the paths. Throws as `DocumentBuilder.finish`.
    func values() throws(FileProblem) -> DocumentValues {
        guard case .values(let builder) = aim else { return DocumentValues() }
        return try builder.finish(size: feed.endOffset)
    }
}

// MARK: Callbacks

extension XMLTreeContext {
    static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler(
            start: { context, name, prefix, _, _, _, attributeCount, _, attributes in
                guard let name else { return }
                contextBehind(context)?.pointee.start(name, prefix, attributes, count: Int(attributeCount))
            },
            end: { context, _, _, _ in contextBehind(context)?.pointee.end() },
            text: { context, bytes, count in
                guard let bytes else { return }
                contextBehind(context)?.pointee.take(UnsafeBufferPointer(start: bytes, count: Int(count)))
            },
            doctype: { context, _, _, _ in contextBehind(context)?.pointee.stopAtDoctype() },
            fault: { context, error in
                guard let error else { return }
                contextBehind(context)?.pointee.note(error.pointee)
            })
        handler.comment = { context, _ in contextBehind(context)?.pointee.noteOther() }
        handler.processingInstruction = { context, _, _ in contextBehind(context)?.pointee.noteOther() }
        return handler
    }

    private mutating func start(
        _ name: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, count: Int
    ) {
        guard problem == nil else { return }
        depth += 1
        if depth > Self.depthMax { return stop(feed.tooDeep(Self.depthMax)) }
        if depth == 1 { rootName = (prefix.map { words($0) + ":" } ?? "") + words(name) }
        if rowDepth > 0 {
            // The row's text so far, which the child's comes behind.
            let count = text[rowTextStart...].withUnsafeBufferPointer {
                tree.openChild(name, line: feed.line, text: $0)
            }
            text.removeLast(text.count - rowTextStart - count)
            if tree.notesOrigins { tree.noteStart(feed.tag.offset) }
        } else if isRow(name, attributes, count) {
            beginRow()
        } else {
            return noteOther()
        }
        take(attributes, count: count)
        if tree.isFull { stop(feed.tooManyColumns) }
    }

    /// Whether the element that begins, outside of rows, is one. Follows the paths into it.
    private mutating func isRow(
        _ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int
    ) -> Bool {
        let bytes = UnsafeBufferPointer(start: name, count: Int(xmlStrlen(name)))
        switch aim {
        case .rows(var states):
            aim = .children(nil)
            states.openElement(bytes) { _, _ in false }
            let isRow = states.top.contains { states.isAtEnd($0) }
            aim = .rows(states)
            return isRow
        case .children(let wanted):
            guard depth == 2 else { return false }
            if rowName == nil, wanted == nil || wanted == words(name) { rowName = name }
            if rowName == name { return true }
            if wanted == nil { stop(feed.mixedElements(rowName.map { words($0) } ?? "", words(name))) }
            return false
        case .values(var builder):
            aim = .children(nil)
            open(bytes, attributes, count, &builder)
            aim = .values(builder)
            return false
        }
    }

    private mutating func beginRow() {
        hasFoundRows = true
        let tag = feed.tag
        // One outside of the rows is no row's.
        if let bad = feed.badByte(before: tag.offset) { return stop(bad.fileProblem) }
        rowDepth = depth
        rowStart = tag.offset
        rowLine = tag.line
        rowTextStart = text.count
        if !gapIsBlank, rowStart > gapStart { kept.append(gapStart..<rowStart) }
        tree.begin(line: tag.line)
        if tree.notesOrigins { tree.noteStart(tag.offset) }
    }

    private mutating func take(_ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, count: Int) {
        guard let attributes else { return }
        for index in 0..<count {
            let attribute = attributes + index * 5
            guard let name = attribute[0], let start = attribute[3], let end = attribute[4] else { continue }
            if let meaning = XMLMeaning(
                name, prefix: attribute[1], attribute[2], start, end, isInRow: depth > rowDepth)
            {
                if meaning == .isNil { tree.noteNil() }
                continue
            }
            let value = UnsafeBufferPointer(start: start, count: start.distance(to: end))
            tree.add(attribute: name, textStart: text.count - rowTextStart, textLength: value.count)
            text.append(contentsOf: value)
        }
    }

    private mutating func end() {
        guard problem == nil else { return }
        defer { depth -= 1 }
        if depth == 1 { isRootClosed = true }
        if rowDepth > 0, depth > rowDepth {
            if tree.notesOrigins { tree.noteEnd(feed.offset) }
            return tree.closeChild()
        }
        if rowDepth > 0 { endRow() }
        switch aim {
        case .rows(var states):
            aim = .children(nil)
            states.close()
            aim = .rows(states)
        case .children: break
        case .values(var builder):
            aim = .children(nil)
            close(&builder)
            aim = .values(builder)
        }
        guard rowDepth == 0 else {
            rowDepth = 0
            return
        }
        gapIsBlank = false
        gapEnd = feed.offset
    }

    private mutating func endRow() {
        let end = feed.offset
        if end - rowStart > rowBytesMax { return stop(feed.tooLong(rowLine)) }
        gapStart = end
        gapEnd = end
        gapIsBlank = true
        rowCount += 1
        let firstCell = cells.count
        var rowProblem = text[rowTextStart...].withUnsafeBufferPointer {
            tree.appendCells($0, base: rowTextStart, to: &cells, line: rowLine)
        }
        if let bad = feed.takeBadByte(before: end) { rowProblem = bad.rowProblem }
        appendDocumentCells(rowStart..<end)
        var row = RowBatch.Row(
            number: rowCount, line: rowLine, sourceStart: rowStart, sourceLength: end - rowStart,
            firstCell: firstCell, cellCount: cells.count - firstCell)
        if let rowProblem {
            row.problem = problems.count
            problems.append(rowProblem)
        } else if let first = tree.cellProblems.min(by: { $0.key < $1.key }) {
            row.problem = problems.count
            spoiled.insert(row.problem)
            problems.append(first.value)
            cellProblems.merge(tree.cellProblems) { one, _ in one }
        }
        rows.append(row)
    }

    private mutating func appendDocumentCells(_ source: Range<Int>) {
        guard let document else { return }
        for (index, name) in documentColumns.enumerated() {
            switch document.find(name, of: source) {
            case .nothing: break
            case .several: stop(document.severalValues(name, line: rowLine))
            case .value(let value):
                if indexOfDocumentColumn[index] < 0 {
                    indexOfDocumentColumn[index] = tree.addColumn(Column(name: name, isNested: true))
                }
                cells.append(
                    document.cell(value, column: indexOfDocumentColumn[index], start: text.count, into: &text))
            }
        }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        if depth == 0 || problem != nil { return }
        if rowDepth > 0 {
            if tree.keeps(bytes) { text.append(contentsOf: bytes) }
            return
        }
        switch aim {
        case .values:
            guard let last = levels.last, last.wantsText, !last.hasChildren else { return }
            text.append(contentsOf: bytes)
            if text.count > rowBytesMax { stop(feed.tooLong(feed.line)) }
        case .rows(let states):
            guard bytes.contains(where: { $0 > Byte.space }) else { return }
            let holdsRows = states.top.contains { $0.position == states.paths[$0.path].count - 1 }
            if holdsRows { stop(feed.textBetweenRows, behind: bytes.count) } else { noteOther() }
        case .children:
            guard bytes.contains(where: { $0 > Byte.space }) else { return }
            if depth == 1 { stop(feed.textBetweenRows, behind: bytes.count) } else { noteOther() }
        }
    }

    /// Something that is no row, and no white space, came outside of rows.
    private mutating func noteOther() {
        guard rowDepth == 0 else { return }
        gapIsBlank = false
    }

    /// `behind`: bytes of text that libxml2 is about to take.
    private mutating func stop(_ problem: FileProblem, behind: Int = 0) {
        if self.problem == nil { self.problem = feed.cause(of: problem, behind: behind) }
        xmlStopParser(feed.parser)
    }

    private mutating func stopAtDoctype() { stop(feed.doctype) }

    private mutating func note(_ error: xmlError) {
        guard error.level == XML_ERR_FATAL, fault == nil, problem == nil else { return }
        problem = feed.cause(of: error)
        if problem == nil { fault = XMLParserFault(error, feed, depth: depth) }
    }
}

// MARK: Values outside of rows

extension XMLTreeContext {
    private mutating func open(
        _ name: UnsafeBufferPointer<UInt8>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int,
        _ builder: inout DocumentBuilder
    ) {
        if let last = levels.indices.last {
            levels[last].hasChildren = true
            text.removeLast(text.count - levels[last].textStart)
        }
        var level = Level(textStart: text.count)
        var found: DocumentBuilder.Attributes = []
        for index in 0..<count {
            guard let attribute = attributes.map({ $0 + index * 5 }), let name = attribute[0],
                let start = attribute[3], let end = attribute[4]
            else { continue }
            if let meaning = XMLMeaning(name, prefix: attribute[1], attribute[2], start, end, isInRow: true) {
                if meaning == .isNil { level.isNil = true }
                continue
            }
            level.hasAttributes = true
            found.append(
                (
                    name: UnsafeBufferPointer(start: name, count: Int(xmlStrlen(name))),
                    value: UnsafeBufferPointer(start: start, count: start.distance(to: end))
                ))
        }
        do throws(FileProblem) {
            try builder.openElement(name, found, at: feed.tag.offset)
        } catch {
            stop(error)
        }
        passBadBytes(areUsed: !builder.states.top.isEmpty)
        level.wantsText = builder.wantsText
        levels.append(level)
    }

    private mutating func close(_ builder: inout DocumentBuilder) {
        guard let level = levels.popLast() else { return }
        var kind: RowBatch.Kind? = .plain
        let value = text[level.textStart...]
        if level.hasChildren {
            kind = .nested
        } else if level.isNil {
            kind = .null
        } else if value.isEmpty, level.hasAttributes {
            kind = nil
        } else if let first = value.first, let last = value.last, min(first, last) <= Byte.space {
            kind = .padded
        }
        do throws(FileProblem) {
            try value.withUnsafeBufferPointer { (value) throws(FileProblem) in
                try builder.closeElement(value, kind, at: feed.offset)
            }
        } catch {
            stop(error)
        }
        passBadBytes(areUsed: level.wantsText)
        text.removeLast(text.count - level.textStart)
    }

    /// Bytes that are no text are the matter of whoever reads the rows, but where a value is taken that they may stand in.
    private mutating func passBadBytes(areUsed: Bool) {
        guard let bad = feed.takeBadByte(before: feed.offset), areUsed else { return }
        stop(bad.fileProblem)
    }
}

private func contextBehind(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLTreeContext>? {
    pointer?.assumingMemoryBound(to: XMLTreeContext.self)
}
