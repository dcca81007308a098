package import HTTPServer
package import HTTPTypes

/// An error as clients see it: RFC 9457 "problem details", `application/problem+json`.
package struct Problem: Error, Sendable {
    /// What became of a write. Absent from reads.
    package enum Outcome: String, Encodable, Sendable {
        /// Nothing is stored and nothing of it ever will be: safe to send again.
        case notAccepted = "not-accepted"
        /// It may or may not be stored.
        case unknown
    }

    package let type: ProblemType
    /// A sentence on this occurrence.
    package let detail: String
    package var members: Members
    /// Header fields beside those that every problem of the type has.
    package var headers: HTTPFields

    package init(_ type: ProblemType, _ detail: String, _ members: Members = Members(), headers: HTTPFields = [:]) {
        self.type = type
        self.detail = detail
        self.members = members
        self.headers = headers
    }

    /// Members of our own, each only where the type has it.
    package struct Members: Encodable, Sendable {
        /// The field of the body that is wrong.
        package var field: String?
        /// The parameter of the URL that is wrong.
        package var parameter: String?
        /// The values, names or methods that would be right.
        package var allowed: [String]?
        /// The most that is allowed: bytes, copies.
        package var limit: Int?
        /// Copies that could be made now.
        package var copiesAtHand: Int?
        /// Who takes writes.
        package var primary: NodeAddress?

        package init(
            field: String? = nil,
            parameter: String? = nil,
            allowed: [String]? = nil,
            limit: Int? = nil,
            copiesAtHand: Int? = nil,
            primary: NodeAddress? = nil
        ) {
            self.field = field
            self.parameter = parameter
            self.allowed = allowed
            self.limit = limit
            self.copiesAtHand = copiesAtHand
            self.primary = primary
        }
    }
}

/// A node by name and URL, in problems and in `/status`.
package struct NodeAddress: Encodable, Hashable, Sendable {
    package var id: String
    package var url: String
}

// MARK: As a response

extension Problem {
    static let mediaType = "application/problem+json"

    /// The answer to `request`.
    package func response(to request: Request) -> Response {
        let isRead = [.get, .head, .options].contains(request.method)
        return response(instance: request.path.percentEncoded(keeping: "/"), outcome: isRead ? nil : type.writeOutcome)
    }

    /// The answer to a request that is not known.
    package func response(instance: String?, outcome: Outcome?) -> Response {
        var headers = headers
        headers[.contentType] = Self.mediaType
        headers[.cacheControl] = "no-store"
        if let seconds = type.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        let body = Body(
            type: type.path,
            title: type.title,
            status: type.status.code,
            detail: detail,
            instance: instance,
            outcome: outcome,
            members: members
        )
        return Response(
            status: type.status,
            headers: headers,
            body: JSONText.bytes(of: body),
            closesConnection: type == .stopping
        )
    }

    private struct Body: Encodable {
        enum CodingKeys: CodingKey { case type, title, status, detail, instance, outcome }

        var type: String
        var title: String
        var status: Int
        var detail: String
        var instance: String?
        var outcome: Outcome?
        var members: Members

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(type, forKey: .type)
            try container.encode(title, forKey: .title)
            try container.encode(status, forKey: .status)
            try container.encode(detail, forKey: .detail)
            try container.encodeIfPresent(instance, forKey: .instance)
            try container.encodeIfPresent(outcome, forKey: .outcome)
            try members.encode(to: encoder)
        }
    }
}
