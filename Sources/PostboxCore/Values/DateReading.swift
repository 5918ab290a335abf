extension DatePattern {
    /// Reads a whole text. Nil: it is not of this pattern, or no day and time that there are.
    func read(_ text: Span<UInt8>) -> DateParts? {
        var parts = DateParts()
        var index = 0
        for position in steps.indices {
            switch steps[position] {
            case .number(let number, let fewest, let most, let behind):
                let length = fewest == most ? most : digits(text, from: index, atMost: most + behind) - behind
                guard length >= fewest, let value = self.number(text, from: index, length: length) else {
                    guard case .yearOfEra = number, DateNames.firstYear.read(text, at: &index) != nil else {
                        return nil
                    }
                    parts.year = 1
                    continue
                }
                index += length
                switch number {
                case .year:
                    // Two or four digits.
                    guard length != 3 else { return nil }
                    parts.year = length == 2 ? Self.year(ofTwoDigits: value) : value
                case .shortYear: parts.year = Self.year(ofTwoDigits: value)
                case .yearOfEra: parts.year = value
                case .month: parts.month = value
                case .day: parts.day = value
                case .hour: parts.hour = value
                case .minute: parts.minute = value
                case .second: parts.second = value
                }
            case .literal(let start, let count):
                guard text.count - index >= count else { return nil }
                for offset in 0..<count where text[index + offset] != literals[start + offset] { return nil }
                index += count
            case .decimals(let count):
                guard let value = number(text, from: index, length: count) else { return nil }
                parts.decimals = value
                index += count
            case .monthName:
                guard let month = name(names.months, text, at: &index, before: position + 1) else { return nil }
                parts.month = month
            case .dayName:
                guard let day = name(names.days, text, at: &index, before: position + 1) else { return nil }
                parts.weekday = day
            case .half:
                guard let half = name(names.halves, text, at: &index, before: position + 1) else { return nil }
                parts.half = half
            case .era:
                guard let era = DateNames.eras.read(text, at: &index) else { return nil }
                parts.era = era
            case .offset(let form, let takesZ):
                guard let offset = offset(text, at: &index, form, takesZ: takesZ) else { return nil }
                parts.offset = offset
            case .nameOfUTC:
                guard text.count - index >= 3 else { return nil }
                let word = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32(text[index + $1] & 0xDF) }
                guard word == 0x55_54_43 || word == 0x47_4D_54 else { return nil }
                index += 3
            }
        }
        return index == text.count && parts.settle(has) ? parts : nil
    }

    private static func year(ofTwoDigits value: Int) -> Int { value >= 70 ? 1900 + value : 2000 + value }

    /// Reads a name and the point that an abbreviation may have; a point that the pattern has itself is left to it.
    private func name(_ list: DateNames.List, _ text: Span<UInt8>, at index: inout Int, before next: Int) -> Int? {
        guard let value = list.read(text, at: &index) else { return nil }
        let point = UInt8(ascii: ".")
        guard index < text.count, text[index] == point else { return value }
        if next < steps.count, case .literal(let start, _) = steps[next], literals[start] == point {
            guard index + 1 < text.count, text[index + 1] == point else { return value }
        }
        index += 1
        return value
    }

    private func offset(_ text: Span<UInt8>, at index: inout Int, _ form: Offset, takesZ: Bool) -> Int? {
        guard index < text.count else { return nil }
        let sign = text[index]
        if takesZ, sign == UInt8(ascii: "Z") {
            index += 1
            return 0
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(text, from: index + 1, length: 2)
        else { return nil }
        index += 3
        var minutes = 0
        if form == .colon {
            guard index < text.count, text[index] == UInt8(ascii: ":") else { return nil }
            index += 1
        }
        if form != .hours || digits(text, from: index, atMost: 1) == 1 {
            guard let value = number(text, from: index, length: 2), value <= 59 else { return nil }
            minutes = value
            index += 2
        }
        // No zone is, or was since 1970, further ahead or behind.
        let seconds = hours * 3600 + minutes * 60
        guard seconds <= 14 * 3600 else { return nil }
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    private func digits(_ text: Span<UInt8>, from start: Int, atMost most: Int) -> Int {
        var end = start
        while end < text.count, end - start < most, text[end] &- UInt8(ascii: "0") <= 9 { end += 1 }
        return end - start
    }

    /// The number that `length` digits are, at most nine; nil: there are not so many.
    private func number(_ text: Span<UInt8>, from start: Int, length: Int) -> Int? {
        guard text.count - start >= length else { return nil }
        var value = 0
        for index in start..<start + length {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }
}
