import HTTPTypes

extension TandemClient {
    /// How the cluster looks from the first node that answers.
    ///
    /// ```swift
    /// let status = try await client.status()
    /// print(status.leader?.url ?? "no primary")
    /// ```
    public func status() async throws(TandemError) -> ClusterStatus {
        let call = Call(.get, "/status", isWrite: false)
        return try Self.decode(ClusterStatus.self, from: try await perform(call), of: call)
    }

    /// How the cluster looks from one node, which need not be among those of the client. Asks once: whether just this
    /// node answers now is the question.
    ///
    /// - Parameter url: Where the node listens.
    public func status(of url: String) async throws(TandemError) -> ClusterStatus {
        let call = Call(.get, "/status", isWrite: false)
        return try Self.decode(ClusterStatus.self, from: try await performOnce(call, at: url), of: call)
    }

    /// The version of the first node that answers.
    public func version() async throws(TandemError) -> String {
        let call = Call(.get, "/version", isWrite: false)
        return try Self.decode(NodeVersion.self, from: try await perform(call), of: call).version
    }
}

/// The body of `GET /version`.
private struct NodeVersion: Decodable {
    var version: String
}
