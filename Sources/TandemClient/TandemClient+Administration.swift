import HTTPTypes

extension TandemClient {
    /// Makes another node the primary: a planned change, for maintenance. Requests that arrive meanwhile wait.
    ///
    /// ```swift
    /// let primary = try await client.transferPrimary(to: "b")
    /// print(primary.url)
    /// ```
    ///
    /// - Parameter node: The voter to take over; nil leaves the choice to the primary.
    /// - Returns: The primary as it is then: also where it was that already.
    /// - Throws: `.outcomeUnknown` if it may or may not have changed: ask for the status. With every other code, it did
    ///   not.
    @discardableResult
    public func transferPrimary(to node: String? = nil) async throws(TandemError) -> ClusterStatus.Leader {
        var call = Call(.post, "/leader", isWrite: true)
        call.body = try Self.encode(Transfer(to: node))
        return try Self.decode(LeaderReport.self, from: try await perform(call), of: call).leader
    }
}

/// The body of `POST /leader`.
private struct Transfer: Encodable {
    var to: String?
}

/// The answer to `POST /leader`.
private struct LeaderReport: Decodable {
    var leader: ClusterStatus.Leader
}
