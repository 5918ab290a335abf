/// Takes the accepted rows out of a drop's complete result file.
///
/// `ResultJournal` reads results that may have been cut anywhere, with all that they say. This one reads nothing but what the
/// store of last values needs, of a file that was whole when its drop was closed, in a small part of the time.
package struct AcceptedRows: ~Copyable {
    /// Bytes that must be readable behind the text.
    package static let padding = 64

    private enum Column {
        static let drop = 0
        static let row = 1
        static let line = 2
        static let destination = 3
        static let ric = 4
        static let service = 5
        static let post = 6
        static let outcome = 7
        static let postID = 12
        static let sentAt = 14
        static let settledAt = 15
        static let fields = 16
        static let count = 17
    }

    private struct Cell {
        var start = 0
        var end = 0
        var isQuoted = false
    }

    private let drop: Int
    private let ordinal: Int
    /// nil: rows of every RIC are taken.
    private let ric: [UInt8]?
    private var isPastHeader = false
    /// It does not read as a result of the drop from some line on; what stands before that line counts.
    package private(set) var isBroken = false
    /// Rows that were accepted.
    package private(set) var count = 0

    private var cells = ContiguousArray(repeating: Cell(), count: Column.count)
    /// The target of the row before, and destination and service as its line has them.
    private var target = 0
    private var targetText = RawBytes()
    private var destinationCount = -1
    private var clock = SettledClock()
    private var names = FieldPlaces()
    private var shape = AcceptedShape()
    /// A text without its doubled quotes.
    private var plain = RawBytes()

    /// - Parameters:
    ///   - ordinal: Which of the drops that are applied together.
    ///   - ric: Rows of others are passed over; nil: all are taken.
    package init(drop: Int, ordinal: Int, ric: [UInt8]? = nil) {
        self.drop = drop
        self.ordinal = ordinal
        self.ric = ric
    }

    /// Takes the whole lines of the next piece of the file, and returns how many of its bytes they are: the next piece begins with
    /// the others. What lies behind `text` must be readable; see `padding`.
    package mutating func take(
        _ text: UnsafeRawBufferPointer, into rows: inout LastRows, _ words: inout LastWords
    ) -> Int {
        guard !isBroken, let base = text.baseAddress else { return text.count }
        var start = 0
        while start < text.count {
            if ric == nil {
                // Most lines are shaped as the one before.
                while let row = shape.take(base, start, text.count, ordinal, into: &rows, &names, &words) {
                    start = row
                    count += 1
                }
            }
            guard let end = readCells(base, from: start, count: text.count) else { break }
            if isPastHeader {
                guard takeLine(base, into: &rows, &words) else {
                    isBroken = true
                    return text.count
                }
            } else {
                let header = ResultLines.header.utf8.dropLast()
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

    /// Finds the cells of the line that begins at `start`. Returns the place behind its line end; nil: it has none yet.
    @inline(__always)
    private mutating func readCells(_ base: UnsafeRawPointer, from start: Int, count: Int) -> Int? {
        var at = start
        var column = 0
        while true {
            var cell = Cell(start: at, end: at, isQuoted: false)
            if base.load(fromByteOffset: at, as: UInt8.self) == Byte.quote, at < count {
                cell.isQuoted = true
                cell.start = at &+ 1
                at &+= 1
                while true {
                    at = findByte(base, at, count) { nonzeroBytes($0 ^ repeated(Byte.quote)) }
                    guard at &+ 1 < count else { return nil }
                    guard base.load(fromByteOffset: at &+ 1, as: UInt8.self) == Byte.quote else { break }
                    at &+= 2
                }
                cell.end = at
                at &+= 1
            } else {
                at = findByte(base, at, count) {
                    nonzeroBytes($0 ^ repeated(UInt8(ascii: ","))) & nonzeroBytes($0 ^ repeated(Byte.lineFeed))
                }
                cell.end = at
            }
            guard at < count else { return nil }
            if column < Column.count { cells[column] = cell }
            column &+= 1
            let mark = base.load(fromByteOffset: at, as: UInt8.self)
            at &+= 1
            if mark == Byte.lineFeed { break }
            guard mark == UInt8(ascii: ",") else {
                // Behind a closing quote stands something else: no line of ours.
                column = 0
                at = findByte(base, at, count) { nonzeroBytes($0 ^ repeated(Byte.lineFeed)) }
                guard at < count else { return nil }
                at &+= 1
                break
            }
        }
        if column < Column.count { cells[Column.drop] = Cell() }
        return at
    }

    private func bytes(_ base: UnsafeRawPointer, _ column: Int) -> UnsafeRawBufferPointer {
        let cell = cells[column]
        return UnsafeRawBufferPointer(start: base + cell.start, count: cell.end - cell.start)
    }

    /// A cell's text; where it is quoted without its doubled quotes, until the next one is asked for.
    private mutating func text(_ base: UnsafeRawPointer, _ column: Int) -> UnsafeRawBufferPointer {
        let all = bytes(base, column)
        guard cells[column].isQuoted else { return all }
        plain.removeAll()
        var index = 0
        while index < all.count {
            plain.append(all[index])
            index += all[index] == Byte.quote ? 2 : 1
        }
        return plain.written
    }

    /// False: it is no line of ours.
    private mutating func takeLine(
        _ base: UnsafeRawPointer, into rows: inout LastRows, _ words: inout LastWords
    ) -> Bool {
        guard Self.number(bytes(base, Column.drop)) == drop else { return false }
        guard isSame(bytes(base, Column.outcome), "acked") else { return true }
        if let ric, !text(base, Column.ric).elementsEqual(ric) { return true }
        guard let row = Self.number(bytes(base, Column.row)), row > 0, row <= Int(UInt32.max),
            let acceptedAt = clock.microseconds(bytes(base, Column.settledAt))
        else { return false }
        let isRefresh = isSame(bytes(base, Column.post), "Refresh")
        guard isRefresh || isSame(bytes(base, Column.post), "Update") else { return false }

        findTarget(base, &words)
        rows.begin(
            target: target, ric: text(base, Column.ric), row: UInt32(row), ordinal: ordinal, acceptedAt: acceptedAt,
            isRefresh: isRefresh)
        guard takeFields(base, into: &rows, &words) else {
            rows.takeBack()
            return false
        }
        rows.end()
        count += 1
        if ric == nil { learn(base, acceptedAt, isRefresh: isRefresh) }
        return true
    }

    /// The next lines are most likely shaped as this one, which was accepted.
    private mutating func learn(_ base: UnsafeRawPointer, _ acceptedAt: Int64, isRefresh: Bool) {
        guard !cells[Column.drop].isQuoted, !cells[Column.line].isQuoted, !cells[Column.ric].isQuoted,
            !cells[Column.postID].isQuoted, cells[Column.fields].isQuoted
        else { return shape.forget() }
        shape.learn(
            lead: between(base, cells[Column.drop].start, cells[Column.row].start),
            middle: between(base, cells[Column.line].end, cells[Column.ric].start),
            outcome: between(base, cells[Column.ric].end, cells[Column.postID].start),
            sentAt: bytes(base, Column.sentAt), settledAt: bytes(base, Column.settledAt), acceptedAt: acceptedAt,
            target: target, isRefresh: isRefresh)
    }

    private func between(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// Mostly that of the row before.
    @inline(__always)
    private mutating func findTarget(_ base: UnsafeRawPointer, _ words: inout LastWords) {
        let destination = bytes(base, Column.destination)
        let service = bytes(base, Column.service)
        if destination.count == destinationCount, destination.count + service.count == targetText.count {
            let known = targetText.written
            let isSame =
                isSameBytes(UnsafeRawBufferPointer(rebasing: known[..<destinationCount]), destination)
                && isSameBytes(UnsafeRawBufferPointer(rebasing: known[destinationCount...]), service)
            if isSame { return }
        }
        lookUpTarget(base, &words)
        targetText.removeAll()
        targetText.append(destination)
        targetText.append(service)
        destinationCount = destination.count
    }

    @inline(never)
    private mutating func lookUpTarget(_ base: UnsafeRawPointer, _ words: inout LastWords) {
        // The one is read where the other would be written over.
        let destination = Array(text(base, Column.destination))
        let service = text(base, Column.service)
        target = destination.withUnsafeBytes { words.target($0, service) }
    }

    /// The JSON object, as the line has it: every quote twice.
    private mutating func takeFields(
        _ base: UnsafeRawPointer, into rows: inout LastRows, _ words: inout LastWords
    ) -> Bool {
        let cell = cells[Column.fields]
        guard cell.isQuoted else { return isSame(bytes(base, Column.fields), "{}") }
        let end = cell.end
        var at = cell.start
        func byte(_ place: Int) -> UInt8 { place < end ? base.load(fromByteOffset: place, as: UInt8.self) : 0 }
        guard byte(at) == UInt8(ascii: "{") else { return false }
        at &+= 1
        names.begin()
        var index = 0
        while byte(at) != UInt8(ascii: "}") {
            if index > 0 {
                guard byte(at) == UInt8(ascii: ",") else { return false }
                at &+= 1
            }
            guard byte(at) == Byte.quote, byte(at &+ 1) == Byte.quote else { return false }
            at &+= 2
            let name = at
            at = findByte(base, at, end) { nonzeroBytes($0 ^ repeated(Byte.quote)) }
            guard at > name, byte(at &+ 1) == Byte.quote, byte(at &+ 2) == UInt8(ascii: ":") else { return false }
            let field = names.place(UnsafeRawBufferPointer(start: base + name, count: at - name), &words)
            at &+= 3
            let value = at
            if byte(at) == Byte.quote {
                guard let behind = takeJSONText(base, at, end, to: &plain) else { return false }
                at = behind
                rows.add(field: field, value: plain.written)
            } else {
                while at < end, byte(at) != UInt8(ascii: ","), byte(at) != UInt8(ascii: "}") { at &+= 1 }
                guard at > value, at < end else { return false }
                rows.add(field: field, value: UnsafeRawBufferPointer(start: base + value, count: at - value))
            }
            index &+= 1
        }
        return at &+ 1 == end
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
        guard !text.isEmpty, text.count <= 18 else { return nil }
        var value = 0
        for byte in text {
            guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
            value = value &* 10 &+ Int(byte &- UInt8(ascii: "0"))
        }
        return value
    }
}

private func isSame(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    bytes.count == word.utf8CodeUnitCount
        && isSameBytes(bytes, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
}
