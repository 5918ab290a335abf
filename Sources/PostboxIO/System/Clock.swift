internal import CLinux
internal import Glibc
package import PostboxCore

/// The two clocks, read together.
package enum Clock {
    package static func now() -> Moment {
        Moment(monotonic: monotonic(), wall: wall())
    }

    /// Nanoseconds of CLOCK_MONOTONIC.
    package static func monotonic() -> Int64 {
        var t = timespec()
        clock_gettime(CLOCK_MONOTONIC, &t)
        return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
    }

    /// Microseconds since 1970.
    package static func wall() -> Int64 {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Int64(t.tv_sec) * 1_000_000 + Int64(t.tv_nsec) / 1000
    }

    /// How well the wall clock is; nil: the kernel does not tell.
    package static func state() -> ClockState? {
        var isSynchronised: Int32 = 0
        var error = 0
        guard postbox_clock_state(&isSynchronised, &error) == 0 else { return nil }
        return ClockState(isSynchronised: isSynchronised != 0, estimatedError: error)
    }
}
