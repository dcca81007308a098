import SocketTestSupport
import TandemClient
import XCTest

final class AdministrationTests: TandemClientTestCase {
    private static let answer = #"{"leader":{"id":"b","url":"http://127.0.0.1:12346"}}"#

    func testNamesTheSuccessorOrNobody() async throws {
        let node = try node { _, _ in .json(Self.answer) }
        let client = client(node.url)
        let primary = try await client.transferPrimary(to: "b")
        XCTAssertEqual([primary.id, primary.url], ["b", "http://127.0.0.1:12346"])
        XCTAssertEqual(node.lastRequest.map { String(decoding: $0.body, as: UTF8.self) }, #"{"to":"b"}"#)
        try await client.transferPrimary()
        XCTAssertEqual(node.lastRequest.map { String(decoding: $0.body, as: UTF8.self) }, "{}")
        XCTAssertEqual(node.lines, ["POST /leader HTTP/1.1", "POST /leader HTTP/1.1"])
    }
}
