import FoundationEssentials
import HTTPClient
import HTTPTypes
package import Raft

/// That a node is to become a member of a cluster that exists.
package struct JoinWish: Hashable, Sendable {
    /// Where any node of that cluster is reached.
    package var url: String
    /// Who is to be a voter begins as a learner and is promoted once it has caught up.
    package var kind: Membership.Member.Kind
    /// This node has lost its data directory: the member that had its name is removed first.
    package var replacesNamesake: Bool

    package init(url: String, kind: Membership.Member.Kind, replacesNamesake: Bool = false) {
        self.url = url
        self.kind = kind
        self.replacesNamesake = replacesNamesake
    }
}

/// Asks a node of a cluster to take this one in: `POST /members`, as an operator would.
struct Joining: Sendable {
    /// What the cluster said.
    enum Answer {
        /// This node is a member of it, as such.
        case member(of: ClusterID, Membership.Member.Kind)
        /// Not now: ask again.
        case later(String)
        /// Not reached: ask again.
        case unreachable(String)
        /// Asking again is in vain, unless an operator does something.
        case refused(String)
    }

    let wish: JoinWish
    let own: MemberIdentity
    /// Where this node is reached.
    let url: String
    let client: HTTPClient

    /// Longer than a node takes to answer.
    private static let timeout = Duration.seconds(10)

    private struct Question: Encodable {
        var id: String
        var kind: String
        var url: String?
        var incarnation: String
    }

    private struct Taken: Decodable {
        struct Member: Decodable { var kind: String }

        var cluster: String?
        var member: Member
    }

    private struct Problem: Decodable { var detail: String }

    /// Waits for the answer.
    ///
    /// - Parameter isNew: it may be added. Else it is only to become what it is to be: a member that was removed is not
    ///   added again by its own doing.
    func ask(isNew: Bool) -> Answer {
        // A voter begins as a learner. Where the answer to that got lost, it must be able to hear that it is one: it
        // cannot catch up before.
        let kind = isNew && wish.kind == .voter ? .learner : wish.kind
        let question = Question(
            id: own.id.rawValue,
            kind: kind.name,
            url: isNew ? url : nil,
            incarnation: own.incarnation.rawValue.hexadecimal
        )
        do {
            switch client.exchange(request(.post, try PeerJSON.encode(question))) {
            case .success(let response): return try answer(response)
            case .failure(let error): return .unreachable(error.message)
            }
        } catch {
            return .later("the answer can't be read: \(error)")
        }
    }

    func request(_ method: HTTPRequest.Method, _ body: [UInt8] = []) -> HTTPClientRequest {
        HTTPClientRequest(
            method: method,
            url: wish.url + "/members",
            headers: body.isEmpty ? [:] : PeerJSON.headers,
            body: body,
            timeout: Self.timeout,
            connectTimeout: .seconds(2),
            responseBytesMax: 64 << 10,
            redirectsMax: 2,
            // Asking twice is asking once.
            isRepeatable: true
        )
    }

    private func answer(_ response: HTTPClientResponse) throws -> Answer {
        if response.status.kind == .successful {
            let taken = try PeerJSON.decode(Taken.self, from: response.body)
            guard let cluster = taken.cluster.flatMap(ClusterID.init),
                let kind = Membership.Member.Kind(name: taken.member.kind)
            else { throw PeerJSON.Incomplete() }
            return .member(of: cluster, kind)
        }
        let detail =
            (try? PeerJSON.decode(Problem.self, from: response.body))?.detail ?? "status \(response.status.code)"
        // Who is not the primary, and is not to redirect, may be it later, or lead to another one.
        let isToAskAgain = response.status.kind == .serverError || response.status == .misdirectedRequest
        return isToAskAgain ? .later(detail) : .refused(detail)
    }
}
