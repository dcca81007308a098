import Raft

/// Checks the bytes of a segment, a piece at a time, from its first record on. Pure.
struct SegmentCheck: Sendable {
    enum Outcome: Hashable, Sendable {
        /// All that was given is as it was written, up to `position`.
        case good
        /// What stands at `position` has this many bytes: not all of them were given.
        case needs(Int)
        /// What stands at `position` isn't what was written there.
        case unreadable
    }

    private let key: UInt64
    /// The first byte not checked yet.
    private(set) var position = SegmentHeader.byteCount
    /// The chain value of the log there; nil before the segment's first record.
    private var chain: ChainValue?

    init(_ header: SegmentHeader) { key = header.key }

    /// Checks what begins at `position`, of a segment whose last batch ends at `end`.
    mutating func advance(_ bytes: [UInt8], upTo end: Int) -> Outcome {
        let origin = position
        while position < end, position - origin < bytes.count {
            let place = position - origin
            let outcome = advance(bytes, at: place, isCut: bytes.count - place < end - position)
            guard outcome == .good else { return place > 0 && outcome != .unreadable ? .good : outcome }
        }
        return .good
    }

    private mutating func advance(_ bytes: [UInt8], at place: Int, isCut: Bool) -> Outcome {
        if isCut, bytes.count - place < CommitMark.byteCount { return .needs(CommitMark.byteCount) }
        if let mark = CommitMark.decode(bytes, at: place, key: key, offset: position) {
            guard mark.chain == chain else { return .unreadable }
            position += CommitMark.byteCount
            return .good
        }
        guard let header = RecordHeader.decode(bytes, at: place, key: key, offset: position) else { return .unreadable }
        guard place + header.size <= bytes.count else { return isCut ? .needs(header.size) : .unreadable }
        let start = place + RecordHeader.byteCount
        let payload = bytes[start..<start + header.payloadLength]
        guard bytes[payload.endIndex..<place + header.size].allSatisfy({ $0 == 0 }) else { return .unreadable }
        if case .entry(let kind) = header.kind {
            guard let chain, header.vouches(for: payload, of: kind, after: chain) else { return .unreadable }
        }
        chain = header.chain
        position += header.size
        return .good
    }
}
