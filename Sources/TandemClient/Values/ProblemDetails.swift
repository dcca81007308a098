/// What a node says about an error: RFC 9457 problem details.
public struct ProblemDetails: Hashable, Codable, Sendable {
    /// What became of a write.
    public enum Outcome: String, Codable, Sendable {
        /// Nothing is stored and nothing of it ever will be.
        case notAccepted = "not-accepted"
        /// It may or may not be stored.
        case unknown
    }

    /// A node, by name and URL.
    public struct Node: Hashable, Codable, Sendable {
        /// The node's name, such as `a`.
        public let id: String
        /// Where it listens.
        public let url: String
    }

    /// Which problem it is: a path on the node that leads to an explanation, such as `/problems/no-primary`.
    public let type: String
    /// The problem in a few words.
    public let title: String
    /// The HTTP status.
    public let status: Int
    /// What happened this time.
    public let detail: String?
    /// The path that was asked for.
    public let instance: String?
    /// What became of a write; nil for reads.
    public let outcome: Outcome?
    /// The field of the message that is wrong.
    public let field: String?
    /// The parameter that is wrong.
    public let parameter: String?
    /// Who takes writes, from a node that does not.
    public let primary: Node?

    /// The last part of `type`, such as `no-primary`.
    public var name: String { type.split(separator: "/").last.map(String.init) ?? type }
}
