internal import ArgumentParser
internal import PostboxCore
internal import PostboxIO

/// A time on a command line; see `GivenTime` for what it means.
struct TimeArgument: Sendable, Equatable {
    private let given: GivenTime

    /// Reads it, as the `transform` of an option; throws what it may be.
    init(_ text: String) throws {
        guard let given = GivenTime(text) else { throw ValidationError("it takes \(GivenTime.forms)") }
        self.given = given
    }

    /// Microseconds since 1970. Throws where it is one of this machine's zone, and that cannot be read.
    func at(_ bound: GivenTime.Bound) throws -> Int64 {
        try given.at(bound, now: Clock.wall()) { () throws(ValidationError) in try Self.zone() }
    }

    /// From when to when; nil: at any time. Throws as `at`, and where nothing can lie between them.
    static func bounds(from: Self?, to: Self?) throws -> (from: Int64?, to: Int64?) {
        let (start, end) = (try from?.at(.since), try to?.at(.to))
        if let start, let end, start >= end {
            throw ValidationError("--from is not before --to: nothing lies between them.")
        }
        return (start, end)
    }

    /// When a day of this machine's zone begins and when it ends. Throws as `at`.
    static func bounds(ofDay day: Int) throws -> (start: Int64, end: Int64) {
        let zone = try zone()
        return (BusinessCalendar.time(0, on: day, in: zone), BusinessCalendar.time(0, on: day + 1, in: zone))
    }

    /// Reads a day, as the `transform` of an option or argument: its number, counted from 1970-01-01. Throws what it may be.
    static func day(_ text: String) throws -> Int {
        guard let day = GivenTime.day(text) else { throw ValidationError("it takes a day such as 2026-12-24") }
        return day
    }

    private static func zone() throws(ValidationError) -> TimeZoneRules {
        do throws(SettingsMistake) {
            return try ZoneFiles.local()
        } catch {
            throw ValidationError(
                "This machine's zone is not \(error.expected). Give the time with its zone, such as 2026-12-24T17:30Z.")
        }
    }

    /// For the help of commands that take a time.
    static let help = """
        A time is 2026-12-24T17:30, 2026-12-24 or 17:30 of this machine's zone, 2026-12-24T17:30Z of UTC, or a span such as 90m, 2h \
        or 7d: ago for what was, from now on for what will be. Where a day is an end, the whole day counts.
        """
}
