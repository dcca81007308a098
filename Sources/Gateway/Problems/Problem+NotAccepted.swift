package import Cluster
import HTTPTypes
import Raft

extension Problem {
    /// Why the cluster did not take a request.
    package init(_ reason: NotAccepted) {
        switch reason {
        case .notPrimary(let primary):
            self.init(
                .notPrimary,
                "The primary is \(primary.id) at \(primary.url).",
                Members(primary: NodeAddress(id: primary.id.rawValue, url: primary.url)),
                headers: [.primary: primary.url]
            )
        case .noPrimary:
            self.init(.noPrimary, "No primary was found while the request was held.")
        case .noQuorum:
            self.init(.noQuorum, "Fewer than a majority of the voters can be reached.")
        case .tooFewCopies(let atHand):
            self.init(
                .tooFewCopies,
                "Voters that hold messages and can be counted on now: \(atHand).",
                Members(copiesAtHand: atHand)
            )
        case .overloaded:
            self.init(.overloaded, "Too many requests wait to be stored.")
        case .diskFull:
            self.init(.diskFull, "Too few nodes have room on their disks.")
        case .forming:
            self.init(.forming, "Not all of the listed members have been up yet.")
        case .removed:
            self.init(.notAMember, "This node was removed from the cluster.")
        case .repairing:
            self.init(.repairing, "This node can't read all of its log, and gets what is missing from the others.")
        case .overwritten:
            self.init(.overwritten, "The primary changed, and another entry took the place of this one.")
        case .stopping:
            self.init(.stopping, "The node is shutting down.")
        }
    }
}
