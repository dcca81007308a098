import Cluster
import Raft

/// What a member is to be: the body of `POST /members`. Names whom it means; what it leaves out stays as it is.
struct MemberWish: Equatable, Sendable {
    var id: NodeID
    var kind: Membership.Member.Kind?
    var url: String?
    /// Which node of that name.
    var incarnation: Incarnation?

    static let names = ["id", "kind", "url", "incarnation"]
    static let example = #"{"id":"d","kind":"voter"}"#

    init(json body: [UInt8]) throws(Problem) {
        let fields = try StringFields(json: body, names: Self.names, example: Self.example)
        id = try Self.id(fields)
        incarnation = try Self.incarnation(fields)
        if let word = fields["kind"] {
            guard let kind = Membership.Member.Kind(name: word) else {
                throw .invalidField("kind", "is \"\(word)\"; it is voter, learner or witness")
            }
            self.kind = kind
        }
        if let url = fields["url"] {
            guard Self.isBaseURL(url) else {
                throw .invalidField("url", "must be http://HOST:PORT, without a path")
            }
            self.url = url
        }
    }

    static func id(_ fields: StringFields) throws(Problem) -> NodeID {
        let id = try fields.required("id")
        let isName = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-".utf8.contains(byte)
            }
        }
        guard isName, (1...64).contains(id.utf8.count) else {
            throw .invalidField("id", "must have 1 to 64 letters, digits, dots, dashes and underscores")
        }
        return NodeID(id)
    }

    static func incarnation(_ fields: StringFields) throws(Problem) -> Incarnation? {
        guard let text = fields["incarnation"] else { return nil }
        guard text.utf8.count == 16, let number = UInt64(text, radix: 16) else {
            throw .invalidField("incarnation", "must have 16 hexadecimal digits")
        }
        return Incarnation(number)
    }

    private static func isBaseURL(_ url: String) -> Bool {
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst("http://".count)
        return (1...255).contains(authority.utf8.count)
            && authority.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#@\\\"<>".utf8.contains($0) }
    }
}

/// The next step towards a wish: memberships change one at a time.
enum MembershipStep: Equatable {
    /// Everything is as wished.
    case done(Membership.Member)
    /// `isLast`: then everything is.
    case change(MembershipChange, becoming: Membership.Member, isLast: Bool)

    init(towards wish: MemberWish, from members: [Membership.Member]) throws(Problem) {
        guard let member = members.first(where: { $0.id == wish.id }) else {
            self = try Self.add(wish)
            return
        }
        if let incarnation = wish.incarnation, incarnation != member.incarnation {
            throw Problem(
                .memberExists,
                "Another node is a member under the name \(wish.id). If it is gone for good, remove it first.",
                .init(field: "incarnation")
            )
        }
        let kind = wish.kind ?? member.kind
        var next = member
        if let url = wish.url, url != member.url {
            next.url = url
            self = .change(.move(wish.id, url: url), becoming: next, isLast: kind == member.kind)
        } else {
            next.kind = kind
            switch (member.kind, kind) {
            case (.learner, .voter): self = .change(.promote(wish.id), becoming: next, isLast: true)
            case (.voter, .learner): self = .change(.demote(wish.id), becoming: next, isLast: true)
            case (.voter, .voter), (.learner, .learner), (.witness, .witness): self = .done(member)
            case (.witness, _), (_, .witness):
                throw Problem(
                    .membershipRefused,
                    "\(wish.id) is a \(member.kind.name): remove it, and add it anew as a \(kind.name).",
                    .init(field: "kind")
                )
            }
        }
    }

    private static func add(_ wish: MemberWish) throws(Problem) -> MembershipStep {
        guard wish.url != nil || wish.incarnation != nil else {
            throw Problem(
                .noSuchMember,
                "No member is called \(wish.id); who is to become one needs url and incarnation.",
                .init(field: "id")
            )
        }
        guard let url = wish.url else { throw .invalidField("url", "is missing: \(wish.id) is to become a member") }
        guard let incarnation = wish.incarnation else {
            throw .invalidField("incarnation", "is missing: \(wish.id) is to become a member")
        }
        // A voter begins as a learner, so that it holds up nothing while it catches up.
        let kind: Membership.Member.Kind = wish.kind == .witness ? .witness : .learner
        let member = Membership.Member(id: wish.id, kind: kind, incarnation: incarnation, url: url)
        return .change(.add(member), becoming: member, isLast: wish.kind.map { $0 == kind } ?? false)
    }
}
