import HTTPTypes

/// Header fields that HTTPTypes has no name for.
extension HTTPField.Name {
    static let consistency = name("Consistency")
    static let durability = name("Durability")
    static let forwardedBy = name("Tandem-Forwarded")
    /// HTTPTypes has it as `HTTPRequest.authority` only.
    static let hostField = name("Host")
    static let idempotencyKey = name("Idempotency-Key")
    static let link = name("Link")
    static let prefer = name("Prefer")
    static let preferenceApplied = name("Preference-Applied")
    static let primary = name("Primary")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a field name") }
        return name
    }
}
