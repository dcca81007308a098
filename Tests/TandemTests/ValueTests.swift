import ArgumentParser
import XCTest

@testable import tandem

final class ValueTests: XCTestCase {
    func testReadsDurationsWithTheirUnit() {
        XCTAssertEqual(Duration(argument: "50ms"), .milliseconds(50))
        XCTAssertEqual(Duration(argument: "2s"), .seconds(2))
        XCTAssertEqual(Duration(argument: "5m"), .seconds(300))
        XCTAssertEqual(Duration(argument: "1h"), .seconds(3600))
    }

    func testRefusesDurationsWithoutUnitOrOutOfRange() {
        for text in ["", "50", "ms", "-1s", "1.5s", "1 s", "2S", "1d", "99999999999999999999s", "9000000h", "٣s"] {
            XCTAssertNil(Duration(argument: text), text)
        }
    }

    func testWritesDurationsAsItReadsThem() {
        for text in ["50ms", "2s", "90s", "5m", "1h", "0s", "1500ms"] {
            XCTAssertEqual(Duration(argument: text)?.defaultValueDescription, text)
        }
    }

    func testReadsSizesInBytesAndBinaryUnits() {
        XCTAssertEqual(ByteCount(argument: "1024")?.bytes, 1024)
        XCTAssertEqual(ByteCount(argument: "7B")?.bytes, 7)
        XCTAssertEqual(ByteCount(argument: "64KiB")?.bytes, 65_536)
        XCTAssertEqual(ByteCount(argument: "1MiB")?.bytes, 1_048_576)
        XCTAssertEqual(ByteCount(argument: "2GiB")?.bytes, 2_147_483_648)
    }

    func testRefusesSizesWithUnknownUnitsOrOutOfRange() {
        for text in ["", "KiB", "1kb", "1MB", "-1", "1.5MiB", "1 MiB", "9223372036854775807KiB"] {
            XCTAssertNil(ByteCount(argument: text), text)
        }
    }

    func testWritesSizesInTheLargestWholeUnit() {
        XCTAssertEqual(ByteCount.mebibytes(1).defaultValueDescription, "1MiB")
        XCTAssertEqual(ByteCount.mebibytes(2048).defaultValueDescription, "2GiB")
        XCTAssertEqual(ByteCount(bytes: 1500).defaultValueDescription, "1500")
        XCTAssertEqual(ByteCount(bytes: 0).defaultValueDescription, "0")
    }

    func testReadsAddresses() {
        XCTAssertEqual(SocketAddress(argument: "127.0.0.1:12345"), SocketAddress(host: "127.0.0.1", port: 12345))
        XCTAssertEqual(SocketAddress(argument: "[::1]:80"), SocketAddress(host: "::1", port: 80))
        XCTAssertEqual(SocketAddress(argument: "localhost:1")?.url, "http://localhost:1")
        XCTAssertEqual(SocketAddress(argument: "[::1]:80")?.url, "http://[::1]:80")
    }

    func testRefusesAddressesWithoutHostOrPort() {
        for text in [
            "", ":12345", "12345", "localhost", "localhost:", "localhost:0", "localhost:65536", "::1:80", "[::1:80",
        ] {
            XCTAssertNil(SocketAddress(argument: text), text)
        }
    }

    func testKnowsWhichAddressesStayOnThisMachine() {
        for host in ["127.0.0.1", "127.8.9.1", "::1", "localhost"] {
            XCTAssertTrue(SocketAddress(host: host, port: 1).isLoopback, host)
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "example.org"] {
            XCTAssertFalse(SocketAddress(host: host, port: 1).isLoopback, host)
        }
    }

    func testReadsMembers() throws {
        let member = try XCTUnwrap(MemberArgument(argument: "b=http://10.0.0.2:12346/"))
        XCTAssertEqual(member.name.text, "b")
        XCTAssertEqual(member.url.text, "http://10.0.0.2:12346")
    }

    func testRefusesMembersThatAreNotNameAndURL() {
        for text in [
            "", "b", "=http://h:1", "b=h:1", "b=https://h:1", "b b=http://h:1", "b=http://h:1/path", "b=http://u@h:1",
        ] {
            XCTAssertNil(MemberArgument(argument: text), text)
        }
    }

    func testNodeNamesAreShortPlainWords() {
        XCTAssertEqual(NodeName(argument: "eu-west_1.a")?.text, "eu-west_1.a")
        for text in ["", "a b", "ä", "a/b", String(repeating: "a", count: 65)] {
            XCTAssertNil(NodeName(argument: text), text)
        }
    }
}
