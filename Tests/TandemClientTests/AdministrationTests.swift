import SocketTestSupport
import TandemClient
import XCTest

final class AdministrationTests: TandemClientTestCase {
    private static let answer = #"{"leader":{"id":"b","url":"http://127.0.0.1:12346"}}"#

    func testMembers() async throws {
        let member = #"{"id":"d","kind":"learner","url":"http://d:1","incarnation":"00000000000000ff"}"#
        let node = try node { _, request in
            .json(
                request.line.hasPrefix("GET")
                    ? #"{"cluster":"c","members":[\#(member)]}"# : #"{"cluster":"c","member":\#(member)}"#
            )
        }
        let client = client(node.url)
        func body() -> String? { node.lastRequest.map { String(decoding: $0.body, as: UTF8.self) } }
        let members = try await client.members()
        XCTAssertEqual(members.map(\.id), ["d"])
        let added = try await client.addMember("d", url: "http://d:1", incarnation: "00000000000000ff")
        XCTAssertEqual(added, members.first)
        XCTAssertTrue(body()?.contains(#""kind":"learner""#) == true, body() ?? "")
        try await client.setKind(of: "d", to: "voter")
        XCTAssertTrue(body()?.contains(#""kind":"voter""#) == true, body() ?? "")
        try await client.removeMember("d")
        XCTAssertEqual(body(), #"{"id":"d"}"#)
        XCTAssertEqual(
            node.lines.map { $0.prefix { $0 != "/" } },
            ["GET ", "POST ", "POST ", "DELETE "]
        )
    }

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

    func testPromotesInTheEpochNamed() async throws {
        let node = try node { _, _ in .json(#"{"epoch":4,"mayLackAfter":null}"#) }
        let report = try await client(node.url).promote(in: 3)
        XCTAssertEqual(report.epoch, 4)
        XCTAssertNil(report.mayLackAfter)
        let body = node.lastRequest.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
        XCTAssertTrue(body.contains(#""epoch":3"#) && body.contains(#""acceptLoss":false"#), body)
        XCTAssertEqual(node.lines, ["POST /promote HTTP/1.1"])
    }
}
