import ArgumentParser
import TandemClient

/// Which cluster a client command talks to.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A node's URL; repeatable. Any node does: they find the primary. \
            (default: http://127.0.0.1:12345 and http://127.0.0.1:12346)
            """,
            valueName: "url"
        )
    )
    var url: [BaseURL] = []

    @Option(help: ArgumentHelp("How long one call may take, with waiting for a primary.", valueName: "duration"))
    var timeout = Duration.seconds(15)

    var urls: [String] {
        url.isEmpty ? ["http://127.0.0.1:12345", "http://127.0.0.1:12346"] : url.map(\.text)
    }

    func validate() throws {
        if timeout <= .zero { throw ValidationError("--timeout must be longer than zero.") }
    }

    /// Runs `body` with a client and closes it; what the client throws becomes a message and an exit status.
    func withClient(_ body: (TandemClient) async throws -> Void) async throws {
        try await Self.withClient(urls: urls, timeout: timeout, body)
    }

    static func withClient(
        urls: [String],
        timeout: Duration,
        _ body: (TandemClient) async throws -> Void
    ) async throws {
        var configuration = TandemClient.Configuration()
        configuration.timeout = timeout
        let client = TandemClient(urls: urls, configuration: configuration)
        defer { client.close() }
        do {
            try await body(client)
        } catch let error as TandemError {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    /// Nothing stored and worth another try is 75; everything else, the unknown outcome too, is 1: a script that
    /// tries again on 75 never sends twice.
    init(_ error: TandemError) {
        self.init(status: error.code == .unavailable ? .tryAgain : .refused, message: "tandem: \(error.message)")
    }
}
