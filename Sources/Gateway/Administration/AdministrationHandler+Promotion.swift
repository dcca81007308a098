import Cluster
import HTTPServer
import Raft

/// `POST /promote`: this node goes on alone. The one call of this kind that is the business of the node asked, not of
/// the primary: there is none.
extension AdministrationHandler {
    func promote(_ call: Call) throws(Problem) {
        let exchange = call.exchange
        let request = exchange.request
        try MediaType.requireJSON(request)
        try MediaType.requireAcceptsJSON(request)
        let body = try PromotionBody(json: request.body)
        guard !lifecycle.isStopping else { return exchange.refuse(Problem(NotAccepted.stopping)) }
        exchange.park(until: configuration.requestTimeout) { Problem.timedOut.response(to: request) }
        replica.promote(in: body.epoch, acceptsLoss: body.acceptsLoss) { outcome in
            switch outcome {
            case .promoted(let epoch, let mayLackAfter):
                exchange.respond {
                    .json(PromotionReport(epoch: epoch, mayLackAfter: mayLackAfter))
                }
            case .refused(let refusal): exchange.refuse(Problem(refusal, members: replica.status.members))
            case .notAccepted(let reason): exchange.refuse(Problem(reason))
            }
        }
    }
}

/// The answer to `POST /promote`.
package struct PromotionReport: Encodable, Sendable {
    package var epoch: UInt64
    /// Messages with greater ids may be missing; null: none is.
    @OrNull package var mayLackAfter: UInt64?
}

/// The body of `POST /promote`.
private struct PromotionBody {
    var epoch: UInt64
    var acceptsLoss: Bool

    private static let example = #"{"epoch":0}"#

    init(json body: [UInt8]) throws(Problem) {
        guard !body.isEmpty else { throw Problem(.emptyBody, "Expected was \(Self.example).") }
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            document = try JSONScanner.document(body, membersMax: 3)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        guard case .object(let members) = document else {
            throw Problem(.invalidBody, "The body is no object; expected was one such as \(Self.example).")
        }
        var (epoch, acceptsLoss): (UInt64?, Bool?)
        for member in members {
            switch (member.name, member.value) {
            case ("epoch", .number(let text)) where epoch == nil:
                // To JSON, 1.0 and 1 are the same.
                guard let number = UInt64(text) ?? Double(text).flatMap(UInt64.init(exactly:)) else {
                    throw Self.noEpoch
                }
                epoch = number
            case ("acceptLoss", .boolean(let isTrue)) where acceptsLoss == nil: acceptsLoss = isTrue
            case ("epoch", _): throw Self.noEpoch
            case ("acceptLoss", _): throw .invalidField("acceptLoss", "must be true or false, once")
            default: throw .invalidField(member.name, "is unknown here; the fields are epoch, acceptLoss")
            }
        }
        guard let epoch else { throw Self.noEpoch }
        (self.epoch, self.acceptsLoss) = (epoch, acceptsLoss ?? false)
    }

    private static let noEpoch = Problem.invalidField(
        "epoch",
        "must be the number of the epoch that you saw in cluster.epoch of /status, once"
    )
}

extension Problem {
    fileprivate init(_ refusal: Promotion.Refusal, members: [ReplicaStatus.Member]) {
        switch refusal {
        case .leaderKnown(let leader):
            let url = members.first { $0.id == leader }?.url ?? ""
            self.init(
                .primaryKnown,
                "The primary is \(leader) at \(url): there is nothing to be promoted for.",
                Members(primary: NodeAddress(id: leader.rawValue, url: url))
            )
        case .tooSoon:
            self.init(
                .promotionTooSoon,
                "A primary was here only just now, and the others may elect one by themselves."
            )
        case .otherEpoch(let number):
            self.init(.otherEpoch, "The cluster is in epoch \(number).", Members(field: "epoch"))
        case .notAVoter:
            self.init(.notPromotable, "This node is no voter that holds messages, or may not lead.")
        case .mayLoseMessages(let last):
            self.init(
                .lossNotAccepted,
                "Others could acknowledge messages without this node. It has everything up to id \(last); messages "
                    + "with greater ids may be missing. To go on without them, accept the loss.",
                Members(field: "acceptLoss")
            )
        case .removed:
            self.init(.notPromotable, "This node was removed from its cluster, which goes on without it. See /status.")
        case .diverged:
            self.init(.promotedApart, "This node has stopped: another one was promoted without it. See /status.")
        }
    }
}
