/// What is wrong with the request as it was sent.
extension ProblemType {
    var unreadableText: Explanation {
        switch self {
        case .emptyBody:
            Explanation(
                "The request has no body",
                "A message is sent as JSON in the body of the request; this one had none.",
                "Send `{\"sender\":\"alice\",\"recipient\":\"bob\",\"content\":\"hello\"}`."
            )
        case .malformedJSON:
            Explanation(
                "The body is not JSON",
                "The body breaks a rule of RFC 8259. `detail` says where, with lines and columns counted from 1 and "
                    + "columns in bytes.",
                "Mend the text there. Usual causes: a comma after the last member, single quotes, a line break in a "
                    + "string, text that is not UTF-8."
            )
        case .unknownParameter:
            Explanation(
                "Unknown query parameter",
                "The URL has a query parameter that this resource does not have. It could not be ignored safely: a "
                    + "misspelt filter would give you other people's messages.",
                "Use one of those in `allowed`."
            )
        case .invalidParameter:
            Explanation(
                "Invalid parameter",
                "A parameter of the URL, named in `parameter`, has a value that is not allowed, or stands there twice.",
                "Use what `detail` says is allowed."
            )
        case .notSupportedYet:
            Explanation(
                "Not supported by this version",
                "The request asks for something that a later version of Tandem will do and this one does not. "
                    + "Ignoring it would break what it promises.",
                "Send the request without it, or use a newer version; `GET /version` says which one answers."
            )
        default:
            Explanation(
                "The request is not valid HTTP",
                "The request line or the header fields break a rule of HTTP that this server insists on.",
                "`detail` names the rule. The connection was closed: what came after could not be trusted."
            )
        }
    }

    var absentText: Explanation {
        switch self {
        case .noSuchMessage:
            Explanation(
                "No message has this id",
                "The cluster holds no message under this id. Ids are places in the replicated log; other entries take "
                    + "places too, so gaps are normal.",
                "Take ids from `Location`, from `id` or from a list. With `consistency=stale` the node may simply not "
                    + "have the message yet: ask without it."
            )
        case .noSuchProblem:
            Explanation(
                "No problem has this name",
                "This version has no problem type of that name.",
                "The names are listed in `/openapi.yaml`."
            )
        case .methodNotAllowed:
            Explanation(
                "The resource does not have this method",
                "The path exists, but not with this method.",
                "Use one of those in the header field `Allow`."
            )
        case .notAcceptable:
            Explanation(
                "No acceptable form",
                "The header field `Accept` rules out every form in which this resource can be sent.",
                "Accept `application/json`, or leave `Accept` out."
            )
        case .unsupportedMediaType:
            Explanation(
                "The body must be JSON",
                "The header field `Content-Type` is missing or is not `application/json` (with `charset=utf-8` or "
                    + "none). It is insisted on because a web page elsewhere can't send it without asking.",
                "Set `Content-Type: application/json`."
            )
        default:
            Explanation(
                "There is nothing at this path",
                "No resource has this path.",
                "The paths are listed in `/openapi.yaml`. They have no slash at the end."
            )
        }
    }
}
