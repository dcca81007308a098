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

extension TandemClient {
    /// Who belongs to the cluster, as the first node that answers knows it.
    public func members() async throws(TandemError) -> [ClusterMember] {
        let call = Call(.get, "/members", isWrite: false)
        return try Self.decode(MemberList.self, from: try await perform(call), of: call).members
    }

    /// Makes a member of a node, which must have been started with `--join`. Who is to be a voter is promoted later, by
    /// `setKind(of:to:)` or by its own asking.
    ///
    /// ```swift
    /// let status = try await client.status(of: "http://10.0.0.4:12345")
    /// if let incarnation = status.node.incarnation {
    ///     try await client.addMember(status.node.id, url: status.node.url, incarnation: incarnation)
    /// }
    /// ```
    ///
    /// - Parameter kind: `learner`, or `witness` for a node that was started as one.
    /// - Throws: `.outcomeUnknown` if it may or may not have been added; with every other code, it was not.
    @discardableResult
    public func addMember(
        _ id: String,
        as kind: String = "learner",
        url: String,
        incarnation: String
    ) async throws(TandemError) -> ClusterMember {
        try await change(MemberWish(id: id, kind: kind, url: url, incarnation: incarnation))
    }

    /// Promotes a learner that has caught up, or makes a learner of a voter. Waits for one that has not caught up, as
    /// long as the call may take.
    ///
    /// - Parameter kind: `voter` or `learner`.
    @discardableResult
    public func setKind(of id: String, to kind: String) async throws(TandemError) -> ClusterMember {
        try await change(MemberWish(id: id, kind: kind))
    }

    /// Removes a member for good. The primary can be removed as well: it hands over.
    ///
    /// - Returns: The member as it was.
    @discardableResult
    public func removeMember(_ id: String) async throws(TandemError) -> ClusterMember {
        var call = Call(.delete, "/members", isWrite: true)
        call.body = try Self.encode(MemberWish(id: id))
        return try Self.decode(MemberReport.self, from: try await perform(call), of: call).member
    }

    private func change(_ wish: MemberWish) async throws(TandemError) -> ClusterMember {
        var call = Call(.post, "/members", isWrite: true)
        call.body = try Self.encode(wish)
        return try Self.decode(MemberReport.self, from: try await perform(call), of: call).member
    }
}

/// One member of a cluster.
public struct ClusterMember: Hashable, Codable, Sendable {
    /// Its name.
    public let id: String
    /// `voter`, `learner` or `witness`.
    public let kind: String
    /// Where others reach it.
    public let url: String
    /// Drawn when its data directory was made: tells it from others that had its name.
    public let incarnation: String
}

/// The body of `POST` and `DELETE /members`.
private struct MemberWish: Encodable {
    var id: String
    var kind: String?
    var url: String?
    var incarnation: String?
}

/// The answer to them.
private struct MemberReport: Decodable {
    var member: ClusterMember
}

/// The answer to `GET /members`.
private struct MemberList: Decodable {
    var members: [ClusterMember]
}

/// The body of `POST /leader`.
private struct Transfer: Encodable {
    var to: String?
}

/// The answer to `POST /leader`.
private struct LeaderReport: Decodable {
    var leader: ClusterStatus.Leader
}
