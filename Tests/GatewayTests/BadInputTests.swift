import GatewayTestSupport
import HTTPServer
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway

/// Each wrong request gets the right 4xx problem, and nothing is proposed.
class BadInputTests: GatewayTestCase {
    private struct Row {
        var target: String
        var headers: HTTPFields
        var body: [UInt8]
        var status: Int
        var problem: String
        var field: String?
        var parameter: String?
        /// What `detail` must say.
        var says: String

        init(
            _ body: String,
            _ status: Int,
            _ problem: String,
            target: String = "/messages",
            headers: HTTPFields = GatewayTestCase.json,
            field: String? = nil,
            parameter: String? = nil,
            says: String
        ) {
            self.init(
                bytes: Array(body.utf8),
                status,
                problem,
                target: target,
                headers: headers,
                field: field,
                parameter: parameter,
                says: says
            )
        }

        init(
            bytes: [UInt8],
            _ status: Int,
            _ problem: String,
            target: String = "/messages",
            headers: HTTPFields = GatewayTestCase.json,
            field: String? = nil,
            parameter: String? = nil,
            says: String
        ) {
            self.target = target
            self.headers = headers
            body = bytes
            self.status = status
            self.problem = problem
            self.field = field
            self.parameter = parameter
            self.says = says
        }
    }

    func testBodiesThatAreNotJSON() async throws {
        try await checkSends([
            Row("", 400, "empty-body", says: "sender"),
            Row("  \n ", 400, "malformed-json", says: "line 2, column 2: a value was expected"),
            Row("hello", 400, "malformed-json", says: "line 1, column 1: a value was expected"),
            Row(#"{"sender":"a""#, 400, "malformed-json", says: "column 14: ',' or '}' was expected"),
            Row("{\n  'sender': 1}", 400, "malformed-json", says: "line 2, column 3: a name in double quotes"),
            Row(#"{"sender":"a",}"#, 400, "malformed-json", says: "column 15: a name in double quotes"),
            Row(#"{"sender" "a"}"#, 400, "malformed-json", says: "column 11: ':' was expected"),
            Row(#"{"a":01}"#, 400, "malformed-json", says: "column 7: ',' or '}' was expected"),
            Row(#"{"a":1.}"#, 400, "malformed-json", says: "column 8: a digit was expected"),
            Row(#"{"a":tru}"#, 400, "malformed-json", says: "column 6: a value was expected"),
            Row(#"{"a":NaN}"#, 400, "malformed-json", says: "column 6: a value was expected"),
            Row(#"{"a":"\x"}"#, 400, "malformed-json", says: "column 7: no such escape"),
            Row(#"{"a":"\ud800"}"#, 400, "malformed-json", says: "column 7: half of a surrogate pair"),
            Row(#"{"a":"\udc00"}"#, 400, "malformed-json", says: "column 7: half of a surrogate pair"),
            Row(#"{"a":"\u12g4"}"#, 400, "malformed-json", says: "four hexadecimal digits"),
            Row("{\"a\":\"x\ny\"}", 400, "malformed-json", says: "a control character in text must be escaped"),
            Row(#"{"a":"x"#, 400, "malformed-json", says: "column 6: the text that begins here does not end"),
            Row(Self.draft + " x", 400, "malformed-json", says: "the end of the text was expected"),
            Row(Self.draft + Self.draft, 400, "malformed-json", says: "the end of the text was expected"),
            Row("\u{FEFF}" + Self.draft, 400, "malformed-json", says: "column 1: a value was expected"),
            Row(
                #"{"a":"# + String(repeating: "[", count: 100),
                400,
                "malformed-json",
                says: "more than 64 levels are not read"
            ),
            Row(bytes: Array(#"{"a":""#.utf8) + [0xFF, 0x22, 0x7D], 400, "malformed-json", says: "is not UTF-8"),
            Row(bytes: [0x7B, 0x00, 0x7D, 0x00], 400, "malformed-json", says: "a name in double quotes"),
        ])
    }

    func testBodiesThatAreNotAMessage() async throws {
        try await checkSends([
            Row("[\(Self.draft)]", 422, "invalid-body", says: "several messages at once are not supported"),
            Row("\"hello\"", 422, "invalid-body", says: "a string"),
            Row("null", 422, "invalid-body", says: "null"),
            Row("17", 422, "invalid-body", says: "a number"),
            Row("{}", 422, "invalid-field", field: "sender", says: "missing"),
            Row(#"{"sender":"a","content":"c"}"#, 422, "invalid-field", field: "recipient", says: "missing"),
            Row(#"{"sender":"a","recipient":"b"}"#, 422, "invalid-field", field: "content", says: "missing"),
            Row(#"{"sender":1}"#, 422, "invalid-field", field: "sender", says: "a string, not a number"),
            Row(#"{"recipient":null}"#, 422, "invalid-field", field: "recipient", says: "a string, not null"),
            Row(#"{"content":{"x":[1]}}"#, 422, "invalid-field", field: "content", says: "a string, not an object"),
            Row(#"{"content":[]}"#, 422, "invalid-field", field: "content", says: "a string, not an array"),
            Row(#"{"content":true}"#, 422, "invalid-field", field: "content", says: "a string, not a boolean"),
            Row(#"{"id":7}"#, 422, "invalid-field", field: "id", says: "is set by the server"),
            Row(#"{"timestamp":"x"}"#, 422, "invalid-field", field: "timestamp", says: "is set by the server"),
            Row(#"{"hlc":"x"}"#, 422, "invalid-field", field: "hlc", says: "is set by the server"),
            Row(#"{"Sender":"a"}"#, 422, "invalid-field", field: "Sender", says: "is not a field of a message"),
            Row(#"{"sender":"a","sender":"b"}"#, 422, "invalid-field", field: "sender", says: "is given twice"),
            Row(
                Self.draft.replacing("}", with: #","x":1}"#),
                422,
                "invalid-field",
                field: "x",
                says: "sender, recipient"
            ),
            Row(Self.draft.replacing("alice", with: ""), 422, "invalid-field", field: "sender", says: "is empty"),
            Row(
                Self.draft.replacing("bob", with: #"b\u0007"#),
                422,
                "invalid-field",
                field: "recipient",
                says: "control"
            ),
            Row(
                Self.draft.replacing("bob", with: String(repeating: "ä", count: 129)),
                422,
                "invalid-field",
                field: "recipient",
                says: "258 bytes"
            ),
        ])
    }

    func testHeadersOfAWrite() async throws {
        let wrongTypes: [(HTTPFields, String)] = [
            ([:], "no Content-Type"), ([.contentType: "text/plain"], "text/plain"),
            ([.contentType: "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
            ([.contentType: "application/x-ndjson"], "not supported by this version"),
            ([.contentType: "application/json; charset=latin1"], "latin1"), ([.contentType: "json"], "json"),
        ]
        let draft = Self.draft
        try await checkSends(
            wrongTypes.map { Row(draft, 415, "unsupported-media-type", headers: $0, says: $1) } + [
                Row(
                    draft,
                    400,
                    "not-supported-yet",
                    headers: Self.json + [.idempotencyKey: "k"],
                    says: "Idempotency-Key"
                ),
                Row(draft, 406, "not-acceptable", headers: Self.json + [.accept: "text/html"], says: "text/html"),
            ]
        )
    }

    func testParametersOfAWrite() async throws {
        let rows: [(query: String, status: Int, problem: String, parameter: String, says: String)] = [
            ("copies=0", 400, "invalid-parameter", "copies", "from 1"),
            ("copies=two", 400, "invalid-parameter", "copies", "\"two\""),
            ("copies=-1", 400, "invalid-parameter", "copies", "\"-1\""),
            ("copies=", 400, "invalid-parameter", "copies", "\"\""),
            ("copies=1&copies=1", 400, "invalid-parameter", "copies", "2 times"),
            ("copies=9", 422, "too-many-copies", "copies", "2 voters"),
            ("copy=1", 400, "unknown-parameter", "copy", "has copies"),
            ("after=1", 400, "unknown-parameter", "after", "has copies"),
        ]
        try await checkSends(
            rows.map { row in
                Row(
                    Self.draft,
                    row.status,
                    row.problem,
                    target: "/messages?\(row.query)",
                    parameter: row.parameter,
                    says: row.says
                )
            }
        )
    }

    func testParametersOfReads() async throws {
        let rows: [(target: String, problem: String, parameter: String, says: String)] = [
            ("/messages?limit=0", "invalid-parameter", "limit", "a number from 1 to 1000"),
            ("/messages?limit=1001", "invalid-parameter", "limit", "a number from 1 to 1000"),
            ("/messages?limit=ten", "invalid-parameter", "limit", "\"ten\""),
            ("/messages?after=-1", "invalid-parameter", "after", "\"-1\""),
            ("/messages?after=%2B1", "invalid-parameter", "after", "\"+1\""),
            ("/messages?after=18446744073709551616", "invalid-parameter", "after", "a number"),
            ("/messages?min_id=x", "invalid-parameter", "min_id", "a number"),
            ("/messages?consistency=strong", "invalid-parameter", "consistency", "linearizable, stale"),
            ("/messages?recipient=", "invalid-parameter", "recipient", "is empty"),
            ("/messages?sender=%07", "invalid-parameter", "sender", "control"),
            ("/messages?sender=a&sender=b", "invalid-parameter", "sender", "2 times"),
            ("/messages?to=bob", "unknown-parameter", "to", "recipient"),
            ("/messages?before=7", "not-supported-yet", "before", "not supported by this version"),
            ("/messages?since=1h", "not-supported-yet", "since", "not supported by this version"),
            ("/messages?order=desc", "not-supported-yet", "order", "not supported by this version"),
            ("/messages?wait=20s", "not-supported-yet", "wait", "not supported by this version"),
            ("/messages?follow=true", "not-supported-yet", "follow", "not supported by this version"),
            ("/messages/abc", "invalid-parameter", "id", "\"abc\""),
            ("/messages/-1", "invalid-parameter", "id", "a number"),
            ("/messages/1.5", "invalid-parameter", "id", "a number"),
            ("/messages/18446744073709551616", "invalid-parameter", "id", "a number"),
            ("/messages/1?limit=1", "unknown-parameter", "limit", "consistency"),
            ("/status?pretty", "unknown-parameter", "pretty", "has none"),
            ("/readyz?exclude=luck", "invalid-parameter", "exclude", "caught-up"),
            ("/version?x=1", "unknown-parameter", "x", "has none"),
        ]
        for row in rows {
            let reply = try await ask(.get, row.target)
            try assertProblem(reply, 400, row.problem)
            let body = try reply.object()
            XCTAssertEqual(body["parameter"] as? String, row.parameter, row.target)
            XCTAssertTrue(reply.text.contains(row.says.replacing("\"", with: "\\\"")), "\(row.target): \(reply.text)")
        }
    }

    func testReadsThatCanNotBeAnsweredInJSON() async throws {
        replica.store("hello")
        for target in ["/messages", "/messages/1", "/status", "/version"] {
            for accept in ["text/event-stream", "application/x-ndjson", "application/json;q=0", "text/*, image/png"] {
                try assertProblem(try await ask(.get, target, [.accept: accept]), 406, "not-acceptable")
            }
            for accept in [
                "*/*", "application/*", "application/json", "text/html, application/xhtml+xml, */*;q=0.8", "",
                "application/json;q=0.1, */*;q=0",
            ] {
                let reply = try await ask(.get, target, [.accept: accept])
                XCTAssertEqual(reply.status, 200, "\(target) for \(accept)")
            }
        }
    }

    private func checkSends(_ rows: [Row], file: StaticString = #filePath, line: UInt = #line) async throws {
        for row in rows {
            let reply = try await ask(.post, row.target, row.headers, bytes: row.body)
            try assertProblem(reply, row.status, row.problem, outcome: "not-accepted", file: file, line: line)
            let body = try reply.object()
            XCTAssertEqual(body["field"] as? String, row.field, reply.text, file: file, line: line)
            XCTAssertEqual(body["parameter"] as? String, row.parameter, reply.text, file: file, line: line)
            XCTAssertEqual(body["instance"] as? String, "/messages", file: file, line: line)
            let detail = try XCTUnwrap(body["detail"] as? String)
            XCTAssertTrue(detail.contains(row.says), "\(row.says) is not in: \(detail)", file: file, line: line)
        }
        XCTAssertEqual(replica.read(\.proposals), [], file: file, line: line)
    }
}

/// The same over a socket.
final class LiveBadInputTests: BadInputTests {
    override class var isLive: Bool { true }
}
