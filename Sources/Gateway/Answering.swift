package import HTTPServer

/// One request that waits for its answer, as handlers see an `Exchange`. The first answer wins; later ones are dropped.
package protocol Answering: Sendable {
    var request: Request { get }
    /// Any thread, any time.
    func respond(_ response: Response)
    /// Renders on the connection's own thread: for callers that must not be kept, such as the replica's.
    func respond(with render: @escaping @Sendable () -> Response)
    /// Answers with `otherwise` if nothing else has by then.
    func park(until limit: Duration, otherwise: @escaping @Sendable () -> Response)
    /// Names the connection, to hear of its end.
    func tagConnection(_ tag: String)
}

extension Exchange: Answering {}

extension Answering {
    func refuse(_ problem: Problem) {
        respond { [self] in problem.response(to: request) }
    }
}
