import Messaging
import XCTest

@testable import Simulation

/// Each rule of the checker fires at a history that breaks it, and only then.
final class HistoryCheckerTests: XCTestCase {
    private var history = History()
    private var log: [RecordedMessage] = []

    override func setUp() {
        history = History()
        log = []
    }

    // MARK: Building histories

    private func send(_ count: Int = 1) -> Int { history.begin(.send(count: count), client: 0) }

    private func stamp(_ id: UInt64) -> HybridTimestamp { HybridTimestamp(rawValue: id * 10) }

    /// Puts an operation's messages into the log.
    private func store(_ operation: Int, at ids: UInt64...) {
        for (place, id) in ids.enumerated() {
            log.append(RecordedMessage(id: id, operation: operation, place: place, stamp: stamp(id)))
        }
    }

    private func acknowledge(_ operation: Int, _ ids: ClosedRange<UInt64>) {
        history.end(operation, .acknowledged(ids: ids, stamps: ids.map(stamp)))
    }

    private func acknowledged(_ ids: ClosedRange<UInt64>) {
        let operation = send(ids.count)
        for (place, id) in ids.enumerated() {
            log.append(RecordedMessage(id: id, operation: operation, place: place, stamp: stamp(id)))
        }
        acknowledge(operation, ids)
    }

    private func read(_ kind: ClientOperation.Kind, after: UInt64 = 0, through: UInt64, seeing ids: UInt64...) {
        let operation = history.begin(kind, client: 1)
        let messages = ids.compactMap { id in log.first { $0.id == id } }
        history.end(operation, .read(ReadResult(after: after, through: through, messages: messages)))
    }

    private func assertRules(_ rules: Violation.Rule..., file: StaticString = #filePath, line: UInt = #line) {
        let found = HistoryChecker(log: log).violations(of: history)
        XCTAssertEqual(Set(found.map(\.rule)), Set(rules), "\(found)", file: file, line: line)
    }

    // MARK: A good one

    func testAGoodHistoryBreaksNoRule() {
        acknowledged(2...2)
        acknowledged(4...6)
        let lost = send()
        history.end(lost, .unknown)
        let stored = send(2)
        store(stored, at: 7, 8)
        history.end(stored, .unknown)
        let pending = send()
        store(pending, at: 9)
        let refused = send()
        history.end(refused, .notAccepted)
        read(.linearizableRead, through: 6, seeing: 2, 4, 5, 6)
        read(.linearizableRead, after: 4, through: 8, seeing: 5, 6, 7, 8)
        read(.prefixRead(least: 2), through: 3, seeing: 2)
        assertRules()
    }

    // MARK: Messages

    func testAnIDGivenToTwoMessages() {
        acknowledged(2...2)
        let other = send()
        acknowledge(other, 2...2)
        assertRules(.idGivenTwice, .acknowledgedMessageMissing)
    }

    func testAnAcknowledgedMessageThatIsMissing() {
        acknowledge(send(), 2...2)
        assertRules(.acknowledgedMessageMissing)
    }

    func testAnAcknowledgedMessageAtAnotherPlace() {
        let operation = send()
        store(operation, at: 3)
        acknowledge(operation, 2...2)
        assertRules(.acknowledgedMessageMoved)
    }

    func testAnAcknowledgedMessageThatIsThereTwice() {
        let operation = send()
        store(operation, at: 2)
        store(operation, at: 3)
        acknowledge(operation, 2...2)
        assertRules(.messageTwice)
    }

    func testARefusedMessageThatAppears() {
        let operation = send()
        history.end(operation, .notAccepted)
        store(operation, at: 2)
        assertRules(.refusedMessageAppears)
    }

    func testAMessageOfUnknownOutcomeThatIsThereTwice() {
        let operation = send()
        history.end(operation, .unknown)
        store(operation, at: 2)
        store(operation, at: 3)
        assertRules(.unknownMessageTwice)
    }

    func testPartOfABatch() {
        let operation = send(3)
        history.end(operation, .unknown)
        store(operation, at: 2, 3)
        assertRules(.batchTorn)
    }

    func testABatchThatDoesNotHangTogether() {
        let operation = send(2)
        history.end(operation, .unknown)
        store(operation, at: 2, 4)
        assertRules(.batchTorn)
    }

    func testPartOfAnAcknowledgedBatch() {
        let operation = send(2)
        store(operation, at: 2)
        acknowledge(operation, 2...3)
        assertRules(.batchTorn)
    }

    func testAStampThatIsNotTheOneTold() {
        let operation = send()
        store(operation, at: 2)
        history.end(operation, .acknowledged(ids: 2...2, stamps: [stamp(3)]))
        assertRules(.stampDiffers)
    }

    func testTimestampsThatGoBack() {
        let first = send()
        let second = send()
        log = [
            RecordedMessage(id: 2, operation: first, place: 0, stamp: stamp(9)),
            RecordedMessage(id: 3, operation: second, place: 0, stamp: stamp(8)),
        ]
        assertRules(.timestampGoesBack)
    }

    // MARK: Order

    func testAMessageBeforeOneThatWasAcknowledgedBeforeItWasSent() {
        let first = send()
        acknowledge(first, 5...5)
        let second = send()
        store(second, at: 4)
        store(first, at: 5)
        acknowledge(second, 4...4)
        assertRules(.realTimeOrder)
    }

    func testAMessageOfUnknownOutcomeBeforeOneThatWasAcknowledgedBeforeItWasSent() {
        let first = send()
        acknowledge(first, 5...5)
        let second = send()
        store(second, at: 4)
        store(first, at: 5)
        history.end(second, .unknown)
        assertRules(.realTimeOrder)
    }

    // MARK: Reads

    func testAReadThatLeavesAMessageOut() {
        acknowledged(2...2)
        acknowledged(3...3)
        read(.prefixRead(least: 0), through: 3, seeing: 3)
        assertRules(.readIsNoPrefix)
    }

    func testAReadOfWhatIsNotInTheLog() {
        acknowledged(2...2)
        let operation = history.begin(.prefixRead(least: 0), client: 1)
        let invented = RecordedMessage(id: 3, operation: 77, place: 0, stamp: stamp(3))
        history.end(operation, .read(ReadResult(after: 2, through: 3, messages: [invented])))
        assertRules(.readIsNoPrefix)
    }

    func testALinearizableReadThatMissesAnAcknowledgedMessage() {
        acknowledged(2...2)
        acknowledged(3...3)
        read(.linearizableRead, through: 2, seeing: 2)
        assertRules(.staleRead)
    }

    func testALinearizableReadThatSeesLessThanAnEarlierRead() {
        let pending = send()
        store(pending, at: 2)
        read(.prefixRead(least: 0), through: 2, seeing: 2)
        read(.linearizableRead, through: 1)
        assertRules(.staleRead)
    }

    func testAPrefixReadThatMissesWhatItAskedFor() {
        acknowledged(2...2)
        acknowledged(3...3)
        read(.prefixRead(least: 3), through: 2, seeing: 2)
        assertRules(.staleRead)
    }
}
