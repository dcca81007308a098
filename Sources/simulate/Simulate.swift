import ArgumentParser

/// The command `simulate`.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs whole clusters in simulated time, and tries to break them.",
        discussion: """
            One seed decides everything that happens: sizes, faults, each single delay. Every run checks after every \
            step what must never happen, and at the end what clients were told. The exit status is 1 where a check \
            failed; the output then has a line that repeats the run, and a script that is as short as it could be made.
            """,
        subcommands: [Run.self, Replay.self, Graphs.self],
        defaultSubcommand: Run.self
    )
}
