import XCTest

@testable import HTTPServer

final class RequestTargetTests: XCTestCase {
    func testDecodesPathAndQueryDifferently() throws {
        let target = try RequestTarget(Array("/a%20b+c/%C3%A9?x=1+2&x=%2B&flag&=&y=a=b".utf8))
        XCTAssertEqual(target.path, "/a b+c/é")
        XCTAssertEqual(target.query.map(\.name), ["x", "x", "flag", "", "y"])
        XCTAssertEqual(target.query.map(\.value), ["1 2", "+", "", "", "a=b"])
    }

    func testForms() throws {
        for (raw, path) in [
            ("/", "/"), ("*", "*"), ("http://h:1/a?b", "/a"), ("HTTP://h", "/"), ("https://h?q=1", "/"),
            ("/a//b", "/a//b"),
            ("/%41", "/A"), ("/é", "/é"),
        ] {
            XCTAssertEqual(try RequestTarget(Array(raw.utf8)).path, path, raw)
        }
        XCTAssertEqual(try RequestTarget(Array("https://h?q=1".utf8)).query.map(\.value), ["1"])
    }

    func testAuthority() throws {
        for (raw, authority) in [
            ("/a", nil), ("*", nil), ("http://h:1/a", "h:1"), ("HTTPS://H?q=1", "H"), ("http://u@h/", "u@h"),
        ] {
            XCTAssertEqual(try RequestTarget(Array(raw.utf8)).authority, authority, raw)
        }
    }

    func testRefuses() {
        for raw in [
            "", "a", "**", "http://", "ftp://h/", "h:443", "/%", "/%1", "/%zz", "/%00", "/a%00b", "/%ff", "/?%",
            "/?a=%00",
            "/?a=%ff", "/#f", "/a b", "/\u{7f}", "/\n", "/%+1",
        ] {
            XCTAssertThrowsError(try RequestTarget(Array(raw.utf8)), raw)
        }
        XCTAssertThrowsError(try RequestTarget([UInt8(ascii: "/"), 0xff]))
    }
}
