import ArgumentParser
import TandemClient

/// `tandem send`
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send messages, and print their ids.",
        discussion: """
            One message:
              tandem send --from alice --to bob "hello"
            One message a line, from standard input:
              tandem send --from alice --to bob <lines.txt
              tandem send --json <messages.jsonl

            An id is printed when its message is on disk on enough nodes. Each message waits for the one before it. \
            Status 75 says that nothing of the failed message was stored.
            """
    )

    @OptionGroup(title: "Cluster") var cluster: ClientOptions

    @Option(help: ArgumentHelp("Who sends.", valueName: "name"))
    var from: String?

    @Option(help: ArgumentHelp("Who it is for.", valueName: "name"))
    var to: String?

    @Option(
        help: ArgumentHelp("Take the message only if this many nodes can have it on disk.", valueName: "count")
    )
    var copies: Int?

    @Flag(
        help: """
            Standard input has a JSON object a line: sender and recipient (where not given by --from and --to) and \
            content. Print each message as JSON.
            """
    )
    var json = false

    @Flag(help: "After a message that was refused, go on with the next.")
    var keepGoing = false

    @Argument(help: ArgumentHelp("The message; without it, standard input has one a line.", valueName: "text"))
    var content: String?

    func validate() throws {
        if from == nil || to == nil, content != nil || !json {
            throw ValidationError("A message needs --from and --to.")
        }
        if let copies, copies < 1 { throw ValidationError("--copies takes a number from 1.") }
    }

    func run() async throws {
        try await cluster.withClient { client in
            if let content {
                let draft = MessageDraft(sender: from, recipient: to, content: content)
                print(try await send(draft, with: client))
            } else {
                try await sendLines(with: client)
            }
        }
    }

    private func sendLines(with client: TandemClient) async throws {
        var number = 0
        var worst: CommandFailure?
        while let line = readLine() {
            number += 1
            do {
                print(try await send(draft(of: line), with: client))
                // Whoever reads the ids may act on each.
                StandardOutput.flush()
            } catch {
                var failure = (error as? TandemError).map { CommandFailure($0) } ?? error as? CommandFailure
                failure?.message += " (line \(number))"
                guard let failure, keepGoing else { throw failure ?? error }
                StandardError.write(failure.message)
                if worst?.status != .refused { worst = failure }
            }
        }
        if let worst {
            throw CommandFailure(status: worst.status, message: "tandem: not every message was sent")
        }
    }

    private func draft(of line: String) throws -> MessageDraft {
        guard json else { return MessageDraft(sender: from, recipient: to, content: line) }
        var draft = try MessageDraft(json: line)
        draft.sender = draft.sender ?? from
        draft.recipient = draft.recipient ?? to
        return draft
    }

    /// What to print for the message that was sent.
    private func send(_ draft: MessageDraft, with client: TandemClient) async throws -> String {
        guard let sender = draft.sender, let recipient = draft.recipient else {
            throw CommandFailure(status: .refused, message: "tandem: the message has no sender or no recipient")
        }
        let message = try await client.send(from: sender, to: recipient, content: draft.content, copies: copies)
        return json ? try JSONLine.text(of: message) : "\(message.id)"
    }
}
