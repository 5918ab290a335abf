/// Edits rows of JSON: a value that goes becomes `null`, and one that the row lacks becomes a member of its own, by the column's whole
/// name.
struct JSONEditing: Sendable {
    func edits(
        _ row: RowBatch.Row, _ cells: [RowBatch.Cell], _ emptied: [Int], _ carried: [RowEditing.Carried],
        _ batch: borrowing RowBatch
    ) -> [SourceEdit] {
        guard let text = batch.sourceText(of: row) else { return [] }
        var edits: [SourceEdit] = []
        for index in emptied where cells[index].kind != .null {
            guard let place = place(of: index, cells[index], in: text, batch) else { continue }
            edits.append(SourceEdit(range: place, bytes: Array("null".utf8)))
        }
        var members: [UInt8] = []
        for entry in carried where !entry.column.name.hasPrefix("/") && !entry.column.name.hasPrefix("$") {
            let value = Self.literal(entry.value, entry.kind)
            if let index = entry.cell {
                guard let place = place(of: index, cells[index], in: text, batch) else { continue }
                edits.append(SourceEdit(range: place, bytes: value))
            } else {
                if !members.isEmpty { members += Array(", ".utf8) }
                members += Self.literal(Array(entry.column.name.utf8)[...], .string) + Array(": ".utf8) + value
            }
        }
        guard !members.isEmpty, let (at, isEmpty) = object(in: text, batch.text) else { return edits }
        if !isEmpty { members += Array(", ".utf8) }
        edits.append(SourceEdit(range: batch.sourceOffset + at..<batch.sourceOffset + at, bytes: members))
        return edits
    }

    /// Where a value lies in the file, a string with its quotes; nil: not in the row.
    private func place(
        of index: Int, _ cell: RowBatch.Cell, in row: Range<Int>, _ batch: borrowing RowBatch
    ) -> Range<Int>? {
        if case .literal(let place)? = batch.origins[index] { return place }
        var (start, end) = (Int(cell.start), Int(cell.start) + Int(cell.length))
        switch cell.kind {
        case .null: end = start + "null".utf8.count
        case .string: (start, end) = (start - 1, end + 1)
        default: break
        }
        guard start >= row.lowerBound, end <= row.upperBound else { return nil }
        return batch.sourceOffset + start..<batch.sourceOffset + end
    }

    /// Behind the opening brace of a row, and whether it has no members; nil: it is no object. Its name may stand before it.
    private func object(in row: Range<Int>, _ text: [UInt8]) -> (at: Int, isEmpty: Bool)? {
        var at = row.lowerBound
        if text[at..<row.upperBound].first == Byte.quote {
            at += 1
            while at < row.upperBound, text[at] != Byte.quote { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
            at += 1
        }
        while at < row.upperBound, text[at] <= Byte.space || text[at] == UInt8(ascii: ":") { at += 1 }
        guard at < row.upperBound, text[at] == UInt8(ascii: "{") else { return nil }
        at += 1
        let next = text[at..<row.upperBound].first { $0 > Byte.space }
        return (at, next == UInt8(ascii: "}"))
    }

    /// A value as JSON has it.
    static func literal(_ value: ArraySlice<UInt8>, _ kind: RowBatch.Kind) -> [UInt8] {
        switch kind {
        case .string, .padded, .faulty: break
        case .null: return Array("null".utf8)
        case .number, .bool, .nested, .plain: return Array(value)
        }
        var bytes = [Byte.quote]
        for byte in value {
            switch byte {
            case Byte.quote, UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case ..<Byte.space:
                let digits = Array("0123456789abcdef".utf8)
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        return bytes + [Byte.quote]
    }
}
