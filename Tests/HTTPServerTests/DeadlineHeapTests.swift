import XCTest

@testable import HTTPServer

final class DeadlineHeapTests: XCTestCase {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    func testPopsInOrderAndNotBeforeTime() {
        var heap = DeadlineHeap()
        for (slot, second) in [(0, 5), (1, 3), (2, 9), (3, 1)] { heap.lower(slot, to: at(second)) }
        XCTAssertEqual(heap.first, at(1))
        XCTAssertNil(heap.popDue(at(0)))
        XCTAssertEqual(
            [heap.popDue(at(5)), heap.popDue(at(5)), heap.popDue(at(5)), heap.popDue(at(5))],
            [3, 1, 0, nil]
        )
        XCTAssertEqual(heap.first, at(9))
    }

    func testOnlyAnEarlierTimeCounts() {
        var heap = DeadlineHeap()
        heap.lower(0, to: at(5))
        heap.lower(0, to: at(9))
        XCTAssertEqual(heap.first, at(5))
        heap.lower(0, to: at(2))
        XCTAssertEqual(heap.first, at(2))
        XCTAssertEqual(heap.count, 1)
    }

    func testRemovesAnywhere() {
        var heap = DeadlineHeap()
        for slot in 0..<5 { heap.lower(slot, to: at(slot)) }
        heap.remove(2)
        heap.remove(2)
        heap.remove(0)
        XCTAssertEqual((0..<4).map { _ in heap.popDue(at(10)) }, [1, 3, 4, nil])
    }

    func testAgainstASortedList() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var heap = DeadlineHeap()
            var model: [Int: Int] = [:]
            for _ in 0..<100 {
                let slot = Int.random(in: 0..<20, using: &generator)
                let second = Int.random(in: 0..<1000, using: &generator)
                if Bool.random(using: &generator) {
                    heap.lower(slot, to: at(second))
                    model[slot] = min(model[slot] ?? second, second)
                } else {
                    heap.remove(slot)
                    model[slot] = nil
                }
                XCTAssertEqual(heap.first, model.values.min().map(at))
                XCTAssertEqual(heap.count, model.count)
            }
            var popped: [Int] = []
            while let slot = heap.popDue(at(1000)) { popped.append(model[slot] ?? -1) }
            XCTAssertEqual(popped, model.values.sorted())
        }
    }
}
