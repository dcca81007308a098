import Glibc
package import Raft

/// The two clocks of this machine, read only by the shell.
package enum Clocks {
    /// The monotonic clock: for timeouts. Stands still while the machine sleeps.
    package static func monotonic() -> Instant {
        var time = timespec()
        let failed = clock_gettime(CLOCK_MONOTONIC, &time)
        precondition(failed == 0, "the monotonic clock can't be read: errno \(errno)")
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// The wall clock, in milliseconds since 1970: for time stamps only, never for safety.
    package static func wallMilliseconds() -> UInt64 { UInt64(wallMicroseconds()) / 1000 }

    /// The wall clock, in microseconds since 1970: to compare it with those of other machines.
    static func wallMicroseconds() -> Int64 {
        var time = timespec()
        let failed = clock_gettime(CLOCK_REALTIME, &time)
        precondition(failed == 0, "the wall clock can't be read: errno \(errno)")
        return max(0, Int64(time.tv_sec)) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
