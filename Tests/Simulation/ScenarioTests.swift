import Foundation
import Raft
import SimulatedDisk
import XCTest

@testable import Simulation

final class ScenarioTests: XCTestCase {
    func testWhatIsWrittenCanBeReadAgain() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            let scenario = Swarm.scenario(seed: seed)
            XCTAssertEqual(try Scenario(text: scenario.description), scenario, "seed \(seed)")
        }
    }

    func testEveryFaultCanBeWrittenAndRead() {
        let faults: [InjectedFault] = [
            .crash("a", power: nil, operations: 3), .crash("a", power: .lost, operations: 0),
            .trap("b", power: .kept, operation: 2), .trap("b", power: .drawn, operation: 2), .start("a"), .pause("a"),
            .resume("a"), .cut("a", "b"), .mend("a", "b"), .set(.lossPermille, 7), .slowDisk("a", 5), .hangDisk("a"),
            .fillDisk("a"), .easeDisk("a"), .failDisk("a", operation: 9), .jumpClock("a", -5), .rateClock("a", 8),
            .transfer(nil), .transfer("b"), .wipe("c"), .flip("a", .log, 17), .flip("b", .base, 0),
            .backUp("b"), .restore("b"),
            .membership(.join("f", as: "b", .voter)),
            .membership(.join("g", as: "g", .learner)), .membership(.join("h", as: "w", .witness)),
            .membership(.remove(nil)), .membership(.remove("a")), .membership(.demote("c")), .promote("a"),
            .promote("b", .acceptsLoss), .promote("c", .unaware),
        ]
        for fault in faults { XCTAssertEqual(InjectedFault(words: fault.words), fault) }
    }

    func testUnreadableLinesAreNamed() {
        for line in [
            "seed x", "nodes 2+w+w", "speed 3", "heartbeat", "at 5 crash a", "at 5 crash a lost x", "at x",
            "at 5 join f f king",
        ] {
            XCTAssertThrowsError(try Scenario(text: "seed 1\n" + line)) { error in
                XCTAssertEqual((error as? Scenario.Unreadable)?.line, 2, line)
            }
        }
        XCTAssertThrowsError(try Scenario(text: "nodes 2\nat 1 start c"))
    }

    func testTopologies() {
        for text in ["1", "2", "3", "5", "2+w", "3+l", "2+w+l"] { XCTAssertEqual(Topology(text)?.description, text) }
        for text in ["", "0", "6", "3+w", "2+x", "2+w+w", "w"] { XCTAssertNil(Topology(text), text) }
    }

    /// What broke once, each with a word on why: none of it breaks again.
    func testTheScenariosThatOnceBrokeSomething() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scenarios")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
        XCTAssertFalse(names.isEmpty)
        for name in names.sorted() {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            XCTAssertTrue(text.hasPrefix("# "), "\(name) does not say what it once broke")
            XCTAssertEqual(World(try Scenario(text: text)).run(), [], name)
        }
    }
}
