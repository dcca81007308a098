import FoundationEssentials
import HTTPTypes

/// JSON between nodes.
enum PeerJSON {
    static let headers: HTTPFields = [.contentType: "application/json"]

    /// Well-formed JSON that lacks what it must hold.
    struct Incomplete: Error {}

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Array(try encoder.encode(value))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
