internal import ArgumentParser
internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// A time on a command line: `17:30` of this machine's day, or a day or a time in UTC such as `2026-11-29T17:30Z`.
struct TimeArgument: ExpressibleByArgument, Sendable, Equatable {
    private enum Given: Sendable, Equatable {
        case at(Int64)
        /// Microseconds since midnight.
        case ofDay(Int64)
    }

    private let given: Given

    init?(argument: String) {
        if let time = GivenTime.utc(argument) {
            given = .at(time)
        } else if let time = GivenTime.timeOfDay(argument[...]) {
            given = .ofDay(time)
        } else {
            return nil
        }
    }

    /// Microseconds since 1970: a time of the day is the last one that was.
    var last: Int64 { at(Clock.wall()) { $0 <= Clock.wall() ? 0 : -1 } }

    /// The same; a time of the day is the next one that comes.
    var next: Int64 { at(Clock.wall()) { $0 > Clock.wall() ? 0 : 1 } }

    private func at(_ now: Int64, _ days: (Int64) -> Int32) -> Int64 {
        switch given {
        case .at(let time): return time
        case .ofDay(let time):
            let today = Self.onDay(of: now, plus: 0, time)
            let days = days(today)
            return days == 0 ? today : Self.onDay(of: now, plus: days, time)
        }
    }

    /// A time of this machine's day.
    private static func onDay(of now: Int64, plus days: Int32, _ time: Int64) -> Int64 {
        var seconds = time_t(now / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        parts.tm_mday += days
        (parts.tm_hour, parts.tm_min) = (Int32(time / 3_600_000_000), Int32(time / 60_000_000 % 60))
        parts.tm_sec = Int32(time / 1_000_000 % 60)
        // Whether summer time holds then is for the C library to find.
        parts.tm_isdst = -1
        return Int64(mktime(&parts)) * 1_000_000 + time % 1_000_000
    }
}
