import Raft
import XCTest

@testable import Simulation

final class GraphTests: XCTestCase {
    /// 1, 3, 16 and 218 directed graphs of one to four nodes differ in more than names.
    func testTheClassesAreAsManyAsThereAre() {
        XCTAssertEqual((1...4).map { ConnectivityGraph.upToRelabelling(nodes: $0).count }, [1, 3, 16, 218])
        XCTAssertEqual(ConnectivityGraph.all(nodes: 3).count, 64)
    }

    func testAMajorityIsConnectedWhereAllOfItReachEachOther() {
        let all = ConnectivityGraph(nodes: 3, edges: 0b111111)
        XCTAssertTrue(all.hasConnectedMajority)
        XCTAssertFalse(ConnectivityGraph(nodes: 3, edges: 0).hasConnectedMajority)
        let circle = ConnectivityGraph(nodes: 3, edges: 0b01_10_01)
        XCTAssertTrue(circle.reaches(0, 1) && circle.reaches(1, 2) && circle.reaches(2, 0))
        XCTAssertFalse(circle.hasConnectedMajority)
    }

    func testRelabellingKeepsTheEdges() {
        let graph = ConnectivityGraph(nodes: 3, edges: 0b000001)
        XCTAssertTrue(graph.reaches(0, 1))
        let other = graph.relabelled([2, 0, 1])
        XCTAssertTrue(other.reaches(2, 0))
        XCTAssertEqual(other.edges.nonzeroBitCount, 1)
    }

    func testPausesAreMeasuredUpToTheEnd() {
        var pauses = CommitPauses(from: .init(nanoseconds: 100), through: .init(nanoseconds: 200))
        pauses.committed(at: .init(nanoseconds: 50))
        pauses.committed(at: .init(nanoseconds: 130))
        pauses.committed(at: .init(nanoseconds: 140))
        XCTAssertEqual(pauses.longest, .nanoseconds(60))
        pauses.committed(at: .init(nanoseconds: 300))
        XCTAssertEqual(pauses.longest, .nanoseconds(60))
    }

    /// A leader that reaches nobody any more, and one that only hears: the other two go on.
    func testCommitsGoOnWhereTwoOfThreeReachEachOther() {
        for edges in [0b11_00_00, 0b10_10_00, 0b11_11_10] as [UInt32] {
            let graph = ConnectivityGraph(nodes: 3, edges: edges)
            let trial = GraphTrial(graph, seed: UInt64(edges))
            let (violations, pause) = trial.run()
            XCTAssertEqual(violations, [])
            if graph.hasConnectedMajority { XCTAssertLessThanOrEqual(pause, trial.patience, "\(edges)") }
        }
    }
}
