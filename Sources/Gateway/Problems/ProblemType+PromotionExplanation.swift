/// Why a node does not go on alone.
extension ProblemType {
    var promotionText: Explanation {
        switch self {
        case .primaryKnown:
            Explanation(
                "There is a primary",
                "`POST /promote` lets one node go on alone where a cluster has lost too many. This node leads, or "
                    + "knows who does: nothing is lost.",
                "Nothing changed. To change the primary of a cluster that works, use `POST /leader`."
            )
        case .otherEpoch:
            Explanation(
                "The cluster is in another epoch",
                "Each promotion begins an epoch, and the request names the one in which it was thought right. "
                    + "Meanwhile another promotion was made.",
                "Nothing changed. Look at `/status` of every node again before you decide."
            )
        case .notPromotable:
            Explanation(
                "This node can't go on alone",
                "Only a voter that holds messages can: no witness, no learner, nobody who was removed or has lost what "
                    + "it promised.",
                "Nothing changed. Promote another node; `members` of `/status` has each one's kind."
            )
        case .lossNotAccepted:
            Explanation(
                "Messages may be missing here",
                "Fewer than all voters could acknowledge a message, so some that were acknowledged may not be on this "
                    + "node. `detail` says which ids it is sure to have. The others are on the nodes that were lost, "
                    + "and their ids may be given to other messages.",
                "Nothing changed. Bring a lost node back if there is any way. If there is none, look for the survivor "
                    + "with the greatest `commitIndex` in `/status`, of several for the greatest `lastIndex`, and "
                    + "repeat the request there with `\"acceptLoss\":true` (`tandem promote --accept-loss`)."
            )
        case .promotedApart:
            Explanation(
                "Two nodes went on apart",
                "A node was promoted, and then met one that had gone on without it: both were promoted, or the other "
                    + "one may have acknowledged messages that the promoted one never got. Their messages can't be put "
                    + "together, so the nodes that notice stop: they serve stale reads and nothing else.",
                "Choose whose messages to keep; `?consistency=stale` shows what each knows to be acknowledged. Stop "
                    + "the other node, set its data directory aside, and restart the one you keep. Then remove the "
                    + "other (`tandem member remove`), and start it with an empty directory and `--join`."
            )
        default:
            Explanation(
                "It is too soon to promote",
                "A primary was heard, or the node was started, so lately that the others may still elect one by "
                    + "themselves.",
                "Nothing changed. Wait a second; if there is still no primary, send again."
            )
        }
    }
}
