/// Days as people type them: `2026-11-27`, in UTC.
package enum DayText {
    /// Microseconds of a day.
    package static let microseconds: Int64 = 86_400_000_000

    /// When a day begins, microseconds since 1970; nil: the text is no day.
    package static func start(_ text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2] else { return nil }
        let numbers = parts.compactMap { SettingsText.wholeNumber(String($0), in: 0...9999) }
        guard numbers.count == 3, let day = DateCalendar.day(year: numbers[0], month: numbers[1], day: numbers[2])
        else { return nil }
        return Int64(day) * microseconds
    }
}
