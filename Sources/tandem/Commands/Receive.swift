import ArgumentParser
import TandemClient

/// `tandem receive`
struct Receive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print messages in the order of their ids.",
        discussion: """
              tandem receive --to bob
              tandem receive --to bob --after 1042 --follow

            A line has the id, the time, sender and recipient, and the content; what would break the line or the \
            terminal is written as \\n or \\u{1b}. --json gives contents exactly.
            """
    )

    @OptionGroup(title: "Cluster") var cluster: ClientOptions

    @Option(help: ArgumentHelp("Only messages for this recipient.", valueName: "name"))
    var to: String?

    @Option(help: ArgumentHelp("Only messages from this sender.", valueName: "name"))
    var from: String?

    @Option(help: ArgumentHelp("Only messages with a greater id.", valueName: "id"))
    var after: UInt64 = 0

    @Option(help: ArgumentHelp("End after this many messages. (default: when there are no more)", valueName: "count"))
    var limit: Int?

    @Flag(help: "At the end, wait for new messages, until interrupted.")
    var follow = false

    @Flag(help: "Print each message as a JSON object.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
    }

    func run() async throws {
        try await cluster.withClient { client in
            if follow {
                try await followMessages(with: client)
            } else {
                try await printPages(with: client)
            }
        }
    }

    private func followMessages(with client: TandemClient) async throws {
        var left = limit ?? .max
        for try await message in client.follow(recipient: to, sender: from, after: after) {
            print(try text(of: message))
            StandardOutput.flush()
            left -= 1
            if left == 0 { return }
        }
    }

    private func printPages(with client: TandemClient) async throws {
        var left = limit ?? .max
        var last = after
        var hasMore = true
        while hasMore && left > 0 {
            let page = try await client.messages(
                recipient: to,
                sender: from,
                after: last,
                limit: min(left, Self.pageSize)
            )
            for message in page.messages { print(try text(of: message)) }
            left -= page.messages.count
            (last, hasMore) = (page.next, page.hasMore)
        }
    }

    private func text(of message: Message) throws -> String {
        if json { return try JSONLine.text(of: message) }
        let parties = "\(PlainText.line(message.sender)) → \(PlainText.line(message.recipient))"
        return "\(message.id)  \(message.timestamp)  \(parties): \(PlainText.line(message.content))"
    }

    /// The most a node gives at once by default.
    private static let pageSize = 1000
}
