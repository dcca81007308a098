/// What the cluster or the node can't do now.
extension ProblemType {
    var clusterText: Explanation {
        switch self {
        case .notPrimary:
            Explanation(
                "This node is not the primary",
                "Only the primary takes writes, and this node is set not to forward them (`--not-primary reject`). "
                    + "Reads are for the primary too where this node holds no messages or is far behind.",
                "Send the request to the node in `primary`."
            )
        case .noQuorum:
            Explanation(
                "Too few nodes can be reached",
                "Fewer than a majority of the voters can be reached from this node. Taking the write could lose it.",
                "Nothing was stored: send again, to another node if this one may be cut off. `GET /status` shows who "
                    + "is missing. Reads with `consistency=stale` go on."
            )
        case .tooFewCopies:
            Explanation(
                "Fewer copies at hand than asked for",
                "The write asks (by `copies`, or the node by `--min-copies`) for more copies than there are voters "
                    + "that can be reached now. In a pair with a witness, a backup that can't keep up is none: "
                    + "`/problems/degraded`.",
                "Nothing was stored: send again once the missing voter is back, or ask for fewer copies."
            )
        case .notAMember:
            Explanation(
                "The node is not a member",
                "The node was removed from the cluster. Or the others belong to a cluster already, and this node's "
                    + "data directory is new: a node that lost its data can't go on under its old name, for it has "
                    + "forgotten what it promised.",
                "Nothing was stored: send again, to another node. Operators: stop a node that was removed. Give one "
                    + "that lost its data directory the directory back, or let it join with `--rejoin`."
            )
        case .forming:
            Explanation(
                "The cluster has not been formed yet",
                "A new cluster forms once, when all of its listed members are up.",
                "Nothing was stored: send again. `GET /status` shows who is missing."
            )
        case .overwritten:
            Explanation(
                "Another entry took its place",
                "The primary changed before the write was on enough nodes, and the new one went on without it.",
                "Nothing was stored, and nothing of it ever will be: send again."
            )
        default:
            Explanation(
                "No primary is known",
                "The node knows of no primary and found none while it held the request (`--hold`). An election takes "
                    + "well under a second; if this lasts, a majority is missing.",
                "Nothing was stored: send again. `GET /status` shows who is missing. Reads with `consistency=stale` "
                    + "go on."
            )
        }
    }

    var nodeText: Explanation {
        switch self {
        case .overloaded:
            Explanation(
                "The node has too much to do",
                "As many requests wait here as the node is set to keep.",
                "Nothing was done: send again, more slowly."
            )
        case .stopping:
            Explanation(
                "The node is shutting down",
                "The node finishes what it has begun and takes nothing new.",
                "Nothing was stored: send again, to another node if there is one."
            )
        case .notCaughtUp:
            Explanation(
                "The node has not got that far",
                "The node had not applied the message asked for by `min_id` when it gave up waiting (`--hold`).",
                "Send again, or ask another node. An id above `lastId` of `/status` may not exist yet."
            )
        case .peerNotReady:
            Explanation(
                "The node is not ready for its peers",
                "Internal: the node is starting or stopping.",
                "Nothing for a client to do: peers send again."
            )
        case .repairing:
            Explanation(
                "The node puts back what its disk lost",
                "Some entries of this node's log are not on its disk as they were written: its disk lost or changed "
                    + "them. It serves none of them, and gets them from the other nodes. Found at a start, it takes no "
                    + "part in the cluster before; found later, the rest goes on, and a primary hands over if it can.",
                "Nothing was stored: send again, to another node if there is one. Operators: it takes seconds once "
                    + "another node with copies can be reached; `problems` of `GET /status` says what is missing "
                    + "where it takes longer, and what to do if nobody will ever have a copy: as a rule, to start the "
                    + "node with an empty data directory and `--join URL --rejoin`. Then check the disk: what it did "
                    + "once it may do again."
            )
        case .historyDiffers:
            Explanation(
                "The node's history is not the others'",
                "Each entry of a log carries a checksum of everything up to it, and nodes compare theirs all the time. "
                    + "This node and others have the same entry with different checksums: one of them has other "
                    + "messages than it was given, though nothing on its disk looks damaged. The one that disagrees "
                    + "with a majority of the voters stops; the witness of a pair decides between its two. As long as "
                    + "too few can be asked, and in a pair without a witness, nobody can tell: both stop.",
                "Nothing was stored: send again, to another node. Operators: `problems` of `GET /status` says who "
                    + "differs from whom, and whose data directory to set aside."
            )
        case .diskFull:
            Explanation(
                "The disk is full",
                "Too few nodes have room on their disks for another message. Reads go on.",
                "Nothing was stored. Operators: make room; service resumes by itself."
            )
        case .timedOut:
            Explanation(
                "No answer in time",
                "The request was not finished within `--request-timeout`, or its connection to the primary broke. A "
                    + "write may or may not have been stored: `outcome` is `unknown`.",
                "For a read, send again. For a write, look whether the message is there before you send it again."
            )
        default:
            Explanation(
                "The node can't read its disk",
                "Reading messages from this node's disk failed. The log of the node says how.",
                "Ask another node. Operators: look at the disk and the log."
            )
        }
    }
}
