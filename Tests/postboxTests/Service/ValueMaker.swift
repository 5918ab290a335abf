import PostboxCore

/// Makes values of a field as desks write them, together with what they mean.
struct ValueMaker {
    /// A field of the samples' dictionary for each type.
    enum Kind: String, CaseIterable {
        case real, uint, int, currency, venue, day, time, text, ascii

        var field: String {
            switch self {
            case .real: "BID"
            case .uint: "NUM_MOVES"
            case .int: "OPN_CHG"
            case .currency: "CURRENCY"
            case .venue: "VENUE"
            case .day: "TRADE_DATE"
            case .time: "SALTIM"
            case .text: "GEN_TEXT16"
            case .ascii: "OFFCL_CODE"
            }
        }

        init?(field: String) {
            guard let kind = Self.allCases.first(where: { $0.field == field }) else { return nil }
            self = kind
        }
    }

    let kind: Kind
    /// SplitMix64's.
    var state: UInt64

    mutating func next(in format: PriceFileFormat) -> Written {
        switch kind {
        case .real: real(in: format)
        case .uint: whole(below: 4_294_967_296, isSigned: false, in: format)
        case .int: whole(below: 140_737_488_355_328, isSigned: true, in: format)
        case .currency, .venue: enumeration(in: format)
        case .day: day()
        case .time: time()
        case .text: text(length: 16, hasOnlyASCII: false)
        case .ascii: text(length: 12, hasOnlyASCII: true)
        }
    }

    // MARK: - Chance

    /// From 0 to below the limit.
    private mutating func number(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(limit))
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[number(values.count)] }

    private mutating func digits(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(number(10))) })
    }

    // MARK: - Numbers

    /// A decimal in one of the ways in which programs write them.
    private mutating func real(in format: PriceFileFormat) -> Written {
        let isNegative = number(4) == 0
        let whole = String(number(10)) + digits(number(9))
        let fraction = digits(number(17))
        var text = number(3) == 0 ? whole : String(Int(whole) ?? 0)
        if !fraction.isEmpty { text += "." + fraction }
        var exponent = -fraction.count
        if number(4) == 0 {
            let power = number(41) - 20
            text += pick(["e", "E"]) + (power >= 0 ? pick(["", "+"]) : "") + "\(power)"
            exponent += power
        }
        // JSON has no leading zeros.
        let isJSONNumber = format == .json && number(2) == 0 && (whole == "0" || whole.first != "0")
        return Written(
            text: (isNegative ? "-" : "") + text,
            meant: .decimal(isNegative: isNegative, digits: whole + fraction, exponent: exponent),
            // Fourteen decimals and 63 bits are what a server holds.
            mayBeRejected: exponent < -14 || whole.count + max(exponent + fraction.count, 0) + 14 > 18,
            isJSONNumber: isJSONNumber)
    }

    private mutating func whole(below limit: Int, isSigned: Bool, in format: PriceFileFormat) -> Written {
        let value = number(3) == 0 ? number(1000) : number(limit &* 2)
        let isNegative = isSigned && number(2) == 0
        let meant = Meant.decimal(isNegative: isNegative, digits: String(value), exponent: 0)
        let sign = isNegative ? "-" : ""
        let text = sign + "\(value)"
        switch number(6) {
        case 0: return Written(text: text + ".0", meant: meant, mayBeRejected: true)
        case 1: return Written(text: sign + "00\(value)", meant: meant, mayBeRejected: true)
        case 2:
            return Written(text: text + ".5", meant: nil)
        default:
            return Written(
                text: text, meant: value < limit ? meant : nil, isJSONNumber: format == .json && number(2) == 0)
        }
    }

    // MARK: - Enumerations

    /// Texts as the samples' dictionary has them, and the number that somebody means who writes them today.
    private static let currencies = [
        ("AUD", 36), ("BRL", 986), ("CAD", 124), ("DEM", 276), ("JPY", 392), ("NOK", 578), ("RUB", 643), ("SEK", 752),
        ("CHF", 756), ("GBP", 826), ("USD", 840), ("EUR", 978), ("GBp", 2008),
    ]
    private static let venues = [("XA", 1), ("XB", 2), ("OTC", 431), ("Z#1", 2000), ("1/2", 2001)]

    private mutating func enumeration(in format: PriceFileFormat) -> Written {
        let known = kind == .currency ? Self.currencies : Self.venues
        let (text, value) = pick(known)
        switch number(6) {
        case 0:
            // Digits in CSV and XML may be the text of another number; as a number of JSON they are none.
            return Written(
                text: "\(value)", meant: .number(value), mayBeRejected: true,
                isJSONNumber: format == .json)
        case 1: return Written(text: text + " ", meant: .number(value))
        case 2: return Written(text: text.lowercased(), meant: text.lowercased() == text ? .number(value) : nil)
        case 3:
            let other = text + digits(2)
            return Written(text: other, meant: nil)
        default: return Written(text: text, meant: .number(value))
        }
    }

    // MARK: - Days and times

    private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

    private mutating func day() -> Written {
        let (year, month, day) = (1900 + number(200), 1 + number(13), 1 + number(32))
        func padded(_ value: Int, _ count: Int = 2) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let meant = Self.isDay(year, month, day) ? Meant.day("\(year)-\(padded(month))-\(padded(day))") : nil
        let name = month <= 12 ? Self.months[month - 1] : "XYZ"
        switch number(8) {
        case 0: return Written(text: "\(year)\(padded(month))\(padded(day))", meant: meant)
        case 1: return Written(text: "\(padded(day)) \(name) \(year)", meant: meant)
        case 2:
            let small = name.prefix(1) + name.dropFirst().lowercased()
            return Written(text: "\(padded(day)) \(small) \(year)", meant: meant)
        case 3: return Written(text: "\(padded(month))/\(padded(day))/\(year)", meant: meant, mayBeRejected: true)
        case 4:
            return Written(text: "\(year)-\(padded(month))-\(padded(day))T00:00:00Z", meant: meant, mayBeRejected: true)
        case 5: return Written(text: " \(year)-\(padded(month))-\(padded(day))", meant: meant, mayBeRejected: true)
        default: return Written(text: "\(year)-\(padded(month))-\(padded(day))", meant: meant)
        }
    }

    private static func isDay(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        guard month <= 12 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= days[month - 1]
    }

    private mutating func time() -> Written {
        let (hour, minute, second) = (number(26), number(62), number(61))
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        // A leap second ends an hour, whatever the zone.
        let isTime = hour < 24 && minute < 60 && (second < 60 || minute == 59)
        var text = "\(padded(hour)):\(padded(minute))"
        switch number(5) {
        case 0: return Written(text: text, meant: hour < 24 && minute < 60 ? .time(read: text) : nil)
        case 1:
            // The field holds milliseconds.
            let fraction = digits(1 + number(4))
            text += ":\(padded(second)).\(fraction)"
            return Written(
                text: text, meant: isTime ? .time(read: text) : nil, mayBeRejected: fraction.count > 3 || second == 60)
        case 2:
            return Written(
                text: text + ":\(padded(second))Z", meant: isTime ? .time(read: text + ":\(padded(second))") : nil,
                mayBeRejected: true)
        default:
            text += ":\(padded(second))"
            return Written(text: text, meant: isTime ? .time(read: text) : nil, mayBeRejected: second == 60)
        }
    }

    // MARK: - Texts

    private static let plain = Array("ABCXYZ 0123456789-+.,:;/%&()=_#'\"\\<>|").map(String.init)
    private static let foreign = ["é", "ü", "€", "日", "本", "Ω", "😀"]

    /// - Parameter length: bytes of the field.
    private mutating func text(length: Int, hasOnlyASCII: Bool) -> Written {
        let isForeign = number(3) == 0
        // Three bytes are the prefix of what is not ASCII, or looks like something else.
        var text = "T"
        for _ in 0..<number(length - 1) {
            let next = isForeign && number(3) == 0 ? pick(Self.foreign) : pick(Self.plain)
            if text.utf8.count + next.utf8.count > length { break }
            text += next
        }
        // Blanks around a text are no part of it.
        while text.last == " " { text.removeLast() }
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        let hasRoom = text.utf8.count + 3 <= length
        return Written(
            text: text, meant: .text(text), mayBeRejected: isASCII ? !hasRoom : hasOnlyASCII || !hasRoom)
    }
}

extension ValueMaker {
    /// What servers acknowledge and store wrong, and what looks like it (What servers do §2.5, §2.9).
    static func traps(_ kind: Kind, in format: PriceFileFormat) -> [Written] {
        func none(_ texts: String...) -> [Written] { texts.map { Written(text: $0, meant: nil) } }
        func right(_ text: String, _ meant: Meant, _ mayBeRejected: Bool = false) -> Written {
            Written(text: text, meant: meant, mayBeRejected: mayBeRejected)
        }
        func decimal(_ text: String, _ digits: String, _ exponent: Int) -> Written {
            right(
                text, .decimal(isNegative: text.first == "-", digits: digits, exponent: exponent), true)
        }
        switch kind {
        case .real:
            return none("Info", "INFLATION", "Inf.", "-Info", "NANO", "NaN1", "nan%", "-.", "true", "abc", "1.5.2")
                + [
                    decimal("1.1234567891E-4", "11234567891", -14), decimal("1.123456789123e-1", "1123456789123", -13),
                    decimal("9.99999999999e2", "999999999999", -9), decimal("1.23456789012e5", "123456789012", -6),
                    decimal("-1.1234567891e-3", "11234567891", -13),
                    decimal("9223372036854775808", "9223372036854775808", 0),
                    decimal("-9223372036854775809", "9223372036854775809", 0),
                    decimal("92233.72036854775808", "9223372036854775808", -14),
                    decimal("922337203685477580.7", "9223372036854775807", -1),
                    decimal("0.30000000000000004", "30000000000000004", -17), decimal("1e8", "1", 8),
                    decimal("1.0E16", "1", 16), decimal("24.50", "245", -1),
                ]
        case .uint:
            return none("-5", "1.5", "x", "4294967296", "18446744073709551616", "true") + [right("0", .decimal("0e0"))]
        case .int: return none("140737488355328", "-140737488355329", "1.5", "x")
        case .currency:
            return none("usd", "nonsense", "-1", "70000", "999", "431")
                + [right("BRL", .number(986)), right("USc", .number(2009), true), right("GBp", .number(2008))]
        case .venue:
            // Digits that are the text of one value and the number of another mean nothing for certain.
            return (format == .json ? [] : none("431"))
                + [right("43", .number(43)), right("OTC", .number(431)), right(" OTC ", .number(431))]
        case .day:
            return none(
                "2026-13-41", "31 FEB 2026", "2026-02-29", "21/11/2026x", "00000000", "2026-1-2x", "20261131", "0")
                + [right("21 Nov 2026", .day("2026-11-21")), right("29 FEB 2028", .day("2028-02-29"))]
        case .time:
            return none("24:00:00", "25:00:00", "99:99", "12:60:00", "2026-11-21T12:34:56Z", "123456")
                + [right("23:59:60", .time("23:59:60"), true), right("1:02:03", .time("01:02:03"))]
        case .text:
            return [
                right("é", .text("é")), right("日本", .text("日本")), right(#"a\\b"#, .text(#"a\\b"#), true),
                right(#"a\"b"#, .text(#"a\"b"#), true), right("1.50", .text("1.50")), right("007", .text("007")),
                right("Info", .text("Info")),
            ]
        case .ascii: return none("é", "日本") + [right(#"a\\b"#, .text(#"a\\b"#), true)]
        }
    }
}
