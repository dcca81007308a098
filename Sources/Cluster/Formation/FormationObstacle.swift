import Raft

/// Why no cluster is formed yet.
enum FormationObstacle {
    case waitingFor([String])
    case waitingToBeTold
    case differentLists(peer: NodeID)
    case clusterExists(peer: NodeID, cluster: String)
    case anotherNode(url: String, listed: NodeID, found: String)
    case diskFull(String)
    case joining(url: String, reason: String)

    var problem: ReplicaStatus.Problem {
        switch self {
        case .waitingFor(let missing):
            ReplicaStatus.Problem(
                name: .forming,
                detail: "The first start needs every listed member. Start, or make reachable: "
                    + missing.joined(separator: ", ") + "."
            )
        case .waitingToBeTold:
            ReplicaStatus.Problem(
                name: .forming,
                detail: "Waiting for the first listed voter, which forms the cluster once every listed member answers."
            )
        case .differentLists(let peer):
            ReplicaStatus.Problem(
                name: .differentMembers,
                detail: "\(peer) was started with another list of members, or in another order. Start every node with "
                    + "the same --voter and --witness list."
            )
        case .anotherNode(let url, let listed, let found):
            ReplicaStatus.Problem(
                name: .differentMembers,
                detail:
                    "At \(url), where \(listed) is listed, node \(found) answers. Correct the --id of that node or the "
                    + "URLs of the --voter and --witness list."
            )
        case .diskFull(let detail):
            ReplicaStatus.Problem(
                name: .diskFull,
                detail: "The cluster can't be formed for lack of room on the disk: \(detail)"
            )
        case .joining(let url, let reason):
            ReplicaStatus.Problem(
                name: .joining,
                detail: "The cluster was asked at \(url) to take this node in. \(reason)"
            )
        case .clusterExists(let peer, let cluster):
            ReplicaStatus.Problem(
                name: .notAMember,
                detail: "\(peer) belongs to cluster \(cluster) already, and this node's data directory is new. A node "
                    + "that lost its data can't go on under its old name, for it has forgotten what it promised."
            )
        }
    }
}
