import ArgumentParser

/// What a node does with a client's request that only the primary can serve.
enum NotPrimaryRule: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Passes it on to the primary and its answer back.
    case forward
    /// Answers 307 with the primary's address.
    case redirect
    /// Answers 421 with a problem that names the primary.
    case reject
}

/// How long things may take, and what is promised to clients.
struct BehaviourOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How often the primary shows its backups that it lives.", valueName: "duration"))
    var heartbeat = Duration.milliseconds(50)

    @Option(
        help: ArgumentHelp(
            """
            The least time without a primary before a backup tries to take over, at most twice this. At least twice \
            the heartbeat.
            """,
            valueName: "duration"
        )
    )
    var electionTimeout = Duration.milliseconds(150)

    @Option(
        help: ArgumentHelp(
            """
            With a witness: how long a backup may keep the primary waiting before the primary goes on without it, with \
            copies=1. At least the election timeout.
            """,
            valueName: "duration"
        )
    )
    var degradeAfter = Duration.seconds(1)

    @Option(
        help: ArgumentHelp(
            "How long a request waits for a primary to be found before it gets 503.",
            valueName: "duration"
        )
    )
    var hold = Duration.seconds(2)

    @Option(
        help: ArgumentHelp(
            "How long a request may take in all before it gets 504, its outcome unknown.",
            valueName: "duration"
        )
    )
    var requestTimeout = Duration.seconds(5)

    @Option(
        help: ArgumentHelp("What a backup does with a request that only the primary can serve.", valueName: "rule")
    )
    var notPrimary = NotPrimaryRule.forward

    @Option(
        help: ArgumentHelp(
            """
            The least number of nodes that must have a message on disk before its 201. More than a majority means: \
            503 while too few can be reached. 2 with a witness: 503 while the backup is out.
            """,
            valueName: "count"
        )
    )
    var minCopies = 1

    func validate() throws {
        if heartbeat <= .zero { throw ValidationError("--heartbeat must be longer than zero.") }
        if electionTimeout < heartbeat * 2 {
            throw ValidationError("--election-timeout must be at least twice --heartbeat.")
        }
        if degradeAfter < electionTimeout {
            throw ValidationError("--degrade-after can't be shorter than --election-timeout.")
        }
        if requestTimeout <= .zero { throw ValidationError("--request-timeout must be longer than zero.") }
        if hold > requestTimeout { throw ValidationError("--hold can't be longer than --request-timeout.") }
        if !(1...9).contains(minCopies) { throw ValidationError("--min-copies takes a number from 1 to 9.") }
    }
}
