/// Limits and refusals.
extension ProblemType {
    var limitText: Explanation {
        switch self {
        case .requestTimeout:
            Explanation(
                "The request did not arrive in time",
                "The header and body must arrive within 30 seconds.",
                "Send again. Nothing of the request was acted on."
            )
        case .lengthRequired:
            Explanation(
                "The length of the body is not known",
                "The request has a body but neither `Content-Length` nor `Transfer-Encoding: chunked`.",
                "Send one of the two. HTTP libraries do so by themselves."
            )
        case .bodyTooLarge:
            Explanation(
                "The body is too large",
                "The body has more bytes than `limit`. It leaves room for a message of the greatest size with every "
                    + "character escaped.",
                "Send less, or have the operator raise `--max-message` on every node: the limit follows from it."
            )
        case .messageTooLarge:
            Explanation(
                "The message is too large",
                "The field `content` has more bytes of UTF-8 than `limit`.",
                "Send less, or have the operator raise `--max-message` on every node."
            )
        case .urlTooLong:
            Explanation("The URL is too long", "The URL has more than 8 KiB.", "Send a shorter one.")
        case .headersTooLarge:
            Explanation(
                "The header is too large",
                "There are more than 100 header fields, or they have more than 16 KiB together.",
                "Send fewer or shorter ones."
            )
        case .unsupportedTransferEncoding:
            Explanation(
                "Unknown transfer encoding",
                "The only `Transfer-Encoding` that this server reads is `chunked`.",
                "Send the body as it is, with its length or chunked."
            )
        case .unsupportedVersion:
            Explanation(
                "Unknown version of HTTP",
                "This server speaks HTTP/1.1, and HTTP/1.0.",
                "Send HTTP/1.1. Behind a proxy, have it do so."
            )
        default:
            Explanation(
                "Too many connections",
                "The node serves as many connections as it is set to.",
                "Send again in a second, to another node if there is one. Reuse connections."
            )
        }
    }

    var refusedText: Explanation {
        switch self {
        case .invalidBody:
            Explanation(
                "The body is not one object",
                "The body is JSON, but not an object. This version takes one message a request.",
                "Send one object: to `/messages`, for example, "
                    + "`{\"sender\":\"alice\",\"recipient\":\"bob\",\"content\":\"hello\"}`."
            )
        case .invalidField:
            Explanation(
                "A field is not valid",
                "The request can't be done because of the field of the body named in `field`: it is missing, of the "
                    + "wrong type, too long, given twice, set by the server, or not a field here.",
                "`detail` says which. In a message, `sender` and `recipient` have 1 to 256 bytes and no control "
                    + "characters; `content` is any string up to `--max-message`; `id`, `timestamp` and `hlc` are the "
                    + "server's."
            )
        case .tooManyCopies:
            Explanation(
                "More copies than voters",
                "`copies` asks for more copies than the cluster has members that can hold one (`limit`).",
                "Ask for fewer, or let the operator add voters."
            )
        case .foreignPeer:
            Explanation(
                "Not a peer of this cluster",
                "Internal: the request names a cluster that this node is not in, or a member it does not know.",
                "Nothing for a client to do. Operators: check that every node lists the same members, and that no "
                    + "node came back with another data directory."
            )
        default:
            Explanation(
                "The node does not answer for this host",
                "The header field `Host` is neither a loopback name nor one under which this node is known. Without "
                    + "this check, a web page anywhere could drive a node that its reader can reach (DNS rebinding).",
                "Use the node's own name or address, or have the operator add the name with `--host`."
            )
        }
    }
}
