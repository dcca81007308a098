import Dispatch
import Foundation
import HTTPClient
import TandemTesting
import XCTest

/// The nodes under test: those that `TANDEM_URL` names, separated by commas, else a pair with a witness of our own, as
/// `deploy/run` starts it.
class AcceptanceTestCase: XCTestCase {
    /// One client for the process: its connections are kept, as a service's would be.
    private static let client = HTTPClient(name: "acceptance")
    private static let shared = SharedNodes()

    private(set) var nodes: [API] = []
    /// Messages to and from this name belong to this test alone, on whatever server it runs.
    let party = "test-\(UUID().uuidString)"

    override func setUp() async throws {
        nodes = try await Self.shared.urls().map { API(url: $0, client: Self.client) }
    }

    override class func tearDown() {
        let stopped = DispatchSemaphore(value: 0)
        Task.detached {
            await shared.stop()
            stopped.signal()
        }
        stopped.wait()
    }

    /// The first node.
    var node: API { nodes[0] }

    /// A node that is not the primary.
    func backup() async throws -> API {
        for node in nodes where try await node.get("/status").object()["role"] as? String == "backup" { return node }
        throw XCTSkip("TANDEM_URL names no backup")
    }

    /// Sends a message that only this test will see.
    func send(_ content: String, from sender: String? = nil, to recipient: String? = nil) async throws -> [String: Any]
    {
        let reply = try await node.post([
            "sender": sender ?? party, "recipient": recipient ?? party, "content": content,
        ])
        XCTAssertEqual(reply.status, 201, reply.text)
        return try reply.object()
    }

    /// How many messages are stored for this test.
    func storedCount() async throws -> Int {
        var count = 0
        for field in ["recipient", "sender"] {
            let page = try await node.get("/messages?\(field)=\(party)&limit=100").object()
            count += (page["messages"] as? [Any])?.count ?? 0
        }
        return count
    }
}

/// Starts the cluster when the first test asks, and keeps it for the others of its class.
private actor SharedNodes {
    private var cluster: ThrowawayCluster?

    func urls() async throws -> [String] {
        if let given = ProcessInfo.processInfo.environment["TANDEM_URL"], !given.isEmpty {
            return given.split(separator: ",").map(String.init)
        }
        if let cluster { return cluster.urls }
        let started = try await ThrowawayCluster.start(nodes: 2, witness: true)
        cluster = started
        return started.urls
    }

    func stop() async {
        await cluster?.stop()
        cluster = nil
    }
}
