import Raft
import XCTest

@testable import Cluster

final class EntryCodingTests: XCTestCase {
    private let entries: [Entry] = {
        let first = Entry(
            id: EntryID(term: 3, index: 8),
            kind: .noop,
            payload: [],
            after: ChainValue(0xDEAD_BEEF)
        )
        let second = Entry(
            id: EntryID(term: 3, index: 9),
            kind: .command,
            continues: true,
            payload: [1, 2, 3],
            after: first.chain
        )
        let third = Entry(
            id: EntryID(term: .init(UInt64.max), index: 10),
            kind: .membership,
            payload: Array(repeating: 0xFF, count: 300),
            after: second.chain
        )
        return [first, second, third]
    }()

    func testReadsBackWhatItWrites() {
        XCTAssertEqual(EntryCoding.decode(EntryCoding.encode(entries)), entries)
        XCTAssertEqual(EntryCoding.decode([]), [])
    }

    func testAnEntryWithoutItsPayloadKeepsItsChainValue() throws {
        let stripped = entries.map(\.withoutPayload)
        XCTAssertEqual(stripped.map(\.payloadElsewhere), [false, true, false], "only a command can do without")
        let decoded = try XCTUnwrap(EntryCoding.decode(EntryCoding.encode(stripped)))
        XCTAssertEqual(decoded, stripped)
        XCTAssertEqual(decoded.map(\.chain), entries.map(\.chain))
    }

    func testWhatCanNotBeElsewhereIsRefused() throws {
        var noop = entries[0]
        noop.payloadElsewhere = true
        XCTAssertNil(EntryCoding.decode(EntryCoding.encode([noop])), "a no-op without its payload")
        var command = entries[1]
        command.payloadElsewhere = true
        XCTAssertNil(EntryCoding.decode(EntryCoding.encode([command])), "a payload that is elsewhere and here")
    }

    func testTruncationsGiveNothingOrWholeEntries() {
        let bytes = EntryCoding.encode(entries)
        var whole = 0
        for length in 0...bytes.count {
            guard let decoded = EntryCoding.decode(Array(bytes.prefix(length))) else { continue }
            XCTAssertEqual(decoded, Array(entries.prefix(decoded.count)))
            whole += 1
        }
        XCTAssertEqual(whole, entries.count + 1)
    }

    func testEveryFlippedBitIsRefusedOrBreaksTheChain() {
        let bytes = EntryCoding.encode(entries)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let decoded = EntryCoding.decode(flipped) else { continue }
            var previous = ChainValue(0xDEAD_BEEF)
            let isChained =
                decoded.count == entries.count
                && decoded.allSatisfy { entry in
                    defer { previous = entry.chain }
                    return entry.follows(previous)
                }
            XCTAssertFalse(isChained, "bit \(bit)")
        }
    }
}
