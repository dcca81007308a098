import Dispatch
import FoundationEssentials
import Logging
import Raft
import Storage

/// Gives other nodes copies of entries that they lost: whatever this node can read, committed or not. Who gets them
/// checks them by chain value on both sides. So nodes that are damaged themselves help each other.
final class CopyAnswers: Sendable {
    private let directory: DataDirectory
    private let own: MemberIdentity
    private let published: PublishedStatus
    private let logger: Logger
    private let queue = DispatchQueue(label: "tandem.copies")

    private static let answerBytesMax = 1 << 20

    init(directory: DataDirectory, own: MemberIdentity, published: PublishedStatus, logger: Logger) {
        self.directory = directory
        self.own = own
        self.published = published
        self.logger = logger
    }

    /// Answers `POST /repair`, from another thread: it waits for the disk.
    func answer(
        _ body: [UInt8],
        receiver: PeerRequest.Receiver,
        respond: @escaping @Sendable (PeerResponse) -> Void
    ) {
        queue.async { [self] in respond(answer(body, receiver)) }
    }

    private func answer(_ body: [UInt8], _ receiver: PeerRequest.Receiver) -> PeerResponse {
        do {
            let envelope = try PeerJSON.decode(PeerEnvelope<RepairBody>.self, from: body)
            if let refusal = PeerRequest.refusal(of: envelope, receiver) { return refusal.response }
            // Between entries that both have, the wrong ones could fit; at the end of a log nothing tells them at all.
            guard !published.status().historyDiffers else {
                return .unavailable("this node's history and another's differ: see its /status")
            }
            guard let range = envelope.body.range else { return .malformed("no range of entries") }
            let summary = directory.log.summary
            let reply = RepairReplyBody(
                entries: Data(EntryCoding.encode(try directory.log.copies(of: range, bytesMax: Self.answerBytesMax))),
                base: summary.base.index.rawValue,
                last: summary.last.index.rawValue
            )
            let answer = PeerAnswer(from: PeerName(own), hlc: envelope.hlc, diskFull: false, body: reply)
            return .answer(try PeerJSON.encode(answer), sender: NodeID(envelope.from.id))
        } catch let error as DecodingError {
            return .malformed("not a request for copies: \(error)")
        } catch {
            logger.error("copies that another node asks for can't be read", metadata: ["error": "\(error)"])
            return .unavailable("the entries can't be read: \(error)")
        }
    }
}
