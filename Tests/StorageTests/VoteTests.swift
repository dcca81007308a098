import Raft
import SimulatedDisk
import Storage
import XCTest

/// B1, B9: a vote is one write and one sync, and outlives whatever happens to the disk after that.
final class VoteTests: StorageTestCase {
    private let faults: [FaultyDisk.Fault] = [.powerCutBefore, .powerCutAfter, .powerCutWithin]
    private let fates: [UnsyncedFate] = [.lost, .kept, .drawn]

    private func vote(_ term: Term, _ token: UInt64) -> Persist {
        Persist(token: PersistToken(token), hardState: HardState(term: term, vote: "b"))
    }

    func testAVoteIsOneWriteAndOneSync() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        for term in 2...9 as ClosedRange<UInt64> {
            let before = disk.operations
            try directory.persist([vote(Term(term), term)])
            XCTAssertEqual(disk.operations - before, 2)
            // Durable, whatever becomes of what was not synced.
            let found = try openFormed(disk.reboot(.lost))
            XCTAssertEqual(found.recovered.hardState, HardState(term: Term(term), vote: "b"))
        }
    }

    /// Both writes of a vote, and the power fails before, in or after every operation: the last promise is there.
    func testB9ThePowerFailsAtEveryOperationOfVotes() throws {
        func run(on disk: FaultyDisk, promised: inout [Term]) throws {
            let directory = try openFormed(disk)
            for term in 1...12 as ClosedRange<UInt64> {
                promised.append(Term(term))
                try directory.persist([vote(Term(term), term)])
                promised = [Term(term)]
                if term % 3 == 0 { try directory.copyVote() }
                if term % 5 == 0 { try directory.seal() }
            }
        }
        let rehearsal = FaultyDisk(seed: 0)
        var none: [Term] = [.zero]
        try run(on: rehearsal, promised: &none)
        for operation in 1...rehearsal.operations {
            for fault in faults {
                for seed in 0..<4 as Range<UInt64> {
                    let disk = FaultyDisk(seed: seed)
                    disk.inject(fault, at: operation)
                    var promised: [Term] = [.zero]
                    XCTAssertThrowsError(try run(on: disk, promised: &promised))
                    let found = try openFormed(disk.reboot()).recovered.hardState.term
                    XCTAssertTrue(promised.contains(found), "\(operation) \(fault): \(found), not \(promised)")
                }
            }
        }
    }

    /// A process is killed between write and sync; the next one reads what may never reach the disk, and the power
    /// fails in its start: what it wrote over the vote before that one may be torn.
    func testB1AVoteThatAKilledProcessDidNotSyncIsNotBuiltOn() throws {
        for seed in 0..<16 as Range<UInt64> {
            let disk = FaultyDisk(seed: seed)
            let directory = try openFormed(disk)
            try directory.persist([vote(5, 1)])
            disk.inject(.powerCutAfter, at: disk.operations + 1)
            XCTAssertThrowsError(try directory.persist([vote(6, 2)]))
            let rehearsal = disk.restartProcess()
            XCTAssertEqual(try openFormed(rehearsal).recovered.hardState.term, 6)
            for operation in 1...rehearsal.operations {
                for (fault, fate) in faults.flatMap({ fault in fates.map { (fault, $0) } }) {
                    let again = disk.restartProcess()
                    again.inject(fault, at: operation)
                    XCTAssertThrowsError(try openFormed(again))
                    let found = try openFormed(again.reboot(fate)).recovered.hardState.term
                    XCTAssertTrue([5, 6].contains(found), "seed \(seed), \(operation) \(fault) \(fate): \(found)")
                }
            }
        }
    }

    func testAVoteThatWasWrittenTwiceOutlivesDamageToEitherPlace() throws {
        for finish in ["copyVote", "seal", "close"] {
            let disk = FaultyDisk(seed: 1)
            let directory = try openFormed(disk)
            for term in 5...6 as ClosedRange<UInt64> {
                try directory.persist([vote(Term(term), term)])
                switch finish {
                case "copyVote": try directory.copyVote()
                case "seal": try directory.seal()
                default: if term == 6 { try directory.close() }
                }
                guard finish != "close" || term == 6 else { continue }
                for place in [0, 4096] {
                    let copy = disk.reboot(.lost)
                    copy.flip(bit: 1, ofByte: place + 40, in: "vote")
                    let found = try openFormed(copy).recovered.hardState
                    XCTAssertEqual(found, HardState(term: Term(term), vote: "b"), "\(finish), place \(place)")
                }
            }
        }
    }

    func testWhatIsThereTwiceIsNotWrittenAThirdTime() throws {
        let disk = FaultyDisk(seed: 1)
        let directory = try openFormed(disk)
        try directory.persist([vote(5, 1)])
        try directory.copyVote()
        let before = disk.operations
        try directory.copyVote()
        XCTAssertEqual(disk.operations, before)
    }
}
