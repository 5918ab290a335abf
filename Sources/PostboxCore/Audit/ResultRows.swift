internal import Glibc

/// Finds the lines of a complete result, or of a list of skipped rows, and the RIC of each, in a small part of the time that it takes to
/// read them.
package struct ResultRows: Sendable {
    /// What each line begins with. A line end that something else follows stands inside a text.
    private let lead: [UInt8]
    private let header: [UInt8]
    /// Of the RIC.
    private let column: Int
    private var isPastHeader = false
    /// It is no such file, from some line on.
    package private(set) var isBroken = false

    /// Lines of a drop's result.
    package init(resultOf drop: Int) {
        lead = Array("\(drop),".utf8)
        header = Array("drop,row,line,destination,ric,".utf8)
        column = 4
    }

    /// Lines of a drop's result, of some part of it behind its header.
    package init(linesOf drop: Int) {
        self.init(resultOf: drop)
        isPastHeader = true
    }

    /// Lines of a list of skipped rows, `row,line,ric,why`.
    package static var skipped: ResultRows { ResultRows() }

    private init() {
        lead = []
        header = Array("row,line,ric,why".utf8)
        column = 2
    }

    /// Gives `body` each whole line of the next piece: its RIC, as it was before it was quoted, and where it begins and ends. Returns how
    /// many bytes were taken; the next piece begins with the others. `isLast`: nothing comes behind it.
    package mutating func take(
        _ text: UnsafeRawBufferPointer, isLast: Bool,
        _ body: (_ ric: UnsafeRawBufferPointer, _ line: Range<Int>) throws -> Void
    ) rethrows -> Int {
        guard let base = text.baseAddress, !isBroken else { return text.count }
        var start = 0
        while start < text.count {
            guard let end = lineEnd(base, start, text.count, isLast) else { break }
            guard !isBroken else { return text.count }
            if isPastHeader {
                guard end - start > lead.count, isLead(base + start) else {
                    isBroken = true
                    return text.count
                }
                var copy: [UInt8] = []
                if let ric = ric(base, start, end, &copy) {
                    try body(ric, start..<end)
                } else {
                    try copy.withUnsafeBytes { try body($0, start..<end) }
                }
            } else {
                guard text[start..<end].starts(with: header) else {
                    isBroken = true
                    return text.count
                }
                isPastHeader = true
            }
            start = end
        }
        return start
    }

    /// The place behind the line end; nil: it is not to be seen yet.
    @inline(__always)
    private mutating func lineEnd(_ base: UnsafeRawPointer, _ start: Int, _ count: Int, _ isLast: Bool) -> Int? {
        var at = start
        while let found = memchr(base + at, 0x0A, count - at) {
            let end = UnsafeRawPointer(found) - base + 1
            if count - end < lead.count {
                return isLast && end == count ? end : nil
            }
            if isLead(base + end) { return end }
            // A text that has a line end is quoted; behind any other one stands a line of something else.
            let quotes = UnsafeRawBufferPointer(start: base + start, count: end - start).count { $0 == 0x22 }
            if quotes.isMultiple(of: 2) {
                isBroken = true
                return end
            }
            at = end
        }
        return nil
    }

    @inline(__always)
    private func isLead(_ place: UnsafeRawPointer) -> Bool {
        lead.withUnsafeBytes { lead in
            for index in 0..<lead.count where place.load(fromByteOffset: index, as: UInt8.self) != lead[index] {
                return false
            }
            return true
        }
    }

    /// The RIC of a line; nil: it was quoted, and is in `copy`.
    @inline(__always)
    private func ric(
        _ base: UnsafeRawPointer, _ start: Int, _ end: Int, _ copy: inout [UInt8]
    ) -> UnsafeRawBufferPointer? {
        func byte(_ at: Int) -> UInt8 { base.load(fromByteOffset: at, as: UInt8.self) }
        var at = start
        for _ in 0..<column {
            if byte(at) == 0x22 { at = behindQuoted(base, at, end) }
            while at < end, byte(at) != 0x2C { at &+= 1 }
            at &+= 1
            if at >= end { return UnsafeRawBufferPointer(start: base + start, count: 0) }
        }
        if byte(at) == 0x22 {
            let behind = behindQuoted(base, at, end)
            var index = at + 1
            while index < behind - 1 {
                copy.append(byte(index))
                index += byte(index) == 0x22 ? 2 : 1
            }
            return nil
        }
        let first = at
        while at < end, byte(at) != 0x2C, byte(at) != 0x0A { at &+= 1 }
        return UnsafeRawBufferPointer(start: base + first, count: at - first)
    }

    /// The place behind a quoted cell.
    private func behindQuoted(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int {
        var at = start + 1
        while at < end {
            if base.load(fromByteOffset: at, as: UInt8.self) == 0x22 {
                guard at + 1 < end, base.load(fromByteOffset: at + 1, as: UInt8.self) == 0x22 else { return at + 1 }
                at += 1
            }
            at += 1
        }
        return end
    }
}
