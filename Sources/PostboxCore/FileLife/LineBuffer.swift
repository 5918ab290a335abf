/// Text that grows line by line and is taken as a whole. Its memory is kept, and never cleared: that would cost as much as the
/// writing.
package struct LineBuffer: Sendable {
    private var storage: [UInt8] = []
    /// Bytes written.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }
    package var bytes: ArraySlice<UInt8> { storage[..<count] }

    package mutating func removeAll() { count = 0 }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// Makes room for that many bytes at the end and has some of them written.
    mutating func append(_ most: Int, _ body: (inout LineBytes) -> Void) {
        if storage.count < count + most {
            storage.append(contentsOf: repeatElement(0, count: max(count + most - storage.count, storage.count)))
        }
        let start = count
        count = storage.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            var line = LineBytes(at: base + start)
            body(&line)
            return line.at - base
        }
    }
}

/// Bytes being written one after the other into room that is known to be enough.
struct LineBytes {
    var at: UnsafeMutableRawPointer

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        at.storeBytes(of: byte, as: UInt8.self)
        at += 1
    }

    @inline(__always)
    mutating func append(_ piece: [UInt8]) {
        let count = piece.count
        piece.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            at.copyMemory(from: base, byteCount: count)
        }
        at += count
    }

    /// A number that is not negative.
    @inline(__always)
    mutating func append(_ number: Int) {
        var digits = 1
        var rest = UInt64(max(0, number))
        var power: UInt64 = 10
        while rest >= power, digits < 19 {
            digits += 1
            power &*= 10
        }
        var place = digits
        while place > 0 {
            place &-= 1
            at.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 &+ rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        at += digits
    }

    @inline(__always)
    mutating func append(_ microseconds: Int64, _ clock: inout TimeText) {
        at += clock.write(microseconds, to: at)
    }

    /// RFC 4180: quoted when it holds a separator, a quote or a line end.
    @inline(__always)
    mutating func appendQuoted(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        guard length > 0, let base = bytes.baseAddress else { return }
        var needs = false
        for n in start..<start + length {
            let byte = bytes[n]
            let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",") || byte == 0x0a || byte == 0x0d
            needs = needs || isSpecial
        }
        if needs { return appendDoubled(base + start, length) }
        at.copyMemory(from: base + start, byteCount: length)
        at += length
    }

    /// A JSON object: with a field it has to be quoted for certain. Blank stays blank.
    @inline(__always)
    mutating func appendJSON(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        // An object without fields needs no quotes.
        guard length > 2, let base = bytes.baseAddress else { return appendQuoted(bytes, start, length) }
        appendDoubled(base + start, length)
    }

    @inline(__always)
    private mutating func appendDoubled(_ start: UnsafeRawPointer, _ length: Int) {
        let quote = UInt8(ascii: "\"")
        append(quote)
        var from = start
        var left = length
        // Eight bytes at once, up to the first quote among them; that one is written twice.
        while left >= 8 {
            let word = from.loadUnaligned(as: UInt64.self)
            at.storeBytes(of: word, as: UInt64.self)
            let other = word ^ 0x2222_2222_2222_2222
            let found = (other &- 0x0101_0101_0101_0101) & ~other & 0x8080_8080_8080_8080
            if found == 0 {
                at += 8
                from += 8
                left &-= 8
            } else {
                let count = found.trailingZeroBitCount &>> 3 &+ 1
                at += count
                append(quote)
                from += count
                left &-= count
            }
        }
        while left > 0 {
            let byte = from.load(as: UInt8.self)
            append(byte)
            if byte == quote { append(quote) }
            from += 1
            left &-= 1
        }
        append(quote)
    }
}
