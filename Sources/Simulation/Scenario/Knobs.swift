/// The numbers that decide how a simulated cluster behaves. Times are in microseconds; the names in scenario files are
/// those of the properties.
package struct Knobs: Hashable, Sendable {
    // Consensus.
    package var heartbeat = 50_000
    package var electionTimeout = 150_000
    package var appendBytesMax = 1 << 20
    package var appendEntriesMax = 1024
    package var appendsInFlightMax = 1
    package var uncommittedBytesMax = 64 << 20
    package var retainedBytesMax = 16 << 20
    package var degradeAfter = 1_000_000

    // The log on disk.
    package var segmentBytes = 64 << 10
    package var firstSegmentBytes = 16 << 10
    package var reserveBytes = 1024
    /// After how many applied entries the log is cut; 0: never.
    package var trimAfter = 0
    /// After how many applied entries a checkpoint is kept.
    package var checkpointAfter = 50
    /// How often a piece of the log is read, to see whether it can be; 0: never.
    package var scrub = 0

    // The machines: how long things take there.
    package var turnMax = 20
    package var diskMin = 100
    package var diskMax = 400
    /// How often a write takes up to `diskSpikeMax` instead.
    package var diskSpikePermille = 0
    package var diskSpikeMax = 30_000
    /// How long until a process that ended by itself is started again.
    package var restart = 200_000

    // The network between them.
    package var delayMin = 50
    package var delayMax = 400
    package var delaySpikePermille = 0
    package var delaySpikeMax = 100_000
    package var lossPermille = 0
    package var duplicatePermille = 0
    /// How often an RPC or its answer comes once more, up to `echoMax` later.
    package var echoPermille = 0
    package var echoMax = 3_000_000
    /// 1: answers that come after their request was given up are delivered all the same.
    package var lateAnswers = 0
    /// An append without an answer for this long is given up.
    package var appendStall = 2_000_000

    // Who uses them.
    package var clients = 3
    package var thinkMax = 60_000
    package var readPermille = 300
    package var batchMax = 1
    package var contentBytesMax = 40
    /// How often a write asks for more copies than a majority.
    package var copiesPermille = 50
    package var hold = 300_000
    package var requestTimeout = 800_000

    /// Machines that have no part in the cluster at first.
    package var spares = 0
    /// How long faults happen.
    package var duration = 4_000_000

    package init() {}

    /// Every one of them by its name.
    package static let all: [(name: String, path: any WritableKeyPath<Knobs, Int> & Sendable)] = [
        ("echoPermille", \.echoPermille), ("echoMax", \.echoMax),
        ("heartbeat", \.heartbeat), ("electionTimeout", \.electionTimeout), ("appendBytesMax", \.appendBytesMax),
        ("appendEntriesMax", \.appendEntriesMax), ("appendsInFlightMax", \.appendsInFlightMax),
        ("uncommittedBytesMax", \.uncommittedBytesMax), ("retainedBytesMax", \.retainedBytesMax),
        ("degradeAfter", \.degradeAfter),
        ("segmentBytes", \.segmentBytes), ("firstSegmentBytes", \.firstSegmentBytes), ("reserveBytes", \.reserveBytes),
        ("trimAfter", \.trimAfter), ("checkpointAfter", \.checkpointAfter), ("scrub", \.scrub),
        ("turnMax", \.turnMax), ("diskMin", \.diskMin), ("diskMax", \.diskMax),
        ("diskSpikePermille", \.diskSpikePermille), ("diskSpikeMax", \.diskSpikeMax), ("restart", \.restart),
        ("delayMin", \.delayMin), ("delayMax", \.delayMax), ("delaySpikePermille", \.delaySpikePermille),
        ("delaySpikeMax", \.delaySpikeMax), ("lossPermille", \.lossPermille),
        ("duplicatePermille", \.duplicatePermille), ("lateAnswers", \.lateAnswers), ("appendStall", \.appendStall),
        ("clients", \.clients), ("thinkMax", \.thinkMax), ("readPermille", \.readPermille), ("batchMax", \.batchMax),
        ("contentBytesMax", \.contentBytesMax), ("copiesPermille", \.copiesPermille), ("hold", \.hold),
        ("requestTimeout", \.requestTimeout), ("spares", \.spares), ("duration", \.duration),
    ]
}
