import HTTPClient
import HTTPTypes
import Raft

/// Asks the other listed members, one after the other, waiting for each answer.
struct FormationPeers: Sendable {
    /// Why there is no answer.
    struct Silence: Error {
        var message: String
    }

    private let configuration: ReplicaConfiguration
    private let client: HTTPClient

    private static let timeout = Duration.seconds(1)

    init(configuration: ReplicaConfiguration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
    }

    var others: [ListedMember] { configuration.members.filter { $0.id != configuration.id } }

    /// Asks for the peer's state, or tells it a founding. Waits at most a second.
    func ask(_ peer: ListedMember, founded: Founding?) -> Result<FormReply, Silence> {
        do {
            let question = FormRequest(
                from: configuration.id.rawValue,
                list: configuration.members.map(FormRequest.Listed.init),
                founded: founded.map { FormRequest.Founded(cluster: $0.cluster, membership: $0.membership) }
            )
            let content = try PeerJSON.encode(question)
            let request = HTTPClientRequest(
                method: .post,
                url: peer.url + PeerPath.form,
                headers: PeerJSON.headers(for: content),
                body: content,
                timeout: Self.timeout,
                connectTimeout: Self.timeout,
                responseBytesMax: 64 << 10,
                isRepeatable: true
            )
            switch client.exchange(request) {
            case .success(let response) where response.status == .ok:
                return .success(try PeerJSON.decode(FormReply.self, from: response))
            case .success(let response):
                return .failure(Silence(message: "answered \(response.status.code)"))
            case .failure(let error):
                return .failure(Silence(message: error.message))
            }
        } catch {
            return .failure(Silence(message: "\(error)"))
        }
    }
}
