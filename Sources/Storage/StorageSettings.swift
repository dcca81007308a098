package import Raft

/// How the storage of a node behaves.
package struct StorageSettings: Sendable {
    /// Bytes of a full-grown segment. 64 MiB.
    package var segmentBytes: Int
    /// Bytes of the first segment; each next one is four times as large until `segmentBytes`, so that a small cluster
    /// takes little room. 4 MiB.
    package var firstSegmentBytes: Int
    /// Proposals are refused while less than this is left in the segment and the next one can't be made. 3 MiB: more
    /// than what is on its way by then, so that votes still find room.
    package var lowWaterBytes: Int
    /// Bytes of the file kept so that small writes still have room when the disk is full. 1 MiB.
    package var reserveBytes: Int
    /// The least time between two attempts to make a segment on a disk that was full. 1 s.
    package var retryInterval: Duration
    /// Whether the next segment is made on a thread of its own; otherwise by the call that notices it is due.
    package var preparesInBackground: Bool
    /// A monotonic clock.
    package var now: @Sendable () -> Instant

    package init(
        segmentBytes: Int = 64 << 20,
        firstSegmentBytes: Int = 4 << 20,
        lowWaterBytes: Int = 3 << 20,
        reserveBytes: Int = 1 << 20,
        retryInterval: Duration = .seconds(1),
        preparesInBackground: Bool = true,
        now: @escaping @Sendable () -> Instant = StorageSettings.monotonicNow
    ) {
        precondition(
            firstSegmentBytes >= 512 && segmentBytes >= firstSegmentBytes && segmentBytes <= 1 << 30,
            "segments of \(firstSegmentBytes) to \(segmentBytes) bytes: must be 512 to 1 GiB, the first not the larger"
        )
        self.segmentBytes = segmentBytes
        self.firstSegmentBytes = firstSegmentBytes
        self.lowWaterBytes = lowWaterBytes
        self.reserveBytes = reserveBytes
        self.retryInterval = retryInterval
        self.preparesInBackground = preparesInBackground
        self.now = now
    }

    /// The system's monotonic clock.
    package static let monotonicNow: @Sendable () -> Instant = {
        let start = ContinuousClock.now
        return { Instant(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds) }
    }()
}
