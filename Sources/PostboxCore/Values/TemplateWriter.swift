/// Writes a text of several columns: `{issuer} {coupon}%`.
struct TemplateWriter: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        /// A column by its place in `columns`, and what becomes of its value.
        case column(Int, [TemplatePiece.Change], isOptional: Bool)
    }

    /// The columns whose values it takes, each once.
    let columns: [String]
    private let pieces: [Piece]

    init(_ pieces: [TemplatePiece]) {
        var columns: [String] = []
        self.pieces = pieces.map { piece in
            switch piece {
            case .text(let text): return .text(Array(text.utf8))
            case .column(let name, let changes):
                let place = columns.firstIndex(of: name) ?? columns.count
                if place == columns.count { columns.append(name) }
                return .column(place, changes.filter { $0 != .optional }, isOptional: changes.contains(.optional))
            }
        }
        self.columns = columns
    }

    /// Appends the text of a row. False: a column is empty that must not be, so the whole is, and nothing is appended.
    ///
    /// - Parameters:
    ///   - values: For each of `columns` where its value lies in `bytes`.
    ///   - bytes: What `values` are places in.
    func write(_ values: [Range<Int>], in bytes: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        let start = out.count
        for piece in pieces {
            switch piece {
            case .text(let text): out.append(contentsOf: text)
            case .column(let column, let changes, let isOptional):
                let before = out.count
                // What is empty is not padded: it would look like a value.
                if column < values.count, !values[column].isEmpty {
                    let value = bytes.extracting(values[column])
                    if changes.isEmpty {
                        out.append(value)
                    } else {
                        var changed: [UInt8] = []
                        changed.append(value)
                        for change in changes where !changed.isEmpty { changed = apply(change, to: changed) }
                        out.append(contentsOf: changed)
                    }
                }
                if out.count == before, !isOptional {
                    out.removeLast(out.count - start)
                    return false
                }
            }
        }
        return true
    }

    private func apply(_ change: TemplatePiece.Change, to text: [UInt8]) -> [UInt8] {
        switch change {
        case .optional: text
        case .upper: changed(text, from: UInt8(ascii: "a")...UInt8(ascii: "z")) { $0.uppercased() }
        case .lower: changed(text, from: UInt8(ascii: "A")...UInt8(ascii: "Z")) { $0.lowercased() }
        case .trim: Array(text[TextEnds.trimmed(text.span)])
        case .left(let count): Array(text.prefix(TextCut.bytes(ofFirst: count, in: text.span)))
        case .right(let count): Array(text.suffix(TextCut.bytes(ofLast: count, in: text.span)))
        case .pad(let count, let filler):
            repeatElement(filler, count: max(0, count - TextCut.count(text.span))).joined().utf8 + text
        }
    }

    /// The text in letters of the other case; of ASCII these are `letters`.
    private func changed(
        _ text: [UInt8], from letters: ClosedRange<UInt8>, _ change: (String) -> String
    ) -> [UInt8] {
        if text.allSatisfy({ $0 < 0x80 }) { return text.map { letters.contains($0) ? $0 ^ 0x20 : $0 } }
        return Array(change(String(decoding: text, as: UTF8.self)).utf8)
    }
}
