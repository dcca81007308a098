/// The bytes of a membership entry: which cluster, and who belongs to it. Part of the disk and wire formats.
///
/// ```
/// version (1 byte) │ cluster id (8 + 8) │ members (2) │ each: kind (1), incarnation (8), name, URL
/// ```
/// That is version 1, of a cluster as it was formed. Since the first promotion it is version 2, and there follow
/// ```
/// epoch: number (8), id (8), parent (8), fork (8) │ returning (2) │ each: name
/// ```
/// Numbers are little-endian; a string is its length in UTF-8 bytes (2) and those bytes. Members are sorted by name, so
/// equal memberships have equal bytes.
package enum MembershipCoding {
    private static let version: UInt8 = 1
    private static let versionWithEpoch: UInt8 = 2

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
            /// An epoch that was never begun; or others return than learners, in order.
            case inconsistent
        }

        package var code: Code
        /// Where in the bytes.
        package var offset: Int
    }

    package static func encode(_ membership: Membership, cluster: ClusterID) -> [UInt8] {
        let hasEpoch = membership.epoch != .initial
        var bytes: [UInt8] = [hasEpoch ? versionWithEpoch : version]
        append(cluster.high, to: &bytes)
        append(cluster.low, to: &bytes)
        append(length: membership.members.count, to: &bytes)
        for member in membership.members {
            bytes.append(member.kind.rawValue)
            append(member.incarnation.rawValue, to: &bytes)
            append(member.id.rawValue, to: &bytes)
            append(member.url, to: &bytes)
        }
        if hasEpoch { append(membership.epoch, returning: membership.returning, to: &bytes) }
        return bytes
    }

    package static func decode(
        _ bytes: [UInt8]
    ) throws(DecodingError) -> (membership: Membership, cluster: ClusterID) {
        var reader = Reader(bytes: bytes)
        let found = try reader.byte()
        guard found == version || found == versionWithEpoch else {
            throw DecodingError(code: .unknownVersion, offset: 0)
        }
        let cluster = ClusterID(high: try reader.word(), low: try reader.word())
        var members: [Membership.Member] = []
        for _ in 0..<(try reader.length()) {
            let start = reader.offset
            let member = try reader.member()
            if let last = members.last, last.id >= member.id { throw DecodingError(code: .unsorted, offset: start) }
            members.append(member)
        }
        let (epoch, returning) = found == versionWithEpoch ? try reader.epoch() : (.initial, [])
        guard reader.offset == bytes.count else { throw DecodingError(code: .endsLate, offset: reader.offset) }
        let membership = Membership(members, epoch: epoch, returning: returning)
        guard membership.returning == returning, (found == versionWithEpoch) == (epoch != .initial) else {
            throw DecodingError(code: .inconsistent, offset: bytes.count)
        }
        return (membership, cluster)
    }

    private static func append(_ epoch: Epoch, returning: [NodeID], to bytes: inout [UInt8]) {
        append(epoch.number, to: &bytes)
        append(epoch.id, to: &bytes)
        append(epoch.parent, to: &bytes)
        append(epoch.fork.rawValue, to: &bytes)
        append(length: returning.count, to: &bytes)
        for id in returning { append(id.rawValue, to: &bytes) }
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

        mutating func epoch() throws(DecodingError) -> (Epoch, [NodeID]) {
            let epoch = Epoch(number: try word(), id: try word(), parent: try word(), fork: LogIndex(try word()))
            var returning: [NodeID] = []
            for _ in 0..<(try length()) { returning.append(NodeID(try text())) }
            return (epoch, returning)
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
