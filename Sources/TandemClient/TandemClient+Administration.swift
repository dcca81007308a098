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

    /// Lets one node go on alone, where its cluster has lost too many to elect a primary. The client must have been
    /// made with the URL of that node alone.
    ///
    /// ```swift
    /// let survivor = TandemClient(urls: ["http://127.0.0.1:12346"])
    /// let epoch = try await survivor.status().cluster.epoch
    /// try await survivor.promote(in: epoch)
    /// ```
    ///
    /// - Parameters:
    ///   - epoch: As the node's status has it. In any other, nothing happens.
    ///   - acceptingLoss: Also where messages that were acknowledged may be missing on this node.
    /// - Throws: `.outcomeUnknown` if it may or may not have happened: ask for the status. With every other code, it
    ///   did not; where messages may be missing, the error says which.
    @discardableResult
    public func promote(in epoch: UInt64, acceptingLoss: Bool = false) async throws(TandemError) -> PromotionReport {
        var call = Call(.post, "/promote", isWrite: true)
        call.body = try Self.encode(PromotionRequest(epoch: epoch, acceptLoss: acceptingLoss))
        return try Self.decode(PromotionReport.self, from: try await perform(call), of: call)
    }
}

/// What a promotion has begun.
public struct PromotionReport: Hashable, Sendable, Decodable {
    /// The epoch in which the node goes on.
    public let epoch: UInt64
    /// Messages with greater ids that were acknowledged before may be missing; nil: none is.
    public let mayLackAfter: UInt64?
}

/// The body of `POST /promote`.
private struct PromotionRequest: Encodable {
    var epoch: UInt64
    var acceptLoss: Bool
}

/// The body of `POST /leader`.
private struct Transfer: Encodable {
    var to: String?
}

/// The answer to `POST /leader`.
private struct LeaderReport: Decodable {
    var leader: ClusterStatus.Leader
}
