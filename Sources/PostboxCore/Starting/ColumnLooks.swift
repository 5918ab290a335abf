/// The looks of a file's columns, each seen with the others: how one column writes its numbers tells how the others do.
struct ColumnLooks {
    private(set) var looks: [ColumnLook] = []
    /// Words that stand in place of values.
    private(set) var nulls: [String] = []
    /// Values have blanks around them.
    private(set) var isPadded = false
    /// What takes the currency's sign off a column's numbers; nil: they have none.
    private(set) var strips: [String?] = []

    init(_ sketch: FileSketch) {
        let columns = sketch.columns
        var values = columns.map { $0.values.map(\.trimmed).filter { !$0.isEmpty } }
        isPadded = columns.contains { $0.values.contains { $0.first == " " || $0.last == " " } }
        for word in nullWords {
            // A word for none among values that are something else.
            let isNull = values.contains { list in
                list.contains(word)
                    && list.count(where: HeaderLook.isFigure) * 2
                        > list.count { !nullWords.contains($0) }
                    && list.contains { !nullWords.contains($0) }
            }
            if isNull { nulls.append(word) }
        }
        values = values.map { list in list.filter { !nulls.contains($0) } }
        strips = values.map { _ in nil }
        for (index, list) in values.enumerated() {
            guard let sign = CurrencySign.of(list) else { continue }
            let bare = list.map(sign.strip)
            guard bare.allSatisfy(ValueLook.isNumber) else { continue }
            strips[index] = sign.key(of: list)
            values[index] = bare
        }
        let signs = zip(values, columns).map { list, column in
            list.allSatisfy(ValueLook.isNumber) ? Signs(list.filter { !column.literals.contains($0) }) : nil
        }
        var known = Signs(all: signs.compactMap { $0 })
        // A workbook's own numbers have no thousands.
        if !sketch.isWorkbook {
            let isLikely = sketch.hasSemicolons || values.contains(where: Self.areDatesWithPoints)
            known.mayPointsPart =
                known.thousands.contains(".")
                || isLikely && !known.hasDecimalPoint && !known.thousands.contains(",")
        }
        looks = zip(values, signs).map { Self.look($0, $1, known) }
    }

    private static func look(_ values: [String], _ signs: Signs?, _ all: Signs) -> ColumnLook {
        guard let first = values.first else { return .empty }
        if let dates = dates(values) { return dates }
        if let time = ValueLook.time(first), values.allSatisfy({ ValueLook.time($0) == time }) { return .time(time) }
        let fractions = values.map(ValueLook.fraction)
        if fractions.allSatisfy({ $0 != nil }) { return .fraction(isOpen: fractions.contains(true)) }
        if values.allSatisfy(ValueLook.isEighths) { return .eighths }
        if let signs {
            let percents = values.count { $0.hasSuffix("%") }
            if percents == values.count { return .percent }
            // Whether those without the sign are per cent, too, nobody knows.
            if percents > 0 { return .text }
            return signs.look(in: all)
        }
        if values.allSatisfy(ValueLook.isISIN) { return .isin }
        return values.count(where: ValueLook.isRIC) * 10 >= values.count * 9 ? .ric : .text
    }

    /// Nil: they are no dates.
    private static func dates(_ values: [String]) -> ColumnLook? {
        guard let example = values.first, var common = ValueLook.date(example) else { return nil }
        // One digit or two: the pattern with one takes both.
        var patterns = Set(common.patterns.map(shortened))
        var isShort = common.patterns.contains { $0 == shortened($0) }
        for value in values.dropFirst() {
            guard let date = ValueLook.date(value), date.hasTime == common.hasTime, date.hasOffset == common.hasOffset
            else {
                return nil
            }
            patterns.formIntersection(date.patterns.map(shortened))
            isShort =
                isShort || date.patterns.contains { $0 == shortened($0) && $0.contains("M") && !$0.contains("MM") }
        }
        guard !patterns.isEmpty else { return nil }
        let mixed = patterns.sorted().map { isShort ? $0 : lengthened($0) }
        common.patterns = mixed
        return mixed.count == 1 ? .date(common) : .ambiguousDate(example, mixed)
    }

    /// Whether they are dates such as `04.03.2026`: who writes them so may write decimal commas.
    private static func areDatesWithPoints(_ values: [String]) -> Bool {
        guard case .date(let date)? = dates(values) else { return false }
        return date.patterns.contains { $0.hasPrefix("d") && $0.contains(".M") }
    }

    private static func shortened(_ pattern: String) -> String {
        guard !pattern.hasPrefix("yyyyMM"), !pattern.contains("MMM") else { return pattern }
        return pattern.replacing("dd", with: "d").replacing("MM", with: "M")
    }

    private static func lengthened(_ pattern: String) -> String {
        guard !pattern.hasPrefix("yyyyMM"), !pattern.contains("MMM") else { return pattern }
        var text = ""
        for character in pattern {
            text += character == "d" || character == "M" ? "\(character)\(character)" : "\(character)"
        }
        return text
    }
}

/// What the numbers of a column show of their signs.
private struct Signs {
    var hasDecimalComma = false
    var hasDecimalPoint = false
    var thousands: Set<Character> = []
    /// A comma, or point, before three digits at the end: either sign.
    var openComma: String?
    var openPoint: String?
    var hasExponent = false
    /// A whole number has no sign where one would part its thousands.
    var hasBareThousand = false
    /// Of a file: something in it other than a column's own values speaks for points between thousands.
    var mayPointsPart = false
    /// A value is no number of any form.
    var isOdd = false

    init(_ values: [String]) { values.forEach { take($0) } }

    init(all: [Signs]) {
        hasDecimalComma = all.contains(where: \.hasDecimalComma)
        hasDecimalPoint = all.contains(where: \.hasDecimalPoint)
        thousands = all.reduce(into: []) { $0.formUnion($1.thousands) }
        openComma = all.lazy.compactMap(\.openComma).first
    }

    private mutating func take(_ value: String) {
        let text = value.last == "%" ? String(value.dropLast()) : value
        if text.contains("e") || text.contains("E") {
            hasExponent = true
            hasDecimalPoint = hasDecimalPoint || text.contains(".")
            hasDecimalComma = hasDecimalComma || text.contains(",")
            return
        }
        for sign in text where "' \u{a0}\u{202f}".contains(sign) { thousands.insert(sign) }
        let commas = text.count { $0 == "," }
        let points = text.count { $0 == "." }
        // Signs that part no groups of three are none of a number's.
        for sign in [",", "."] as [Character] where text.count(where: { $0 == sign }) > 1 && !Self.parts(text, sign) {
            isOdd = true
            return
        }
        if commas > 0, points > 0, let comma = text.lastIndex(of: ","), let point = text.lastIndex(of: ".") {
            // The decimal sign stands once, behind the others.
            let (signs, before): (Int, Character) = comma > point ? (commas, ".") : (points, ",")
            isOdd = isOdd || signs > 1 || !Self.parts(text[..<max(comma, point)], before)
            if comma > point {
                hasDecimalComma = true
                thousands.insert(".")
            } else {
                hasDecimalPoint = true
                thousands.insert(",")
            }
            return
        }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        if digits.count > 3, digits.isDigits { hasBareThousand = true }
        if commas > 1 { thousands.insert(",") }
        if points > 1 { thousands.insert(".") }
        if commas == 1 {
            if Self.mayPartThousands(text, at: ",") { openComma = openComma ?? value } else { hasDecimalComma = true }
        }
        if points == 1 {
            if Self.mayPartThousands(text, at: ".") { openPoint = openPoint ?? value } else { hasDecimalPoint = true }
        }
    }

    /// Whether the sign parts the digits before a decimal sign, if there is one, in groups of three.
    private static func parts(_ text: some StringProtocol, _ sign: Character) -> Bool {
        let whole = text.drop { $0 == "-" || $0 == "+" }.prefix { $0 == sign || !",.".contains($0) }
        let groups = whole.split(separator: sign, omittingEmptySubsequences: false)
        // Of two digits are all but the last in India.
        return (1...3).contains(groups.first?.count ?? 0) && (groups.count == 1 || groups.last?.count == 3)
            && groups.dropFirst().allSatisfy { $0.count == 3 || $0.count == 2 }
    }

    private static func mayPartThousands(_ text: String, at sign: Character) -> Bool {
        let parts = text.split(separator: sign, omittingEmptySubsequences: false)
        guard let before = parts.first?.drop(while: { $0 == "-" || $0 == "+" }), let after = parts.last else {
            return false
        }
        return after.count == 3 && (1...3).contains(before.count) && before.first != "0"
    }

    /// Nothing tells whether a comma is a decimal sign in this file.
    private var areCommasOpen: Bool { hasDecimalComma == hasDecimalPoint && !thousands.contains(",") }

    func look(in all: Signs) -> ColumnLook {
        if isOdd { return .text }
        var isComma = hasDecimalComma
        var groups = thousands
        if let openComma, !isComma, !groups.contains(",") {
            // How the file writes commas elsewhere tells, and the column's own points; those of other columns do not, since a
            // program may write each column in another way.
            let isDecimal = all.hasDecimalComma && !all.hasDecimalPoint
            let parts = hasDecimalPoint || all.thousands.contains(",")
            guard isDecimal != parts else { return .ambiguousNumber(openComma) }
            if parts { groups.insert(",") } else { isComma = true }
        }
        if let openPoint, !hasDecimalPoint, !groups.contains(",") {
            // `1,5` and `1.500` in one column: the service takes no such file without being told.
            if hasDecimalComma, !thousands.contains("."), !all.thousands.contains(".") {
                return .ambiguousPoint(openPoint)
            }
            if isComma || all.hasDecimalComma, !all.hasDecimalPoint || hasDecimalComma {
                isComma = true
                groups.insert(".")
            } else if all.openComma != nil && all.areCommasOpen || all.hasDecimalComma {
                return .ambiguousPoint(openPoint)
            } else if all.mayPointsPart, !groups.contains("."), !hasBareThousand {
                return .ambiguousPoint(openPoint)
            }
        }
        // `1.234.567` has no decimal point.
        if groups.contains(".") { isComma = true }
        if isComma, hasDecimalPoint || groups.contains(",") { return .mixedMarks }
        var keys: [String] = []
        if isComma { keys.append("decimal: \",\"") }
        if let sign = groups.sorted().first { keys.append("thousands: \(yaml(String(sign)))") }
        if hasExponent { keys.append("exponent: true") }
        return keys.isEmpty ? .number : .numberOfForm(keys)
    }
}
