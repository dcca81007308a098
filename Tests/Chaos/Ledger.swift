import Foundation
import Synchronization

/// What clients were told about each message they sent. Every message has a content of its own.
final class Ledger: Sendable {
    /// A message as its 201 showed it.
    struct Receipt: Codable, Hashable, Sendable {
        var id: UInt64
        var sender: String
        var recipient: String
        var content: String
        var timestamp: String
        var hlc: String
    }

    struct Entries: Sendable {
        /// In the order in which the replies arrived; with a sender's own messages in the order it sent them.
        var acknowledged: [Receipt] = []
        /// When each of them arrived.
        var acknowledgedAt: [ContinuousClock.Instant] = []
        /// Said to be not accepted, or never sent, and not acknowledged later: must not be there.
        var refused: Set<String> = []
        /// May or may not be there.
        var unknown: Set<String> = []
        /// When and by whom each of those was left open.
        var doubts: [String] = []
        /// How often each answer was given, for the report: `201`, `503 no-quorum`, `connectionLost`.
        var answers: [String: Int] = [:]
        /// The longest time from a message's first attempt to its 201.
        var slowest = Duration.zero
    }

    private let state = Mutex(Entries())

    var entries: Entries { state.withLock { $0 } }

    var acknowledgedCount: Int { state.withLock { $0.acknowledged.count } }

    func acknowledge(_ receipt: Receipt, after time: Duration) {
        state.withLock {
            $0.refused.remove(receipt.content)
            $0.slowest = max($0.slowest, time)
            $0.acknowledged.append(receipt)
            $0.acknowledgedAt.append(.now)
            $0.answers["201", default: 0] += 1
        }
    }

    func refuse(_ content: String, answer: String) {
        state.withLock {
            $0.refused.insert(content)
            $0.answers[answer, default: 0] += 1
        }
    }

    func leaveUnknown(_ content: String, answer: String, from url: String) {
        state.withLock {
            $0.refused.remove(content)
            $0.unknown.insert(content)
            let time = Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
            $0.doubts.append("\(content): \(answer), from \(url) at \(time)")
            $0.answers[answer, default: 0] += 1
        }
    }

    /// The longest time between two acknowledgements next to each other, the later one after `start`.
    func longestGap(since start: ContinuousClock.Instant) -> Duration {
        let times = state.withLock { $0.acknowledgedAt }.sorted()
        return zip(times, times.dropFirst()).filter { $0.1 > start }.map { $0.1 - $0.0 }.max() ?? .zero
    }

    /// Whether a message sent after `start` can have been acknowledged yet.
    func hasAcknowledgements(after start: ContinuousClock.Instant, count: Int) -> Bool {
        state.withLock { $0.acknowledgedAt.suffix(count * 4).filter { $0 > start }.count >= count }
    }
}
