import HTTPClient
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster

/// What a node that joins asks of a cluster, and what it makes of the answers.
final class JoiningTests: XCTestCase {
    private static let cluster = ClusterID(high: 7, low: 9)

    /// The kinds that a node of the cluster was asked for, where each is granted but a voter of who is none yet.
    private func questions(
        _ kind: Membership.Member.Kind,
        whenAsking ask: (Joining) throws -> Void
    ) throws -> [MembersServer.Question] {
        let server = try MembersServer { question in
            let answer = #"{"cluster":"\#(Self.cluster)","member":{"kind":"\#(question.kind)"}}"#
            return Response(status: .ok, body: Array(answer.utf8))
        }
        defer { server.stop() }
        let client = HTTPClient(name: "joining")
        defer { client.close() }
        try ask(
            Joining(
                wish: JoinWish(url: server.url, kind: kind),
                own: MemberIdentity(id: "d", incarnation: Incarnation(255)),
                url: "http://d:1",
                client: client
            )
        )
        return server.questions
    }

    /// Where the answer to its first wish got lost, it is a learner already, and lags: asked for a voter, the cluster
    /// says so each time, and never that the node belongs.
    func testWhoIsToVoteAsksToBeALearnerFirst() throws {
        let asked = try questions(.voter) { joining in
            for _ in 1...2 {
                guard case .member(Self.cluster, .learner) = joining.ask(isNew: true) else {
                    return XCTFail("not taken in")
                }
            }
            guard case .member(Self.cluster, .voter) = joining.ask(isNew: false) else { return XCTFail("no voter") }
        }
        XCTAssertEqual(asked.map(\.kind), ["learner", "learner", "voter"])
        XCTAssertEqual(asked.map(\.incarnation), Array(repeating: "00000000000000ff", count: 3))
    }

    /// A member that was removed does not add itself: without an address nobody is added.
    func testOnlyWhoIsNewSaysWhereItIsReached() throws {
        for kind in [.voter, .learner, .witness] as [Membership.Member.Kind] {
            let asked = try questions(kind) { joining in
                _ = joining.ask(isNew: true)
                _ = joining.ask(isNew: false)
            }
            XCTAssertEqual(asked.map(\.url), ["http://d:1", nil])
            XCTAssertEqual(asked.last?.kind, kind.name)
        }
    }
}
