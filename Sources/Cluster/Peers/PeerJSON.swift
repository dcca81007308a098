import FoundationEssentials
import HTTPClient
import HTTPTypes

/// JSON between nodes.
enum PeerJSON {
    static let headers: HTTPFields = [.contentType: "application/json"]

    /// Of an internal request with this content.
    static func headers(for content: [UInt8]) -> HTTPFields {
        var headers = headers
        headers[ContentDigest.fieldName] = ContentDigest.fieldValue(of: content)
        return headers
    }

    /// Well-formed JSON that lacks what it must hold.
    struct Incomplete: Error {}

    /// An answer that is not what was sent.
    struct Damaged: Error, CustomStringConvertible {
        var description: String
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Array(try encoder.encode(value))
    }

    /// Reads the answer to an internal request.
    static func decode<Value: Decodable>(_ type: Value.Type, from response: HTTPClientResponse) throws -> Value {
        let digest = response.headers[ContentDigest.fieldName]
        if let reason = ContentDigest.mismatch(of: response.body, with: digest) { throw Damaged(description: reason) }
        return try decode(type, from: response.body)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
