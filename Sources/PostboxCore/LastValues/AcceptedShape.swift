/// What a line has in common with the one before: all but its numbers, its RIC, the ends of its times and its values. Most lines are
/// read by comparing that, once from their first byte to their last; any other is left to `AcceptedRows`, which reads every line there
/// can be.
struct AcceptedShape: ~Copyable {
    /// `DROP,`, then what stands between line number and RIC, then what stands between RIC and PostID.
    private var text = RawBytes()
    private var leadCount = 0
    private var middleCount = 0
    private var outcomeCount = 0
    private var isKnown = false
    /// The first sixteen bytes of the times: up to the minute.
    private var sentMinute: (UInt64, UInt64) = (0, 0)
    private var settledMinute: (UInt64, UInt64) = (0, 0)
    /// The rest of the time when the last row was settled, in two words that overlap, and what it says in microseconds since 1970.
    private var settledRest: (UInt64, UInt64) = (0, 0)
    private var settledAt: Int64 = 0
    /// The minute's beginning; microseconds since 1970.
    private var minute: Int64 = 0
    private var target = 0
    private var isRefresh = false
    /// A text in which something is escaped.
    private var plain = RawBytes()

    /// Bytes of a time as `TimeText` writes it.
    private static let timeBytes = 27
    /// A line's bytes at most, but for what stands in `text`, RIC and Fields.
    private static let othersMax = 160

    mutating func forget() { isKnown = false }

    /// Takes over the shape of a line. The times are as the line has them; `acceptedAt` is the second one.
    mutating func learn(
        lead: UnsafeRawBufferPointer, middle: UnsafeRawBufferPointer, outcome: UnsafeRawBufferPointer,
        sentAt: UnsafeRawBufferPointer, settledAt: UnsafeRawBufferPointer, acceptedAt: Int64, target: Int,
        isRefresh: Bool
    ) {
        isKnown = false
        guard sentAt.count == Self.timeBytes, settledAt.count == Self.timeBytes else { return }
        text.removeAll()
        text.append(lead)
        text.append(middle)
        text.append(outcome)
        // The last word of it is compared as a whole.
        _ = text.pointer(for: 8)
        leadCount = lead.count
        middleCount = middle.count
        outcomeCount = outcome.count
        sentMinute = (Self.word(sentAt, 0), Self.word(sentAt, 8))
        settledMinute = (Self.word(settledAt, 0), Self.word(settledAt, 8))
        settledRest = (Self.word(settledAt, 16), Self.word(settledAt, 19))
        self.settledAt = acceptedAt
        guard let rest = Self.microseconds(settledRest) else { return }
        minute = acceptedAt - rest
        self.target = target
        self.isRefresh = isRefresh
        isKnown = true
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ start: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// Of `:SS.ffff` and `.ffffffZ`, which overlap.
    private static func microseconds(_ rest: (UInt64, UInt64)) -> Int64? {
        guard rest.0 & 0xFF == UInt64(UInt8(ascii: ":")), rest.0 &>> 24 & 0xFF == UInt64(UInt8(ascii: ".")),
            rest.1 &>> 56 == UInt64(UInt8(ascii: "Z"))
        else { return nil }
        var seconds: UInt64 = 0
        for place: UInt64 in [8, 16] {
            let digit = (rest.0 &>> place & 0xFF) &- UInt64(UInt8(ascii: "0"))
            guard digit <= 9 else { return nil }
            seconds = seconds &* 10 &+ digit
        }
        var fraction: UInt64 = 0
        for place in stride(from: 8 as UInt64, through: 48, by: 8) {
            let digit = (rest.1 &>> place & 0xFF) &- UInt64(UInt8(ascii: "0"))
            guard digit <= 9 else { return nil }
            fraction = fraction &* 10 &+ digit
        }
        return Int64(seconds) * 1_000_000 + Int64(fraction)
    }

    /// Takes the row of the line that begins at `start` if it is shaped so, and returns the place behind its line end; nil: it is
    /// not, or not all of it is among the `count` bytes.
    @inline(__always)
    mutating func take(
        _ base: UnsafeRawPointer, _ start: Int, _ count: Int, _ ordinal: Int, into rows: inout LastRows,
        _ names: inout FieldPlaces, _ words: inout LastWords
    ) -> Int? {
        guard isKnown, count &- start > text.count &+ Self.othersMax, let known = text.written.baseAddress,
            isSameText(base + start, known, leadCount)
        else { return nil }
        var at = start &+ leadCount
        guard let row = number(base, &at), row > 0, row <= UInt64(UInt32.max),
            base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: ",")
        else { return nil }
        at &+= 1
        // A JSON array on one line has no line numbers.
        _ = number(base, &at)
        guard isSameText(base + at, known + leadCount, middleCount) else { return nil }
        at &+= middleCount
        let ric = at
        guard base.load(fromByteOffset: at, as: UInt8.self) != Byte.quote else { return nil }
        at = findByte(base, at, count) {
            nonzeroBytes($0 ^ repeated(UInt8(ascii: ","))) & nonzeroBytes($0 ^ repeated(Byte.lineFeed))
        }
        let ricCount = at &- ric
        guard count &- at > outcomeCount &+ Self.othersMax / 2,
            isSameText(base + at, known + leadCount + middleCount, outcomeCount)
        else { return nil }
        at &+= outcomeCount
        guard number(base, &at) != nil, base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: ",") else {
            return nil
        }
        at &+= 1
        guard number(base, &at) != nil, takeTimes(base, &at, count) else { return nil }

        rows.begin(
            target: target, ric: UnsafeRawBufferPointer(start: base + ric, count: ricCount), row: UInt32(row),
            ordinal: ordinal, acceptedAt: settledAt, isRefresh: isRefresh)
        guard let end = takeFields(base, at, count, into: &rows, &names, &words) else {
            rows.takeBack()
            return nil
        }
        rows.end()
        return end
    }

    /// A number's digits, of which there are some, but not too many; nil: it is none, and `at` stands behind its digits.
    @inline(__always)
    private func number(_ base: UnsafeRawPointer, _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        while count < 12 {
            let digit = base.load(fromByteOffset: at, as: UInt8.self) &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            value = value &* 10 &+ UInt64(digit)
            at &+= 1
            count &+= 1
        }
        return count > 0 ? value : nil
    }

    /// `,SENT,SETTLED,"{`: the times are of the minutes that are known.
    @inline(__always)
    private mutating func takeTimes(_ base: UnsafeRawPointer, _ at: inout Int, _ count: Int) -> Bool {
        let all = 2 * Self.timeBytes + 5
        guard count &- at > all else { return false }
        let sent = base + at + 1
        let settled = sent + Self.timeBytes + 1
        let comma = UInt8(ascii: ",")
        guard base.load(fromByteOffset: at, as: UInt8.self) == comma,
            Self.word(sent, 0) == sentMinute.0, Self.word(sent, 8) == sentMinute.1,
            Self.isPlain(Self.word(sent, 16)), Self.isPlain(Self.word(sent, 19)),
            sent.load(fromByteOffset: Self.timeBytes, as: UInt8.self) == comma,
            Self.word(settled, 0) == settledMinute.0, Self.word(settled, 8) == settledMinute.1,
            settled.load(fromByteOffset: Self.timeBytes, as: UInt8.self) == comma,
            settled.load(fromByteOffset: Self.timeBytes + 1, as: UInt8.self) == Byte.quote,
            settled.load(fromByteOffset: Self.timeBytes + 2, as: UInt8.self) == UInt8(ascii: "{")
        else { return false }
        at &+= all
        let rest = (Self.word(settled, 16), Self.word(settled, 19))
        if rest == settledRest { return true }
        guard let time = Self.microseconds(rest) else { return false }
        settledRest = rest
        settledAt = minute + time
        return true
    }

    /// Nothing in it ends a cell.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let others =
            nonzeroBytes(word ^ repeated(UInt8(ascii: ","))) & nonzeroBytes(word ^ repeated(Byte.quote))
            & nonzeroBytes(word ^ repeated(Byte.lineFeed))
        return others & repeated(0x80) == repeated(0x80)
    }

    /// The fields of the JSON object from its first name on, every quote twice, and the line's end. Returns the place behind that;
    /// nil: something is otherwise.
    @inline(__always)
    private mutating func takeFields(
        _ base: UnsafeRawPointer, _ start: Int, _ count: Int, into rows: inout LastRows, _ names: inout FieldPlaces,
        _ words: inout LastWords
    ) -> Int? {
        var at = start
        names.begin()
        while true {
            guard let field = names.place(base, &at, count, &words), at &+ 8 < count else { return nil }
            let value = at
            if base.load(fromByteOffset: at, as: UInt8.self) == Byte.quote {
                at = findByte(base, at &+ 2, count) {
                    nonzeroBytes($0 ^ repeated(Byte.quote)) & nonzeroBytes($0 ^ repeated(Byte.backslash))
                }
                if base.load(fromByteOffset: at, as: UInt8.self) == Byte.quote,
                    base.load(fromByteOffset: at &+ 1, as: UInt8.self) == Byte.quote
                {
                    rows.add(
                        field: field,
                        textBetweenQuotes: UnsafeRawBufferPointer(start: base + value + 2, count: at &- value &- 2))
                    at &+= 2
                } else {
                    guard let behind = takeJSONText(base, value, count, to: &plain) else { return nil }
                    rows.add(field: field, value: plain.written)
                    at = behind
                }
            } else {
                at = findByte(base, at, count) {
                    nonzeroBytes($0 ^ repeated(UInt8(ascii: ","))) & nonzeroBytes($0 ^ repeated(UInt8(ascii: "}")))
                        & nonzeroBytes($0 ^ repeated(Byte.quote))
                }
                guard at > value else { return nil }
                rows.add(field: field, value: UnsafeRawBufferPointer(start: base + value, count: at &- value))
            }
            guard at &+ 4 < count else { return nil }
            let mark = base.load(fromByteOffset: at, as: UInt8.self)
            at &+= 1
            if mark == UInt8(ascii: ",") { continue }
            guard mark == UInt8(ascii: "}"), base.load(fromByteOffset: at, as: UInt8.self) == Byte.quote else {
                return nil
            }
            // Behind it may stand a warning's column, which is blank here.
            if base.load(fromByteOffset: at &+ 1, as: UInt8.self) == Byte.lineFeed { return at &+ 2 }
            guard base.load(fromByteOffset: at &+ 1, as: UInt8.self) == UInt8(ascii: ","),
                base.load(fromByteOffset: at &+ 2, as: UInt8.self) == Byte.lineFeed
            else { return nil }
            return at &+ 3
        }
    }
}

/// The places of field names. They come in much the same order in every row.
struct FieldPlaces: ~Copyable {
    private struct Known {
        var start: Int
        var count: Int
        var place: Int
    }

    /// Each name as a line has it: `""NAME"":`.
    private var text = RawBytes()
    private var known: ContiguousArray<Known> = []
    /// The one that most likely comes next.
    private var next = 0

    /// The first field of a row comes next.
    @inline(__always)
    mutating func begin() { next = 0 }

    /// The place of the name that stands at `at`, which then is the place behind it; nil: there is none.
    @inline(__always)
    mutating func place(
        _ base: UnsafeRawPointer, _ at: inout Int, _ count: Int, _ words: inout LastWords
    ) -> Int? {
        // One may be left out.
        var guess = next
        while guess < known.count, guess < next &+ 3 {
            let name = known[guess]
            if count &- at > name.count, let text = text.written.baseAddress,
                isSameText(base + at, text + name.start, name.count)
            {
                at &+= name.count
                next = guess &+ 1
                return name.place
            }
            guess &+= 1
        }
        return find(base, &at, count, &words)
    }

    @inline(never)
    private mutating func find(
        _ base: UnsafeRawPointer, _ at: inout Int, _ count: Int, _ words: inout LastWords
    ) -> Int? {
        guard count &- at > 8, isQuotes(base, at) else { return nil }
        let start = at &+ 2
        let end = findByte(base, start, count) { nonzeroBytes($0 ^ repeated(Byte.quote)) }
        guard end > start, end &+ 3 < count, isQuotes(base, end),
            base.load(fromByteOffset: end &+ 2, as: UInt8.self) == UInt8(ascii: ":")
        else { return nil }
        at = end &+ 3
        return place(UnsafeRawBufferPointer(start: base + start, count: end &- start), &words)
    }

    private func isQuotes(_ base: UnsafeRawPointer, _ at: Int) -> Bool {
        base.load(fromByteOffset: at, as: UInt8.self) == Byte.quote
            && base.load(fromByteOffset: at &+ 1, as: UInt8.self) == Byte.quote
    }

    /// The place of a name.
    mutating func place(_ name: UnsafeRawBufferPointer, _ words: inout LastWords) -> Int {
        if let found = index(of: name) {
            next = found + 1
            return known[found].place
        }
        let place = words.field(name)
        // Names that go on changing would fill it.
        if known.count >= Self.knownMax {
            known.removeAll()
            text.removeAll()
        }
        known.append(Known(start: text.count, count: name.count + 5, place: place))
        next = known.count
        for byte in [Byte.quote, Byte.quote] { text.append(byte) }
        text.append(name)
        for byte in [Byte.quote, Byte.quote, UInt8(ascii: ":")] { text.append(byte) }
        // The last word of it is compared as a whole.
        _ = text.pointer(for: 8)
        return place
    }

    private func index(of name: UnsafeRawBufferPointer) -> Int? {
        let text = text.written
        return known.firstIndex { known in
            known.count == name.count + 5
                && isSameBytes(
                    UnsafeRawBufferPointer(rebasing: text[known.start + 2..<known.start + 2 + name.count]), name)
        }
    }

    private static let knownMax = 128
}

/// The first byte from `start` that `plain` does not clear; `count`: there is none.
@inline(__always)
func findByte(_ base: UnsafeRawPointer, _ start: Int, _ count: Int, _ plain: (UInt64) -> UInt64) -> Int {
    var at = start
    while at < count {
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let found = ~plain(word) & repeated(0x80)
        if found != 0 { return min(count, at &+ found.trailingZeroBitCount &>> 3) }
        at &+= 8
    }
    return count
}

/// Whether so many bytes are the same; eight can be read wherever one is compared.
@inline(__always)
func isSameText(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int) -> Bool {
    guard count >= 8 else {
        let words = (one.loadUnaligned(as: UInt64.self), other.loadUnaligned(as: UInt64.self))
        return count == 0 || (words.0.littleEndian ^ words.1.littleEndian) & leadingBytes(count) == 0
    }
    var different: UInt64 = 0
    var index = 0
    while index &+ 8 < count {
        different |=
            one.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            ^ other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
    }
    different |=
        one.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        ^ other.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    return different == 0
}

/// Appends the JSON text that begins at `start`, every quote of which is two, with single quotes. Returns the place behind it; nil: it
/// does not end.
func takeJSONText(_ base: UnsafeRawPointer, _ start: Int, _ end: Int, to plain: inout RawBytes) -> Int? {
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
