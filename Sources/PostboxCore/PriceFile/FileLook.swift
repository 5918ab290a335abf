/// What a file looks like by its first bytes, when that is something else than its name and its rule say: an error page saved
/// under the data's name, a workbook, a packed file. Looked at once a file, before anything is read.
package struct FileLook: Sendable {
    private let traits: FormatTraits
    private let encoding: TextEncoding
    private let delimiter: UInt8

    /// Bytes that are looked at.
    package static let bytes = 64 << 10

    package init(_ rule: MappingRule, format: PriceFileFormat) {
        traits = format.traits
        encoding = rule.encoding
        delimiter = rule.delimiter
    }

    /// What stands against a file whose text (unpacked, where it was packed) begins so; nil: nothing.
    ///
    /// `looks_like_a_spreadsheet`, `looks_packed`, `looks_like_html` or `is_binary`.
    package func problem(of text: UnsafeRawBufferPointer) -> FileProblem? {
        let head = UnsafeRawBufferPointer(rebasing: text[..<min(text.count, Self.bytes)])
        return spreadsheet(head) ?? packed(head) ?? html(head) ?? binary(head)
    }

    // MARK: - Files of other programs

    private func spreadsheet(_ head: UnsafeRawBufferPointer) -> FileProblem? {
        func found(_ what: String, _ hint: String) -> FileProblem {
            FileProblem(reason: "looks_like_a_spreadsheet", what: what, hint: hint)
        }
        if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            return found(
                "The file is a workbook of the old form (.xls), or one with a password.",
                "Save it as .xlsx without a password, or as CSV.")
        }
        guard head.starts(with: Self.zip) else { return nil }
        let names = ["xl/", "_rels/.rels", "[Content_Types].xml", "docProps/", "vnd.oasis.opendocument.spreadsheet"]
        guard names.contains(where: { contains(Array($0.utf8), head.prefix(4096)) }) else { return nil }
        return found(
            "The file is a workbook, not \(traits.title).",
            traits.isWorkbook
                ? "A workbook inside another packed file, or under a rejects file's name, is not opened: drop it by itself."
                : "Name it .xlsx and set `format: xlsx` in the file's rule, or save the sheet as CSV.")
    }

    private static let zip: [UInt8] = [0x50, 0x4B, 3, 4]

    private func packed(_ head: UnsafeRawBufferPointer) -> FileProblem? {
        let marks: [(mark: [UInt8], at: Int, ending: String)] = [
            ([0x1F, 0x8B, 8], 0, "gz"), ([0x28, 0xB5, 0x2F, 0xFD], 0, "zst"), (Array("BZh91AY&SY".utf8), 0, "bz2"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], 0, "xz"), (Self.zip, 0, "zip"), ([0x50, 0x4B, 5, 6], 0, "zip"),
            ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "7z"), ([0x52, 0x61, 0x72, 0x21, 0x1A, 7], 0, "rar"),
            ([0x1F, 0x9D], 0, "Z"), ([4, 0x22, 0x4D, 0x18], 0, "lz4"), (Array("ustar".utf8), 257, "tar"),
        ]
        guard let found = marks.first(where: { head.dropFirst($0.at).starts(with: $0.mark) }) else { return nil }
        let isRead = Packing(rawValue: found.ending) != nil
        return FileProblem(
            reason: "looks_packed", what: "The file is packed (\(found.ending)), not \(traits.title).",
            hint: isRead
                ? "Let its name end in .\(found.ending) once; what is packed twice, or is named in `compression: none`, is not opened."
                : "Unpack it first: \(found.ending) is not read.")
    }

    // MARK: - Web pages

    private func html(_ head: UnsafeRawBufferPointer) -> FileProblem? {
        // Of UTF-16 what is ASCII.
        var text = head.prefix(4096).filter { $0 != 0 }.map(Self.small)
        for mark in [byteOrderMark, [0xFF, 0xFE], [0xFE, 0xFF]] where text.starts(with: mark) {
            text.removeFirst(mark.count)
        }
        text = Array(text.drop { $0 <= Byte.space })
        guard text.first == UInt8(ascii: "<") else { return nil }
        // Prices may well stand in XML whose root is called so, but no page is sent without a declaration that has one.
        let isXML = traits.declaresEncoding && text.starts(with: Array("<?xml".utf8))
        guard opens("!doctype html", text[...]) || !isXML && opens("html", text[...]) else { return nil }
        return FileProblem(
            reason: "looks_like_html", what: "The file is a web page, not \(traits.title).",
            hint:
                "Its sender may have saved an error page under the data's name: look at it in a browser, and fetch it again."
        )
    }

    /// Whether a tag of that name is opened there, before any other one but comments and declarations.
    private func opens(_ name: String, _ text: ArraySlice<UInt8>) -> Bool {
        let tag = Array("<\(name)".utf8)
        var rest = text
        while rest.first == UInt8(ascii: "<") {
            if rest.starts(with: tag) {
                let next = rest.dropFirst(tag.count).first
                return next == nil || next == UInt8(ascii: ">") || next.map { $0 <= Byte.space } == true
            }
            let isComment = rest.starts(with: Array("<!--".utf8))
            guard isComment || [UInt8(ascii: "?"), UInt8(ascii: "!")].contains(rest.dropFirst().first) else {
                return false
            }
            let end: [UInt8] = isComment ? Array("-->".utf8) : [UInt8(ascii: ">")]
            guard let at = rest.indices.first(where: { rest[$0...].starts(with: end) }) else { return false }
            rest = rest[(at + end.count)...].drop { $0 <= Byte.space }
        }
        return false
    }

    private static func small(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    // MARK: - No text at all

    /// Texts have next to no control characters; anything packed, drawn or compiled has one in ten. A single one is its row's
    /// problem, and NULs at the file's end have words of their own.
    private func binary(_ head: UnsafeRawBufferPointer) -> FileProblem? {
        guard encoding.isASCIIBased, !isUTF16(head) else { return nil }
        var end = head.count
        while end > 0, head[end - 1] == 0 || head[end - 1] == 0x1A { end -= 1 }
        let controls = head[..<end].count(where: isControl)
        let hint = "It may be damaged, or of another program; see what `file` says of it."
        guard !head.starts(with: Array("%PDF-".utf8)) else {
            return FileProblem(
                reason: "is_binary", what: "The file is a PDF, not \(traits.title).",
                hint: "Ask for it as CSV, JSON, XML or a workbook.")
        }
        guard controls >= 4, controls * 32 > end else { return nil }
        return FileProblem(
            reason: "is_binary",
            what: "The file is no text: \(controls) of its first \(end) bytes are control characters.",
            hint: hint)
    }

    private func isControl(_ byte: UInt8) -> Bool {
        // Tab, line ends, form feeds; escapes switch character sets.
        byte < Byte.space && !(0x09...0x0D).contains(byte) && byte != 0x1B && byte != delimiter
    }

    /// Whether it has a byte order mark of UTF-16, or every other byte is NUL, as where a rule does not know of it: whoever decodes
    /// it has words for that.
    private func isUTF16(_ head: UnsafeRawBufferPointer) -> Bool {
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return true }
        guard head.count >= 2 else { return false }
        var (even, odd) = (0, 0)
        for index in stride(from: 0, to: head.count - 1, by: 2) {
            even += head[index] == 0 ? 1 : 0
            odd += head[index + 1] == 0 ? 1 : 0
        }
        let pairs = head.count / 2
        return even * 2 > pairs && odd * 16 < pairs || odd * 2 > pairs && even * 16 < pairs
    }

    private func contains(_ wanted: [UInt8], _ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = wanted.first else { return true }
        return bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: wanted) }
    }
}
