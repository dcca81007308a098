import Raft

/// One client: does one thing after the other, asks another machine where one can't help, and gives up in the end.
struct SimulatedClient {
    let number: Int
    var random: SplitMix64
    /// Where it believes the primary to be.
    var target = 0
    /// What it is doing, by its number in the history.
    var operation: Int?
    var request: ClientCall.Request?
    /// How often it asked for this.
    var attempts = 0
    /// The greatest id it knows of.
    var seen: UInt64 = 0
    /// Does no more.
    var isDone = false

    static let attemptsMax = 6

    init(number: Int, random: SplitMix64) {
        self.number = number
        self.random = random
    }
}
