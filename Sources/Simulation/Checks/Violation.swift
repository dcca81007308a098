package import Raft

/// Something that must never happen.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package enum Rule: String, CaseIterable, Sendable {
        // What nodes do.
        case oneLeaderATerm, oneVoteATerm, termGoesBack, commitGoesBack
        case logMatching, leaderCompleteness
        case committedWithoutQuorum, acknowledgedWithoutCopies, appliedBeforeDisk, promisedBeforeDisk
        case writesOutOfOrder, durableThingsLost, storageDiffers, damageServed, campaignsDamaged, forgetfulNodeHeard
        case witnessAhead, witnessActs, witnessPayload, witnessAwaited, committedWithoutBackup, backupMisjudged
        // Who belongs to the cluster.
        case electedWithoutQuorum, membershipDiffers, changeTooSoon, operatorMisled
        case successorUnfit, wronglyPromoted
        case appliedDifferently, brokersDiffer, timestampGoesBack
        case nodeHalts, nodeCannotStart
        // What clients see.
        case idGivenTwice, acknowledgedMessageMissing, acknowledgedMessageMoved, messageTwice
        case refusedMessageAppears, unknownMessageTwice, batchTorn, stampDiffers
        case realTimeOrder, readIsNoPrefix, staleRead
        // What must happen in the end.
        case noProgress, noConvergence, needlessElection
    }

    package var rule: Rule
    package var time: Instant
    package var explanation: String

    package init(_ rule: Rule, at time: Instant, _ explanation: String) {
        self.rule = rule
        self.time = time
        self.explanation = explanation
    }

    package var description: String { "\(rule.rawValue) at \(time.nanoseconds / 1_000_000) ms: \(explanation)" }
}
