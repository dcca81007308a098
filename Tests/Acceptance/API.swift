import Foundation
import HTTPClient
import HTTPTypes
import OpenAPITestSupport
import XCTest

/// Plain HTTP against one node, as any client would speak it: what comes back is looked at byte by byte and field by
/// field, so nothing of our own client library stands in between.
struct API: Sendable {
    let url: String
    let client: HTTPClient

    /// What came back.
    struct Reply {
        var status: Int
        var headers: HTTPFields
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func object(file: StaticString = #filePath, line: UInt = #line) throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(body))
            return try XCTUnwrap(value as? [String: Any], text, file: file, line: line)
        }

        func header(_ name: String) -> String? {
            HTTPField.Name(name).flatMap { headers[$0] }
        }
    }

    func get(_ target: String, accept: String? = nil) async throws -> Reply {
        try await send(.get, target, headers: accept.map { ["Accept": $0] } ?? [:])
    }

    /// Posts JSON text as it is.
    func post(_ target: String = "/messages", json: String) async throws -> Reply {
        try await send(.post, target, headers: ["Content-Type": "application/json"], body: Array(json.utf8))
    }

    /// Posts a message made of these fields.
    func post(_ fields: [String: Any], to target: String = "/messages") async throws -> Reply {
        try await post(target, json: String(decoding: JSONSerialization.data(withJSONObject: fields), as: UTF8.self))
    }

    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) async throws -> Reply {
        var fields = HTTPFields()
        for (name, value) in headers {
            fields[try XCTUnwrap(HTTPField.Name(name))] = value
        }
        let response = try await client.send(
            HTTPClientRequest(
                method: method,
                url: url + target,
                headers: fields,
                body: body,
                timeout: .seconds(30),
                responseBytesMax: 64 << 20
            )
        )
        XCTAssertEqual(
            try Self.check.get().mistakes(
                of: method.rawValue,
                target,
                status: response.status.code,
                headers: response.headers,
                body: response.body
            ),
            []
        )
        return Reply(status: response.status.code, headers: response.headers, body: response.body)
    }

    /// No answer is unlike openapi.yaml. Only read once it is there.
    nonisolated(unsafe) private static let check = Result { try AnswerCheck() }
}

/// Asserts that a reply is this problem, in the form that every refusal has.
@discardableResult
func assertProblem(
    _ reply: API.Reply,
    _ status: Int,
    outcome: String? = nil,
    mentions word: String? = nil,
    file: StaticString = #filePath,
    line: UInt = #line
) throws -> [String: Any] {
    XCTAssertEqual(reply.status, status, reply.text, file: file, line: line)
    XCTAssertEqual(reply.header("Content-Type"), "application/problem+json", file: file, line: line)
    let problem = try reply.object(file: file, line: line)
    XCTAssertEqual(problem["status"] as? Int, status, file: file, line: line)
    let type = try XCTUnwrap(problem["type"] as? String, file: file, line: line)
    XCTAssertTrue(type.hasPrefix("/problems/"), type, file: file, line: line)
    for member in ["title", "detail"] {
        XCTAssertFalse(
            (problem[member] as? String ?? "").isEmpty,
            "no \(member): \(reply.text)",
            file: file,
            line: line
        )
    }
    if let outcome {
        XCTAssertEqual(problem["outcome"] as? String, outcome, reply.text, file: file, line: line)
    }
    if let word {
        XCTAssertTrue(reply.text.contains(word), "no word of \(word): \(reply.text)", file: file, line: line)
    }
    return problem
}
