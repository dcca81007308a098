import ArgumentParser
import TandemClient

/// `tandem transfer`
struct Transfer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make another node the primary.",
        discussion: """
            A planned change, for maintenance: requests that arrive meanwhile wait, and none is lost. Prints the name \
            and URL of the primary. Status 75: not possible now, and nothing changed.
            """
    )

    @OptionGroup(title: "Cluster") var cluster: ClientOptions

    @Argument(help: ArgumentHelp("The node to take over; without it, whichever lacks least.", valueName: "id"))
    var node: NodeName?

    func run() async throws {
        try await cluster.withClient { client in
            let primary = try await client.transferPrimary(to: node?.text)
            print("\(primary.id) \(primary.url)")
        }
    }
}
