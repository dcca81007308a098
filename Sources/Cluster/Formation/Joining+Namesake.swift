import HTTPClient
import HTTPTypes
import Raft

/// B18: a node that lost its data directory comes back as another member of the same name; the one it was has to go.
extension Joining {
    private struct Members: Decodable {
        struct Member: Decodable {
            var id: String
            var incarnation: String
        }

        var members: [Member]
    }

    private struct Removal: Encodable {
        var id: String
        /// Of the one that is to go: whoever has taken its place meanwhile stays.
        var incarnation: String
    }

    /// Has the cluster remove the member that had this node's name, where there is one.
    ///
    /// - Returns: why it is not removed yet; nil where no such member is left.
    func removeNamesake() -> String? {
        do {
            let response = try client.exchange(request(.get)).get()
            guard response.status == .ok else {
                return "asked who its members are, it answered \(response.status.code)"
            }
            let members = try PeerJSON.decode(Members.self, from: response.body).members
            let incarnation = own.incarnation.rawValue.hexadecimal
            let former = members.first { $0.id == own.id.rawValue && $0.incarnation != incarnation }
            guard let former else { return nil }
            let removal = Removal(id: former.id, incarnation: former.incarnation)
            let answer = try client.exchange(request(.delete, try PeerJSON.encode(removal))).get()
            guard answer.status.kind == .successful else {
                let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
                return "the member that had this node's name can't be removed: \(answer.status.code), \(text)"
            }
            return nil
        } catch let error as HTTPClientError {
            return error.message
        } catch {
            return "the answer can't be read: \(error)"
        }
    }
}
