import ArgumentParser
import TandemClient

/// `tandem promote`
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let one node go on alone, where too many others are lost.",
        discussion: """
            For a cluster that can't elect a primary any more: a pair that lost one node; three or five that lost a \
            majority; a pair with a witness whose primary was lost while it worked alone. The node at --url becomes \
            the primary and the only voter. The others come back as learners, catch up, and vote again by themselves; \
            a witness has to be added again.

            In a pair nothing that was acknowledged is lost. Elsewhere messages may be missing: the command says after \
            which id, and does nothing without --accept-loss. Never promote two nodes: when they meet, both stop, \
            and one has to be given up. Status 75: not yet, nothing changed.
            """
    )

    @Option(help: ArgumentHelp("The node to promote. There is no default.", valueName: "url"))
    var url: BaseURL

    @Option(help: ArgumentHelp("How long a call may take.", valueName: "duration"))
    var timeout = Duration.seconds(15)

    @Flag(help: "Also where messages that were acknowledged may be missing.")
    var acceptLoss = false

    func validate() throws {
        if timeout <= .zero { throw ValidationError("--timeout must be longer than zero.") }
    }

    func run() async throws {
        try await ClientOptions.withClient(urls: [url.text], timeout: timeout) { client in
            let epoch = try await client.status().cluster.epoch
            let promotion = try await client.promote(in: epoch, acceptingLoss: acceptLoss)
            print("The node at \(url.text) goes on alone, in epoch \(promotion.epoch).")
            if let last = promotion.mayLackAfter {
                print("Messages with ids above \(last) that were acknowledged before may be missing.")
            }
        }
    }
}
