/// Waits for something another process does. There is nothing to be told by, so it is asked again every few
/// milliseconds, until the time is over.
enum Deadline {
    /// Returns what `attempt` gives first; nil when the time is over.
    static func poll<Value: Sendable>(
        within time: Duration,
        _ attempt: () async throws -> Value?
    ) async throws -> Value? {
        let clock = ContinuousClock()
        let deadline = clock.now + time
        while true {
            if let value = try await attempt() { return value }
            guard clock.now < deadline else { return nil }
            try await clock.sleep(for: .milliseconds(5))
        }
    }
}
