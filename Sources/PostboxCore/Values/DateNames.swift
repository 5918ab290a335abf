/// The names of months, days and halves of the day in one language.
struct DateNames: Sendable {
    /// A text's value, and its place in `letters`.
    private struct Name: Sendable {
        var value: Int
        var start: Int
        var count: Int
    }

    /// Names of one kind, the longest first, so that `March` is not read as `Mar`.
    struct List: Sendable {
        private var names: [Name] = []
        /// Unicode scalars in lower case.
        private var letters: [UInt32] = []

        /// - Parameter words: one text a value, from 1 on; its names stand apart by `|`.
        init(_ words: [Substring]) {
            for (index, word) in words.enumerated() {
                for name in word.split(separator: "|") {
                    let scalars = name.unicodeScalars.map { folded($0.value) }
                    names.append(Name(value: index + 1, start: letters.count, count: scalars.count))
                    letters += scalars
                }
            }
            names.sort { $0.count > $1.count }
        }

        /// Reads a name at the index, in any case, and moves behind it; nil: there is none.
        func read(_ text: Span<UInt8>, at index: inout Int) -> Int? {
            guard index < text.count else { return nil }
            var (first, behindFirst) = scalar(text, at: index)
            first = folded(first)
            for position in names.indices {
                let name = names[position]
                guard letters[name.start] == first else { continue }
                var next = behindFirst
                var matched = 1
                while matched < name.count, next < text.count {
                    let (letter, behind) = scalar(text, at: next)
                    guard folded(letter) == letters[name.start + matched] else { break }
                    next = behind
                    matched += 1
                }
                guard matched == name.count else { continue }
                index = next
                return name.value
            }
            return nil
        }
    }

    /// 1 to 12.
    let months: List
    /// `3月`: a month's name begins with a digit.
    let areMonthsNumbered: Bool
    /// 1 for Monday to 7 for Sunday.
    let days: List
    /// 1 in the morning, 2 from noon on.
    let halves: List

    /// English without a language.
    init(locale: String?) throws(SettingsMistake) {
        // The country makes no difference: Austria's January is listed with Germany's.
        let language = (locale ?? "en").prefix { $0 != "-" && $0 != "_" }.lowercased()
        guard let words = dateWords(in: language) else {
            throw SettingsMistake(
                "a pattern with a known `locale`: `\(locale ?? "")` is none of \(dateLanguages.joined(separator: ", "))"
            )
        }
        months = List(words.months.split(separator: " "))
        areMonthsNumbered = words.months.hasPrefix("1")
        days = List(words.days.split(separator: " "))
        halves = List([
            Substring("am|a.m.|a. m.|a.\u{A0}m.|a.\u{202F}m." + words.morning),
            Substring("pm|p.m.|p. m.|p.\u{A0}m.|p.\u{202F}m." + words.afternoon),
        ])
    }

    /// The eras of Japan in their order, by letter, character and name.
    static let eras = List(["m|Ｍ|明|明治|㍾", "t|Ｔ|大|大正|㍽", "s|Ｓ|昭|昭和|㍼", "h|Ｈ|平|平成|㍻", "r|Ｒ|令|令和|㋿"])
    /// The first year of an era is 元.
    static let firstYear = List(["元"])

    /// The day's year by an era, or nil when that day is not of that era. 1 is Meiji, 5 Reiwa.
    static func year(ofEra era: Int, _ year: Int, month: Int, day: Int) -> Int? {
        guard era >= 1, era <= eraStarts.count, year >= 1 else { return nil }
        let first = eraStarts[era - 1]
        let westernYear = first.0 + year - 1
        guard (westernYear, month, day) >= first else { return nil }
        guard era == eraStarts.count || (westernYear, month, day) < eraStarts[era] else { return nil }
        // Japan's months were others before.
        return westernYear >= 1873 ? westernYear : nil
    }

    /// Year, month and day.
    private static let eraStarts = [(1868, 1, 25), (1912, 7, 30), (1926, 12, 25), (1989, 1, 8), (2019, 5, 1)]
}

/// The Unicode scalar at the index and the index behind it; a byte that begins none is a scalar that no name has.
private func scalar(_ text: Span<UInt8>, at index: Int) -> (scalar: UInt32, behind: Int) {
    let lead = text[index]
    if lead < 0x80 { return (UInt32(lead), index + 1) }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, index + length <= text.count else { return (.max, index + 1) }
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for next in index + 1..<index + length {
        guard text[next] & 0xC0 == 0x80 else { return (.max, index + 1) }
        value = value << 6 | UInt32(text[next] & 0x3F)
    }
    return (value, index + length)
}

/// The scalar in lower case.
private func folded(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return scalar &- UInt32(UInt8(ascii: "A")) <= 25 ? scalar | 0x20 : scalar }
    return Unicode.Scalar(scalar)?.properties.lowercaseMapping.unicodeScalars.first?.value ?? scalar
}
