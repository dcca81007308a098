import Gateway
package import Messaging
package import Raft
import Synchronization

@testable package import Cluster

/// A replica whose answers a test sets. It answers at once, on the caller's thread.
package final class FakeReplica: ReplicaService {
    package struct Proposal: Equatable {
        package var payloads: [[UInt8]]
        package var copies: Int

        package init(payloads: [[UInt8]], copies: Int) {
            self.payloads = payloads
            self.copies = copies
        }
    }

    package struct State {
        package var status = ReplicaStatus(nodeID: "a", url: "http://127.0.0.1:12345", kind: .voter, role: .leader)
        /// What is stored, in order; `propose` adds to it.
        package var messages: [Message] = []
        /// How the next writes end; then each is committed.
        package var writeOutcomes: [WriteOutcome] = []
        /// How the next reads end; then each is readable through what is applied.
        package var readOutcomes: [ReadOutcome] = []
        /// What the next waits for a primary find; then none.
        package var primaries: [Primary?] = []
        /// How the next hand-overs end; then the one wanted, else `b`, takes over.
        package var transferOutcomes: [TransferOutcome] = []
        /// How the next promotions end; then in epoch 1, lacking nothing.
        package var promotionOutcomes: [PromotionOutcome] = []
        /// How the next changes of the membership end; then each is made.
        package var membershipOutcomes: [MembershipOutcome] = []
        /// Whether `propose` answers at all.
        package var isSilent = false
        package var readFailure: ReadFailure?
        package var pageReadings: [MessageQuery] = []
        /// Set where a test wants pages that the messages alone don't give.
        package var page: MessagePage?
        package var peerResponse = PeerResponse.answer(Array("{}".utf8), sender: "b")

        package var proposals: [Proposal] = []
        package var awaited: [NodeID?] = []
        package var transfers: [NodeID?] = []
        package var promotions: [Promotion] = []
        package var changes: [MembershipChange] = []
        package var refusals: [NodeID] = []
        package var ended: [NodeID] = []
        package var peerRequests: [String] = []
    }

    private let state: Mutex<State>

    package init() {
        var state = State()
        state.status.leader = Primary(id: "a", url: "http://127.0.0.1:12345")
        state.status.isReady = true
        state.status.sinceLeaderContactMilliseconds = 0
        state.status.members = ["a", "b"].map { id in
            ReplicaStatus.Member(id: NodeID(id), incarnation: 7, url: "http://\(id):1", kind: .voter)
        }
        state.status.voters = 2
        self.state = Mutex(state)
    }

    package func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    package func read<Value: Sendable>(_ read: (State) -> Value) -> Value { state.withLock { read($0) } }

    /// Makes this node a backup of `primary`.
    package func follow(_ primary: Primary) {
        update { state in
            state.status.role = .follower
            state.status.leader = primary
        }
    }

    /// Stores a message under the next id.
    package func store(from sender: String = "alice", to recipient: String = "bob", _ content: String) {
        update { state in
            let id = (state.messages.last?.id ?? 0) + 1
            state.messages.append(
                Message(
                    id: id,
                    sender: sender,
                    recipient: recipient,
                    content: content,
                    hlc: Self.stamp(of: id)
                )
            )
            state.status.appliedIndex = id
        }
    }

    /// 2023-11-14T22:13:20.000Z and `id` milliseconds.
    package static func stamp(of id: UInt64) -> HybridTimestamp {
        HybridTimestamp(rawValue: (1_700_000_000_000 + id) << 16)
    }

    // MARK: ReplicaService

    package var status: ReplicaStatus { read(\.status) }

    package func measuredStatus() -> ReplicaStatus { status }

    package func propose(
        _ payloads: [[UInt8]],
        copies: Int,
        hold: Duration,
        completion: @escaping @Sendable (WriteOutcome) -> Void
    ) {
        let outcome = state.withLock { state -> WriteOutcome? in
            state.proposals.append(Proposal(payloads: payloads, copies: copies))
            if state.isSilent { return nil }
            if !state.writeOutcomes.isEmpty { return state.writeOutcomes.removeFirst() }
            return Self.commit(payloads, to: &state)
        }
        if let outcome { completion(outcome) }
    }

    private static func commit(_ payloads: [[UInt8]], to state: inout State) -> WriteOutcome {
        let first = (state.messages.last?.id ?? 0) + 1
        let last = first + UInt64(payloads.count) - 1
        for (id, payload) in zip(first...last, payloads) {
            guard case .message(let draft, _)? = try? Command(payload: payload) else {
                preconditionFailure("proposed was \(payload)")
            }
            state.messages.append(
                Message(
                    id: id,
                    sender: draft.sender,
                    recipient: draft.recipient,
                    content: draft.content,
                    hlc: stamp(of: id)
                )
            )
        }
        state.status.appliedIndex = last
        return .committed(ids: first...last, stamps: (first...last).map(stamp), copies: 2)
    }

    package func read(hold: Duration, completion: @escaping @Sendable (ReadOutcome) -> Void) {
        completion(
            state.withLock { state in
                state.readOutcomes.isEmpty
                    ? .readable(through: state.status.appliedIndex) : state.readOutcomes.removeFirst()
            }
        )
    }

    package func whenApplied(_ index: UInt64, within limit: Duration, completion: @escaping @Sendable (Bool) -> Void) {
        completion(read { $0.status.appliedIndex >= index })
    }

    package func awaitPrimary(
        otherThan former: NodeID?,
        within limit: Duration,
        completion: @escaping @Sendable (Primary?) -> Void
    ) {
        completion(
            state.withLock { state in
                state.awaited.append(former)
                return state.primaries.isEmpty ? nil : state.primaries.removeFirst()
            }
        )
    }

    package func transferLeadership(
        to target: NodeID?,
        completion: @escaping @Sendable (TransferOutcome) -> Void
    ) {
        completion(
            state.withLock { state in
                state.transfers.append(target)
                return state.transferOutcomes.isEmpty
                    ? .transferred(to: target ?? "b") : state.transferOutcomes.removeFirst()
            }
        )
    }

    package func promote(
        in epoch: UInt64,
        acceptsLoss: Bool,
        completion: @escaping @Sendable (PromotionOutcome) -> Void
    ) {
        completion(
            state.withLock { state in
                state.promotions.append(Promotion(epoch: epoch, id: 0, acceptsLoss: acceptsLoss))
                return state.promotionOutcomes.isEmpty
                    ? .promoted(epoch: epoch + 1, mayLackAfter: nil) : state.promotionOutcomes.removeFirst()
            }
        )
    }

    package func changeMembership(
        _ change: MembershipChange,
        completion: @escaping @Sendable (MembershipOutcome) -> Void
    ) {
        completion(
            state.withLock { state in
                state.changes.append(change)
                return state.membershipOutcomes.isEmpty
                    ? .changed(index: 9) : state.membershipOutcomes.removeFirst()
            }
        )
    }

    package func connectionEnded(with peer: NodeID) { update { $0.ended.append(peer) } }

    package func connectionRefused(by peer: NodeID) { update { $0.refusals.append(peer) } }

    package func message(id: UInt64, completion: @escaping @Sendable (Result<Message?, ReadFailure>) -> Void) {
        let (failure, message) = read { state in (state.readFailure, state.messages.first { $0.id == id }) }
        completion(failure.map { .failure($0) } ?? .success(message))
    }

    package func page(_ query: MessageQuery, completion: @escaping @Sendable (Result<MessagePage, ReadFailure>) -> Void)
    {
        let result = state.withLock { state -> Result<MessagePage, ReadFailure> in
            state.pageReadings.append(query)
            if let failure = state.readFailure { return .failure(failure) }
            if let page = state.page { return .success(page) }
            let matching = state.messages.filter { message in
                message.id > query.after && message.id <= query.through
                    && (query.recipient ?? message.recipient) == message.recipient
                    && (query.sender ?? message.sender) == message.sender
            }
            let messages = Array(matching.prefix(query.limit))
            let more = matching.count > messages.count
            return .success(
                MessagePage(
                    messages: messages,
                    more: more,
                    scannedThrough: more ? messages.last?.id ?? query.after : max(query.after, query.through)
                )
            )
        }
        completion(result)
    }

    package func handlePeerRequest(
        path: String,
        body: [UInt8],
        digest: String?,
        respond: @escaping @Sendable (PeerResponse) -> Void
    ) {
        respond(
            state.withLock { state in
                state.peerRequests.append(path)
                return state.peerResponse
            }
        )
    }
}
