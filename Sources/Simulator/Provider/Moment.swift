#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A point in time: for measuring, and for telling.
struct Moment: Equatable {
    /// Of a clock that never steps.
    var nanoseconds: Int64
    /// Since 1970.
    var epochMicroseconds: Int64

    static func now() -> Moment {
        Moment(nanoseconds: read(CLOCK_MONOTONIC), epochMicroseconds: read(CLOCK_REALTIME) / 1000)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// Counts what happened in the last second, for any second, not only for those that a clock strikes.
struct SlidingSecond {
    private var groups: [(time: Int64, count: Int)] = []
    private var oldest = 0
    private(set) var count = 0

    /// Adds `added` events; returns how many there were within the second that ends now, its first instant excluded.
    mutating func add(_ added: Int, at time: Int64) -> Int {
        while oldest < groups.count, groups[oldest].time <= time - 1_000_000_000 {
            count -= groups[oldest].count
            oldest += 1
        }
        if oldest > 4096, oldest * 2 > groups.count {
            groups.removeFirst(oldest)
            oldest = 0
        }
        if groups.count > oldest, groups[groups.count - 1].time == time {
            groups[groups.count - 1].count += added
        } else {
            groups.append((time, added))
        }
        count += added
        return count
    }
}
