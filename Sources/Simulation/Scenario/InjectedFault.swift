package import Raft
package import SimulatedDisk

/// One thing that goes wrong, or goes right again.
package enum InjectedFault: Hashable, Sendable {
    /// The process ends, as by `kill -9`; with `power` the whole machine does, and what was not synced may be lost. The
    /// write under way gets as far as `operations` of its disk operations.
    case crash(NodeID, power: UnsyncedFate?, operations: Int)
    /// The same, in the disk operation with this number from now on, whatever it belongs to. Starts again by itself.
    case trap(NodeID, power: UnsyncedFate?, operation: Int)
    case start(NodeID)
    /// The process stands still, as by `SIGSTOP`.
    case pause(NodeID)
    case resume(NodeID)
    /// Nothing gets from the one to the other any more.
    case cut(NodeID, NodeID)
    case mend(NodeID, NodeID)
    /// Sets one of the network's or the disks' knobs for a while.
    case set(Setting, Int)
    /// Each write takes this much longer, in microseconds.
    case slowDisk(NodeID, Int)
    /// Writes are begun and never end.
    case hangDisk(NodeID)
    /// Nothing grows any more.
    case fillDisk(NodeID)
    /// Writes take their ordinary time again, and there is room.
    case easeDisk(NodeID)
    /// The disk operation with this number from now on reports an error.
    case failDisk(NodeID, operation: Int)
    /// The wall clock jumps, by milliseconds.
    case jumpClock(NodeID, Int)
    /// The monotonic clock runs faster or slower, by parts in a million.
    case rateClock(NodeID, Int)
    /// An operator asks whoever leads to hand over: to this node, or to whichever lacks least.
    case transfer(NodeID?)
    /// The disk is replaced by an empty one, while the process is down.
    case wipe(NodeID)
    /// The data directory is copied, while the process is down; put back later, it is older than what the node
    /// promised.
    case backUp(NodeID)
    case restore(NodeID)
    /// A bit turns over, in one of the bytes there are; nothing happens where that would cost the cluster its last
    /// copy.
    case flip(NodeID, FlipTarget, Int)

    /// Where a bit turns over: in one of a machine's segments, in one copy of its vote, in one copy of its base, in a
    /// file that can be made of others.
    package enum FlipTarget: String, CaseIterable, Sendable {
        case log, vote, base, derived
    }
    /// An operator asks this node to go on alone, until it does or must not.
    case promote(NodeID, PromotionCare = .full)
    /// Somebody wants another membership.
    case membership(MemberWish)

    /// Whether all that a disk held is lost, or what it held last.
    var losesDisk: Bool { kind == .wipe || kind == .rollback }

    /// What can be set.
    package enum Setting: String, CaseIterable, Sendable {
        case lossPermille, duplicatePermille, delaySpikePermille, diskSpikePermille
    }
}

/// What an operator minds who promotes a node.
package enum PromotionCare: String, Hashable, Sendable {
    /// Nobody is promoted apart from another one, and nothing is lost.
    case full
    /// What the node does not know to be committed may be lost.
    case acceptsLoss = "loss"
    /// Knows of no other promotion.
    case unaware = "apart"
}

/// A fault and when it happens, in microseconds since the start.
package struct TimedFault: Hashable, Sendable {
    package var time: Int
    package var fault: InjectedFault

    package init(at time: Int, _ fault: InjectedFault) {
        self.time = time
        self.fault = fault
    }
}

/// What kinds there are: a seed draws some of them, and a shrinker takes them away one after the other.
package enum FaultKind: String, CaseIterable, Hashable, Sendable {
    case crash, powerCut, trap, pause
    case cut, loss, duplication, delay
    case slowDisk, hungDisk, fullDisk, failedDisk
    case clockJump, clockRate
    case transfer
    case wipe, rollback, flip
    case membership
    case promotion

    /// Happens only where the others have what is lost.
    var isConditional: Bool { self == .wipe || self == .rollback || self == .flip }
}

extension InjectedFault {
    /// What it is counted as; nil for what only ends another.
    package var kind: FaultKind? {
        switch self {
        case .crash(_, nil, _): .crash
        case .crash: .powerCut
        case .trap: .trap
        case .pause: .pause
        case .cut: .cut
        case .set(_, 0): nil
        case .set(.lossPermille, _): .loss
        case .set(.duplicatePermille, _): .duplication
        case .set(.delaySpikePermille, _): .delay
        case .set(.diskSpikePermille, _): .slowDisk
        case .slowDisk: .slowDisk
        case .hangDisk: .hungDisk
        case .fillDisk: .fullDisk
        case .failDisk: .failedDisk
        case .jumpClock: .clockJump
        case .rateClock(_, let rate): rate == 0 ? nil : .clockRate
        case .transfer: .transfer
        case .wipe: .wipe
        case .restore: .rollback
        case .flip: .flip
        case .membership: .membership
        case .promote: .promotion
        case .start, .resume, .mend, .easeDisk, .backUp: nil
        }
    }

    /// Whom it happens to; nil where to the network as a whole.
    package var nodes: [NodeID] {
        switch self {
        case .crash(let id, _, _), .trap(let id, _, _), .start(let id), .pause(let id), .resume(let id),
            .slowDisk(let id, _), .hangDisk(let id), .fillDisk(let id), .easeDisk(let id), .failDisk(let id, _),
            .jumpClock(let id, _), .rateClock(let id, _), .wipe(let id), .flip(let id, _, _), .promote(let id, _),
            .backUp(let id), .restore(let id):
            [id]
        case .cut(let from, let to), .mend(let from, let to): [from, to]
        case .transfer(let id): id.map { [$0] } ?? []
        case .membership(.join(let id, _, _)): [id]
        case .membership(.remove), .membership(.demote), .set: []
        }
    }
}
