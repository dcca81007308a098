/// What operators ask and is not done.
extension ProblemType {
    var administrationText: Explanation {
        switch self {
        case .noSuchMember:
            Explanation(
                "No member has this name",
                "The cluster has no member of the name given in the body.",
                "`GET /members` lists them."
            )
        case .noSuccessor:
            Explanation(
                "Nobody can take over",
                "The node named, or every other one, can't be reached or is no voter that holds messages: a learner "
                    + "and a witness never lead.",
                "Nothing changed. `GET /status` shows who is missing; name another, or none, so that the cluster "
                    + "chooses."
            )
        case .memberExists:
            Explanation(
                "Another node is that member",
                "A member has the name, URL or incarnation given already. A node that comes back with an empty data "
                    + "directory is another node, with another incarnation: it has forgotten what it promised.",
                "Nothing changed. If the old member is gone for good, remove it first; else choose another name."
            )
        case .membershipRefused:
            Explanation(
                "The membership is not changed so",
                "The cluster would not be one that works: `detail` says why.",
                "Nothing changed: do first what `detail` names."
            )
        case .changeUnderWay:
            Explanation(
                "The membership is changing",
                "One member is changed at a time, and an earlier change is not committed yet; or the primary is new "
                    + "and has not committed anything yet.",
                "Nothing was changed by this one: send again."
            )
        case .memberBehind:
            Explanation(
                "The member lacks entries",
                "A learner becomes a voter once it has caught up: before, commits might have to wait for it. `detail` "
                    + "says how much is missing.",
                "Nothing changed: send again. `GET /status` of the primary shows how far the member is."
            )
        case .transferUnderWay:
            Explanation(
                "The primary is handing over",
                "An earlier request to change the primary has not ended yet. It takes no longer than a few election "
                    + "timeouts.",
                "Nothing was changed by this one: send again."
            )
        default:
            Explanation(
                "The hand-over failed",
                "The successor did not take over in time, so the primary goes on as before. It may be too slow, or cut "
                    + "off from the other voters.",
                "Nothing changed: send again, or name another successor."
            )
        }
    }
}
