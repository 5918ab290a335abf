internal import Glibc

/// A line of a price file as it lies in the text, whatever it holds.
struct WholeLine {
    /// Bytes without its line end.
    let length: Int
    /// Without blanks at its end, and without its line end.
    let text: UnsafeBufferPointer<UInt8>
    /// The text of its only cell, where that is all of it and quoted.
    let onlyCell: UnsafeBufferPointer<UInt8>?
    /// Bytes of the text that it is taken from: up to its line end, and with it.
    let contentEnd: Int
    let end: Int

    var hasLineEnd: Bool { end > contentEnd }

    /// The line that starts at `start`; nil: the text ends before it does. `isOfSheet`: line ends inside quotes do not end it.
    init?(
        _ all: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, quote: UInt8?, isOfSheet: Bool = false
    ) {
        guard let base = all.baseAddress else { return nil }
        var stop = nextStop(base, from: start, all.count, LineStops())
        if isOfSheet {
            var quotes = all[start..<stop].count { $0 == Byte.quote }
            while stop < all.count, quotes % 2 == 1 {
                let next = nextStop(base, from: stop + 1, all.count, LineStops())
                quotes += all[stop..<next].count { $0 == Byte.quote }
                stop = next
            }
        }
        guard stop < all.count || isLast else { return nil }
        contentEnd = stop
        if stop == all.count {
            end = stop
        } else if base[stop] == Byte.carriageReturn {
            // The LF that may belong to this CR is not here yet.
            guard stop + 1 < all.count || isLast else { return nil }
            end = stop + 1 < all.count && base[stop + 1] == Byte.lineFeed ? stop + 2 : stop + 1
        } else {
            end = stop + 1
        }
        length = stop - start
        var textEnd = stop
        while textEnd > start, isBlank(base[textEnd - 1]) { textEnd -= 1 }
        text = UnsafeBufferPointer(rebasing: all[start..<textEnd])
        if let quote, text.count >= 2, text.first == quote, text.last == quote,
            !text[1..<text.count - 1].contains(quote)
        {
            onlyCell = UnsafeBufferPointer(rebasing: text[1..<text.count - 1])
        } else {
            onlyCell = nil
        }
    }

    /// What a heading says, or a name that stands alone on its line: without blanks at both ends, and unquoted.
    var value: UnsafeBufferPointer<UInt8> {
        let all = onlyCell ?? text
        guard let base = all.baseAddress else { return all }
        var (start, end) = (0, all.count)
        while start < end, isBlank(base[start]) { start += 1 }
        while end > start, isBlank(base[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: all[start..<end])
    }
}

/// A pattern that a whole line fits or not: `*`, `?` and sets as in a rule's `match`.
struct LinePattern: Sendable {
    private let pattern: TextPattern
    private let literal: [UInt8]
    /// What every line that fits begins and ends with: told apart without a look at the rest.
    private let (head, tail): ([UInt8], [UInt8])
    /// The longest text between two wildcards, which every line that fits holds.
    private let middle: [UInt8]

    init(_ text: String) {
        pattern = TextPattern(text)
        let bytes = Array(text.utf8)
        literal = bytes
        let isPlain = { (byte: UInt8) in
            byte != UInt8(ascii: "*") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "[")
        }
        head = Array(bytes.prefix(while: isPlain))
        // What stands behind a `[` may belong to a set.
        let hasSet = bytes.contains(UInt8(ascii: "["))
        tail = hasSet ? [] : Array(bytes.reversed().prefix(while: isPlain).reversed())
        let parts = hasSet ? [] : bytes.split(whereSeparator: { !isPlain($0) })
        middle = Array(parts.max { $0.count < $1.count } ?? [])
    }

    /// Whether the line, or its only cell unquoted, fits; the pattern's own text always does, so that `[DATA]` is a marker too.
    func fits(_ line: WholeLine) -> Bool {
        fits(line.text) || line.onlyCell.map(fits) ?? false
    }

    private func fits(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= max(head.count, tail.count), text.starts(with: head) else { return false }
        let from = text.count - tail.count
        for (index, byte) in tail.enumerated() where text[from + index] != byte { return false }
        guard holds(text, middle) else { return false }
        return pattern.matches(text.span) || text.elementsEqual(literal)
    }
}

/// Whether the text holds the part somewhere.
private func holds(_ text: UnsafeBufferPointer<UInt8>, _ part: [UInt8]) -> Bool {
    guard let base = text.baseAddress, let first = part.first else { return part.isEmpty }
    var from = 0
    while text.count - from >= part.count {
        guard let found = memchr(base + from, Int32(first), text.count - from - part.count + 1) else { return false }
        let at = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        if memcmp(base + at, part, part.count) == 0 { return true }
        from = at + 1
    }
    return false
}

/// What a rule knows of lines that are no rows.
struct LineMarks: Sendable {
    /// What such a line is.
    enum Mark {
        case comment
        case dropped
        /// It gives the rows below it a value: which of `headingNames`.
        case heading([Int])
    }

    let after: LinePattern?
    let before: LinePattern?
    /// Columns that headings give, each once.
    let headingNames: [String]
    /// Whether lines between rows have to be looked at before they are taken for rows.
    let areAmongRows: Bool
    private let comment: [UInt8]
    private let dropped: [LinePattern]
    private let headings: [(pattern: LinePattern, name: Int)]

    init(_ layout: LineLayout) {
        after = layout.after.map(LinePattern.init)
        before = layout.before.map(LinePattern.init)
        comment = Array((layout.comment ?? "").utf8)
        dropped = (layout.dropped ?? []).map(LinePattern.init)
        var names: [String] = []
        var all: [(LinePattern, Int)] = []
        for heading in layout.headings ?? [] {
            let index = names.firstIndex(of: heading.name) ?? names.count
            if index == names.count { names.append(heading.name) }
            for pattern in heading.patterns { all.append((LinePattern(pattern), index)) }
        }
        headingNames = names
        headings = all
        areAmongRows = before != nil || !comment.isEmpty || !dropped.isEmpty || !headings.isEmpty
    }

    /// What the line is if it is no row; markers are not looked for.
    func mark(of line: WholeLine) -> Mark? {
        if isComment(line) { return .comment }
        if dropped.contains(where: { $0.fits(line) }) { return .dropped }
        var names: [Int] = []
        for heading in headings where !names.contains(heading.name) && heading.pattern.fits(line) {
            names.append(heading.name)
        }
        return names.isEmpty ? nil : .heading(names)
    }

    func isComment(_ line: WholeLine) -> Bool { !comment.isEmpty && line.text.starts(with: comment) }
}

/// Bytes that end a cell: both ends of a line, and up to two others.
struct LineStops {
    var first = repeated(Byte.lineFeed)
    var second = repeated(Byte.lineFeed)
}

/// Where the next line end, or one of the other bytes, stands; `count`: nowhere. Behind the text eight bytes can be read.
@inline(__always)
func nextStop(_ base: UnsafePointer<UInt8>, from start: Int, _ count: Int, _ stops: LineStops) -> Int {
    let raw = UnsafeRawPointer(base)
    var index = start
    while index < count {
        let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let others =
            nonzeroBytes(word ^ stops.first) & nonzeroBytes(word ^ stops.second)
            & nonzeroBytes(word ^ repeated(Byte.lineFeed)) & nonzeroBytes(word ^ repeated(Byte.carriageReturn))
        let found = ~others & repeated(0x80)
        if found != 0 { return min(index &+ found.trailingZeroBitCount &>> 3, count) }
        index &+= 8
    }
    return count
}
