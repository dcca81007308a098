import FoundationEssentials
import HTTPClient
import HTTPTypes

extension TandemClient {
    static func encode(_ value: some Encodable) throws(TandemError) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(value))
        } catch {
            throw TandemError(.rejected, "the message can't be written as JSON: \(error)")
        }
    }

    /// Reads the body of a successful answer.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from response: HTTPClientResponse,
        of call: Call
    ) throws(TandemError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            let message = "\(call.method.rawValue) \(call.target): the answer is not what Tandem sends: \(error)"
            // Whatever answered, it took the message.
            throw TandemError(call.isWrite ? .outcomeUnknown : .invalidResponse, message)
        }
    }
}
