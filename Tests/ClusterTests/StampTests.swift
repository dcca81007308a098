import HTTPTypes
import Messaging
import Raft
import Storage
import XCTest

@testable import Cluster

/// Messages are stamped ever later along the log, whatever the clocks of the machines say.
final class StampTests: XCTestCase {
    private var cluster: LocalCluster?

    /// An hour from now.
    private let ahead = HybridTimestamp(millisecondsSinceEpoch: Clocks.wallMilliseconds() + 3_600_000)

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    /// All nodes are down, and the first one's log ends with a message that was stamped by a clock that was ahead.
    private func makeClusterThatWasAhead(_ count: Int) throws -> LocalCluster {
        let cluster = try LocalCluster(count)
        self.cluster = cluster
        try cluster.startAll()
        let node = try cluster.primary()
        XCTAssertEqual(node.id, "a")
        _ = try stamp(of: "one", to: node, in: cluster)
        try cluster.stopAll()
        let directory = try DataDirectory.open(on: RealDisk(path: node.path), node: node.id, incarnation: 1)
        let summary = directory.log.summary
        let draft = Draft(sender: "alice", recipient: "bob", content: "two")
        let entry = Entry(
            id: EntryID(term: summary.last.term, index: summary.last.index.next),
            kind: .command,
            payload: Command.message(draft, hlc: ahead).payload,
            after: summary.lastChain
        )
        try directory.persist([Persist(token: PersistToken(1), entries: [entry])])
        try directory.close()
        return cluster
    }

    private func stamp(
        of content: String,
        to node: LocalCluster.Node,
        in cluster: LocalCluster
    ) throws -> HybridTimestamp {
        let outcome = try cluster.send(content, to: node, copies: cluster.nodes.count)
        guard case .committed(_, let stamps, _) = outcome, let stamp = stamps.first else {
            throw LocalCluster.TimedOut(description: "\(outcome)")
        }
        return stamp
    }

    func testAPrimaryThatStartsStampsAfterWhatIsInItsLog() throws {
        let cluster = try makeClusterThatWasAhead(1)
        try cluster.startAll()
        XCTAssertGreaterThan(try stamp(of: "three", to: cluster.primary(), in: cluster), ahead)
    }

    func testAPrimaryThatTakesOverStampsAfterWhatItWasSent() throws {
        let cluster = try makeClusterThatWasAhead(2)
        try cluster.startAll()
        let first = try cluster.primary()
        XCTAssertEqual(first.id, "a", "the other one lacks an entry")
        let before = try stamp(of: "three", to: first, in: cluster)
        XCTAssertGreaterThan(before, ahead)
        let replica = try XCTUnwrap(first.running?.replica)
        let outcome = try cluster.wait { replica.transferLeadership(to: "b", completion: $0) }
        guard case .transferred(to: "b") = outcome else { return XCTFail("\(outcome)") }
        XCTAssertGreaterThan(try stamp(of: "four", to: cluster.primary(), in: cluster), before)
    }

    /// One whose clock runs ahead does not take those of all others with it.
    func testAPeersClockThatIsFarAheadIsNotFollowed() throws {
        let cluster = try LocalCluster(1)
        self.cluster = cluster
        try cluster.startAll()
        let running = try XCTUnwrap(try cluster.primary().running)
        let identity = running.directory.identity
        let receiver = MemberIdentity(id: identity.node, incarnation: identity.incarnation)
        for (milliseconds, isFollowed) in [(3_600_000, false), (400, true)] as [(UInt64, Bool)] {
            let hlc = HybridTimestamp(millisecondsSinceEpoch: Clocks.wallMilliseconds() + milliseconds)
            let body = try PeerJSON.encode(
                PeerEnvelope(
                    cluster: try XCTUnwrap(identity.cluster).description,
                    from: PeerName(MemberIdentity(id: "z", incarnation: 5)),
                    to: PeerName(receiver),
                    hlc: hlc,
                    body: VoteBody(RequestVote(term: 1, isPreVote: true, lastEntry: .zero))
                )
            )
            let digest = ContentDigest.fieldValue(of: body)
            let response: PeerResponse = try cluster.wait { done in
                running.replica.handlePeerRequest(path: PeerPath.vote, body: body, digest: digest, respond: done)
            }
            if case .malformed(let reason) = response { XCTFail(reason) }
            let stamp = try stamp(of: "hello", to: cluster.nodes[0], in: cluster)
            XCTAssertEqual(stamp > hlc, isFollowed, "\(milliseconds) ms ahead")
        }
    }
}
