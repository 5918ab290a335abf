/// A date pattern in Unicode's letters, made into steps over bytes.
struct DatePattern: Sendable {
    enum Number: Sendable {
        case year
        /// Of two digits: 1970 to 2069.
        case shortYear
        /// Of an era; 元 is 1.
        case yearOfEra
        case month, day, hour, minute, second
    }

    enum Offset: Sendable, Equatable {
        /// `+01` or `+0130`
        case hours
        /// `+0100`
        case digits
        /// `+01:00`
        case colon
    }

    enum Step: Sendable {
        /// A text as it stands: its place in `literals`.
        case literal(start: Int, count: Int)
        /// `behind`: so many digits follow without a sign between them, so that the number's own length follows.
        case number(Number, fewest: Int, most: Int, behind: Int)
        case monthName
        case dayName
        case half
        case decimals(Int)
        /// `takesZ`: it may be `Z` for UTC.
        case offset(Offset, takesZ: Bool)
        /// `UTC` or `GMT`.
        case nameOfUTC
        case era
    }

    private(set) var steps: [Step] = []
    private(set) var literals: [UInt8] = []
    private(set) var has: DateParts.Set = []
    /// Decimals of the second.
    private(set) var decimals = 0
    let names: DateNames

    /// - Throws: what is wrong with the pattern or the language, as a clause behind "is not".
    init(_ pattern: String, locale: String?) throws(SettingsMistake) {
        names = try DateNames(locale: locale)
        try addSteps(Array(pattern.utf8), isJapanese: locale.map { $0.hasPrefix("ja") } ?? false)
        try joinDigits()
        try check()
    }

    private mutating func addSteps(_ pattern: [UInt8], isJapanese: Bool) throws(SettingsMistake) {
        let quote = UInt8(ascii: "'")
        var index = 0
        while index < pattern.count {
            let byte = pattern[index]
            if byte == quote {
                index += 1
                if index < pattern.count, pattern[index] == quote {
                    addLiteral(quote)
                    index += 1
                    continue
                }
                var isClosed = false
                while index < pattern.count, !isClosed {
                    if pattern[index] != quote {
                        addLiteral(pattern[index])
                    } else if index + 1 < pattern.count, pattern[index + 1] == quote {
                        addLiteral(quote)
                        index += 1
                    } else {
                        isClosed = true
                    }
                    index += 1
                }
                guard isClosed else { throw mistake("a single quote is not closed") }
            } else if (byte | 0x20) &- UInt8(ascii: "a") <= 25 {
                let end = pattern[index...].firstIndex { $0 != byte } ?? pattern.count
                try add(byte, end - index, isJapanese: isJapanese)
                index = end
            } else {
                addLiteral(byte)
                index += 1
            }
        }
    }

    private mutating func addLiteral(_ byte: UInt8) {
        if case .literal(let start, let count)? = steps.last {
            steps[steps.count - 1] = .literal(start: start, count: count + 1)
        } else {
            steps.append(.literal(start: literals.count, count: 1))
        }
        literals.append(byte)
    }

    private mutating func add(_ letter: UInt8, _ count: Int, isJapanese: Bool) throws(SettingsMistake) {
        func number(_ number: Number) -> Step {
            .number(number, fewest: count == 2 ? 2 : 1, most: 2, behind: 0)
        }
        let part: DateParts.Set
        let step: Step
        switch (UnicodeScalar(letter), count) {
        case ("y", 1...2) where has.contains(.era): (part, step) = (.year, number(.yearOfEra))
        case ("y", 1): (part, step) = (.year, .number(.year, fewest: 2, most: 4, behind: 0))
        case ("y", 2): (part, step) = (.year, number(.shortYear))
        case ("y", 4) where !has.contains(.era): (part, step) = (.year, .number(.year, fewest: 4, most: 4, behind: 0))
        case ("M", 1...2): (part, step) = (.month, number(.month))
        case ("M", 3...4): (part, step) = (.month, .monthName)
        case ("d", 1...2): (part, step) = (.day, number(.day))
        case ("E", 1...4): (part, step) = (.weekday, .dayName)
        case ("H", 1...2): (part, step) = (.hour, number(.hour))
        case ("h", 1...2): (part, step) = (.hourOfHalf, number(.hour))
        case ("a", 1): (part, step) = (.half, .half)
        case ("m", 1...2): (part, step) = (.minute, number(.minute))
        case ("s", 1...2): (part, step) = (.second, number(.second))
        case ("S", 1...9):
            decimals = count
            (part, step) = (.decimals, .decimals(count))
        case ("X", 1), ("x", 1): (part, step) = (.offset, .offset(.hours, takesZ: letter == UInt8(ascii: "X")))
        case ("X", 2), ("x", 2): (part, step) = (.offset, .offset(.digits, takesZ: letter == UInt8(ascii: "X")))
        case ("X", 3), ("x", 3): (part, step) = (.offset, .offset(.colon, takesZ: letter == UInt8(ascii: "X")))
        case ("Z", 1...3): (part, step) = (.offset, .offset(.digits, takesZ: true))
        case ("z", 1): (part, step) = (.offset, .nameOfUTC)
        case ("G", 1...4) where isJapanese:
            guard !has.contains(.year) else { throw mistake("the era `G` stands before the year `y`") }
            (part, step) = (.era, .era)
        default: throw mistake(Self.explanation(of: letter, count, hasEra: has.contains(.era)))
        }
        let letter = String(UnicodeScalar(letter))
        guard has.isDisjoint(with: part) else { throw mistake("`\(letter)` says what another letter says already") }
        has.insert(part)
        steps.append(step)
    }

    private static func explanation(of letter: UInt8, _ count: Int, hasEra: Bool) -> String {
        let letters = String(repeating: String(UnicodeScalar(letter)), count: min(count, 12))
        let what: String
        switch UnicodeScalar(letter) {
        case "y" where hasEra: what = "the year of an era is `y` or `yy`"
        case "y": what = "a year is `yyyy` (four digits), `yy` (two) or `y`"
        case "u", "Y": what = "a year is `yyyy`"
        case "D": what = "a day of the month is `dd`"
        case "L": what = "a month is `MM`, `MMM` or `MMMM`"
        case "k", "K": what = "an hour is `HH`, or `hh` with `a`"
        case "G": what = "an era is read with `locale: ja` alone"
        case "S": what = "a second has at most nine decimals"
        case "X", "x", "Z": what = "an offset is `XXX` (+01:00 or Z), `XX` (+0100 or Z) or `X` (+01 or Z)"
        case "z": what = "names of zones are ambiguous; `z` reads UTC and GMT alone"
        case "V", "v", "O": what = "the zone is the key `zone`"
        default: what = "the letters are y M d E H h a m s S X x Z z G, and text stands in single quotes, as in 'T'"
        }
        return "`\(letters)` has no meaning here: \(what)"
    }

    /// Where day, month and year stand, if the pattern is nothing else than numbers of two and four digits with single characters
    /// between them: `dd.MM.yyyy`, `yyyyMMdd`. Nil: it is more than that.
    var plainDay: PlainDay? {
        guard has == .date else { return nil }
        var day = PlainDay()
        for step in steps {
            switch step {
            case .literal(let start, let count):
                guard count == 1, day.mark(literals[start]) else { return nil }
            case .number(let number, let fewest, let most, _) where fewest == most:
                switch number {
                case .year where most == 4: day.year = day.length
                case .month where most == 2: day.month = day.length
                case .day where most == 2: day.day = day.length
                default: return nil
                }
                day.length += most
            default: return nil
            }
        }
        return day
    }

    /// Tells each number of one or two digits how many digits follow it immediately.
    private mutating func joinDigits() throws(SettingsMistake) {
        var behind = 0
        for index in steps.indices.reversed() {
            switch steps[index] {
            case .number(let number, let fewest, let most, _) where fewest < most:
                guard behind >= 0 else {
                    throw mistake(
                        "two numbers stand side by side, and neither has a fixed count of digits: write `dd`, `MM`, `HH`"
                    )
                }
                steps[index] = .number(number, fewest: fewest, most: most, behind: behind)
                behind = -1
            case .number(_, _, let most, _): if behind >= 0 { behind += most }
            case .decimals(let count): if behind >= 0 { behind += count }
            case .literal(let start, _) where literals[start] &- UInt8(ascii: "0") <= 9: behind = -1
            case .monthName where names.areMonthsNumbered: behind = -1
            default: behind = 0
            }
        }
    }

    /// Says what belongs together.
    private func check() throws(SettingsMistake) {
        if has.contains(.era), !has.contains(.year) { throw mistake("the era `G` needs a year `y` behind it") }
        if has.contains(.hourOfHalf) {
            if has.contains(.hour) { throw mistake("`H` and `h` are both the hour") }
            if !has.contains(.half) { throw mistake("`h` needs `a` (AM or PM); the hour from 0 to 23 is `H`") }
        } else if has.contains(.half), !has.contains(.hour) {
            throw mistake("`a` needs an hour `h`")
        }
        if has.contains(.decimals), !has.contains(.second) { throw mistake("the decimals `S` need a second `ss`") }
        if has.contains(.second), !has.contains(.minute) { throw mistake("the second `ss` needs a minute `mm`") }
        if has.contains(.minute), !has.hasHour {
            throw mistake("the minute `mm` needs an hour `HH`; the month is `MM`")
        }
    }

    private func mistake(_ what: String) -> SettingsMistake {
        SettingsMistake("a pattern such as dd.MM.yyyy or HH:mm:ss: \(what)")
    }
}

/// A day as most files write it, read without a step for each of its parts.
struct PlainDay: Sendable {
    /// Where they begin.
    fileprivate(set) var year = 0
    fileprivate(set) var month = 0
    fileprivate(set) var day = 0
    /// Bytes of the whole.
    fileprivate(set) var length = 0
    /// At most two characters between them, with their places; below 0: there is none.
    private var first = (at: -1, byte: UInt8(0))
    private var second = (at: -1, byte: UInt8(0))

    /// Adds a character between two numbers; false: there are two already.
    fileprivate mutating func mark(_ byte: UInt8) -> Bool {
        guard second.at < 0 else { return false }
        if first.at < 0 { first = (length, byte) } else { second = (length, byte) }
        length += 1
        return true
    }

    /// The day that a text is; nil: it is not of the pattern, or the calendar has no such day.
    @inline(__always)
    func read(_ text: Span<UInt8>) -> (year: Int, month: Int, day: Int)? {
        guard text.count == length, first.at < 0 || text[first.at] == first.byte,
            second.at < 0 || text[second.at] == second.byte
        else { return nil }
        let upper = two(text, year)
        let (lower, month, day) = (two(text, year &+ 2), two(text, month), two(text, day))
        // One that is below 0 makes the whole so.
        guard upper | lower | month | day >= 0 else { return nil }
        let year = upper &* 100 &+ lower
        return DateCalendar.has(year: year, month: month, day: day) ? (year, month, day) : nil
    }

    /// A number of two digits; below 0: they are none.
    @inline(__always)
    private func two(_ text: Span<UInt8>, _ at: Int) -> Int {
        let tens = text[at] &- UInt8(ascii: "0")
        let ones = text[at &+ 1] &- UInt8(ascii: "0")
        return tens <= 9 && ones <= 9 ? Int(tens) &* 10 &+ Int(ones) : -1
    }
}
