import Raft
import XCTest

final class MembershipCodingTests: XCTestCase {
    private let cluster = ClusterID(high: 0x0123_4567_89AB_CDEF, low: 42)
    private let membership = Membership([
        .init(id: "b", kind: .voter, incarnation: 2, url: "http://127.0.0.1:12346"),
        .init(id: "a", kind: .voter, incarnation: 1, url: "http://127.0.0.1:12345"),
        .init(id: "w", kind: .witness, incarnation: .init(.max), url: "http://[::1]:12347"),
    ])

    func testWhatIsEncodedIsDecoded() throws {
        let decoded = try MembershipCoding.decode(MembershipCoding.encode(membership, cluster: cluster))
        XCTAssertEqual(decoded.membership, membership)
        XCTAssertEqual(decoded.cluster, cluster)
    }

    func testTheFormatIsFixed() {
        let one = Membership([.init(id: "a", kind: .learner, incarnation: 258, url: "u")])
        XCTAssertEqual(
            MembershipCoding.encode(one, cluster: ClusterID(high: 1, low: 2)),
            [1] + [1, 0, 0, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 0] + [1, 0]
                + [1] + [2, 1, 0, 0, 0, 0, 0, 0] + [1, 0, 97] + [1, 0, 117]
        )
    }

    func testEveryTruncationIsAnError() {
        let bytes = MembershipCoding.encode(membership, cluster: cluster)
        for length in bytes.indices {
            XCTAssertThrowsError(try MembershipCoding.decode(Array(bytes[..<length])), "\(length) bytes")
        }
    }

    func testEveryChangedByteIsAnErrorOrAnotherValue() {
        let bytes = MembershipCoding.encode(membership, cluster: cluster)
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << UInt8(bit)
                guard let decoded = try? MembershipCoding.decode(changed) else { continue }
                XCTAssertFalse(
                    decoded.membership == membership && decoded.cluster == cluster,
                    "byte \(place) bit \(bit)"
                )
                XCTAssertEqual(MembershipCoding.encode(decoded.membership, cluster: decoded.cluster), changed)
            }
        }
    }

    func testTrailingBytesAndUnsortedNamesAreErrors() {
        let bytes = MembershipCoding.encode(membership, cluster: cluster)
        XCTAssertThrowsError(try MembershipCoding.decode(bytes + [0])) {
            XCTAssertEqual(($0 as? MembershipCoding.DecodingError)?.code, .endsLate)
        }
        let member: [UInt8] = [0] + [UInt8](repeating: 0, count: 8) + [1, 0, 97] + [0, 0]
        let header = [1] + [UInt8](repeating: 0, count: 16)
        XCTAssertThrowsError(try MembershipCoding.decode(header + [2, 0] + member + member)) {
            XCTAssertEqual(($0 as? MembershipCoding.DecodingError)?.code, .unsorted)
        }
    }

    func testTheEpochAndWhoReturnsSurviveCoding() throws {
        let members = Fixture.membership(voters: ["a"], learners: ["b", "c"]).members
        let epoch = Epoch(number: 3, id: .max, parent: 5, fork: LogIndex(1 << 40))
        let membership = Membership(members, epoch: epoch, returning: ["c", "b"])
        let bytes = MembershipCoding.encode(membership, cluster: Fixture.cluster)
        XCTAssertEqual(try MembershipCoding.decode(bytes).membership, membership)
        for count in 0..<bytes.count {
            XCTAssertThrowsError(try MembershipCoding.decode(Array(bytes[..<count])), "\(count) bytes")
        }
    }
}
