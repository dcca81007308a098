import Cluster
import Messaging

/// Which messages a client wants: the query of `GET /messages`.
struct MessageSelection: Hashable, Sendable {
    var recipient: String?
    var sender: String?
    /// Only ids above this one.
    var after: UInt64
    /// As given; nil where the client leaves it to the server.
    var limit: Int?
    var consistency: Consistency?
    /// The node answers once it has applied this id.
    var minimumID: UInt64?

    init(_ query: Query, limitMax: Int) throws(Problem) {
        recipient = try Self.party("recipient", query)
        sender = try Self.party("sender", query)
        after = try query.number("after", in: 0...UInt64(Int64.max)) ?? 0
        limit = try query.number("limit", in: 1...UInt64(limitMax)).map { Int($0) }
        consistency = try query.word("consistency")
        minimumID = try query.number("min_id", in: 0...UInt64(Int64.max))
    }

    private static func party(_ name: String, _ query: Query) throws(Problem) -> String? {
        guard let party = try query.one(name) else { return nil }
        if let rule = Draft.partyViolation(party) {
            throw Problem(.invalidParameter, "The parameter \(name) \(rule).", .init(parameter: name))
        }
        return party
    }

    /// The same selection, going on after `id`: target of the next request.
    func next(after id: UInt64) -> String {
        var parameters: [(String, String)] = []
        if let recipient { parameters.append(("recipient", recipient)) }
        if let sender { parameters.append(("sender", sender)) }
        parameters.append(("after", String(id)))
        if let limit { parameters.append(("limit", String(limit))) }
        if let consistency { parameters.append(("consistency", consistency.rawValue)) }
        return "/messages?" + parameters.map { "\($0.0)=\($0.1.percentEncoded())" }.joined(separator: "&")
    }
}
