import XCTest

@testable import Messaging

final class DraftTests: XCTestCase {
    func testAnOrdinaryDraftBreaksNoRule() {
        XCTAssertNil(Draft(sender: "alice", recipient: "bob", content: "").violation(contentBytesMax: 10))
    }

    func testNamesTheFieldThatBreaksARule() {
        let long = String(repeating: "é", count: 129)
        let broken: [(Draft, String)] = [
            (Draft(sender: "", recipient: "bob", content: "x"), "sender"),
            (Draft(sender: long, recipient: "bob", content: "x"), "sender"),
            (Draft(sender: "a\u{7}", recipient: "bob", content: "x"), "sender"),
            (Draft(sender: "alice", recipient: "b\nb", content: "x"), "recipient"),
            (Draft(sender: "alice", recipient: "b\u{85}", content: "x"), "recipient"),
            (Draft(sender: "alice", recipient: "bob", content: "elevenbytes"), "content"),
        ]
        for (draft, field) in broken {
            XCTAssertEqual(draft.violation(contentBytesMax: 10)?.field, field, "\(draft)")
        }
    }

    func testTheContentIsMeasuredInBytes() {
        let draft = Draft(sender: "alice", recipient: "bob", content: "éééééé")
        XCTAssertNil(draft.violation(contentBytesMax: 12))
        XCTAssertEqual(draft.violation(contentBytesMax: 11)?.field, "content")
    }

    func testLimitsAreInclusive() {
        let name = String(repeating: "n", count: 256)
        XCTAssertNil(Draft(sender: name, recipient: name, content: "tenbytes!!").violation(contentBytesMax: 10))
    }
}
