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
        static let destination = 3
        static let ric = 4
        static let service = 5
        static let post = 6
        static let outcome = 7
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
    private var fieldNames = FieldPlaces()
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
        while start < text.count, let end = readCells(base, from: start, count: text.count) {
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
                    at = Self.find(base, at, count) { nonzeroBytes($0 ^ repeated(Byte.quote)) }
                    guard at &+ 1 < count else { return nil }
                    guard base.load(fromByteOffset: at &+ 1, as: UInt8.self) == Byte.quote else { break }
                    at &+= 2
                }
                cell.end = at
                at &+= 1
            } else {
                at = Self.find(base, at, count) {
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
                at = Self.find(base, at, count) { nonzeroBytes($0 ^ repeated(Byte.lineFeed)) }
                guard at < count else { return nil }
                at &+= 1
                break
            }
        }
        if column < Column.count { cells[Column.drop] = Cell() }
        return at
    }

    /// The first byte from `start` that `plain` does not clear; `count`: there is none.
    @inline(__always)
    private static func find(
        _ base: UnsafeRawPointer, _ start: Int, _ count: Int, _ plain: (UInt64) -> UInt64
    ) -> Int {
        var at = start
        while at < count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let found = ~plain(word) & repeated(0x80)
            if found != 0 { return min(count, at &+ found.trailingZeroBitCount &>> 3) }
            at &+= 8
        }
        return count
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
        return true
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
        var index = 0
        while byte(at) != UInt8(ascii: "}") {
            if index > 0 {
                guard byte(at) == UInt8(ascii: ",") else { return false }
                at &+= 1
            }
            guard byte(at) == Byte.quote, byte(at &+ 1) == Byte.quote else { return false }
            at &+= 2
            let name = at
            at = Self.find(base, at, end) { nonzeroBytes($0 ^ repeated(Byte.quote)) }
            guard at > name, byte(at &+ 1) == Byte.quote, byte(at &+ 2) == UInt8(ascii: ":") else { return false }
            let field = fieldNames.place(
                index, UnsafeRawBufferPointer(start: base + name, count: at - name), &words)
            at &+= 3
            let value = at
            if byte(at) == Byte.quote {
                guard let behind = takeText(base, at, end) else { return false }
                at = behind
                rows.add(field: field, plain)
            } else {
                while at < end, byte(at) != UInt8(ascii: ","), byte(at) != UInt8(ascii: "}") { at &+= 1 }
                guard at > value, at < end else { return false }
                rows.add(field: field, value: UnsafeRawBufferPointer(start: base + value, count: at - value))
            }
            index &+= 1
        }
        return at &+ 1 == end
    }

    /// A JSON text into `plain`, with single quotes again. Returns the place behind it; nil: it does not end.
    private mutating func takeText(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int? {
        plain.removeAll()
        plain.append(Byte.quote)
        // Each quote is two.
        var at = start &+ 2
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            plain.append(byte)
            switch byte {
            case Byte.quote:
                return at &+ 1 < end ? at &+ 2 : nil
            case Byte.backslash:
                guard at &+ 1 < end else { return nil }
                let escaped = base.load(fromByteOffset: at &+ 1, as: UInt8.self)
                plain.append(escaped)
                at &+= escaped == Byte.quote ? 3 : 2
            default:
                at &+= 1
            }
        }
        return nil
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

/// Times as `TimeText` writes them; rows that were answered together have the same.
private struct SettledClock {
    private var text = ContiguousArray<UInt8>()
    private var value: Int64 = 0
    private var date = ContiguousArray<UInt8>()
    private var day: Int64 = 0

    /// Microseconds since 1970; nil: it is no such time.
    mutating func microseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        if bytes.count == text.count, text.withUnsafeBytes({ isSameBytes($0, bytes) }) { return value }
        guard bytes.count == 27, bytes[10] == UInt8(ascii: "T"), bytes[26] == UInt8(ascii: "Z") else { return nil }
        let dateBytes = UnsafeRawBufferPointer(rebasing: bytes[..<10])
        if date.count != 10 || !date.withUnsafeBytes({ isSameBytes($0, dateBytes) }) {
            guard let year = Self.digits(bytes, 0, 4), let month = Self.digits(bytes, 5, 2),
                let dayOfMonth = Self.digits(bytes, 8, 2), (1...12).contains(month), (1...31).contains(dayOfMonth)
            else { return nil }
            day = Int64(DateCalendar.number(year: Int(year), month: Int(month), day: Int(dayOfMonth)))
            date = ContiguousArray(dateBytes)
        }
        guard let hour = Self.digits(bytes, 11, 2), let minute = Self.digits(bytes, 14, 2),
            let second = Self.digits(bytes, 17, 2), let fraction = Self.digits(bytes, 20, 6)
        else { return nil }
        text = ContiguousArray(bytes)
        value = (day * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction
        return value
    }

    private static func digits(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            guard bytes[index] &- UInt8(ascii: "0") <= 9 else { return nil }
            value = value * 10 + Int64(bytes[index] &- UInt8(ascii: "0"))
        }
        return value
    }
}

/// The places of a row's field names: mostly those of the row before it.
private struct FieldPlaces: ~Copyable {
    private var text = RawBytes()
    private var known: ContiguousArray<(start: Int, count: Int, place: Int)> = []

    @inline(__always)
    mutating func place(_ index: Int, _ name: UnsafeRawBufferPointer, _ words: inout LastWords) -> Int {
        if index < known.count {
            let guess = known[index]
            if guess.count == name.count {
                let bytes = UnsafeRawBufferPointer(rebasing: text.written[guess.start..<guess.start + guess.count])
                if isSameBytes(bytes, name) { return guess.place }
            }
        }
        return learn(index, name, &words)
    }

    @inline(never)
    private mutating func learn(_ index: Int, _ name: UnsafeRawBufferPointer, _ words: inout LastWords) -> Int {
        let place = words.field(name)
        // Rows of many kinds would fill it.
        if text.count > 1 << 16 {
            text.removeAll()
            known.removeAll()
        }
        if index <= known.count {
            let entry = (start: text.count, count: name.count, place: place)
            text.append(name)
            if index < known.count { known[index] = entry } else { known.append(entry) }
        }
        return place
    }
}
