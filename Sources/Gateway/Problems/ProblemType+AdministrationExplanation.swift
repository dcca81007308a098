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
