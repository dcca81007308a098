import FoundationEssentials
package import HTTPTypes
import Raft

/// The checksum that goes with the content of every internal request and answer, as a field `Content-Digest` (RFC 9530)
/// with a CRC-32C: TCP's own is only 16 bits long, misses what happens inside of a machine, and a term or an index with
/// another digit is still JSON.
package enum ContentDigest {
    package static let fieldName: HTTPField.Name = {
        guard let name = HTTPField.Name("Content-Digest") else { preconditionFailure("not a field name") }
        return name
    }()

    package static func fieldValue(of content: [UInt8]) -> String {
        var checksum = CRC32C()
        checksum.update(content)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> (24 - 8 * UInt32($0))) }
        return "crc32c=:\(Data(bytes).base64EncodedString()):"
    }

    /// Why content that came with this field is not what was sent; nil where it is.
    package static func mismatch(of content: [UInt8], with value: String?) -> String? {
        guard let value else { return "there is no Content-Digest" }
        let found = fieldValue(of: content)
        return value == found ? nil : "it was damaged on the way: \(found), but Content-Digest is \(value)"
    }
}
