package import Raft

/// Who is in a simulated cluster: `3`, `2+w`, `3+l`.
package struct Topology: Hashable, Sendable {
    package var voters: Int
    package var hasWitness: Bool
    package var hasLearner: Bool

    package init(voters: Int, hasWitness: Bool = false, hasLearner: Bool = false) {
        precondition((1...5).contains(voters), "\(voters) voters")
        precondition(!hasWitness || voters == 2, "a witness goes with two voters")
        self.voters = voters
        self.hasWitness = hasWitness
        self.hasLearner = hasLearner
    }

    /// Names of all members; sorted, as a membership is.
    package var ids: [NodeID] {
        Array(Self.voterNames.prefix(voters)) + (hasLearner ? ["l"] : []) + (hasWitness ? ["w"] : [])
    }

    package func kind(of id: NodeID) -> Membership.Member.Kind {
        switch id {
        case "l": .learner
        case "w": .witness
        default: .voter
        }
    }

    /// How many vote.
    package var votes: Int { voters + (hasWitness ? 1 : 0) }

    private static let voterNames: [NodeID] = ["a", "b", "c", "d", "e"]
}

extension Topology: LosslessStringConvertible {
    package var description: String { "\(voters)" + (hasWitness ? "+w" : "") + (hasLearner ? "+l" : "") }

    package init?(_ description: String) {
        let parts = description.split(separator: "+", omittingEmptySubsequences: false)
        guard let voters = Int(parts[0]), (1...5).contains(voters), Set(parts).count == parts.count,
            parts.dropFirst().allSatisfy({ $0 == "l" || $0 == "w" }), !parts.contains("w") || voters == 2
        else { return nil }
        self.init(voters: voters, hasWitness: parts.contains("w"), hasLearner: parts.contains("l"))
    }
}
