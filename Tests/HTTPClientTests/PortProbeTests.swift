import Glibc
import HTTPClient
import SocketTestSupport
import XCTest

final class PortProbeTests: XCTestCase {
    func testConnected() throws {
        let (descriptor, port) = try Socket.listen()
        defer { close(descriptor) }
        XCTAssertEqual(PortProbe.probe(host: "127.0.0.1", port: port, timeout: .seconds(5)), .connected)
        XCTAssertEqual(PortProbe.probe(host: "localhost", port: port, timeout: .seconds(5)), .connected)
    }

    func testRefused() throws {
        let (descriptor, port) = try Socket.deadPort()
        defer { close(descriptor) }
        XCTAssertEqual(PortProbe.probe(host: "127.0.0.1", port: port, timeout: .seconds(5)), .refused)
        XCTAssertEqual(PortProbe.probe(host: "localhost", port: port, timeout: .seconds(5)), .refused)
    }

    func testTheSchemeOfAURLDoesNotMatter() throws {
        let (listening, port) = try Socket.listen()
        let (dead, deadPort) = try Socket.deadPort()
        defer {
            close(listening)
            close(dead)
        }
        for scheme in ["http", "https"] {
            let probe = { (port: UInt16) in
                PortProbe.probe(url: "\(scheme)://127.0.0.1:\(port)/status?x", timeout: .seconds(5))
            }
            XCTAssertEqual(probe(port), .connected)
            XCTAssertEqual(probe(deadPort), .refused)
        }
    }

    func testWhatIsNotAURLIsUnknown() {
        for url in ["", "127.0.0.1", "http://", "http://127.0.0.1:99999"] {
            XCTAssertEqual(PortProbe.probe(url: url, timeout: .seconds(5)), .unknown, url)
        }
    }

    func testUnknownHost() {
        XCTAssertEqual(PortProbe.probe(host: "nowhere.invalid", port: 1, timeout: .seconds(5)), .unknown)
    }

    func testUnknownWhenNobodyAnswersInTime() throws {
        // A listener whose backlog is full answers nobody; it has room for one connection.
        let (descriptor, port) = try Socket.listen(backlog: 0)
        defer { close(descriptor) }
        let answers = (0..<3).map { _ in PortProbe.probe(host: "127.0.0.1", port: port, timeout: .milliseconds(50)) }
        XCTAssertEqual(answers.last, .unknown, "\(answers)")
    }

    func testIPv6() throws {
        guard let (descriptor, port) = try? Socket.listen(isIPv6: true) else { throw XCTSkip("no IPv6 loopback here") }
        defer { close(descriptor) }
        XCTAssertEqual(PortProbe.probe(host: "::1", port: port, timeout: .seconds(5)), .connected)
        XCTAssertEqual(PortProbe.probe(host: "[::1]", port: port, timeout: .seconds(5)), .connected)
    }
}
