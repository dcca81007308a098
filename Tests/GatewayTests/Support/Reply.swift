import Foundation
import HTTPTypes

/// An answer as a client sees it.
struct Reply {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// The body as a JSON object.
    func object() throws -> [String: any Sendable] {
        let value = try JSONSerialization.jsonObject(with: Data(body))
        guard let object = value as? [String: any Sendable] else { throw NotAnObject(text: text) }
        return object
    }

    private struct NotAnObject: Error {
        var text: String
    }
}
