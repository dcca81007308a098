package import HTTPTypes

/// One line of the table in `Routes`: a method and path, what its URL may carry, and who handles it.
package struct Route: Sendable {
    /// Starts the handling of one request. What it throws is the answer; otherwise it or what it started answers.
    package typealias Handler = @Sendable (Call) throws(Problem) -> Void

    package enum Audience: Hashable, Sendable {
        /// Anybody, by a host name that the node knows.
        case clients
        /// Members of the cluster, who prove it by what they send.
        case peers
    }

    package let method: HTTPRequest.Method
    package let path: PathTemplate
    /// The query parameters it understands.
    package let parameters: [String]
    /// Query parameters that a later version will understand.
    package let laterParameters: [String]
    package let audience: Audience
    let handler: Handler

    static func get(
        _ path: String,
        query parameters: [String] = [],
        later: [String] = [],
        _ handler: @escaping Handler
    ) -> Route {
        Route(
            method: .get,
            path: PathTemplate(path),
            parameters: parameters,
            laterParameters: later,
            audience: .clients,
            handler: handler
        )
    }

    static func post(
        _ path: String,
        query parameters: [String] = [],
        for audience: Audience = .clients,
        _ handler: @escaping Handler
    ) -> Route {
        Route(
            method: .post,
            path: PathTemplate(path),
            parameters: parameters,
            laterParameters: [],
            audience: audience,
            handler: handler
        )
    }

    static func delete(_ path: String, _ handler: @escaping Handler) -> Route {
        Route(
            method: .delete,
            path: PathTemplate(path),
            parameters: [],
            laterParameters: [],
            audience: .clients,
            handler: handler
        )
    }
}

/// A request on its way to a handler.
package struct Call: Sendable {
    package let exchange: any Answering
    /// What the names in the path template stand for.
    package let pathValues: [String: String]
    package let query: Query
}
