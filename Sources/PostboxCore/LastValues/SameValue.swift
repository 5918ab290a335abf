/// Whether two JSON values say the same: the same bytes, or numbers of one value, as `1.5` and `1.50` are.
func isSameValue(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    if one.count == other.count, isSameBytes(one, other) { return true }
    if let first = one.first, let second = other.first, first != second || one.count == other.count,
        isOneToNine(first), isOneToNine(second)
    {
        // Without zeros before them they say the same only where they begin alike, and with as many digits only where they are the same.
        return false
    }
    guard let one = PlainDecimal(one), let other = PlainDecimal(other) else { return false }
    return one == other
}

@inline(__always)
private func isOneToNine(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "1") < 9 }

/// A number in plain notation, as it goes on the wire, by its value: whatever zeros stand around its digits.
private struct PlainDecimal: Equatable {
    private let text: UnsafeRawBufferPointer
    private let isNegative: Bool
    /// Without zeros before it.
    private let whole: Range<Int>
    /// Without zeros behind it.
    private let fraction: Range<Int>

    /// nil: it is no plain number.
    init?(_ text: UnsafeRawBufferPointer) {
        var at = 0
        let isSigned = text.first == UInt8(ascii: "-")
        if isSigned { at = 1 }
        var start = at
        while at < text.count, text[at] &- UInt8(ascii: "0") <= 9 { at += 1 }
        guard at > start else { return nil }
        let end = at
        while start < end, text[start] == UInt8(ascii: "0") { start += 1 }
        var fractionStart = at
        var fractionEnd = at
        if at < text.count {
            guard text[at] == UInt8(ascii: ".") else { return nil }
            at += 1
            fractionStart = at
            while at < text.count, text[at] &- UInt8(ascii: "0") <= 9 { at += 1 }
            guard at == text.count, at > fractionStart else { return nil }
            fractionEnd = at
            while fractionEnd > fractionStart, text[fractionEnd - 1] == UInt8(ascii: "0") { fractionEnd -= 1 }
        }
        self.text = text
        whole = start..<end
        fraction = fractionStart..<fractionEnd
        // Minus zero is zero.
        isNegative = isSigned && !(whole.isEmpty && fraction.isEmpty)
    }

    static func == (one: PlainDecimal, other: PlainDecimal) -> Bool {
        one.isNegative == other.isNegative && one.text[one.whole].elementsEqual(other.text[other.whole])
            && one.text[one.fraction].elementsEqual(other.text[other.fraction])
    }
}
