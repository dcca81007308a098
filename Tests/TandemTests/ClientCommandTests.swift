import ArgumentParser
import Foundation
import TandemClient
import XCTest

@testable import tandem

/// What the client commands read, and how they show what they got.
final class ClientCommandTests: XCTestCase {
    private func assertUsage(_ arguments: String..., line: UInt = #line) {
        XCTAssertThrowsError(try Tandem.parseAsRoot(arguments), line: line) { error in
            XCTAssertEqual(ExitStatus(of: error, parsedBy: Tandem.self), .usage, line: line)
        }
    }

    func testAMessageNeedsSenderAndRecipient() throws {
        assertUsage("send", "--from", "alice", "hello")
        assertUsage("send", "--to", "bob", "hello")
        assertUsage("send")
        XCTAssertNoThrow(try Tandem.parseAsRoot(["send", "--from", "alice", "--to", "bob", "hello"]))
        XCTAssertNoThrow(try Tandem.parseAsRoot(["send", "--json"]), "the objects name them")
    }

    func testNumbersAreChecked() {
        assertUsage("receive", "--limit", "0")
        assertUsage("receive", "--after", "-1")
        assertUsage("send", "--from", "a", "--to", "b", "--copies", "0", "x")
        assertUsage("status", "--timeout", "0s")
        assertUsage("status", "--url", "ftp://nowhere")
        assertUsage("nonsense")
    }

    func testAskingForHelpOrVersionIsNoError() {
        for arguments in [["--help"], ["serve", "--help"], ["--version"]] {
            XCTAssertThrowsError(try Self.parseAndRun(arguments)) { error in
                XCTAssertEqual(ExitStatus(of: error, parsedBy: Tandem.self), .done, "\(arguments)")
            }
        }
    }

    private static func parseAndRun(_ arguments: [String]) throws {
        var command = try Tandem.parseAsRoot(arguments)
        try command.run()
    }

    func testReadsALineOfJSON() throws {
        let line = #"{"id":7,"sender":"a","recipient":"b","content":"c","timestamp":"x","hlc":"y"}"#
        XCTAssertEqual(try MessageDraft(json: line), MessageDraft(sender: "a", recipient: "b", content: "c"))
        XCTAssertEqual(
            try MessageDraft(json: #"{"content":"c"}"#),
            MessageDraft(sender: nil, recipient: nil, content: "c")
        )
        for line in ["", "c", "[]", "{}", #"{"content":1}"#] {
            XCTAssertThrowsError(try MessageDraft(json: line), line)
        }
    }

    func testShowsOneMessageAsOneHarmlessLine() {
        XCTAssertEqual(PlainText.line("a\nb\r\tc"), "a\\nb\\r\\tc")
        XCTAssertEqual(PlainText.line("\u{1B}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}")
        XCTAssertEqual(PlainText.line("user\u{202E}gpj.exe"), "user\\u{202e}gpj.exe")
        XCTAssertEqual(PlainText.line("ä 漢 👩‍👩‍👧 \\"), "ä 漢 👩‍👩‍👧 \\")
    }

    func testShowsNodesInATable() throws {
        let status = try JSONDecoder().decode(ClusterStatus.self, from: Data(Self.status.utf8))
        let text = StatusTable([
            NodeReport(url: "http://h:1", status: status), NodeReport(url: "http://h:2", error: "nobody listens there"),
        ]).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        XCTAssertEqual(
            lines,
            [
                "NODE  ROLE       STATE   TERM  LAST  COMMITTED  APPLIED  MESSAGES  DISK    UP    URL",
                "a     primary    leader  4     1042  1041       1040     900       4.5MiB  1h2m  http://h:1",
                "?     no answer  -       -     -     -          -        -         -       -     http://h:2",
                "",
                "cluster c1, primary a at http://h:1, DEGRADED: fewer copies than there should be",
                "a: disk-full: no room",
                "http://h:2: nobody listens there",
            ]
        )
    }

    func testSumsUpTheLatestEpoch() throws {
        let promoted = Self.status.replacing("\"epoch\":0", with: "\"epoch\":2")
            .replacing("\"term\":4", with: "\"term\":3")
        let reports = try [Self.status, promoted].map {
            NodeReport(url: "u", status: try JSONDecoder().decode(ClusterStatus.self, from: Data($0.utf8)))
        }
        let text = StatusTable(reports).text
        XCTAssertTrue(text.contains("cluster c1, epoch 2, primary a at http://h:1"), text)
    }

    private static let status = """
        {"node":{"id":"a","url":"http://h:1","kind":"voter","version":"0.1.0","uptimeSeconds":3725},
         "cluster":{"id":"c1","epoch":0},"role":"primary","state":"leader","term":4,
         "leader":{"id":"a","url":"http://h:1"},"lastIndex":1042,"commitIndex":1041,"appliedIndex":1040,"firstId":3,
         "lastId":1040,"messages":900,"degraded":true,"members":[],
         "clock":{"hlc":"01a209f2641b0000","synchronized":null,"offsetMs":null,"maxErrorMs":null},
         "storage":{"bytes":4718592,"freeBytes":1,"fsyncMsP99":null,"scrubs":0,"damagedEntries":0,
          "repairedEntries":0},
         "problems":[{"name":"disk-full","detail":"no room"}]}
        """
}
