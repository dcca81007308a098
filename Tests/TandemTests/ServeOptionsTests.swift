import ArgumentParser
import Cluster
import Foundation
import Gateway
import HTTPServer
import Raft
import Storage
import XCTest

@testable import tandem

/// The options of `tandem serve`: read, checked, documented, and handed on as what they mean.
final class ServeOptionsTests: XCTestCase {
    private func serve(_ arguments: String...) throws -> Serve {
        try XCTUnwrap(try Tandem.parseAsRoot(["serve"] + arguments) as? Serve)
    }

    private func assertRefused(_ arguments: String..., saying words: String, line: UInt = #line) {
        XCTAssertThrowsError(try Tandem.parseAsRoot(["serve"] + arguments), line: line) { error in
            let message = Tandem.message(for: error)
            XCTAssertTrue(message.contains(words), message, line: line)
            XCTAssertEqual(ExitStatus(of: error, parsedBy: Tandem.self), .usage, line: line)
        }
    }

    func testAloneANodeIsAClusterOfOne() throws {
        let configuration = try serve().serverConfiguration
        XCTAssertEqual(configuration.replica.members.map(\.id.rawValue), ["a"])
        XCTAssertEqual(configuration.replica.url, "http://127.0.0.1:12345")
        XCTAssertEqual(configuration.gateway.advertisedURL, "http://127.0.0.1:12345")
        XCTAssertEqual(configuration.directory, "tandem-a")
    }

    func testFlagsReachThePartsTheyAreFor() throws {
        let configuration = try serve(
            "--id",
            "b",
            "--listen",
            "[::1]:7000",
            "--voter",
            "a=http://one:1",
            "--voter",
            "b=http://two:2",
            "--data",
            "/data",
            "--heartbeat",
            "20ms",
            "--election-timeout",
            "100ms",
            "--degrade-after",
            "400ms",
            "--hold",
            "1s",
            "--request-timeout",
            "3s",
            "--not-primary",
            "redirect",
            "--min-copies",
            "2",
            "--max-message",
            "2KiB",
            "--connections-max",
            "10",
            "--segment-size",
            "2MiB",
            "--reserve",
            "3MiB",
            "--host",
            "tandem.example"
        ).serverConfiguration
        XCTAssertEqual(configuration.directory, "/data")
        XCTAssertEqual(configuration.replica.members.map(\.url), ["http://one:1", "http://two:2"])
        XCTAssertEqual(configuration.replica.url, "http://two:2", "its own --voter URL")
        XCTAssertEqual(configuration.replica.settings.heartbeatInterval, .milliseconds(20))
        XCTAssertEqual(configuration.replica.settings.electionTimeout, .milliseconds(100))
        XCTAssertEqual(configuration.replica.settings.degradeAfter, .milliseconds(400))
        XCTAssertEqual(configuration.gateway.server.host, "::1")
        XCTAssertEqual(configuration.gateway.server.port, 7000)
        XCTAssertEqual(configuration.gateway.server.connectionsMax, 10)
        XCTAssertEqual(configuration.gateway.hosts, ["tandem.example", "two:2"], "peers forward to the --voter URL")
        XCTAssertEqual(configuration.gateway.hold, .seconds(1))
        XCTAssertEqual(configuration.gateway.requestTimeout, .seconds(3))
        XCTAssertEqual(configuration.gateway.notPrimaryMode, .redirect)
        XCTAssertEqual(configuration.gateway.copiesMin, 2)
        XCTAssertEqual(configuration.gateway.contentBytesMax, 2048)
        XCTAssertEqual(configuration.storage.segmentBytes, 2 << 20)
        XCTAssertEqual(configuration.storage.reserveBytes, 3 << 20)
    }

    func testListeningBeyondThisMachineNeedsToBeSaid() throws {
        assertRefused("--listen", "10.0.0.1:12345", saying: "--insecure")
        XCTAssertNoThrow(try serve("--listen", "10.0.0.1:12345", "--insecure"))
        assertRefused("--listen", "0.0.0.0:12345", "--insecure", saying: "--advertise")
        XCTAssertNoThrow(try serve("--listen", "0.0.0.0:12345", "--insecure", "--advertise", "http://10.0.0.1:12345"))
    }

    func testTheVotersMustMakeSense() {
        assertRefused("--id", "c", "--voter", "a=http://h:1", saying: "must list this node")
        assertRefused("--voter", "a=http://h:1", "--voter", "a=http://h:2", saying: "only once")
        assertRefused("--voter", "a=http://h:1", "--voter", "b=http://h:1", saying: "only once")
        assertRefused("--voter", "nonsense", saying: "--voter")
    }

    func testAWitnessIsListedBesideExactlyTwoVoters() throws {
        let list = ["--voter", "a=http://h:1", "--voter", "b=http://h:2", "--witness", "w=http://h:3"]
        func members(_ id: String) throws -> [ListedMember] {
            let command = try Tandem.parseAsRoot(["serve", "--id", id] + list)
            return try XCTUnwrap(command as? Serve).serverConfiguration.replica.members
        }
        let expected = [
            ListedMember(id: "a", kind: .voter, url: "http://h:1"),
            ListedMember(id: "b", kind: .voter, url: "http://h:2"),
            ListedMember(id: "w", kind: .witness, url: "http://h:3"),
        ]
        for id in ["a", "b", "w"] { XCTAssertEqual(try members(id), expected, "on \(id)") }
        let witness = try serve("--id", "w", list[0], list[1], list[2], list[3], list[4], list[5]).serverConfiguration
        XCTAssertEqual(witness.replica.url, "http://h:3", "its own --witness URL")
        XCTAssertEqual(witness.gateway.hosts, ["h:3"])
    }

    func testAWitnessAnywhereElseIsRefused() {
        let (a, b, c) = ("a=http://h:1", "b=http://h:2", "c=http://h:3")
        assertRefused("--witness", "a=http://h:1", saying: "exactly two voters, and 0 are listed")
        assertRefused("--voter", a, "--witness", b, saying: "exactly two voters, and 1 are listed")
        assertRefused("--voter", a, "--voter", b, "--voter", c, "--witness", "w=http://h:4", saying: "and 3 are listed")
        assertRefused("--voter", a, "--voter", b, "--witness", c, "--witness", "w=http://h:4", saying: "at most one")
        assertRefused("--voter", a, "--voter", b, "--witness", "b=http://h:3", saying: "only once")
        assertRefused("--voter", a, "--voter", b, "--witness", "w=http://h:2", saying: "only once")
        assertRefused("--id", "x", "--voter", a, "--voter", b, "--witness", c, saying: "or --witness")
        assertRefused("--voter", a, "--voter", b, "--witness", "w", saying: "--witness")
        // A witness is no copy.
        assertRefused("--voter", a, "--voter", b, "--witness", c, "--min-copies", "3", saying: "more than the 2 voter")
    }

    func testANodeThatJoinsSaysAsWhat() throws {
        let join = "http://h:1"
        for (flags, kind) in [([], .voter), (["--learner"], .learner), (["--witness", "a=http://h:9"], .witness)]
            as [([String], Membership.Member.Kind)]
        {
            let parsed = try Tandem.parseAsRoot(["serve", "--join", join] + flags)
            let configuration = try XCTUnwrap(parsed as? Serve).serverConfiguration
            XCTAssertEqual(configuration.replica.joining, JoinWish(url: join, kind: kind))
            XCTAssertEqual(configuration.replica.members, [])
            XCTAssertEqual(configuration.replica.url, kind == .witness ? "http://h:9" : "http://127.0.0.1:12345")
        }
        assertRefused("--join", join, "--voter", "a=http://h:2", saying: "--voter is for a new one")
        assertRefused("--join", join, "--witness", "w=http://h:2", saying: "only this node")
        assertRefused("--join", join, "--learner", "--witness", "a=http://h:2", saying: "one or the other")
        assertRefused("--learner", saying: "goes with --join")
    }

    func testTimesAndNumbersMustFitTogether() {
        assertRefused("--degrade-after", "149ms", saying: "--election-timeout")
        assertRefused("--heartbeat", "100ms", "--election-timeout", "150ms", saying: "at least twice")
        assertRefused("--heartbeat", "0s", saying: "longer than zero")
        assertRefused("--hold", "6s", saying: "--request-timeout")
        assertRefused("--voter", "a=http://h:1", "--min-copies", "2", saying: "more than the 1 voter")
        assertRefused("--reserve", "2GiB", saying: "1GiB")
        assertRefused("--min-copies", "0", saying: "1 to 9")
        assertRefused("--max-message", "65MiB", saying: "64MiB")
        assertRefused("--segment-size", "1", saying: "64KiB")
        assertRefused("--connections-max", "0", saying: "1 to 1000000")
        assertRefused("--not-primary", "ignore", saying: "forward")
    }

    func testEveryOptionIsInTheReadme() throws {
        let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        for option in try CommandOption.all(of: Serve.self) {
            XCTAssertTrue(readme.contains("| `\(option.flag)` |"), "README.md does not explain \(option.flag)")
        }
    }

    func testEveryOptionHasHelp() throws {
        let commands = Tandem.configuration.subcommands.flatMap { command in
            command.configuration.subcommands.isEmpty ? [command] : command.configuration.subcommands
        }
        for command in commands where command != Version.self {
            let options = try CommandOption.all(of: command)
            XCTAssertFalse(options.isEmpty)
            for option in options {
                XCTAssertNotNil(option.help, "\(command._commandName) \(option.flag) has no help")
            }
        }
    }

    func testTheVersionIsTheOneOfTheDescription() throws {
        let description = try String(contentsOf: Self.root.appendingPathComponent("openapi.yaml"), encoding: .utf8)
        XCTAssertTrue(description.contains("\n  version: \(TandemVersion.text)\n"))
    }

    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
