import HTTPClient
import HTTPTypes
import Messaging
import Raft
import Storage

/// Asks another member for copies of entries, and waits for each answer.
struct PeerCopies: CopySource {
    let peer: Membership.Member
    let cluster: ClusterID
    let own: MemberIdentity
    let client: HTTPClient

    var id: NodeID { peer.id }

    private static let connectTimeout = Duration.seconds(1)
    private static let timeout = Duration.seconds(10)
    /// Copies come a piece at a time; one batch of messages is never cut.
    private static let answerBytesMax = 512 << 20

    func copies(of range: ClosedRange<LogIndex>) -> Result<[Entry], NoCopy> {
        ask(range).flatMap { reply in
            guard let entries = EntryCoding.decode(Array(reply.entries)) else {
                return .failure(NoCopy(reason: "\(peer.id) sent something else"))
            }
            let isWanted = entries.first?.index == range.lowerBound
            return isWanted ? .success(entries) : .failure(absence(of: range, reply))
        }
    }

    private func absence(of range: ClosedRange<LogIndex>, _ reply: RepairReplyBody) -> NoCopy {
        if range.lowerBound.rawValue <= reply.base {
            return NoCopy(reason: "\(peer.id) has removed everything up to entry \(reply.base)")
        }
        if range.lowerBound.rawValue > reply.last {
            return NoCopy(reason: "the log of \(peer.id) ends at entry \(reply.last)")
        }
        return NoCopy(reason: "\(peer.id) can't read entry \(range.lowerBound) either")
    }

    private func ask(_ range: ClosedRange<LogIndex>) -> Result<RepairReplyBody, NoCopy> {
        do {
            switch client.exchange(try request(range)) {
            case .success(let response) where response.status == .ok:
                let answer = try PeerJSON.decode(PeerAnswer<RepairReplyBody>.self, from: response)
                guard let body = answer.body else { throw PeerJSON.Incomplete() }
                return .success(body)
            case .success(let response):
                let text = String(decoding: response.body.prefix(200), as: UTF8.self)
                return .failure(NoCopy(reason: "\(peer.id) answered \(response.status.code): \(text)"))
            case .failure(let error):
                return .failure(NoCopy(reason: "\(peer.id) does not answer: \(error.message)"))
            }
        } catch {
            return .failure(NoCopy(reason: "\(peer.id) can't be understood: \(error)"))
        }
    }

    private func request(_ range: ClosedRange<LogIndex>) throws -> HTTPClientRequest {
        let envelope = PeerEnvelope(
            cluster: cluster.description,
            from: PeerName(own),
            to: PeerName(MemberIdentity(id: peer.id, incarnation: peer.incarnation)),
            hlc: .zero,
            body: RepairBody(range)
        )
        let content = try PeerJSON.encode(envelope)
        return HTTPClientRequest(
            method: .post,
            url: peer.url + PeerPath.repair,
            headers: PeerJSON.headers(for: content),
            body: content,
            timeout: Self.timeout,
            connectTimeout: Self.connectTimeout,
            responseBytesMax: Self.answerBytesMax,
            isRepeatable: true
        )
    }
}
