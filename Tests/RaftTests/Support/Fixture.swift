import Raft

/// Logs, memberships and nodes in a known state, for tests of single steps.
enum Fixture {
    static let cluster = ClusterID(high: 1, low: 1)

    static func identity(_ id: NodeID) -> MemberIdentity { MemberIdentity(id: id, incarnation: incarnation(of: id)) }

    static func incarnation(of id: NodeID) -> Incarnation { Incarnation(UInt64(id.rawValue.utf8.first ?? 0)) }

    static func member(_ id: NodeID, _ kind: Membership.Member.Kind = .voter) -> Membership.Member {
        Membership.Member(id: id, kind: kind, incarnation: incarnation(of: id), url: "http://\(id)")
    }

    static func membership(voters: [NodeID], learners: [NodeID] = [], witnesses: [NodeID] = []) -> Membership {
        Membership(
            voters.map { member($0) } + learners.map { member($0, .learner) }
                + witnesses.map { member($0, .witness) }
        )
    }

    static func firstEntry(_ membership: Membership) -> Entry {
        Entry(
            id: EntryID(term: 1, index: 1),
            kind: .membership,
            payload: MembershipCoding.encode(membership, cluster: cluster),
            after: .empty
        )
    }

    /// What a membership entry brings; nil for any other.
    static func version(_ entry: Entry) -> MembershipVersion? {
        guard entry.kind == .membership, let decoded = try? MembershipCoding.decode(entry.payload) else { return nil }
        return MembershipVersion(index: entry.index, membership: decoded.membership)
    }

    /// Entries of these terms, from index 1; payloads differ by term and index alone, so equal ids are equal entries.
    static func entries(terms: [UInt64]) -> [Entry] { entries(terms: terms, after: .zero, chain: .empty) }

    static func entries(terms: [UInt64], after previous: EntryID, chain: ChainValue) -> [Entry] {
        var chain = chain
        var index = previous.index
        return terms.map { term in
            index = index.next
            let entry = Entry(
                id: EntryID(term: Term(term), index: index),
                kind: .command,
                payload: [UInt8(truncatingIfNeeded: term), UInt8(truncatingIfNeeded: index.rawValue)],
                after: chain
            )
            chain = entry.chain
            return entry
        }
    }

    static func restored(
        _ membership: Membership,
        log: [Entry],
        term: Term? = nil,
        vote: NodeID? = nil,
        applied: LogIndex = .zero,
        committed: LogIndex = .zero
    ) -> RestoredState {
        var runs: [TermRun] = []
        for entry in log where entry.term != runs.last?.term {
            runs.append(TermRun(firstIndex: entry.index, term: entry.term))
        }
        let chains = [ChainValue.empty] + log.map(\.chain)
        return RestoredState(
            hardState: HardState(term: term ?? log.last?.term ?? .zero, vote: vote),
            cluster: cluster,
            membership: membership,
            laterMemberships: log.compactMap { version($0) },
            termRuns: runs,
            lastIndex: LogIndex(UInt64(log.count)),
            applied: applied,
            committed: committed,
            chains: Array(chains[Int(applied.rawValue)...])
        )
    }

    /// A node that has just started at time zero. Its log holds entries of `terms`.
    static func node(
        _ id: NodeID = "a",
        of voters: [NodeID] = ["a", "b", "c"],
        learners: [NodeID] = [],
        witnesses: [NodeID] = [],
        terms: [UInt64] = [1],
        term: Term? = nil,
        vote: NodeID? = nil,
        applied: LogIndex = .zero,
        settings: Settings = Settings(),
        seed: UInt64 = 1
    ) -> RaftNode {
        let membership = membership(voters: voters, learners: learners, witnesses: witnesses)
        return RaftNode(
            identity: identity(id),
            settings: settings,
            seed: seed,
            restored: restored(
                membership,
                log: entries(terms: terms),
                term: term,
                vote: vote,
                applied: applied
            ),
            now: .zero
        )
    }

    /// Makes a candidate of the node: the pre-vote is won, its own vote is on disk, nobody else has answered.
    @discardableResult
    static func makeCandidate(_ node: inout RaftNode, now: Instant = .zero) -> [Ready] {
        node.step(.campaign, now: now)
        node.persistAll(now: now)
        let grant = RequestVote.Reply(term: node.status.term.next, isPreVote: true, granted: true)
        for voter in node.membership.voters where voter.id != node.identity.id && node.role == .preCandidate {
            node.step(.reply(.requestVote(grant), from: identity(voter.id)), now: now)
        }
        let readies = node.persistAll(now: now)
        precondition(node.role == .candidate, "\(node.status)")
        return readies
    }

    /// Makes a leader of the node, in the term after its own: all voters grant, and its disk writes at once.
    static func elect(_ node: inout RaftNode, now: Instant = .zero) {
        node.step(.campaign, now: now)
        node.persistAll(now: now)
        for isPreVote in [true, false] {
            guard node.status.role != .leader else { break }
            let term = isPreVote ? node.status.term.next : node.status.term
            for voter in node.membership.voters where voter.id != node.identity.id {
                node.step(
                    .reply(
                        .requestVote(RequestVote.Reply(term: term, isPreVote: isPreVote, granted: true)),
                        from: identity(voter.id)
                    ),
                    now: now
                )
            }
            node.persistAll(now: now)
        }
        precondition(node.status.role == .leader, "\(node.status)")
    }
}

extension RaftNode {
    /// Takes what is ready and reports its writes as durable, until nothing is left. Gives back all that was sent and
    /// settled.
    @discardableResult
    mutating func persistAll(now: Instant) -> [Ready] {
        var readies: [Ready] = []
        while let ready = takeReady() {
            readies.append(ready)
            if let token = ready.persist?.token { step(.persisted(token), now: now) }
        }
        return readies
    }

    mutating func receive(
        _ request: RPCRequest,
        from sender: NodeID,
        token: UInt64 = 0,
        now: Instant = .zero
    ) {
        step(.request(request, from: Fixture.identity(sender), token: ReplyToken(token)), now: now)
    }

    mutating func receive(_ reply: RPCReply, from sender: NodeID, now: Instant = .zero) {
        step(.reply(reply, from: Fixture.identity(sender)), now: now)
    }

    /// Steps one request and gives the answer, wherever it stands.
    mutating func answer(_ request: RPCRequest, from sender: NodeID, now: Instant = .zero) -> RPCReply? {
        receive(request, from: sender, token: 77, now: now)
        return persistAll(now: now).flatMap { $0.promises + $0.announcements }.compactMap {
            if case .reply(let reply, _, ReplyToken(77)) = $0 { reply } else { nil }
        }.first
    }
}

extension Sequence<Ready> {
    var settled: [Settlement] { flatMap(\.settled) }

    var requests: [(to: NodeID, request: RPCRequest)] {
        flatMap { $0.announcements + $0.promises }.compactMap {
            if case .request(let request, let peer) = $0 { (peer, request) } else { nil }
        }
    }

    func appends(to peer: NodeID) -> [AppendEntries] {
        requests.compactMap { if case .appendEntries(let append) = $0.request, $0.to == peer { append } else { nil } }
    }

    func heartbeats(to peer: NodeID) -> [Heartbeat] {
        requests.compactMap { if case .heartbeat(let beat) = $0.request, $0.to == peer { beat } else { nil } }
    }

    func voteRequests(to peer: NodeID) -> [RequestVote] {
        requests.compactMap { if case .requestVote(let vote) = $0.request, $0.to == peer { vote } else { nil } }
    }
}

extension Instant {
    static func milliseconds(_ count: Int) -> Instant { .zero + .milliseconds(count) }
}

extension Ticket: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) { self.init(value) }
}
