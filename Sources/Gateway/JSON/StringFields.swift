/// A body that is one JSON object of strings, none of them unknown.
struct StringFields {
    private let values: [String: String]

    /// - Parameter example: a body that would do, for whoever sends none.
    /// - Throws: a problem that says where the text is not JSON, or which field is wrong and how.
    init(json body: [UInt8], names: [String], example: String) throws(Problem) {
        guard !body.isEmpty else { throw Problem(.emptyBody, "Expected was \(example).") }
        let document: JSONDocument
        do throws(JSONSyntaxError) {
            // One more than there are fields: where there are more, one of them is unknown or there twice.
            document = try JSONScanner.document(body, membersMax: names.count + 1)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        guard case .object(let members) = document else {
            throw Problem(.invalidBody, "The body is no object; expected was one such as \(example).")
        }
        var values: [String: String] = [:]
        for member in members {
            guard names.contains(member.name) else {
                throw .invalidField(member.name, "is unknown here; the fields are \(names.joined(separator: ", "))")
            }
            guard case .string(let text) = member.value else {
                throw .invalidField(member.name, "must be a string, not \(member.value.kind)")
            }
            guard values.updateValue(text, forKey: member.name) == nil else {
                throw .invalidField(member.name, "is given twice")
            }
        }
        self.values = values
    }

    /// The value of a field that need not be there.
    subscript(name: String) -> String? { values[name] }

    /// The value of a field that must be there.
    func required(_ name: String) throws(Problem) -> String {
        guard let value = values[name] else { throw .invalidField(name, "is missing; it must be a string") }
        return value
    }
}

extension Problem {
    static func invalidField(_ field: String, _ rule: String) -> Problem {
        Problem(.invalidField, "The field \(field) \(rule).", .init(field: field))
    }
}
