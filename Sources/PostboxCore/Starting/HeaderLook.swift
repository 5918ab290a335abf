/// Whether the first line of a table names its columns: it is held against the lines below, column by column. Names may be numbers
/// and dates (`RIC,2026-01-30,2026-02-27`), and the first row of a file without a header may hold words.
enum HeaderLook {
    enum Verdict { case header, row, open }

    /// Rows that are looked at.
    private static let rowsMax = 200

    static func verdict(of first: [String], over rows: [[String]]) -> Verdict {
        var (header, row, mayBeHeader, mayBeRow) = (false, false, false, false)
        let rows = rows.prefix(rowsMax)
        for (index, cell) in first.enumerated() {
            let below = rows.compactMap { $0.count > index ? $0[index].trimmed : nil }
                .filter { !$0.isEmpty && !nullWords.contains($0) }
            // What has no name in front of columns that have one numbers the rows, or names them.
            if index == 0, cell.trimmed.isEmpty, rows.count > 1, below.count == rows.count { header = true }
            switch evidence(cell.trimmed, below) {
            case .header: header = true
            case .row: row = true
            case .mayBeHeader: mayBeHeader = true
            case .mayBeRow: mayBeRow = true
            case nil: break
            }
        }
        if header != row { return header ? .header : .row }
        if header { return .open }
        guard first.contains(where: { isFigure($0.trimmed) }) else { return .header }
        // Numbers that are whole and differ, over such as are not: years, tenors, or a row of small numbers.
        let figures = first.map(\.trimmed).filter(isFigure)
        return mayBeHeader && !mayBeRow && Set(figures).count == figures.count ? .open : .row
    }

    private enum Evidence { case header, row, mayBeHeader, mayBeRow }

    private static func evidence(_ cell: String, _ below: [String]) -> Evidence? {
        guard !cell.isEmpty, !nullWords.contains(cell) else { return nil }
        let isName = isLikelyName(cell)
        if isName, !below.contains(cell), below.isEmpty || !below.allSatisfy(isLikelyName) { return .header }
        guard let example = below.first else { return nil }
        let areFigures = below.allSatisfy(isFigure)
        if isFigure(cell) {
            guard areFigures else { return nil }
            let isDate = ValueLook.date(cell) != nil
            let areDates = below.allSatisfy { ValueLook.date($0) != nil }
            if isDate != areDates { return isDate ? .header : nil }
            if isDate { return .row }
            let isWhole = cell.isDigits
            return isWhole && !below.allSatisfy(\.isDigits) ? .mayBeHeader : .mayBeRow
        }
        if areFigures { return .header }
        let areInstruments = below.allSatisfy { ValueLook.isRIC($0) || ValueLook.isISIN($0) }
        if areInstruments { return ValueLook.isRIC(cell) || ValueLook.isISIN(cell) ? .row : .header }
        if ValueLook.time(cell) != nil { return ValueLook.time(example) != nil ? .row : nil }
        return below.contains(cell) ? .row : nil
    }

    /// The name of an instrument's column, or of a field's.
    static func isLikelyName(_ cell: String) -> Bool {
        LikelyFields.rankAsRIC(cell) != nil || LikelyFields.field(for: cell) != nil
    }

    /// A number, a date, or a number with its currency's sign.
    static func isFigure(_ cell: String) -> Bool {
        ValueLook.isNumber(cell) || ValueLook.date(cell) != nil
            || CurrencySign.of([cell]).map { ValueLook.isNumber($0.strip(cell)) } ?? false
    }
}

/// A sign of money that numbers are written with.
struct CurrencySign {
    let sign: Character

    private static let signs: Set<Character> = ["$", "€", "£", "¥", "₣", "₹", "₩", "₽", "₺"]

    /// That of all the values; nil: one has none, or another one.
    static func of(_ values: [String]) -> CurrencySign? {
        guard let value = values.first,
            let sign = value.first.flatMap({ signs.contains($0) ? $0 : nil })
                ?? value.last.flatMap({ signs.contains($0) ? $0 : nil }),
            values.allSatisfy({ ($0.first == sign || $0.last == sign) && $0.count { $0 == sign } == 1 })
        else { return nil }
        return CurrencySign(sign: sign)
    }

    /// The value without it, and without the blanks that stood beside it.
    func strip(_ value: String) -> String {
        String(value.drop { $0 == sign || isBlank($0) }.reversed().drop { $0 == sign || isBlank($0) }.reversed())
    }

    /// As a field writes it.
    func key(of values: [String]) -> String {
        let blanks = Set(values.joined()).filter(isBlank).sorted().map(String.init).joined()
        return "strip: \(yaml(String(sign) + blanks))"
    }

    private func isBlank(_ character: Character) -> Bool { " \u{a0}\u{202f}".contains(character) }
}
