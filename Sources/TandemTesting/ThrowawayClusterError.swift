/// Why a throwaway cluster could not do what a test asked of it.
public struct ThrowawayClusterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong.
    public enum Code: Hashable, Sendable {
        /// There is no `tandem` program where it was looked for.
        case binaryNotFound
        /// A node could not be started, or ended before it served.
        case couldNotStart
        /// What was waited for did not happen in time.
        case timedOut
        /// The cluster has no node of that name, or the node is not in a state for this call.
        case misuse
    }

    /// What kind of thing went wrong.
    public var code: Code
    /// What happened and what to do about it; where a node is at fault, with the end of its log.
    public var message: String

    /// The sentence that `message` holds.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
