package import Raft

extension Membership.Member.Kind {
    /// As in URLs, flags and JSON.
    package var name: String {
        switch self {
        case .voter: "voter"
        case .learner: "learner"
        case .witness: "witness"
        }
    }

    package init?(name: String) {
        switch name {
        case "voter": self = .voter
        case "learner": self = .learner
        case "witness": self = .witness
        default: return nil
        }
    }
}
