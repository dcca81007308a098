import FoundationEssentials

/// JSON for other programs: one value a line, members in alphabetical order.
enum JSONLine {
    static func text(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A message as a line of JSON describes it. Other members, such as the id of a message that was received elsewhere,
/// are
/// passed over: `tandem receive --json | tandem send --json` copies.
struct MessageDraft: Decodable, Hashable {
    var sender: String?
    var recipient: String?
    var content: String

    init(sender: String?, recipient: String?, content: String) {
        self.sender = sender
        self.recipient = recipient
        self.content = content
    }

    init(json line: String) throws {
        do {
            self = try JSONDecoder().decode(MessageDraft.self, from: Data(line.utf8))
        } catch {
            throw CommandFailure(
                status: .refused,
                message: "tandem: not a JSON object with sender, recipient and content, each a string"
            )
        }
    }
}
