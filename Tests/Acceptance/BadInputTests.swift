import Foundation
import HTTPTypes
import XCTest

/// What is wrong is refused with the right problem, and nothing of it is stored.
final class BadInputTests: AcceptanceTestCase {
    private func assertRefused(
        _ json: String,
        _ status: Int,
        mentions word: String? = nil,
        file: StaticString = #filePath,
        line: UInt = #line
    ) async throws {
        let reply = try await node.post(json: json)
        try assertProblem(reply, status, outcome: "not-accepted", mentions: word, file: file, line: line)
        let stored = try await storedCount()
        XCTAssertEqual(stored, 0, "something was stored for \(json.prefix(80))", file: file, line: line)
    }

    func testMalformedJSONIs400() async throws {
        for json in [
            "", "{", "nonsense", "{\"sender\":\"\(party)\",}", "{\"sender\":\"\(party)\" \"recipient\":\"b\"}",
            "\"text\u{1}\"",
            "{\"sender\":\"\(party)\",\"recipient\":\"b\",\"content\":\"x\"} trailing", "{\"sender\":\"\\ud800\"}",
            "{'sender':'\(party)'}", String(repeating: "[", count: 5000),
        ] {
            try await assertRefused(json, 400)
        }
    }

    func testBytesThatAreNotUTF8Are400() async throws {
        var body = Array("{\"sender\":\"\(party)\",\"recipient\":\"b\",\"content\":\"".utf8)
        body += [0xFF, 0xFE] + Array("\"}".utf8)
        let reply = try await node.send(.post, "/messages", headers: ["Content-Type": "application/json"], body: body)
        try assertProblem(reply, 400, outcome: "not-accepted")
    }

    func testAMissingFieldIs422AndNamed() async throws {
        for field in ["sender", "recipient", "content"] {
            var fields = ["sender": party, "recipient": party, "content": "x"]
            fields[field] = nil
            let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
            try await assertRefused(json, 422, mentions: field)
        }
    }

    func testAFieldOfTheWrongTypeIs422AndNamed() async throws {
        for field in ["sender", "recipient", "content"] {
            for value: Any in [1, true, NSNull(), ["a"], ["a": "b"]] {
                var fields: [String: Any] = ["sender": party, "recipient": party, "content": "x"]
                fields[field] = value
                let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
                try await assertRefused(json, 422, mentions: field)
            }
        }
    }

    func testAnUnknownFieldIs422AndNamed() async throws {
        for field in ["priority", "id", "timestamp", "hlc", "Sender"] {
            let fields = ["sender": party, "recipient": party, "content": "x", field: "1"]
            let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
            try await assertRefused(json, 422, mentions: field)
        }
    }

    func testASenderOrRecipientOutOfRangeIs422AndNamed() async throws {
        for field in ["sender", "recipient"] {
            for value in ["", String(repeating: "n", count: 257), "bell\u{7}", "line\nbreak"] {
                let fields = ["sender": party, "recipient": party, "content": "x"].merging([field: value]) { $1 }
                let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
                try await assertRefused(json, 422, mentions: field)
            }
        }
    }

    func testAnOversizedMessageIs413() async throws {
        let content = String(repeating: "x", count: (1 << 20) + 1)
        try await assertRefused("{\"sender\":\"\(party)\",\"recipient\":\"\(party)\",\"content\":\"\(content)\"}", 413)
    }

    func testAnythingButJSONIs415() async throws {
        let body = Array("{\"sender\":\"\(party)\",\"recipient\":\"\(party)\",\"content\":\"x\"}".utf8)
        for type in ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", ""] {
            let headers = type.isEmpty ? [:] : ["Content-Type": type]
            let reply = try await node.send(.post, "/messages", headers: headers, body: body)
            try assertProblem(reply, 415, outcome: "not-accepted")
        }
        let stored = try await storedCount()
        XCTAssertEqual(stored, 0)
    }

    func testQueryValuesThatMeanNothingAreRefusedByName() async throws {
        for (query, name) in [
            ("limit=0", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"), ("limit=99999999", "limit"),
            ("after=-1", "after"), ("after=1.5", "after"), ("after=x", "after"),
            ("consistency=eventual", "consistency"),
            ("recipient=", "recipient"), ("limit=1&limit=2", "limit"), ("recipiant=bob", "recipiant"),
        ] {
            let reply = try await node.get("/messages?\(query)")
            XCTAssertTrue([400, 422].contains(reply.status), "\(query): \(reply.status)")
            try assertProblem(reply, reply.status, mentions: name)
        }
        let reply = try await node.post(
            "/messages?copies=9",
            json: "{\"sender\":\"\(party)\",\"recipient\":\"b\",\"content\":\"x\"}"
        )
        try assertProblem(reply, 422, outcome: "not-accepted", mentions: "copies")
    }

    func testUnknownPathsAndMethods() async throws {
        try assertProblem(try await node.get("/nothing"), 404)
        try assertProblem(try await node.get("/messages/"), 404)
        let odd = try await node.get("/messages/abc")
        XCTAssertTrue([400, 404, 422].contains(odd.status), odd.text)
        let reply = try await node.send(.delete, "/messages")
        try assertProblem(reply, 405)
        let allowed = try XCTUnwrap(reply.header("Allow"))
        XCTAssertTrue(allowed.contains("GET") && allowed.contains("POST"), allowed)
    }

    func testAForeignHostIs421() async throws {
        let reply = try await node.send(.get, "/status", headers: ["Host": "evil.example"])
        try assertProblem(reply, 421)
    }

    func testTheConnectionServesOnAfterARefusal() async throws {
        for _ in 1...5 {
            try assertProblem(try await node.post(json: "{"), 400, outcome: "not-accepted")
            _ = try await send("still here")
        }
        let stored = try await storedCount()
        XCTAssertEqual(stored, 10, "five messages, found as sender and as recipient")
    }
}
