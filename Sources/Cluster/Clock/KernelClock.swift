import CClock

/// What the kernel says of this machine's wall clock.
package struct KernelClock: Hashable, Sendable {
    /// Something, such as NTP, keeps it right.
    package var isSynchronized: Bool
    /// What the kernel still has to correct.
    package var offsetMilliseconds: Double
    /// How far off it may be at most.
    package var maxErrorMilliseconds: Double

    package init(isSynchronized: Bool, offsetMilliseconds: Double, maxErrorMilliseconds: Double) {
        self.isSynchronized = isSynchronized
        self.offsetMilliseconds = offsetMilliseconds
        self.maxErrorMilliseconds = maxErrorMilliseconds
    }

    /// Now, or nil where the kernel does not say.
    static func read() -> KernelClock? {
        var clock = cclock()
        guard cclock_read(&clock) else { return nil }
        return KernelClock(
            isSynchronized: clock.is_synchronized,
            offsetMilliseconds: Double(clock.offset_ns) / 1e6,
            maxErrorMilliseconds: Double(clock.max_error_ns) / 1e6
        )
    }
}
