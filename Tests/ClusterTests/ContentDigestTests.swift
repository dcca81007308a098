import HTTPClient
import HTTPTypes
import Messaging
import Raft
import Synchronization
import XCTest

@testable import Cluster

/// What arrives between nodes is what was sent, or is not believed.
final class ContentDigestTests: XCTestCase {
    private var cluster: LocalCluster?

    override func tearDownWithError() throws {
        try cluster?.tearDown()
        cluster = nil
    }

    /// RFC 3720 appendix B.4: the checksum of 32 zeros is 8A9136AA.
    func testTheFieldIsThatOfTheStandard() {
        XCTAssertEqual(ContentDigest.fieldValue(of: Array(repeating: 0, count: 32)), "crc32c=:ipE2qg==:")
        XCTAssertEqual(ContentDigest.fieldName.rawName, "Content-Digest")
    }

    func testEveryFlippedBitIsNoticed() throws {
        let content = try PeerJSON.encode(VoteReplyBody(RequestVote.Reply(term: 7, isPreVote: false, granted: true)))
        let value = ContentDigest.fieldValue(of: content)
        XCTAssertNil(ContentDigest.mismatch(of: content, with: value))
        for place in content.indices {
            for bit in 0..<8 {
                var damaged = content
                damaged[place] ^= 1 << bit
                XCTAssertNotNil(ContentDigest.mismatch(of: damaged, with: value), "byte \(place), bit \(bit)")
            }
        }
        XCTAssertNotNil(ContentDigest.mismatch(of: content.dropLast(), with: value))
        XCTAssertNotNil(ContentDigest.mismatch(of: content, with: nil))
    }

    func testAnAnswerThatIsNotWhatWasSentIsNotRead() throws {
        let content = try PeerJSON.encode(VoteReplyBody(RequestVote.Reply(term: 7, isPreVote: false, granted: true)))
        var response = HTTPClientResponse(status: .ok, headers: PeerJSON.headers(for: content), body: content)
        XCTAssertEqual(try PeerJSON.decode(VoteReplyBody.self, from: response).term, 7)
        response.body = Self.damaged(content)
        XCTAssertEqual(try PeerJSON.decode(VoteReplyBody.self, from: response.body).term, 6, "it can be read")
        XCTAssertThrowsError(try PeerJSON.decode(VoteReplyBody.self, from: response)) { error in
            XCTAssertTrue("\(error)".contains("damaged on the way"), "\(error)")
        }
        response.headers[ContentDigest.fieldName] = nil
        XCTAssertThrowsError(try PeerJSON.decode(VoteReplyBody.self, from: response))
    }

    func testARequestThatIsNotWhatWasSentIsRefused() throws {
        let cluster = try LocalCluster(1)
        self.cluster = cluster
        try cluster.startAll()
        let replica = try XCTUnwrap(try cluster.primary().running?.replica)
        for path in PeerPath.all {
            let content = Array(#"{"term":7}"#.utf8)
            for digest in [nil, "", "crc32c=:AAAAAA==:", ContentDigest.fieldValue(of: Self.damaged(content))] {
                let response: PeerResponse = try cluster.wait { done in
                    replica.handlePeerRequest(path: path, body: content, digest: digest, respond: done)
                }
                guard case .malformed(let reason) = response, reason.contains("Content-Digest") else {
                    return XCTFail("\(path) with \(digest ?? "none"): \(response)")
                }
            }
        }
    }

    /// A term, an index, a round with another digit: still well-formed, and nobody's.
    func testAClusterGoesOnWhileBitsFlipOnTheWay() throws {
        let cluster = try LocalCluster(3)
        self.cluster = cluster
        try cluster.startAll()
        let first = try cluster.primary()
        let count = Mutex(0)
        for node in cluster.nodes {
            node.endpoint.damage.withLock { damage in
                damage = { content in
                    let isHit = count.withLock { count in
                        count += 1
                        return count % 5 == 0
                    }
                    return isHit ? Self.damaged(content) : content
                }
            }
        }
        let term = try XCTUnwrap(first.running?.replica.status.term)
        var last: UInt64 = 0
        for number in 1...60 {
            let outcome = try cluster.send("message \(number)", to: try cluster.primary())
            guard case .committed(let ids, _, _) = outcome else { return XCTFail("\(number): \(outcome)") }
            last = ids.upperBound
        }
        XCTAssertGreaterThan(count.withLock { $0 }, 100)
        for node in cluster.nodes { node.endpoint.damage.withLock { damage in damage = { content in content } } }
        for node in cluster.nodes {
            try cluster.eventually("\(node.id) has all") {
                node.running.flatMap { $0.replica.status.appliedIndex >= last ? true : nil }
            }
            XCTAssertEqual(try cluster.contents(on: node, through: last), (1...60).map { "message \($0)" })
            // A term that jumps is one that was made up.
            XCTAssertLessThan(try XCTUnwrap(node.running?.replica.status.term), term + 20)
        }
    }

    /// The same with another number in it, the last one.
    private static func damaged(_ content: [UInt8]) -> [UInt8] {
        var damaged = content
        if let place = damaged.lastIndex(where: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            damaged[place] ^= 1
        }
        return damaged
    }
}
