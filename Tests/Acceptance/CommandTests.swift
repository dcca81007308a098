import Foundation
import TandemTesting
import XCTest

/// The command, as a shell runs it.
final class CommandTests: AcceptanceTestCase {
    private struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    private func tandem(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
        -> Result
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try TandemBinary.locate())
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["TANDEM_URL": nodes.map(\.url).joined(separator: ",")]) { $1 }.merging(environment) { $1 }
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (standardInput, output, errors)
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        // Short outputs: neither pipe fills up while the other is read.
        let result = (
            output.fileHandleForReading.readDataToEndOfFile(), errors.fileHandleForReading.readDataToEndOfFile()
        )
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: String(decoding: result.0, as: UTF8.self),
            errors: String(decoding: result.1, as: UTF8.self)
        )
    }

    func testSendsAMessageAndReceivesIt() throws {
        let sent = try tandem("send", "--from", "alice", "--to", party, "hello\tthere")
        XCTAssertEqual(sent.status, 0, sent.errors)
        let id = try XCTUnwrap(UInt64(sent.output.dropLast()))
        let received = try tandem("receive", "--to", party)
        XCTAssertEqual(received.status, 0, received.errors)
        XCTAssertTrue(received.output.hasPrefix("\(id)  "), received.output)
        XCTAssertTrue(received.output.hasSuffix("alice → \(party): hello\\tthere\n"), received.output)
    }

    func testSendsOneMessageALineInOrder() throws {
        let sent = try tandem("send", "--from", "alice", "--to", party, input: "one\ntwo\n\nfour")
        XCTAssertEqual(sent.status, 0, sent.errors)
        XCTAssertEqual(sent.output.split(separator: "\n").count, 4)
        let received = try tandem("receive", "--to", party, "--json")
        XCTAssertEqual(try contents(received.output), ["one", "two", "", "four"])
    }

    func testWhatIsReceivedAsJSONCanBeSentOn() throws {
        _ = try tandem("send", "--from", "alice", "--to", party, input: "one\ntwo\n")
        let received = try tandem("receive", "--to", party, "--json")
        let other = party + "-copy"
        let lines = received.output.replacing(party, with: other)
        XCTAssertEqual(try tandem("send", "--json", input: lines).status, 0)
        XCTAssertEqual(try contents(tandem("receive", "--to", other, "--json").output), ["one", "two"])
    }

    func testStopsAtTheFirstRefusalUnlessToldToGoOn() throws {
        let lines = "{\"content\":\"one\"}\n{\"content\":2}\n{\"content\":\"three\"}\n"
        let stopped = try tandem("send", "--from", "a", "--to", party, "--json", input: lines)
        XCTAssertEqual(stopped.status, 1)
        XCTAssertTrue(stopped.errors.contains("line 2"), stopped.errors)
        XCTAssertEqual(try contents(stopped.output), ["one"])
        let went = try tandem("send", "--from", "a", "--to", party, "--json", "--keep-going", input: lines)
        XCTAssertEqual(went.status, 1)
        XCTAssertEqual(try contents(went.output), ["one", "three"])
    }

    func testReceivesOnFromAnIdAndAtMostSoMany() throws {
        let sent = try tandem("send", "--from", "a", "--to", party, input: "1\n2\n3\n4\n")
        let first = try XCTUnwrap(sent.output.split(separator: "\n").first)
        let received = try tandem("receive", "--to", party, "--after", String(first), "--limit", "2", "--json")
        XCTAssertEqual(try contents(received.output), ["2", "3"])
        let followed = try tandem("receive", "--to", party, "--follow", "--limit", "4", "--json")
        XCTAssertEqual(try contents(followed.output), ["1", "2", "3", "4"])
    }

    func testShowsTheClusterToPeopleAndPrograms() throws {
        let table = try tandem("status")
        XCTAssertEqual(table.status, 0, table.errors)
        XCTAssertTrue(table.output.hasPrefix("NODE  ROLE"), table.output)
        XCTAssertTrue(table.output.contains("primary"), table.output)
        let json = try tandem("status", "--json")
        let reports = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        XCTAssertGreaterThanOrEqual(reports?.count ?? 0, nodes.count)
        XCTAssertTrue(reports?.allSatisfy { $0["status"] is [String: Any] } == true, json.output)
    }

    func testExitStatusesTellWhatToDo() throws {
        XCTAssertEqual(try tandem("send", "--from", "", "--to", party, "x").status, 1, "refused")
        XCTAssertEqual(try tandem("send", "--to", party, "x").status, 2, "wrong usage")
        XCTAssertEqual(try tandem("nonsense").status, 2, "wrong usage")
        let nobody = ["TANDEM_URL": "http://127.0.0.1:9"]
        XCTAssertEqual(
            try tandem("send", "--from", "a", "--to", party, "--timeout", "500ms", "x", environment: nobody).status,
            75
        )
        XCTAssertEqual(try tandem("status", environment: nobody).status, 75)
        XCTAssertEqual(try tandem("version").output, try tandem("--version").output.replacing(/^/, with: "tandem "))
    }

    func testANodeThatCannotStartSaysWhy() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let address = String(node.url.dropFirst("http://".count))
        let taken = try tandem("serve", "--listen", address, "--data", directory.path)
        XCTAssertEqual(taken.status, 1)
        XCTAssertTrue(taken.errors.contains("port") && taken.errors.contains("in use"), taken.errors)
        let open = try tandem("serve", "--listen", "0.0.0.0:9", "--data", directory.path)
        XCTAssertEqual(open.status, 2)
        XCTAssertTrue(open.errors.contains("--insecure"), open.errors)
        let file = try tandem("serve", "--listen", "127.0.0.1:9", "--data", "/dev/null/data")
        XCTAssertEqual(file.status, 1)
        XCTAssertTrue(file.errors.contains("/dev/null"), file.errors)
    }

    private func contents(_ lines: String) throws -> [String] {
        try lines.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try XCTUnwrap(object?["content"] as? String)
        }
    }
}
