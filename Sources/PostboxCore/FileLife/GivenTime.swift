/// Times as people and programs give them.
package enum GivenTime {
    /// Microseconds since 1970 of `2026-11-29`, `2026-11-29T08:00Z` or `2026-11-29T08:00:00.5Z`, in UTC; nil: it is none.
    package static func utc(_ text: String) -> Int64? {
        if let day = DayText.start(text) { return day }
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasSuffix("Z"), let day = DayText.start(String(parts[0])),
            let time = timeOfDay(parts[1].dropLast())
        else { return nil }
        return day + time
    }

    /// Microseconds since midnight of `8:00`, `08:00:30` or `08:00:30.25`; nil: it is none.
    package static func timeOfDay(_ text: Substring) -> Int64? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(number)
        guard halves.count <= 2, parts.count == 2 || parts.count == 3, let hours = parts[0], let minutes = parts[1],
            hours < 24, minutes < 60
        else { return nil }
        var microseconds = (hours * 3600 + minutes * 60) * 1_000_000
        if parts.count == 3 {
            guard let seconds = parts[2], seconds < 60 else { return nil }
            microseconds += seconds * 1_000_000
        }
        if halves.count == 2 {
            let digits = halves[1]
            guard parts.count == 3, (1...6).contains(digits.count), digits.allSatisfy(\.isWholeNumber),
                let fraction = Int64(digits + String(repeating: "0", count: 6 - digits.count))
            else { return nil }
            microseconds += fraction
        }
        return microseconds
    }

    /// One or two digits.
    private static func number(_ text: Substring) -> Int64? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}
