import Messaging

extension Draft {
    /// Reads the body of `POST /messages`.
    ///
    /// - Throws: a problem that says where the text is not JSON, or which field is wrong and how.
    init(json body: [UInt8], contentBytesMax: Int) throws(Problem) {
        let fields = try Self.fields(of: body)
        self.init(
            sender: try Self.required("sender", of: fields),
            recipient: try Self.required("recipient", of: fields),
            content: try Self.required("content", of: fields)
        )
        if let violation = violation(contentBytesMax: contentBytesMax) {
            let isContent = violation.field == "content"
            throw Problem(
                isContent ? .messageTooLarge : .invalidField,
                "The field \(violation.field) \(violation.rule).",
                .init(field: violation.field, limit: isContent ? contentBytesMax : Self.partyBytesMax)
            )
        }
    }

    private static let names = ["sender", "recipient", "content"]
    private static let example = #"{"sender":"alice","recipient":"bob","content":"hello"}"#

    private static func fields(of body: [UInt8]) throws(Problem) -> [String: String] {
        guard !body.isEmpty else { throw Problem(.emptyBody, "Expected was \(example).") }
        var fields: [String: String] = [:]
        for member in try members(of: body) {
            let text = try text(of: member)
            guard fields.updateValue(text, forKey: member.name) == nil else {
                throw invalid(member.name, "is given twice")
            }
        }
        return fields
    }

    private static func members(of body: [UInt8]) throws(Problem) -> [JSONDocument.Member] {
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            // One more than there are fields: where there are more, one of them is unknown or there twice.
            document = try JSONScanner.document(body, membersMax: names.count + 1)
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

    private static func text(of member: JSONDocument.Member) throws(Problem) -> String {
        switch member.name {
        case "sender", "recipient", "content":
            guard case .string(let text) = member.value else {
                throw invalid(member.name, "must be a string, not \(member.value.kind)")
            }
            return text
        case "id", "timestamp", "hlc":
            throw invalid(member.name, "is set by the server; leave it out")
        default:
            throw invalid(member.name, "is not a field of a message; the fields are \(names.joined(separator: ", "))")
        }
    }

    private static func required(_ name: String, of fields: [String: String]) throws(Problem) -> String {
        guard let text = fields[name] else { throw invalid(name, "is missing; it must be a string") }
        return text
    }

    private static func invalid(_ field: String, _ rule: String) -> Problem {
        Problem(.invalidField, "The field \(field) \(rule).", .init(field: field))
    }
}
