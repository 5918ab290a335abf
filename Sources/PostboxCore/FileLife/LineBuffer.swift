/// Text that grows line by line. Its memory is never cleared: that would cost as much as the writing.
package struct LineBuffer: ~Copyable {
    /// What the memory is aligned to once it is more than a few of these: whole pages of a file lie in whole pages of memory.
    package static let pageBytes = 4096

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes before the first one, so that it lies in its page as in the file's.
    private var lead: Int
    private var end: Int

    /// - Parameter offset: Where in a file the first byte will stand.
    package init(offset: Int = 0) {
        // Most files are small, and many are in work at once.
        capacity = 4 * Self.pageBytes
        memory = .allocate(byteCount: capacity, alignment: 16)
        lead = offset % Self.pageBytes
        end = lead
    }

    deinit {
        memory.deallocate()
    }

    /// Bytes written.
    package var count: Int { end - lead }

    /// A copy of what was written.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    package mutating func removeAll() { end = lead }

    /// Takes the first bytes away; the others move up, as near to the beginning as their place in the file allows.
    package mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count, "only what was written can be taken away")
        let (from, left) = (lead + removed, count - removed)
        lead = from % Self.pageBytes
        end = lead + left
        if left > 0 { (memory + lead).copyMemory(from: memory + from, byteCount: left) }
    }

    /// The bytes written so far; they hold only within `body`.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory + lead, count: count))
    }

    /// Bytes as they are.
    package mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        for byte in bytes { append(1) { $0.append(byte) } }
    }

    /// Makes room for that many bytes at the end and has some of them written, no more.
    mutating func append(_ most: Int, _ body: (inout LineBytes) -> Void) {
        if capacity - end < most { grow(by: most) }
        var line = LineBytes(at: memory + end)
        body(&line)
        let written = line.at - (memory + end)
        precondition(written >= 0 && written <= most, "no more can be written than room was made for")
        end += written
    }

    /// More than the lines of a small file, it is made room for those of a large one soon: what is not written to takes no
    /// memory yet, but every move takes as much as was written.
    private mutating func grow(by most: Int) {
        let size = end + most <= 256 << 10 ? 256 << 10 : max(end + most, 2 * capacity, 4 << 20)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.pageBytes)
        (larger + lead).copyMemory(from: memory + lead, byteCount: count)
        memory.deallocate()
        memory = larger
        capacity = size
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
            copyShort(base, to: at, count)
        }
        at += count
    }

    @inline(__always)
    mutating func append(_ pieces: LinePieces, _ index: Int) {
        let piece = pieces.places[index]
        pieces.text.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            copyShort(base + piece.lowerBound, to: at, piece.count)
        }
        at += piece.count
    }

    /// A number that is not negative.
    @inline(__always)
    mutating func append(_ number: Int) {
        let number = UInt64(max(0, number))
        let digits = decimalDigits(number)
        writeDecimal(number, digits: digits, to: at)
        at += digits
    }

    /// A number that is not negative, and mostly one more than the last one.
    @inline(__always)
    mutating func append(_ number: Int, _ counting: inout CountingText) {
        at += counting.write(UInt64(max(0, number)), to: at)
    }

    @inline(__always)
    mutating func append(_ microseconds: Int64, _ clock: inout TimeText) {
        at += clock.write(microseconds, to: at)
    }

    /// RFC 4180: quoted when it holds a separator, a quote or a line end.
    @inline(__always)
    mutating func appendQuoted(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        guard length > 0, let base = bytes.baseAddress else { return }
        let isPlain = areAllPlain(bytes, start, length) {
            nonzeroBytes($0 ^ repeated(Byte.quote)) & nonzeroBytes($0 ^ repeated(UInt8(ascii: ",")))
                & nonzeroBytes($0 ^ repeated(Byte.lineFeed)) & nonzeroBytes($0 ^ repeated(Byte.carriageReturn))
        }
        guard isPlain else { return appendDoubled(bytes, start, length) }
        copyShort(base + start, to: at, length)
        at += length
    }

    /// A JSON object: with a field it has to be quoted for certain. Blank stays blank.
    @inline(__always)
    mutating func appendJSON(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        // An object without fields needs no quotes.
        guard length > 2 else { return appendQuoted(bytes, start, length) }
        appendDoubled(bytes, start, length)
    }

    /// In quotes, and every quote in it twice; `length` is not 0.
    @inline(__always)
    private mutating func appendDoubled(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) {
        guard let base = bytes.baseAddress else { return }
        append(Byte.quote)
        let from = base + start
        var done = 0
        // Eight bytes at once, at places that do not depend on what was found before.
        while done &+ 8 <= length {
            appendDoubled(from.loadUnaligned(fromByteOffset: done, as: UInt64.self), 8)
            done &+= 8
        }
        let left = length &- done
        if left > 0 {
            var word: UInt64 = 0
            if start &+ done &+ 8 <= bytes.count {
                word = UInt64(littleEndian: from.loadUnaligned(fromByteOffset: done, as: UInt64.self))
            } else {
                for index in 0..<left {
                    let byte = from.load(fromByteOffset: done &+ index, as: UInt8.self)
                    word |= UInt64(byte) &<< UInt64(truncatingIfNeeded: index &* 8)
                }
            }
            appendDoubled(word.littleEndian, left)
        }
        append(Byte.quote)
    }

    /// The first bytes of a word, one at least; up to seventeen may be written behind them.
    @inline(__always)
    private mutating func appendDoubled(_ bytes: UInt64, _ count: Int) {
        let word = UInt64(littleEndian: bytes)
        at.storeBytes(of: word.littleEndian, as: UInt64.self)
        let used = ~UInt64(0) &>> UInt64(truncatingIfNeeded: 64 &- count &* 8)
        var quotes = ~nonzeroBytes(word ^ repeated(Byte.quote)) & repeated(0x80) & used
        while quotes != 0 {
            // The quote's highest bit in the word.
            let bit = quotes.trailingZeroBitCount
            let target = at + ((bit &>> 3) &+ 1)
            target.storeBytes(of: Byte.quote, as: UInt8.self)
            let rest = (word &>> UInt64(truncatingIfNeeded: bit)) &>> 1
            (target + 1).storeBytes(of: rest.littleEndian, as: UInt64.self)
            at += 1
            quotes &= quotes &- 1
        }
        at += count
    }
}

/// Short texts by number, in one piece of memory: an array of arrays would be counted at every use.
struct LinePieces: Sendable {
    fileprivate let text: [UInt8]
    fileprivate let places: [Range<Int>]

    init(_ pieces: [[UInt8]]) {
        var text: [UInt8] = []
        places = pieces.map { piece in
            text += piece
            return text.count - piece.count..<text.count
        }
        self.text = text
    }
}
