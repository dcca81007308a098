/// Why a call failed, and what may be done about it.
///
/// ```swift
/// do {
///     _ = try await client.send(from: "alice", to: "bob", content: text)
/// } catch {
///     switch error.code {
///     case .unavailable: retryLater(text)                       // nothing was stored
///     case .outcomeUnknown: lookBeforeSendingAgain(text)
///     default: report(error.message, field: error.problem?.field)
///     }
/// }
/// ```
public struct TandemError: Error, Hashable, Sendable {
    /// The kinds of failure. More may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The cluster refused the call and would do so again: `problem` says why. Nothing was stored.
        public static let rejected = Code("rejected")
        /// No node could serve the call in time: no primary, no quorum, no connection, no room. Nothing was stored;
        /// sending again later is safe.
        public static let unavailable = Code("unavailable")
        /// The message may or may not be stored.
        public static let outcomeUnknown = Code("outcomeUnknown")
        /// What answered is not a Tandem node, or the answer exceeds `Configuration.responseBytesMax`.
        public static let invalidResponse = Code("invalidResponse")
        /// The task was cancelled. Nothing was stored.
        public static let cancelled = Code("cancelled")
        /// The client was closed. Nothing was stored.
        public static let closed = Code("closed")

        /// The name of the code.
        public let description: String

        private init(_ name: String) { description = name }
    }

    /// What kind of failure this is.
    public let code: Code
    /// A sentence for people.
    public let message: String
    /// What the cluster itself said, if the failure came from there.
    public let problem: ProblemDetails?

    /// An error, for tests and stand-ins of your own.
    public init(_ code: Code, _ message: String, problem: ProblemDetails? = nil) {
        self.code = code
        self.message = message
        self.problem = problem
    }
}

extension TandemError: CustomStringConvertible {
    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
