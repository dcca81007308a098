import Foundation
package import HTTPTypes

/// An answer as a client sees it.
package struct Reply {
    package var status: Int
    package var headers: HTTPFields
    package var body: [UInt8]

    package init(status: Int, headers: HTTPFields, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// The body as a JSON object.
    package func object() throws -> [String: any Sendable] {
        let value = try JSONSerialization.jsonObject(with: Data(body))
        guard let object = value as? [String: any Sendable] else { throw NotAnObject(text: text) }
        return object
    }

    private struct NotAnObject: Error {
        var text: String
    }
}
