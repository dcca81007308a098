import Raft
import XCTest

final class VocabularyTests: XCTestCase {
    /// RFC 3720 appendix B.4, and the check value of every CRC catalogue.
    func testCRC32CMatchesPublishedValues() {
        let cases: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ((0..<32).map { $0 }, 0x46DD_794E),
            ((0..<32).reversed().map { $0 }, 0x113F_DB5C),
            ([], 0),
        ]
        for (bytes, expected) in cases {
            var whole = CRC32C()
            whole.update(bytes)
            XCTAssertEqual(whole.value, expected)
            for cut in bytes.indices {
                var first = CRC32C()
                first.update(bytes[..<cut])
                var rest = CRC32C(seed: first.value)
                rest.update(bytes[cut...])
                XCTAssertEqual(rest.value, expected)
            }
        }
    }

    /// Every part of an entry, and the one before it, changes its chain value.
    func testAChainValueCoversTheWholeEntry() {
        let entry = Entry(id: EntryID(term: 2, index: 3), kind: .command, payload: [1, 2], after: ChainValue(9))
        XCTAssertTrue(entry.follows(ChainValue(9)))
        XCTAssertFalse(entry.follows(ChainValue(8)))
        var changed = Array(repeating: entry, count: 5)
        changed[0].id.term = 3
        changed[1].id.index = 4
        changed[2].kind = .noop
        changed[3].continues = true
        changed[4].payload = [1, 3]
        for other in changed { XCTAssertFalse(other.follows(ChainValue(9))) }
    }

    func testSplitMix64GivesThePublishedNumbers() {
        var random = SplitMix64(seed: 0)
        XCTAssertEqual(random.next(), 0xE220_A839_7B1D_CDAF)
        XCTAssertEqual(random.next(), 0x6E78_9E6A_A1B9_65F4)
        XCTAssertEqual(random.next(), 0x06C4_5D18_8009_454F)
    }

    func testBoundedNumbersStayInTheirBoundAndFillIt() {
        var random = SplitMix64(seed: 3)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[Int(random.next(below: 10))] += 1 }
        for count in counts { XCTAssertTrue((850...1150).contains(count)) }
        XCTAssertEqual(random.next(below: 0), 0)
        XCTAssertEqual(random.next(below: 1), 0)
    }

    func testEntriesAreOrderedByTermThenIndex() {
        XCTAssertLessThan(EntryID(term: 1, index: 9), EntryID(term: 2, index: 1))
        XCTAssertLessThan(EntryID(term: 2, index: 1), EntryID(term: 2, index: 2))
    }

    func testInstantsNeverRunBackwards() {
        XCTAssertEqual(Instant.milliseconds(5).since(.milliseconds(7)), .zero)
        XCTAssertEqual(Instant.milliseconds(7).since(.milliseconds(5)), .milliseconds(2))
        XCTAssertEqual((Instant.zero + .seconds(-3)), .zero)
    }

    func testAQuorumIsAMajorityOfThoseWhoVote() {
        let membership = Fixture.membership(voters: ["a", "b"], learners: ["l"], witnesses: ["w"])
        XCTAssertEqual(membership.voters.map(\.id), ["a", "b", "w"])
        XCTAssertEqual(membership.quorum, 2)
        XCTAssertTrue(membership.recognises(Fixture.identity("l")))
        XCTAssertFalse(membership.recognises(MemberIdentity(id: "l", incarnation: 0)))
    }
}
