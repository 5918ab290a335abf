internal import CLibXML2

/// Plain rows are read here, several times as fast as libxml2 reads them.
///
/// A plain row has names that are known already, without a prefix and each once, and values without references, CDATA,
/// comments and characters that XML forbids or changes. It is whole in itself: a document is as well-formed without it as
/// with it, so libxml2 never sees it. All else goes to libxml2 from the row's first byte on; what is wrong with a file has
/// one judge.
extension XMLRowContext {
    /// How far plain rows went.
    struct PlainRows {
        /// Bytes up to the end of the last one.
        var taken = 0
        /// Whether the bytes end within what may still be one.
        var isUnfinished = false
    }

    /// What became of a row.
    private enum Attempt {
        case plain, unfinished, unusual
    }

    /// Whether what libxml2 was given ends where a child of the root did.
    var isBetweenRows: Bool { depth == 1 && childEnd == feed.given && rowIsPlain && isSound }

    /// Whether the tag whose last byte is at `end` may end a row.
    func mayEndRow(_ text: UnsafeBufferPointer<UInt8>, at end: Int) -> Bool {
        guard let rowToken, end >= 2 &+ rowNameLength, let base = text.baseAddress else { return false }
        let start = base + (end &- rowNameLength)
        return text[end &- 1] == UInt8(ascii: "/")
            || (start[-2] == UInt8(ascii: "<") && start[-1] == UInt8(ascii: "/")
                && isSame(rowToken, start, rowNameLength))
    }

    /// Takes the plain rows that these bytes begin with. To be called when `isBetweenRows`, with bytes that are valid UTF-8.
    mutating func takePlainRows(_ bytes: UnsafeBufferPointer<UInt8>) -> PlainRows {
        guard let base = bytes.baseAddress else { return PlainRows() }
        let source = feed.endOffset
        var scan = PlainScan(at: base, end: base + bytes.count, line: feed.line)
        var taken = PlainRows()
        var lineAfter = scan.line
        while true {
            scan.skipBlanks()
            let start = scan.at
            let line = scan.line
            let firstCell = cells.count
            let firstByte = textCount
            let attempt = plainRow(&scan)
            let length = start.distance(to: scan.at)
            guard attempt == .plain, length <= rowBytesMax else {
                cells.removeLast(cells.count - firstCell)
                textCount = firstByte
                taken.isUnfinished = attempt == .unfinished
                break
            }
            rowCount &+= 1
            rows.append(
                RowBatch.Row(
                    number: rowCount, line: line, sourceStart: source &+ base.distance(to: start),
                    sourceLength: length, firstCell: firstCell, cellCount: cells.count &- firstCell))
            taken.taken = base.distance(to: scan.at)
            lineAfter = scan.line
        }
        if taken.taken > 0 { feed.keep(UnsafeBufferPointer(rebasing: bytes[..<taken.taken]), line: lineAfter) }
        return taken
    }

    /// Takes the row that should begin where the scan stands. After any other end than `plain`, its cells and text are to be
    /// taken back.
    private mutating func plainRow(_ scan: inout PlainScan) -> Attempt {
        guard let rowToken else { return .unusual }
        guard scan.has(2 &+ rowNameLength) else { return scan.startsTag ? .unfinished : .unusual }
        guard scan.at[0] == UInt8(ascii: "<"), isSame(rowToken, scan.at + 1, rowNameLength) else { return .unusual }
        stamp &+= 1
        depth = 2
        defer { depth = 1 }
        levels[2] = Level()
        levels[2].name = scan.at + 1
        levels[2].nameLength = rowNameLength
        scan.at += 1 &+ rowNameLength
        while true {
            // Behind the name of a start tag.
            var isClosed = false
            switch attributes(&scan, isClosed: &isClosed) {
            case .plain: break
            case let other: return other
            }
            levels[depth].textStart = textCount
            if isClosed {
                guard close() else { return .unusual }
                if depth == 1 { return .plain }
            }
            // In the content of an element, until a child's start tag.
            while true {
                while takeLeaf(&scan) {}
                let start = scan.at
                let line = scan.line
                scan.skipBlanks()
                guard scan.has(2) else { return .unfinished }
                let isBlank = scan.at[0] == UInt8(ascii: "<")
                if !isBlank
                    || (scan.at > start && depth > 2 && !levels[depth].hasChildren && scan.at[1] == UInt8(ascii: "/"))
                {
                    if depth == 2 || levels[depth].hasChildren { return .unusual }
                    scan.at = start
                    scan.line = line
                    scan.skipText()
                    guard scan.has(2) else { return .unfinished }
                    guard scan.at[0] == UInt8(ascii: "<"), scan.at[1] == UInt8(ascii: "/") else { return .unusual }
                    appendShort(start, count: start.distance(to: scan.at))
                }
                if scan.at[1] != UInt8(ascii: "/") { break }
                let length = levels[depth].nameLength
                guard scan.has(3 &+ length) else { return .unfinished }
                guard let name = levels[depth].name, isSame(name, scan.at + 2, length),
                    scan.at[2 &+ length] == UInt8(ascii: ">")
                else { return .unusual }
                scan.at += 3 &+ length
                guard close() else { return .unusual }
                if depth == 1 { return .plain }
            }
            guard depth < Self.depthMax else { return .unusual }
            levels[depth].hasChildren = true
            scan.at += 1
            guard let length = scan.nameLength() else { return .unfinished }
            guard let node = knownNode(scan.at, length) else { return .unusual }
            depth &+= 1
            levels[depth] = Level(node: node, name: scan.at, nameLength: length)
            scan.at += length
        }
    }

    /// Takes a child that has no attributes and no children, and white space before it, if the row's last one had it in the
    /// same place. False: nothing was taken, nor is there anything to take back.
    @inline(__always)
    private mutating func takeLeaf(_ scan: inout PlainScan) -> Bool {
        var ahead = scan
        ahead.skipBlanks()
        guard ahead.has(2 &+ ColumnTree.expectedBytes), ahead.at[0] == UInt8(ascii: "<"), depth < Self.depthMax,
            let (node, nameLength) = tree.expected(
                at: ahead.at + 1, below: levels[depth].node, after: levels[depth].previous),
            ahead.at[1 &+ nameLength] == UInt8(ascii: ">")
        else { return false }
        ahead.at += 2 &+ nameLength
        let value = ahead.at
        ahead.skipText()
        let length = value.distance(to: ahead.at)
        guard ahead.has(3 &+ ColumnTree.expectedBytes), ahead.at[0] == UInt8(ascii: "<"),
            ahead.at[1] == UInt8(ascii: "/"), tree.begins(ahead.at + 2, with: node),
            ahead.at[2 &+ nameLength] == UInt8(ascii: ">"), tree.hasColumn(node), tree.mark(node, row: stamp)
        else { return false }
        ahead.at += 3 &+ nameLength
        let textStart = textCount
        appendShort(value, count: length)
        // Around an empty value are its tags.
        appendCell(node, from: textStart, isPadded: min(value[0], value[length &- 1]) <= Byte.space)
        levels[depth].previous = node
        levels[depth].hasChildren = true
        scan = ahead
        return true
    }

    /// Takes the rest of a start tag, from behind its name.
    @inline(__always)
    private mutating func attributes(_ scan: inout PlainScan, isClosed: inout Bool) -> Attempt {
        while true {
            guard scan.has(2) else { return .unfinished }
            if scan.at[0] == UInt8(ascii: ">") {
                scan.at += 1
                return .plain
            }
            if scan.at[0] == UInt8(ascii: "/") {
                guard scan.at[1] == UInt8(ascii: ">") else { return .unusual }
                scan.at += 2
                isClosed = true
                return .plain
            }
            let start = scan.at
            scan.skipBlanks()
            guard scan.at > start else { return .unusual }
            guard scan.has(1) else { return .unfinished }
            if scan.at[0] == UInt8(ascii: ">") || scan.at[0] == UInt8(ascii: "/") { continue }
            guard let length = scan.nameLength() else { return .unfinished }
            if isNamespace(scan.at, length) || XMLMeaning.mayBeNil(scan.at, length) { return .unusual }
            guard let node = knownNode(scan.at, length) else { return .unusual }
            scan.at += length
            guard scan.has(2) else { return .unfinished }
            let quote = scan.at[1]
            guard scan.at[0] == UInt8(ascii: "="), quote == Byte.quote || quote == UInt8(ascii: "'") else {
                return .unusual
            }
            scan.at += 2
            let value = scan.at
            scan.skipAttribute(quote)
            guard scan.has(1) else { return .unfinished }
            guard scan.at[0] == quote else { return .unusual }
            let textStart = textCount
            appendShort(value, count: value.distance(to: scan.at))
            guard appendKnownCell(node, from: textStart) else { return .unusual }
            scan.at += 1
            levels[depth].hasAttributes = true
        }
    }

    /// The node of the name below the open element, if there is one and the row did not have it before.
    @inline(__always)
    private mutating func knownNode(_ name: UnsafePointer<UInt8>, _ length: Int) -> ColumnTree.Node? {
        let name = UnsafeBufferPointer(start: name, count: length)
        // A name that is known with a colon in it was broken where it had a prefix besides.
        if name.contains(UInt8(ascii: ":")) { return nil }
        guard let node = tree.known(name, below: levels[depth].node, after: levels[depth].previous),
            tree.mark(node, row: stamp)
        else { return nil }
        levels[depth].previous = node
        return node
    }

    /// Closes the open element; false when its column is not known.
    @inline(__always)
    private mutating func close() -> Bool {
        let level = depth
        depth &-= 1
        if level == 2 || levels[level].hasChildren { return true }
        if levels[level].hasAttributes && textCount == levels[level].textStart { return true }
        return appendKnownCell(levels[level].node, from: levels[level].textStart)
    }
}

/// Steps through bytes of XML.
private struct PlainScan {
    var at: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var line: Int

    @inline(__always)
    func has(_ count: Int) -> Bool { at.distance(to: end) >= count }

    /// Whether nothing or a tag stands here.
    var startsTag: Bool { at == end || at[0] == UInt8(ascii: "<") }

    @inline(__always)
    mutating func skipBlanks() {
        while at < end {
            switch at[0] {
            case Byte.lineFeed: line &+= 1
            case Byte.space, Byte.tab, Byte.carriageReturn: break
            default: return
            }
            at += 1
        }
    }

    /// Moves to the first byte that cannot stand in plain text between tags.
    @inline(__always)
    mutating func skipText() {
        while true {
            while has(8) {
                let word = UnsafeRawPointer(at).loadUnaligned(as: UInt64.self)
                let plain =
                    nonzeroBytes(word & repeated(0xE0)) & nonzeroBytes(word ^ repeated(UInt8(ascii: "<")))
                    & nonzeroBytes(word ^ repeated(UInt8(ascii: "&")))
                    & nonzeroBytes(word ^ repeated(UInt8(ascii: "]")))
                    & nonzeroBytes(word ^ repeated(0xEF))
                let found = ~plain & repeated(0x80)
                at += found.trailingZeroBitCount &>> 3
                if found != 0 { break }
            }
            guard at < end else { return }
            switch at[0] {
            case Byte.lineFeed: line &+= 1
            case Byte.tab: break
            // A U+FFFE or U+FFFF, which XML forbids, begins with EF; a CR becomes LF; and ]]> must not stand in a text.
            case ..<Byte.space, UInt8(ascii: "<"), UInt8(ascii: "&"), UInt8(ascii: "]"), 0xEF: return
            default: break
            }
            at += 1
        }
    }

    /// Moves to the first byte that cannot stand in a plain attribute value that has this quote around it.
    @inline(__always)
    mutating func skipAttribute(_ quote: UInt8) {
        while at < end {
            switch at[0] {
            // All white space would become a space.
            case ..<Byte.space, UInt8(ascii: "<"), UInt8(ascii: "&"), 0xEF, quote: return
            default: at += 1
            }
        }
    }

    /// Bytes until one that ends a name: those of a plain name. Nil when the name goes on to the end of all.
    @inline(__always)
    func nameLength() -> Int? {
        var length = 0
        while has(length &+ 1) {
            switch at[length] {
            case UInt8(ascii: ">"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "<"), ...Byte.space:
                return length
            default: length &+= 1
            }
        }
        return nil
    }
}

/// `xmlns` as an attribute declares a namespace, though an element may have that name.
@inline(__always)
private func isNamespace(_ name: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    length == 5 && name[0] == UInt8(ascii: "x") && name[1] == UInt8(ascii: "m") && name[2] == UInt8(ascii: "l")
}

@inline(__always)
private func isSame(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var index = 0
    while index < count {
        if a[index] != b[index] { return false }
        index &+= 1
    }
    return true
}
