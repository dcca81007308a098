/// A message as a client sends it, before the cluster gave it an id and a time.
package struct Draft: Hashable, Sendable {
    package var sender: String
    package var recipient: String
    package var content: String

    package init(sender: String, recipient: String, content: String) {
        self.sender = sender
        self.recipient = recipient
        self.content = content
    }

    /// The most bytes of UTF-8 in `sender` and in `recipient`.
    package static let partyBytesMax = 256

    /// The first rule this draft breaks, or nil.
    ///
    /// - Parameter contentBytesMax: the most bytes of UTF-8 in `content`.
    package func violation(contentBytesMax: Int) -> Violation? {
        if let rule = Self.partyViolation(sender) { return Violation(field: "sender", rule: rule) }
        if let rule = Self.partyViolation(recipient) { return Violation(field: "recipient", rule: rule) }
        if content.utf8.count > contentBytesMax {
            return Violation(field: "content", rule: "is longer than \(contentBytesMax) bytes")
        }
        return nil
    }

    /// Why `name` can't be a sender or recipient, or nil.
    package static func partyViolation(_ name: String) -> String? {
        let bytes = name.utf8
        if bytes.isEmpty { return "is empty; it needs 1 to \(partyBytesMax) bytes" }
        if bytes.count > partyBytesMax { return "has \(bytes.count) bytes; at most \(partyBytesMax) are allowed" }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "has a control character"
        }
        return nil
    }

    package struct Violation: Hashable, Sendable {
        package var field: String
        /// Goes on from the field's name: "is empty".
        package var rule: String
    }
}
