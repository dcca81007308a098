import FoundationEssentials
import HTTPClient
import HTTPServer
import HTTPTypes
import Raft
import Synchronization
import XCTest

@testable import Cluster

/// What a node that joins asks of a cluster, and what it makes of the answers.
final class JoiningTests: XCTestCase {
    private struct Question: Decodable, Equatable {
        var id: String
        var kind: String
        var url: String?
        var incarnation: String
    }

    private static let cluster = ClusterID(high: 7, low: 9)

    /// The kinds that a node of the cluster was asked for, where each is granted but a voter of who is none yet.
    private func questions(
        _ kind: Membership.Member.Kind,
        whenAsking ask: (Joining) throws -> Void
    ) throws -> [Question] {
        let asked = Mutex<[Question]>([])
        var configuration = HTTPServerConfiguration()
        configuration.writesLoops = 1
        let server = HTTPServer(
            configuration: configuration,
            logger: LocalCluster.logger,
            handler: { exchange in
                guard let question = try? PeerJSON.decode(Question.self, from: exchange.request.body) else {
                    return exchange.respond(Response(status: .badRequest))
                }
                asked.withLock { $0.append(question) }
                let answer = #"{"cluster":"\#(Self.cluster)","member":{"kind":"\#(question.kind)"}}"#
                exchange.respond(Response(status: .ok, body: Array(answer.utf8)))
            },
            connectionClosed: { _ in },
            refusal: { _ in Response(status: .badRequest) }
        )
        let port = try server.start()
        defer { server.stop() }
        let client = HTTPClient(name: "joining")
        defer { client.close() }
        try ask(
            Joining(
                wish: JoinWish(url: "http://127.0.0.1:\(port)", kind: kind),
                own: MemberIdentity(id: "d", incarnation: Incarnation(255)),
                url: "http://d:1",
                client: client
            )
        )
        return asked.withLock { $0 }
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
