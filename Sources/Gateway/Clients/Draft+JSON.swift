import Messaging

extension Draft {
    /// Reads the body of `POST /messages`.
    ///
    /// - Throws: a problem that says where the text is not JSON, or which field is wrong and how.
    init(json body: [UInt8], contentBytesMax: Int) throws(Problem) {
        var (sender, recipient, content): (String?, String?, String?)
        for member in try Self.members(of: body) {
            switch member.name {
            case "sender": try Self.set(&sender, to: member)
            case "recipient": try Self.set(&recipient, to: member)
            case "content": try Self.set(&content, to: member)
            case "id", "timestamp", "hlc":
                throw Self.invalid(member.name, "is set by the server; leave it out")
            default:
                throw Self.invalid(member.name, "is not a field of a message; the fields are \(Self.names)")
            }
        }
        guard let sender else { throw Self.missing("sender") }
        guard let recipient else { throw Self.missing("recipient") }
        guard let content else { throw Self.missing("content") }
        self.init(sender: sender, recipient: recipient, content: content)
        if let violation = violation(contentBytesMax: contentBytesMax) {
            let isContent = violation.field == "content"
            throw Problem(
                isContent ? .messageTooLarge : .invalidField,
                "The field \(violation.field) \(violation.rule).",
                .init(field: violation.field, limit: isContent ? contentBytesMax : Self.partyBytesMax)
            )
        }
    }

    private static let names = "sender, recipient, content"
    private static let example = #"{"sender":"alice","recipient":"bob","content":"hello"}"#

    private static func members(of body: [UInt8]) throws(Problem) -> [JSONDocument.Member] {
        guard !body.isEmpty else { throw Problem(.emptyBody, "Expected was \(example).") }
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            // One more than there are fields: where there are more, one of them is unknown or there twice.
            document = try JSONScanner.document(body, membersMax: 4)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        switch document {
        case .object(let members): return members
        case .other(.array):
            throw Problem(
                .invalidBody,
                "The body is an array; several messages at once are not supported by this version. Expected was one "
                    + "object such as \(example)."
            )
        case .other(let value):
            throw Problem(.invalidBody, "The body is \(value.kind); expected was an object such as \(example).")
        }
    }

    private static func set(_ field: inout String?, to member: JSONDocument.Member) throws(Problem) {
        guard case .string(let text) = member.value else {
            throw invalid(member.name, "must be a string, not \(member.value.kind)")
        }
        guard field == nil else { throw invalid(member.name, "is given twice") }
        field = text
    }

    private static func missing(_ field: String) -> Problem { invalid(field, "is missing; it must be a string") }

    private static func invalid(_ field: String, _ rule: String) -> Problem {
        Problem(.invalidField, "The field \(field) \(rule).", .init(field: field))
    }
}
