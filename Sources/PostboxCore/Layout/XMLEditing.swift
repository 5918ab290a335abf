/// Edits rows of XML: a value that goes leaves its element or attribute empty; one that the row lacks becomes an attribute of the row's
/// element.
struct XMLEditing: Sendable {
    func edits(
        _ row: RowBatch.Row, _ cells: [RowBatch.Cell], _ emptied: [Int], _ carried: [RowEditing.Carried],
        _ batch: borrowing RowBatch
    ) -> [SourceEdit] {
        // An element and its attributes are edited at once.
        var tags: [Int: (end: Int, edit: TagEdit)] = [:]
        func set(_ origin: ValueOrigin, _ value: ArraySlice<UInt8>) {
            switch origin {
            case .literal: break
            case .element(let start, let end):
                tags[start, default: (start, TagEdit())].edit.content = escaped(value)
                tags[start]?.end = end
            case .attribute(let name, let start):
                tags[start, default: (start, TagEdit())].edit.attributes[name] = escaped(value)
            }
        }
        for index in emptied {
            if let origin = batch.origins[index] { set(origin, []) }
        }
        for entry in carried {
            if let origin = entry.cell.flatMap({ batch.origins[$0] }) {
                set(origin, entry.value)
            } else if entry.cell == nil, let name = XMLEditing.attribute(for: entry.column.name) {
                set(.attribute(name, tag: row.sourceStart), entry.value)
            }
        }
        return tags.map { SourceEdit(range: $0.key..<$0.value.end, tag: $0.value.edit) }
    }

    /// The attribute of a row's element that has the value of a column; nil: the column lies deeper.
    private static func attribute(for column: String) -> String? {
        guard let steps = try? ColumnPath(parsing: column).localNames, steps.count == 1 else { return nil }
        switch steps[0] {
        case .name(let name), .attribute(let name): return String(decoding: name, as: UTF8.self)
        default: return nil
        }
    }

    private func escaped(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in value {
            switch byte {
            case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
            case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
            case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
            case Byte.quote: bytes += Array("&quot;".utf8)
            case UInt8(ascii: "'"): bytes += Array("&apos;".utf8)
            case ..<Byte.space: bytes += Array("&#\(byte);".utf8)
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}

/// What becomes of an element's start tag, and of what the element holds.
package struct TagEdit: Sendable, Equatable {
    /// By local name, as they are written; one that the tag lacks is added.
    var attributes: [String: [UInt8]] = [:]
    /// As it is written; nil: it stays.
    var content: [UInt8]?

    /// Appends the element that begins the text; returns where what is left of it begins.
    ///
    /// - Parameter text: with all of the element where its content is to be another; it is well-formed.
    func apply(to text: ArraySlice<UInt8>, into out: inout [UInt8]) -> Int {
        var left = attributes
        var at = text.startIndex
        var isClosed = false
        func isSpace(_ byte: UInt8) -> Bool { byte <= Byte.space }
        while at < text.endIndex, !isSpace(text[at]), text[at] != UInt8(ascii: ">"), text[at] != UInt8(ascii: "/") {
            at += 1
        }
        let name = text[text.startIndex..<at]
        out += name
        while at < text.endIndex, text[at] != UInt8(ascii: ">") {
            let start = at
            while at < text.endIndex, isSpace(text[at]) { at += 1 }
            guard at < text.endIndex, text[at] != UInt8(ascii: ">") else {
                at = start
                break
            }
            if text[at] == UInt8(ascii: "/") {
                isClosed = true
                at = start
                break
            }
            let nameStart = at
            while at < text.endIndex, text[at] != UInt8(ascii: "="), !isSpace(text[at]) { at += 1 }
            let written = text[nameStart..<at]
            while at < text.endIndex, text[at] != Byte.quote, text[at] != UInt8(ascii: "'") { at += 1 }
            guard at < text.endIndex else { break }
            let quote = text[at]
            let valueStart = at + 1
            at = text[valueStart...].firstIndex(of: quote) ?? text.endIndex
            let local = String(decoding: written.split(separator: UInt8(ascii: ":")).last ?? [], as: UTF8.self)
            let isDeclaration = written.starts(with: "xmlns".utf8)
            if content?.isEmpty == false, local == "nil" || local == "null" {
                // The element has a value now.
            } else if !isDeclaration, let value = left.removeValue(forKey: local) {
                out += text[start..<valueStart] + value + [quote]
            } else {
                out += text[start..<min(at + 1, text.endIndex)]
            }
            at = min(at + 1, text.endIndex)
        }
        for (name, value) in left.sorted(by: { $0.key < $1.key }) {
            out += Array(" \(name)=\"".utf8) + value + [Byte.quote]
        }
        let behind = (text[at...].firstIndex(of: UInt8(ascii: ">")) ?? text.endIndex - 1) + 1
        guard let content else {
            out += text[at..<behind]
            return behind
        }
        guard !isClosed else {
            out += content.isEmpty ? text[at..<behind] : [UInt8(ascii: ">")] + content + Array("</".utf8)
            if !content.isEmpty { out += name.dropFirst() + [UInt8(ascii: ">")] }
            return behind
        }
        out += text[at..<behind] + content
        let closing = text[behind...].lastIndex(of: UInt8(ascii: "<")) ?? behind
        out += text[closing...]
        return text.endIndex
    }
}
