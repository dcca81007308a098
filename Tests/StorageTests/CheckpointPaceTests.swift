import Raft
import XCTest

@testable import Storage

final class CheckpointPaceTests: XCTestCase {
    private func entry(_ index: LogIndex, _ kind: Entry.Kind, bytes: Int = 1) -> Entry {
        let payload = [UInt8](repeating: 0, count: bytes)
        return Entry(id: EntryID(term: 1, index: index), kind: kind, payload: payload, after: .empty)
    }

    func testIsDueAfterManyEntriesOrBytes() {
        var pace = CheckpointPace()
        for index in UInt64(1)..<50_000 { pace.add(entry(LogIndex(index), .command)) }
        XCTAssertFalse(pace.isDue)
        pace.add(entry(50_000, .command))
        XCTAssertTrue(pace.isDue)
        pace.begin()
        XCTAssertFalse(pace.isDue)
        pace.add(entry(50_001, .command, bytes: 32 << 20))
        XCTAssertTrue(pace.isDue)
    }

    /// Else a start might not know that the change is committed, and wait for one that has left.
    func testIsDueAfterAChangeOfTheMembers() {
        var pace = CheckpointPace()
        pace.add(entry(1, .noop))
        XCTAssertFalse(pace.isDue)
        pace.add(entry(2, .membership))
        pace.add(entry(3, .command))
        XCTAssertTrue(pace.isDue)
        XCTAssertEqual(pace.last?.id.index, 3)
        pace.begin()
        XCTAssertFalse(pace.isDue)
    }
}
