import Raft

extension Problem {
    /// Why the membership is not changed so.
    init(_ refusal: MembershipChange.Refusal) {
        switch refusal {
        case .unknownMember:
            self.init(.noSuchMember, "No member has this name.")
        case .duplicateMember:
            self.init(.memberExists, "A member has this name, incarnation or URL already.")
        case .wrongKind:
            self.init(.membershipRefused, "Only learners can be promoted, only voters demoted.")
        case .lastVoter:
            self.init(.membershipRefused, "It is the last voter that holds the messages.")
        case .witnessRules:
            self.init(
                .membershipRefused,
                "There is a witness, which goes with exactly two voters and at most one learner; or with one voter and "
                    + "the learner that is to become the second. Remove the witness first."
            )
        case .unsettled:
            self.init(.changeUnderWay, "An earlier change, or the primary's first entry, is not committed yet.")
        case .lagging(let node, let entries):
            self.init(.memberBehind, "\(node) lacks \(entries) entries, or was not heard of lately.")
        }
    }
}
