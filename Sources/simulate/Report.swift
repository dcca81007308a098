import Simulation

/// What a run of many seeds says at its end.
struct Report: CustomStringConvertible {
    private let statistics: Statistics
    private let violations: Int
    private let time: Duration

    init(_ result: SeedRunner.Result, took time: Duration) {
        statistics = result.statistics
        violations = result.failure?.violations.count ?? 0
        self.time = time
    }

    var description: String {
        let seconds = time / .seconds(1)
        let hours = Double(statistics.simulatedNanoseconds) / 3.6e12
        let faults = statistics.faultsByKind.filter { $0.count > 0 }.map { "\($0.kind.rawValue) \($0.count)" }
        let pace = rounded(Double(statistics.runs) / seconds)
        return """
            \(statistics.runs) seeds in \(rounded(seconds)) s (\(pace) a second), \
            \(rounded(hours)) simulated hours, \(statistics.steps) steps
            faults: \(faults.joined(separator: ", ")); \
            RPCs lost \(statistics.messagesLost), doubled \(statistics.messagesDuplicated), \
            again long after \(statistics.messagesEchoed)
            logs damaged \(statistics.damaged), repaired \(statistics.repaired); \
            \(statistics.elections) elections, \(statistics.transfers) by hand-over, \
            \(statistics.needlessElections) without need; \
            \(statistics.membershipChanges) members changed, \(statistics.promotions) promoted, \
            \(statistics.promotionsWithLoss) with loss, \(statistics.promotedApart) times apart; \
            \(statistics.acknowledged) messages acknowledged, \
            \(statistics.refused) refused, \(statistics.unknown) unknown; \(statistics.reads) reads
            \(violations) violations
            """
    }

    private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
