import XCTest

@testable import Raft

/// The in-memory log on its own.
final class RaftLogTests: XCTestCase {
    private func log(_ terms: [UInt64], restored count: Int? = nil, applied: Int = 0) -> RaftLog {
        let entries = Fixture.entries(terms: terms)
        let count = count ?? terms.count
        var log = RaftLog(
            Fixture.restored(
                Fixture.membership(voters: ["a"]),
                log: Array(entries[..<count]),
                applied: LogIndex(UInt64(applied))
            )
        )
        for entry in entries[count...] { log.append(entry) }
        return log
    }

    private func submit(_ log: inout RaftLog, _ token: UInt64) -> Persist {
        var persist = Persist(token: PersistToken(token))
        log.submit(into: &persist, now: .zero)
        return persist
    }

    func testTermsAreKnownFromTheBaseToTheEnd() {
        let terms: [UInt64] = [1, 1, 3, 3, 3, 4, 9]
        for restored in 0...terms.count {
            let log = log(terms, restored: restored)
            XCTAssertEqual((0...7).map { log.term(at: LogIndex($0))?.rawValue }, [0] + terms)
            XCTAssertNil(log.term(at: 8))
            XCTAssertEqual(log.lastEntry, EntryID(term: 9, index: 7))
        }
    }

    func testChainValuesAreKnownFromWhatWasAppliedUp() {
        let entries = Fixture.entries(terms: [1, 1, 2, 2, 2])
        let log = log([1, 1, 2, 2, 2], restored: 4, applied: 2)
        XCTAssertNil(log.chain(at: 1))
        for index in 2...5 { XCTAssertEqual(log.chain(at: LogIndex(UInt64(index))), entries[index - 1].chain) }
        XCTAssertEqual(log.chain(at: 0), .empty)
        XCTAssertNil(log.chain(at: 6))
        XCTAssertEqual(log.lastChain, entries[4].chain)
    }

    func testWhereLogsCanAgree() {
        let log = log([1, 1, 3, 3, 5, 5])
        let cases: [(index: LogIndex, term: Term, expected: EntryID)] = [
            (6, 5, EntryID(term: 5, index: 6)), (9, 9, EntryID(term: 5, index: 6)),
            (6, 4, EntryID(term: 3, index: 4)), (6, 3, EntryID(term: 3, index: 4)), (3, 3, EntryID(term: 3, index: 3)),
            (6, 2, EntryID(term: 1, index: 2)), (5, 2, EntryID(term: 1, index: 2)), (1, 9, EntryID(term: 1, index: 1)),
            (6, 0, .zero), (0, 5, .zero),
        ]
        for (index, term, expected) in cases {
            XCTAssertEqual(log.lastEntry(atOrBelow: index, termAtMost: term), expected, "\(index) \(term)")
        }
    }

    func testWhereLogsCanAgreeIsWhatASearchFinds() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<300 {
            var term: UInt64 = 1
            let terms = (0..<random.next(below: 12)).map { _ in
                term += random.next(below: 2)
                return term
            }
            let log = log(terms)
            for index in 0...13 as ClosedRange<UInt64> {
                for limit in 0...(term + 1) {
                    let places = Array(0...min(index, UInt64(terms.count)))
                    let found = places.last { $0 == 0 || terms[Int($0) - 1] <= limit } ?? 0
                    XCTAssertEqual(
                        log.lastEntry(atOrBelow: LogIndex(index), termAtMost: Term(limit)).index,
                        LogIndex(found)
                    )
                }
            }
        }
    }

    func testAWriteHasWhatTheLastOneDidNot() {
        var log = log([1, 1, 1], restored: 1)
        let first = submit(&log, 1)
        XCTAssertEqual(first.entries.map(\.index), [2, 3])
        XCTAssertNil(first.truncateAfter)
        XCTAssertFalse(log.hasUnsubmitted)
        log.truncate(after: 2)
        log.append(Fixture.entries(terms: [1, 1, 2])[2])
        let second = submit(&log, 2)
        XCTAssertEqual(second.truncateAfter, 2)
        XCTAssertEqual(second.entries.map(\.id), [EntryID(term: 2, index: 3)])
    }

    func testTwoCutsBeforeAWriteAreOneTheLower() {
        var log = log([1, 1, 1, 1])
        log.truncate(after: 3)
        log.append(Fixture.entries(terms: [1, 1, 1, 2])[3])
        log.truncate(after: 1)
        log.append(Fixture.entries(terms: [1, 3])[1])
        log.append(Fixture.entries(terms: [1, 3, 3])[2])
        log.truncate(after: 2)
        let persist = submit(&log, 1)
        XCTAssertEqual(persist.truncateAfter, 1)
        XCTAssertEqual(persist.entries.map(\.id), [EntryID(term: 3, index: 2)])
    }

    func testACutOfWhatWasNeverWrittenNeedsNoCutOnDisk() {
        var log = log([1, 1, 1], restored: 1)
        log.truncate(after: 1)
        XCTAssertFalse(log.hasUnsubmitted)
    }

    func testDurableNeverCountsWhatWasCut() {
        var log = log([1, 1, 1, 1], restored: 1)
        _ = submit(&log, 1)
        log.truncate(after: 2)
        log.append(Fixture.entries(terms: [1, 1, 2])[2])
        _ = submit(&log, 2)
        log.persisted(PersistToken(1))
        XCTAssertEqual(log.durableIndex, 2)
        log.persisted(PersistToken(2))
        XCTAssertEqual(log.durableIndex, 3)
    }

    func testACutBelowMemoryLeavesTheChainValueToGoOnFrom() {
        var log = log([1, 1, 1, 1], restored: 3, applied: 1)
        log.truncate(after: 1)
        XCTAssertEqual(log.lastChain, Fixture.entries(terms: [1])[0].chain)
        XCTAssertEqual(log.firstInMemory, 2)
        log.append(Fixture.entries(terms: [1, 2])[1])
        XCTAssertEqual(log.lastEntry, EntryID(term: 2, index: 2))
        XCTAssertEqual(submit(&log, 1).truncateAfter, 1)
    }

    /// Random appends, cuts, writes and completions, against a plain model.
    func testAgainstAModel() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var log = log([1, 1, 1], restored: 3)
            var model = Fixture.entries(terms: [1, 1, 1])
            var disk = model
            var pending: [Persist] = []
            var released: LogIndex = .zero
            for step in 1...200 as ClosedRange<UInt64> {
                switch random.next(below: 5) {
                case 0, 1:
                    let last = model[model.count - 1]
                    let entry = Fixture.entries(
                        terms: [last.term.rawValue + random.next(below: 2)],
                        after: last.id,
                        chain: last.chain
                    )[0]
                    log.append(entry)
                    model.append(entry)
                case 2:
                    let kept = max(Int(released.rawValue), 1) + Int(random.next(below: 4))
                    guard kept < model.count else { continue }
                    log.truncate(after: LogIndex(UInt64(kept)))
                    model.removeLast(model.count - kept)
                    // Terms must not come back with other entries.
                    let last = model[model.count - 1]
                    let entry = Fixture.entries(terms: [step + 10], after: last.id, chain: last.chain)[0]
                    log.append(entry)
                    model.append(entry)
                case 3:
                    pending.append(submit(&log, step))
                default:
                    guard !pending.isEmpty else { continue }
                    let done = pending.removeFirst()
                    if let kept = done.truncateAfter { disk.removeLast(disk.count - Int(kept.rawValue)) }
                    disk += done.entries
                    log.persisted(done.token)
                    released = max(released, LogIndex(random.next(below: log.durableIndex.rawValue + 1)))
                    log.release(through: released, keeping: Int(random.next(below: 300)))
                }
                let same = zip(disk, model).prefix { $0 == $1 }.count
                XCTAssertLessThanOrEqual(log.durableIndex.rawValue, UInt64(same), "seed \(seed) step \(step)")
                if pending.isEmpty, !log.hasUnsubmitted { XCTAssertEqual(Int(log.durableIndex.rawValue), model.count) }
                XCTAssertEqual(log.lastEntry, model.last?.id)
                XCTAssertEqual(log.lastChain, model.last?.chain)
                if log.firstInMemory <= log.lastIndex {
                    XCTAssertEqual(
                        log.entries(in: log.firstInMemory...log.lastIndex),
                        Array(model[(Int(log.firstInMemory.rawValue) - 1)...])
                    )
                }
            }
        }
    }
}
