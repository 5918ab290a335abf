/// Text that grows line by line. Its memory is never cleared: that would cost as much as the writing.
package struct LineBuffer: ~Copyable {
    /// What the memory is aligned to: whole pages of a file lie in whole pages of memory.
    package static let pageBytes = 4096

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes before the first one, so that it lies in its page as in the file's.
    private var lead: Int
    private var end: Int

    /// - Parameter offset: Where in a file the first byte will stand.
    package init(offset: Int = 0) {
        capacity = 64 * 1024
        memory = .allocate(byteCount: capacity, alignment: Self.pageBytes)
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

    /// Makes room for that many bytes at the end and has some of them written.
    mutating func append(_ most: Int, _ body: (inout LineBytes) -> Void) {
        if capacity - end < most { grow(by: most) }
        var line = LineBytes(at: memory + end)
        body(&line)
        end = line.at - memory
    }

    /// More than the lines of a small file, it is made room for those of a large one at once: what is not written to takes no
    /// memory yet, but every move takes as much as was written.
    private mutating func grow(by most: Int) {
        let size = max(end + most, 2 * capacity, 4 << 20)
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
        guard isPlain else { return appendDoubled(base + start, length) }
        copyShort(base + start, to: at, length)
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
