import Raft

/// Requests from peers that the node has not answered yet: of each peer and lane the newest few, as at the shell.
struct PeerRequests {
    private var parcels: [UInt64: Parcel] = [:]
    /// Tokens by sender and lane, oldest first.
    private var lines: [[UInt64]]
    private var lastToken: UInt64 = 0

    private static let waitingMax = 4

    init(machines: Int) { lines = [[UInt64]](repeating: [], count: machines * 2) }

    /// - Returns: also the request that is to be answered now, because newer ones wait already.
    mutating func wait(for parcel: Parcel) -> (ReplyToken, pushedOut: Parcel?) {
        lastToken += 1
        let line = Self.line(of: parcel)
        parcels[lastToken] = parcel
        lines[line].append(lastToken)
        guard lines[line].count > Self.waitingMax else { return (ReplyToken(lastToken), nil) }
        return (ReplyToken(lastToken), parcels.removeValue(forKey: lines[line].removeFirst()))
    }

    mutating func take(_ token: ReplyToken) -> Parcel? {
        guard let parcel = parcels.removeValue(forKey: token.rawValue) else { return nil }
        lines[Self.line(of: parcel)].removeAll { $0 == token.rawValue }
        return parcel
    }

    private static func line(of parcel: Parcel) -> Int { parcel.from * 2 + (parcel.lane == .append ? 0 : 1) }
}
