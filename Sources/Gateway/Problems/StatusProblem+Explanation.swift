package import Cluster

// What `/status` lists under `problems` is explained like any error, also where no request gets it as its answer.
extension ReplicaStatus.Problem.Name {
    /// What it means and what to do, in Markdown; the error's page where there is an error of the same name.
    package var page: String {
        ProblemType(rawValue: rawValue)?.page ?? text.page(at: "/problems/\(rawValue)", "in `problems` of `/status`")
    }

    private var text: ProblemType.Explanation {
        switch self {
        case .degraded:
            ProblemType.Explanation(
                "The primary works without its backup",
                "The pair has a witness, and the backup is away, hangs or can't keep up, for longer than "
                    + "`--degrade-after`. The primary goes on with the witness's vote: it alone has the newest "
                    + "messages and says so in each reply (`Durability: fsync; copies=1`). Who asks for two copies "
                    + "(`copies=2`, or `--min-copies 2` on the node) gets 503. If the primary is lost in this state, "
                    + "the cluster waits for it rather than lose what it acknowledged.",
                "Bring the backup back. It catches up by itself, and the replies say `copies=2` again."
            )
        case .memberUnreachable:
            ProblemType.Explanation(
                "A member does not answer",
                "The primary can't reach a member of the cluster. One copy fewer is kept, or, where it is the witness, "
                    + "nobody can take over if another member is lost too.",
                "Start the member, or mend the network between the two. It catches up by itself."
            )
        case .differentMembers:
            ProblemType.Explanation(
                "The nodes list different members",
                "A cluster forms once, of nodes that were all started with the same `--voter` and `--witness` list, in "
                    + "the same order. `detail` says which one was not.",
                "Start every node with the same list."
            )
        case .joining:
            ProblemType.Explanation(
                "The node waits to be taken in",
                "The node was started with `--join` and asks a cluster to take it in. `detail` has what that said.",
                "If it lasts, look at `detail`: start a node at that URL, or remove the member that has this name."
            )
        case .noReserve:
            ProblemType.Explanation(
                "The room kept for emergencies is missing",
                "A node keeps a file of nothing (`--reserve`, 1 MiB), whose room it needs to write the little that "
                    + "frees a full disk. There was no room to make it, or it has been used.",
                "Make room on the disk of that node, and restart it."
            )
        case .diskFull, .forming, .historyDiffers, .noPrimary, .notAMember, .promotedApart, .repairing:
            preconditionFailure("\(rawValue) is an error with a page of its own")
        }
    }
}
