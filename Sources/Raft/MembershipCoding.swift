/// The bytes of a membership entry: which cluster, and who belongs to it. Part of the disk and wire formats.
///
/// ```
/// version 1 (1 byte) │ cluster id (8 + 8) │ members (2) │ each: kind (1), incarnation (8), name, URL
/// ```
/// Numbers are little-endian; a string is its length in UTF-8 bytes (2) and those bytes. Members are sorted by name, so
/// equal memberships have equal bytes.
package enum MembershipCoding {
    private static let version: UInt8 = 1

    /// Why bytes are not a membership.
    package struct DecodingError: Error, Hashable, Sendable {
        package enum Code: String, Sendable {
            /// Written by a newer release.
            case unknownVersion
            case endsEarly
            case endsLate
            case unknownKind
            case notUTF8
            case emptyName
            /// Names that repeat or are not in order.
            case unsorted
        }

        package var code: Code
        /// Where in the bytes.
        package var offset: Int
    }

    package static func encode(_ membership: Membership, cluster: ClusterID) -> [UInt8] {
        var bytes: [UInt8] = [version]
        append(cluster.high, to: &bytes)
        append(cluster.low, to: &bytes)
        append(length: membership.members.count, to: &bytes)
        for member in membership.members {
            bytes.append(member.kind.rawValue)
            append(member.incarnation.rawValue, to: &bytes)
            append(member.id.rawValue, to: &bytes)
            append(member.url, to: &bytes)
        }
        return bytes
    }

    package static func decode(
        _ bytes: [UInt8]
    ) throws(DecodingError) -> (membership: Membership, cluster: ClusterID) {
        var reader = Reader(bytes: bytes)
        guard try reader.byte() == version else { throw DecodingError(code: .unknownVersion, offset: 0) }
        let cluster = ClusterID(high: try reader.word(), low: try reader.word())
        var members: [Membership.Member] = []
        for _ in 0..<(try reader.length()) {
            let start = reader.offset
            let member = try reader.member()
            if let last = members.last, last.id >= member.id { throw DecodingError(code: .unsorted, offset: start) }
            members.append(member)
        }
        guard reader.offset == bytes.count else { throw DecodingError(code: .endsLate, offset: reader.offset) }
        return (Membership(members), cluster)
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(place)))) }
    }

    private static func append(length: Int, to bytes: inout [UInt8]) {
        precondition(length <= UInt16.max, "\(length) does not fit into two bytes")
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(UInt8(truncatingIfNeeded: length >> 8))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(length: text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    /// Reads from front to back; never past the end, whatever the bytes say.
    private struct Reader {
        let bytes: [UInt8]
        private(set) var offset = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func take(_ count: Int) throws(DecodingError) -> ArraySlice<UInt8> {
            guard count <= bytes.count - offset else { throw DecodingError(code: .endsEarly, offset: offset) }
            defer { offset += count }
            return bytes[offset..<(offset + count)]
        }

        mutating func byte() throws(DecodingError) -> UInt8 { try take(1)[offset - 1] }

        mutating func word() throws(DecodingError) -> UInt64 {
            try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func length() throws(DecodingError) -> Int {
            try take(2).reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        mutating func text() throws(DecodingError) -> String {
            let start = offset
            guard let text = String(validating: try take(try length()), as: UTF8.self) else {
                throw DecodingError(code: .notUTF8, offset: start)
            }
            return text
        }

        mutating func member() throws(DecodingError) -> Membership.Member {
            let start = offset
            guard let kind = Membership.Member.Kind(rawValue: try byte()) else {
                throw DecodingError(code: .unknownKind, offset: start)
            }
            let incarnation = Incarnation(try word())
            let id = NodeID(try text())
            guard !id.rawValue.isEmpty else { throw DecodingError(code: .emptyName, offset: start) }
            return Membership.Member(id: id, kind: kind, incarnation: incarnation, url: try text())
        }
    }
}
