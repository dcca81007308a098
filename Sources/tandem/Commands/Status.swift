import ArgumentParser
import Glibc
import TandemClient

/// `tandem status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the nodes of a cluster are.",
        discussion: """
            Asks every node given, and those they name. Status 75: no node answers, or none knows a primary.
            """
    )

    @OptionGroup(title: "Cluster") var cluster: ClientOptions

    @Flag(help: "Show it anew every second, until interrupted.")
    var watch = false

    @Flag(help: "Print one JSON array: each node's URL, and its status or the error in its place.")
    var json = false

    func run() async throws {
        let survey = ClusterSurvey(urls: cluster.urls, timeout: min(cluster.timeout, .seconds(2)))
        while true {
            let reports = await survey.reports()
            if watch && !json && isatty(STDOUT_FILENO) == 1 {
                // Cursor to the top left, and nothing below it.
                print("\u{1B}[H\u{1B}[J", terminator: "")
            }
            print(json ? try JSONLine.text(of: reports) : StatusTable(reports).text)
            StandardOutput.flush()
            guard watch else {
                if let failure = Self.failure(in: reports) { throw failure }
                return
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func failure(in reports: [NodeReport]) -> CommandFailure? {
        let statuses = reports.compactMap(\.status)
        if statuses.isEmpty { return CommandFailure(status: .tryAgain, message: "tandem: no node answers") }
        if statuses.allSatisfy({ $0.leader == nil }) {
            return CommandFailure(status: .tryAgain, message: "tandem: no node knows a primary")
        }
        return nil
    }
}
