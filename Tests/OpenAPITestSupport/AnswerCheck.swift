import Foundation
package import HTTPTypes

/// Checks answers against what openapi.yaml says of the call.
package struct AnswerCheck {
    package let document: OpenAPI
    private let operations: [OpenAPI.Operation]

    package init() throws {
        document = try OpenAPI()
        operations = try document.operations()
    }

    /// What is not as documented; empty if nothing is.
    package func mistakes(
        of method: String,
        _ target: String,
        status: Int,
        headers: HTTPFields,
        body: [UInt8]
    ) throws -> [String] {
        let place = "\(method) \(target) \(status)"
        if method == "OPTIONS", status == 204 { return headers[.allow] == nil ? ["\(place) has no Allow"] : [] }
        let documented = try responses(of: method == "HEAD" ? "GET" : method, Self.path(of: target))
        guard let response = documented[String(status)] else { return ["\(place) is not documented"] }
        if method == "HEAD" { return body.isEmpty ? [] : ["\(place) has a body"] }
        return try mistakes(of: response, headers: headers, body: body, place)
    }

    /// What differs from one documented answer.
    package func mistakes(
        of response: OpenAPI.Object,
        headers: HTTPFields,
        body: [UInt8],
        _ place: String
    ) throws -> [String] {
        let documented = Set((response["headers"] as? OpenAPI.Object ?? [:]).keys)
        let given = Set(headers.map(\.name.rawName))
        var mistakes = given.subtracting(documented).subtracting(Self.generalFields)
            .map { "\(place): the field \($0) is not documented" }
        guard let content = response["content"] as? OpenAPI.Object else {
            return mistakes + (body.isEmpty ? [] : ["\(place) has a body"])
        }
        let type = (headers[.contentType] ?? "").prefix { $0 != ";" }
        guard let media = content[String(type)] else { return mistakes + ["\(place) is \(type), not \(content.keys)"] }
        let isJSON = type.hasSuffix("json")
        let value: Any =
            isJSON ? try JSONSerialization.jsonObject(with: Data(body)) : String(decoding: body, as: UTF8.self)
        let schema = try document.resolve(media)["schema"]
        mistakes += try SchemaCheck(document: document).mistakes(of: value, against: schema, at: place)
        if type == "application/problem+json" {
            let problem = ((value as? OpenAPI.Object)?["type"] as? String ?? "").dropFirst("/problems/".count)
            let names = response["x-problems"] as? [String] ?? []
            if !names.contains(String(problem)) { mistakes.append("\(place) is \(problem), documented are \(names)") }
        }
        return mistakes
    }

    /// Fields that any answer may have. `Primary` stands on those that a backup has passed on.
    private static let generalFields: Set = [
        "Content-Type", "Cache-Control", "Retry-After", "Content-Length", "Connection", "Date", "Server", "Primary",
    ]

    /// The documented answers to a call, also to one that does not exist.
    private func responses(of method: String, _ path: String) throws -> [String: OpenAPI.Object] {
        let here = operations.filter { Self.matches($0.path, path) }
        if let operation = here.first(where: { $0.method == method }) { return try document.responses(of: operation) }
        guard let any = operations.first(where: { $0.name == "GET /version" }) else {
            throw OpenAPI.Mistake(description: "openapi.yaml has no GET /version")
        }
        // The server's own answers are the same everywhere.
        var responses = try document.responses(of: any).filter { $0.key != "200" && $0.key != "406" }
        let (status, name) = here.isEmpty ? ("404", "NoSuchPath") : ("405", "MethodNotAllowed")
        responses[status] = try document.object(at: "components/responses/\(name)")
        responses["411"] = try document.object(at: "components/responses/LengthRequired")
        return responses
    }

    private static func path(of target: String) -> String {
        let path = target.prefix { $0 != "?" }
        guard let scheme = path.firstRange(of: "://") else { return String(path) }
        return String(path[scheme.upperBound...].drop { $0 != "/" })
    }

    private static func matches(_ template: String, _ path: String) -> Bool {
        let (wanted, parts) = (
            template.split(separator: "/", omittingEmptySubsequences: false),
            path.split(separator: "/", omittingEmptySubsequences: false)
        )
        return wanted.count == parts.count
            && zip(wanted, parts).allSatisfy { $0.hasPrefix("{") ? !$1.isEmpty : $0 == $1 }
    }
}
