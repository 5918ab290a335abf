/// Turns a price file's bytes into UTF-8, chunk by chunk.
///
/// A byte order mark stays in the text, so that positions in it lead back to the file byte for byte (see
/// ``SourceEncoder``). UTF-8 is passed on as it is: a byte that is wrong there is the reader's matter, as it spoils one row. So is a
/// byte of another encoding that stands for no character: it is passed on as a mark that is no UTF-8. Copies share a converter.
package struct SourceDecoder {
    /// What the file is written in; nil until its first bytes have told.
    package private(set) var encoding: SourceEncoding?

    private let mayDeclare: Bool
    private let isUTF16: Bool
    /// What iconv calls the encoding that the rule names.
    private let named: String?
    private var converter: Iconv?
    private var carry: [UInt8] = []
    private var output: [UInt8] = []
    private var place = TextPlace(countsCarriageReturns: true)
    private var fileEnd = FileEnd()

    /// - Parameters:
    ///   - encoding: What the rule says. UTF-16 without a byte order mark is little-endian.
    ///   - format: A file that says by itself how it is written is believed, unless the rule says other than UTF-8.
    package init(encoding: TextEncoding, format: PriceFileFormat) {
        // What a workbook was turned into.
        let encoding: TextEncoding = format.traits.isWorkbook ? .utf8 : encoding
        mayDeclare = format.traits.declaresEncoding
        isUTF16 = encoding == .utf16
        if case .named(let name) = encoding { named = name } else { named = nil }
        switch encoding {
        case .utf8: self.encoding = mayDeclare ? nil : .utf8
        case .latin1: self.encoding = .latin1
        case .cp1252: self.encoding = .cp1252
        case .utf16, .named: self.encoding = nil
        }
    }

    /// Takes the file's next bytes and hands their UTF-8 to `body`, once, with whether it is the last; what is not a whole
    /// character yet waits for the next call. The last call may bring no bytes. A Ctrl-Z that ends the file is left out.
    ///
    /// Throws `bad_byte` for UTF-16 of an odd number of bytes, `unknown_encoding` for a name in the rule or in an XML declaration that
    /// iconv does not know, `padded_with_nuls` for NULs at the file's end, and whatever `body` throws.
    package mutating func decode(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool,
        _ body: (UnsafeRawBufferPointer, Bool) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        if encoding == .utf8 && carry.isEmpty { return try fileEnd.pass(chunk, isLast: isLast, body) }
        carry.append(contentsOf: chunk)
        if encoding == nil { encoding = try detect(isLast: isLast) }
        guard let encoding else { return try body(UnsafeRawBufferPointer(start: nil, count: 0), false) }

        output.removeAll(keepingCapacity: true)
        var used = carry.count
        switch encoding {
        case .utf8: swap(&output, &carry)
        case .latin1: for byte in carry { appendLatin1(byte) }
        case .cp1252: decodeWindows()
        case .utf16LittleEndian: used = try decodeUTF16(isBigEndian: false, isLast: isLast)
        case .utf16BigEndian: used = try decodeUTF16(isBigEndian: true, isLast: isLast)
        case .table(let table): decode(by: table)
        case .iconv(let name): used = decode(name, isLast: isLast)
        }
        carry.removeFirst(min(used, carry.count))
        if encoding != .utf8 { output.withUnsafeBufferPointer { place.advance(over: $0) } }
        let decoded = output
        try decoded.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try fileEnd.pass(UnsafeRawBufferPointer(bytes), isLast: isLast, body)
        }
    }

    @inline(__always)
    private mutating func appendLatin1(_ byte: UInt8) {
        if byte < 0x80 {
            output.append(byte)
        } else {
            output.append(0xC0 | byte >> 6)
            output.append(0x80 | byte & 0x3F)
        }
    }

    private mutating func decodeWindows() {
        for byte in carry {
            guard (0x80...0x9F).contains(byte) else {
                appendLatin1(byte)
                continue
            }
            let code = windowsCodes[Int(byte - 0x80)]
            if code != 0, let scalar = UnicodeScalar(code) {
                append(scalar)
            } else {
                BadByteMark.append(byte, to: &output)
            }
        }
    }

    private mutating func decode(by table: ByteTable) {
        for byte in carry {
            if let scalar = table.scalars[Int(byte)] { append(scalar) } else { BadByteMark.append(byte, to: &output) }
        }
    }

    /// Returns how many bytes were used.
    private mutating func decode(_ name: String, isLast: Bool) -> Int {
        if converter == nil { converter = Iconv(from: name, to: "utf-8") }
        guard let converter else { return carry.count }
        var used = 0
        while used < carry.count {
            let result = carry.withUnsafeBytes { bytes in
                converter.convert(UnsafeRawBufferPointer(rebasing: bytes[used...]), into: &output)
            }
            used += result.used
            guard used < carry.count else { break }
            if result.stop == .unfinished, !isLast { break }
            // A text that ends in the middle of a character is its last row's problem.
            BadByteMark.append(carry[used], to: &output)
            used += 1
        }
        if isLast { converter.finish(into: &output) }
        return used
    }

    /// Returns how many bytes were used.
    private mutating func decodeUTF16(isBigEndian: Bool, isLast: Bool) throws(FileProblem) -> Int {
        var index = 0
        fileEnd.bytesOfNUL = 2
        while index + 2 <= carry.count {
            let unit = unit(at: index, isBigEndian)
            var code = UInt32(unit)
            var length = 2
            if (0xD800...0xDBFF).contains(unit) {
                guard index + 4 <= carry.count else { break }
                let low = self.unit(at: index + 2, isBigEndian)
                if (0xDC00...0xDFFF).contains(low) {
                    code = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
                    length = 4
                }
            }
            if let scalar = UnicodeScalar(code) { append(scalar) } else { appendMarks(index..<index + 2) }
            index += length
        }
        if isLast && index == carry.count - 1 && carry[index] == 0
            && (output.last == 0 || output.isEmpty && fileEnd.isNUL)
        {
            // A block of NULs ends anywhere.
            output.append(0)
            fileEnd.isLastHalved = true
            return carry.count
        }
        guard isLast, index < carry.count else { return index }
        if (carry.count - index) % 2 == 1 {
            // Where a byte is missing, all behind it is wrong: line ends too.
            throw badByte(
                "The byte \(hexByte(carry[carry.count - 1])) ends the file in the middle of a UTF-16 character.")
        }
        appendMarks(index..<carry.count)
        return carry.count
    }

    @inline(__always)
    private func unit(at index: Int, _ isBigEndian: Bool) -> UInt16 {
        isBigEndian
            ? UInt16(carry[index]) << 8 | UInt16(carry[index + 1])
            : UInt16(carry[index + 1]) << 8 | UInt16(carry[index])
    }

    /// Half a surrogate pair is its row's problem.
    private mutating func appendMarks(_ range: Range<Int>) {
        for byte in carry[range] { BadByteMark.append(byte, to: &output) }
    }

    @inline(__always)
    private mutating func append(_ scalar: UnicodeScalar) {
        if scalar.value < 0x80 {
            output.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private func badByte(_ what: String) -> FileProblem {
        var place = place
        output.withUnsafeBufferPointer { place.advance(over: $0) }
        return FileProblem(
            reason: "bad_byte", line: place.line, column: place.column, what: what,
            hint: mayDeclare && !isUTF16
                ? "Check the encoding that the XML declaration names." : "Check `encoding:` in the file's rule.")
    }
}

// MARK: What the first bytes tell

extension SourceDecoder {
    /// An XML declaration is looked for in so many bytes.
    private static let declarationBytesMax = 1024

    /// The encoding that the first bytes show; nil when too few have come.
    private func detect(isLast: Bool) throws(FileProblem) -> SourceEncoding? {
        if let named {
            guard let encoding = SourceEncoding(named: named) else { throw unknown(named, "The file's rule") }
            return encoding
        }
        let needed = mayDeclare ? 4 : 2
        guard carry.count >= needed || isLast else { return nil }
        if carry.starts(with: [0xFF, 0xFE]) { return .utf16LittleEndian }
        if carry.starts(with: [0xFE, 0xFF]) { return .utf16BigEndian }
        if isUTF16 {
            // Without a mark the first character tells: a header and an XML file begin with ASCII.
            return carry.count >= 2 && carry[0] == 0 && carry[1] != 0 ? .utf16BigEndian : .utf16LittleEndian
        }
        if carry.starts(with: [UInt8(ascii: "<"), 0]) { return .utf16LittleEndian }
        if carry.starts(with: [0, UInt8(ascii: "<")]) { return .utf16BigEndian }
        if carry.starts(with: byteOrderMark) { return .utf8 }

        let opening = Array("<?xml".utf8)
        guard carry.prefix(opening.count).elementsEqual(opening.prefix(carry.count)) else { return .utf8 }
        let head = carry.prefix(Self.declarationBytesMax)
        guard let end = head.firstIndex(of: UInt8(ascii: ">")) else {
            return isLast || carry.count >= Self.declarationBytesMax ? .utf8 : nil
        }
        return try declaredEncoding(in: String(decoding: head[..<end], as: UTF8.self))
    }

    private func declaredEncoding(in declaration: String) throws(FileProblem) -> SourceEncoding {
        guard let name = attribute("encoding", in: Array(declaration.utf8)) else { return .utf8 }
        // A declaration that can be read byte by byte is no UTF-16, whatever it says.
        switch try? TextEncoding(parsing: name) {
        case .utf8, .utf16: return .utf8
        case .latin1: return .latin1
        case .cp1252: return .cp1252
        case .named(let name):
            switch SourceEncoding(named: name) {
            case .utf16LittleEndian, .utf16BigEndian: return .utf8
            case .some(let encoding): return encoding
            case .none: break
            }
        case nil: break
        }
        throw unknown(name, "The XML declaration")
    }

    private func unknown(_ name: String, _ who: String) -> FileProblem {
        FileProblem(
            reason: "unknown_encoding", line: 1,
            what: "\(who) names the encoding \(VisibleText.line(name)), which is not read.",
            hint: "Write the file in UTF-8, or set `encoding:` in the file's rule to one that `iconv -l` lists.")
    }

    private func attribute(_ name: String, in declaration: [UInt8]) -> String? {
        let wanted = Array(name.utf8)
        let isBlank = { (byte: UInt8) in byte <= Byte.space }
        for start in declaration.indices.dropFirst() where isBlank(declaration[start - 1]) {
            guard declaration[start...].starts(with: wanted) else { continue }
            let equals = declaration[(start + wanted.count)...].drop(while: isBlank)
            guard equals.first == UInt8(ascii: "=") else { continue }
            let value = equals.dropFirst().drop(while: isBlank)
            guard let quote = value.first, quote == Byte.quote || quote == UInt8(ascii: "'") else { continue }
            return String(decoding: value.dropFirst().prefix { $0 != quote }, as: UTF8.self)
        }
        return nil
    }
}

/// The characters of cp1252's bytes 0x80 to 0x9F; 0 where there is none.
let windowsCodes: [UInt32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
    0x0178,
]
