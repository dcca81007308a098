import Raft
import SimulatedDisk
import Storage

/// One machine: its disk and clocks, which outlive its processes, and the process that runs on it, if one does.
final class Machine {
    let number: Int
    /// What faults know it by.
    let name: NodeID
    /// Of the node that runs here: one that joins may take over the name of one that was removed.
    var id: NodeID
    /// What that node is to be; a witness is one from its beginning to its end.
    var kind: Membership.Member.Kind
    /// Whether it is in the membership that the cluster was formed with.
    let isFounder: Bool
    let incarnation: Incarnation
    let clock: MachineClock
    var disk: FaultyDisk
    /// Counts the processes there were.
    var boot = 0
    var replica: SimulatedReplica?
    /// From when a process has opened the directory to its end.
    var keeper: SimulatedKeeper?
    /// When a bit of its log turned over last; nil while everything in it is known to be good.
    var damagedAt: Instant?
    /// Bytes of its segments that a later batch vouches for.
    var vouched: [String: Int] = [:]
    /// The process asks to be taken into the cluster.
    var joining: DataDirectory?
    /// It runs, or is to run, a node of the cluster, or one that wants to be.
    var isInUse: Bool
    /// Its log has begun, some time.
    var isTakenIn: Bool
    /// Answers nothing at all; a machine that is on but runs no process refuses connections.
    var isOff = false
    var isPaused = false
    /// What happened to the process while it stood still.
    var deferred: [Happening] = []
    /// Its disk was lost: it is no member any more.
    var isWiped = false

    /// When something last happened to it, or its process began or ended.
    var troubled: Instant = .zero
    /// A copy of the directory, and how often it was started on until then.
    struct Backup {
        var disk: FaultyDisk
        var boot: UInt64
    }

    var backup: Backup?
    /// It runs on an older copy: what it does is judged for itself, and nobody may hear it.
    var isOutdated = false
    /// Who judges it; nil: the one of the cluster as it was formed.
    var ownOracle: Oracle?
    /// It was told so, and has noted it.
    var isTold = false
    /// How often the directory was started on.
    var bootCount: UInt64 = 0
    /// The same when a process last took part.
    var lastBoot: UInt64 = 0
    /// What it has noted of the others' starts.
    var knownBoots: [NodeID: UInt64] = [:]

    /// Its disk is not the one it promised things with.
    var isLost: Bool { isWiped || isOutdated }

    var isDiskHung = false
    var isDiskFull = false
    var clockRate = 0
    var diskSlowness = 0
    /// How long writes take, and turns.
    var diskRandom: SplitMix64
    var turnRandom: SplitMix64
    /// What the next crash within an operation does to unsynced writes; nil where only the process ends.
    var trapPower: UnsyncedFate?

    /// - Parameter kind: nil for a machine that is no member at first.
    init(number: Int, name: NodeID, kind: Membership.Member.Kind?, seeds: Seeds) {
        self.number = number
        self.name = name
        id = name
        self.kind = kind ?? .learner
        isFounder = kind != nil
        isInUse = isFounder
        isTakenIn = isFounder
        incarnation = Incarnation(seeds.value(.incarnation, number) | 1)
        clock = MachineClock(start: seeds.value(.clock, number) % 1_000_000_000_000)
        disk = FaultyDisk(seed: seeds.value(.disk, number))
        diskRandom = seeds.random(.diskTime, number)
        turnRandom = seeds.random(.turn, number)
    }

    var identity: MemberIdentity { MemberIdentity(id: id, incarnation: incarnation) }

    /// How others are to know it, as a member of this kind.
    func member(_ kind: Membership.Member.Kind) -> Membership.Member {
        Membership.Member(id: id, kind: kind, incarnation: incarnation, url: "http://\(name)")
    }

    /// How far each segment is written.
    var usedBytes: [String: Int] {
        var used: [String: Int] = [:]
        for name in (try? disk.list("log")) ?? [] where name.hasSuffix(".log") {
            let path = "log/" + name
            used[path] = disk.bytes(of: path).flatMap { bytes in bytes.lastIndex { $0 != 0 } }.map { $0 + 1 }
        }
        return used
    }

    /// Files on its disk that can be made of others, in the order of their names.
    var derivedFiles: [String] {
        let summaries = ((try? disk.list("log")) ?? []).filter { $0.hasSuffix(".summary") }.sorted()
        return summaries.map { "log/" + $0 } + (disk.bytes(of: "checkpoint") == nil ? [] : ["checkpoint"])
    }

    /// The process with this boot, if it still runs.
    func replica(boot: Int) -> SimulatedReplica? { self.boot == boot ? replica : nil }
}
