import XCTest

@testable import Messaging

final class CommandCodingTests: XCTestCase {
    func testPartiesAreReadWithoutTheContent() throws {
        let draft = Draft(sender: "älice", recipient: "bob", content: "x")
        let payload = Command.message(draft, hlc: HybridTimestamp(rawValue: 3)).payload
        let parties = try XCTUnwrap(Command.parties(of: payload))
        XCTAssertEqual([parties.sender, parties.recipient], ["älice", "bob"])
        XCTAssertNil(try Command.parties(of: [9] + payload.dropFirst()))
        for length in 0..<22 { XCTAssertThrowsError(try Command.parties(of: Array(payload.prefix(length)))) }
    }

    private let command = Command.message(
        Draft(sender: "alice", recipient: "böb", content: "hé\u{0}llo 👋"),
        hlc: HybridTimestamp(rawValue: 0x0123_4567)
    )

    func testReadsBackWhatItWrites() throws {
        XCTAssertEqual(try Command(payload: command.payload), command)
    }

    func testTheBytesAreTheDocumentedOnes() {
        let payload = Command.message(
            Draft(sender: "a", recipient: "bc", content: "d"),
            hlc: HybridTimestamp(rawValue: 0x0102)
        ).payload
        XCTAssertEqual(payload, [1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 97, 2, 0, 98, 99, 1, 0, 0, 0, 100])
    }

    func testStampsInPlace() throws {
        var payload = Command.unstampedPayload(of: Draft(sender: "a", recipient: "b", content: "c"))
        Command.stamp(&payload, with: HybridTimestamp(rawValue: 77))
        XCTAssertEqual(Command.stamp(of: payload), HybridTimestamp(rawValue: 77))
        guard case .message(_, let hlc) = try Command(payload: payload) else { return XCTFail("not a message") }
        XCTAssertEqual(hlc, HybridTimestamp(rawValue: 77))
    }

    func testAPayloadTooShortForAClockReadingHasNone() {
        let payload = command.payload
        for length in 0..<9 { XCTAssertNil(Command.stamp(of: Array(payload.prefix(length))), "\(length) bytes") }
        XCTAssertEqual(Command.stamp(of: Array(payload.prefix(9))), HybridTimestamp(rawValue: 0x0123_4567))
    }

    /// What was mended would be another message on each node that mends otherwise.
    func testTextThatIsNotUTF8IsRefused() {
        let payload = Command.message(
            Draft(sender: "a", recipient: "b", content: "c"),
            hlc: HybridTimestamp(rawValue: 1)
        ).payload
        for letter in ["a", "b", "c"] as [Character] {
            var changed = payload
            guard let byte = letter.asciiValue, let place = changed.lastIndex(of: byte) else {
                return XCTFail("no \(letter)")
            }
            changed[place] = 0xFF
            XCTAssertThrowsError(try Command(payload: changed), "\(letter)")
        }
    }

    func testEveryTruncationIsRefused() {
        let payload = command.payload
        for length in 0..<payload.count {
            XCTAssertThrowsError(try Command(payload: Array(payload.prefix(length))), "\(length) bytes")
        }
    }

    func testEveryChangedByteIsReadOrRefusedButNeverTraps() {
        let payload = command.payload
        var read = 0
        for position in payload.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = payload
                changed[position] = value
                if (try? Command(payload: changed)) != nil { read += 1 }
            }
        }
        XCTAssertGreaterThan(read, 0)
    }

    func testOptionalExtensionsAreSkippedOthersRefused() throws {
        XCTAssertEqual(try Command(payload: command.payload + [128, 2, 0, 0, 0, 9, 9]), command)
        for tag in [1, 127] as [UInt8] {
            XCTAssertThrowsError(try Command(payload: command.payload + [tag, 2, 0, 0, 0, 9, 9]), "tag \(tag)")
        }
        XCTAssertThrowsError(try Command(payload: command.payload + [128, 3, 0, 0, 0, 9, 9]))
    }

    func testUnknownKindIsRefused() {
        XCTAssertThrowsError(try Command(payload: [9] + command.payload.dropFirst()))
    }
}
