/// What a file looked like from outside: its columns, what stands in them, and how long its lines are. Two files of one rule are
/// compared by it (`layout: unchanged`).
package struct SeenLayout: Sendable, Equatable, Codable {
    /// What stands in a column, in all of its rows.
    package enum Kind: String, Sendable, Equatable, CaseIterable, Codable {
        case empty, number, date, text
    }

    package struct Column: Sendable, Equatable, Codable {
        package var name: String
        package var kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// In the file's order.
    package var columns: [Column]
    /// Their order says nothing: each row names them anew.
    package var isUnordered: Bool
    /// Bytes of every row's line, of columns by their place; nil: the rows differ, or tell nothing by it.
    package var lineBytes: Int?

    package init(columns: [Column], isUnordered: Bool = false, lineBytes: Int? = nil) {
        self.columns = columns
        self.isUnordered = isUnordered
        self.lineBytes = lineBytes
    }

    /// What is other than in an earlier file, in words for people; empty: nothing.
    package func differences(from old: SeenLayout) -> [String] {
        var found: [String] = []
        if columns.count != old.columns.count {
            found.append("\(Plural.text(columns.count, "column")) in place of \(old.columns.count)")
        }
        let (names, oldNames) = (columns.map(\.name), old.columns.map(\.name))
        let gone = oldNames.filter { !names.contains($0) }
        let new = names.filter { !oldNames.contains($0) }
        if !gone.isEmpty { found.append("no longer \(Self.list(gone))") }
        if !new.isEmpty { found.append("newly \(Self.list(new))") }
        if gone.isEmpty, new.isEmpty, names != oldNames, names.count == oldNames.count,
            !(isUnordered && old.isUnordered)
        {
            found.append("the columns in another order, \(Self.list(names))")
        }
        let kinds = Dictionary(old.columns.map { ($0.name, $0.kind) }, uniquingKeysWith: { first, _ in first })
        let others = columns.compactMap { column in
            kinds[column.name].flatMap { old in
                old == column.kind
                    ? nil : "\(VisibleText.line(column.name)) holds \(column.kind.words) in place of \(old.words)"
            }
        }
        found += others.prefix(Self.namesMax)
        let more = others.count - Self.namesMax
        if more > 0 { found.append("so \(Plural.word(more, "does", "do")) \(Plural.text(more, "other column"))") }
        if lineBytes != old.lineBytes {
            func words(_ bytes: Int?) -> String { bytes.map { Plural.text($0, "byte") } ?? "different lengths" }
            found.append("lines of \(words(lineBytes)) in place of \(words(old.lineBytes))")
        }
        return found
    }

    /// Names that are told.
    private static var namesMax: Int { 5 }

    private static func list(_ names: [String]) -> String {
        names.prefix(namesMax).map { VisibleText.line($0) }.joined(separator: ", ")
            + (names.count > namesMax ? ", …" : "")
    }
}

extension SeenLayout.Kind {
    fileprivate var words: String {
        switch self {
        case .empty: "nothing"
        case .number: "numbers"
        case .date: "dates"
        case .text: "text"
        }
    }

    /// What one value is by its look; nil: it is none.
    ///
    /// Marks between digits are taken for a number's, whichever they are: what a rule makes of them is not asked here.
    init(_ value: Span<UInt8>) {
        let core = value.extracting(withoutSpaces(value))
        if core.isEmpty {
            self = .empty
        } else if Self.isNumber(core) {
            self = .number
        } else {
            self = Self.isDate(core) ? .date : .text
        }
    }

    private static func isNumber(_ text: Span<UInt8>) -> Bool {
        var digits = 0
        var separators = 0
        var points = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                // In front, behind, or of an exponent.
                let isOfExponent = index > 0 && text[index - 1] | 0x20 == UInt8(ascii: "e")
                guard index == 0 || index == text.count - 1 || isOfExponent else { return false }
            case UInt8(ascii: "."): points += 1
            case UInt8(ascii: ","), UInt8(ascii: "'"), Byte.space: separators += 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"): if digits == 0 { return false }
            case UInt8(ascii: "%"): guard index == text.count - 1 else { return false }
            default: return false
            }
        }
        // 24.11.2026 is a date, 1.234.567 a number.
        let isDate = points == 2 && separators == 0 && DateText(text) == .ambiguous && !isGrouped(text)
        return digits > 0 && !isDate
    }

    /// Points stand before three digits each, as thousands have them.
    private static func isGrouped(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where text[index] == UInt8(ascii: ".") {
            guard index + 3 < text.count, text[index + 1] != UInt8(ascii: "."), text[index + 2] != UInt8(ascii: "."),
                text[index + 3] != UInt8(ascii: ".")
            else { return false }
            if index + 4 < text.count, text[index + 4] != UInt8(ascii: ".") { return false }
        }
        return true
    }

    /// A date by itself, or one with a time behind it.
    private static func isDate(_ text: Span<UInt8>) -> Bool {
        if DateText(text) != nil { return true }
        guard text.count > 10, text[10] == UInt8(ascii: "T") || text[10] == Byte.space else { return false }
        return DateText(text.extracting(0..<10)) != nil
    }
}

/// Notes what a file looks like while its rows are read, before a rule makes anything of them.
package struct LayoutNotes {
    private var kinds: [SeenLayout.Kind] = []
    private var lines: (shortest: Int, longest: Int)?
    private let hasHeader: Bool
    private let hasColumnsByPosition: Bool
    /// Texts that mean empty.
    private let nulls: [[UInt8]]

    /// nil: the rule does not ask.
    package init?(_ rule: MappingRule, _ traits: FormatTraits) {
        guard rule.checksLayout else { return nil }
        hasHeader = traits.hasHeader
        hasColumnsByPosition = traits.hasColumnsByPosition
        nulls = (rule.layout?.blanks?.nulls ?? []).map { Array($0.utf8) }
    }

    /// Takes the reader's next rows. `columns`: how many it knows by now.
    package mutating func take(_ batch: borrowing RowBatch, columns: Int) {
        while kinds.count < columns { kinds.append(.empty) }
        let (text, cells, rows) = (batch.text.span, batch.cells.span, batch.rows.span)
        for index in rows.indices where rows[index].problem < 0 {
            let row = rows[index]
            if hasColumnsByPosition {
                let length = row.sourceLength
                lines = (min(lines?.shortest ?? length, length), max(lines?.longest ?? length, length))
            }
            for at in row.firstCell..<row.firstCell + row.cellCount {
                let cell = cells[at]
                let column = Int(cell.column)
                guard column < kinds.count, kinds[column] != .text else { continue }
                let kind = kind(cell, text)
                if kind == .empty || kind == kinds[column] { continue }
                kinds[column] = kinds[column] == .empty ? kind : .text
            }
        }
    }

    private func kind(_ cell: RowBatch.Cell, _ text: Span<UInt8>) -> SeenLayout.Kind {
        switch cell.kind {
        case .null: return .empty
        case .number: return .number
        case .bool, .nested, .faulty: return .text
        case .plain, .padded, .string: break
        }
        let value = text.extracting(cell.bytes)
        if !nulls.isEmpty {
            let core = Array(value.extracting(withoutSpaces(value)))
            if nulls.contains(core) { return .empty }
        }
        return SeenLayout.Kind(value)
    }

    /// What was seen.
    ///
    /// - Parameter columns: The reader's, after the last row.
    package func seen(_ columns: [Column]) -> SeenLayout {
        var found: [SeenLayout.Column] = []
        // What a heading adds is no column of the file.
        for (index, column) in columns.enumerated() where !column.name.hasPrefix("$") {
            found.append(SeenLayout.Column(name: column.name, kind: index < kinds.count ? kinds[index] : .empty))
        }
        let isOneLength = lines.map { $0.shortest == $0.longest } ?? false
        return SeenLayout(
            columns: found, isUnordered: !hasHeader, lineBytes: isOneLength ? lines?.longest : nil)
    }
}
