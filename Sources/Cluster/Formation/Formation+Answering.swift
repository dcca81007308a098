import Dispatch
import Raft

// The other side of the conversation.
extension Formation {
    /// Answers `POST /form`, from another thread: it may have to wait for the disk.
    func answer(_ body: [UInt8], respond: @escaping @Sendable (PeerResponse) -> Void) {
        answers.async { [self] in respond(answer(body)) }
    }

    private func answer(_ body: [UInt8]) -> PeerResponse {
        do {
            let request = try PeerJSON.decode(FormRequest.self, from: body)
            if let founded = request.founded, identity == nil {
                guard let (cluster, membership) = founded.membership else {
                    return .malformed("the founding names no cluster, or a member twice")
                }
                let founding = Founding(cluster: cluster, membership: membership)
                if isToAccept(founding, list: request.list) { try accept(founding) }
            }
            let reply = FormReply(
                id: configuration.id.rawValue,
                incarnation: own.incarnation.rawValue.hexadecimal,
                cluster: identity?.cluster.description,
                sameList: hasSameList(as: request.list)
            )
            return .answer(try PeerJSON.encode(reply), sender: NodeID(request.from))
        } catch let error as DecodingError {
            return .malformed("not a question about forming a cluster: \(error)")
        } catch {
            return .unavailable("the founding can't be written down: \(error)")
        }
    }

    /// Only what this very node was asked about: it is a member in this incarnation, and the others are those it lists.
    private func isToAccept(_ founding: Founding, list: [FormRequest.Listed]) -> Bool {
        let founded = founding.membership.members.map { ListedMember(id: $0.id, kind: $0.kind, url: $0.url) }
        return !isFounder && founding.membership.recognises(own) && hasSameList(as: list)
            && founded == configuration.members.sorted { $0.id < $1.id }
    }

    private func hasSameList(as list: [FormRequest.Listed]) -> Bool {
        configuration.members.map(FormRequest.Listed.init) == list
    }
}
