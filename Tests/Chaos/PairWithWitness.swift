import Foundation
import HTTPClient
import HTTPTypes
import TandemClient
import TandemTesting
import XCTest

/// What the tests of a pair with a witness ask of it.
extension ThrowawayCluster {
    /// The voter that does not lead now.
    func backup() async throws -> String {
        let primary = try await primary()
        guard let backup = voters.first(where: { $0 != primary }) else {
            throw LoadError(description: "\(voters) has no backup")
        }
        return backup
    }

    /// What a node says of itself. Asked often: the client goes with the answer.
    private func status(of node: String) async throws -> ClusterStatus {
        let client = TandemClient(urls: [url(of: node)])
        defer { client.close() }
        return try await client.status()
    }

    /// Waits until a node that was just started says how it is.
    func waitForAnswer(from node: String, within time: Duration = .seconds(30)) async throws -> ClusterStatus {
        let deadline = ContinuousClock.now + time
        while true {
            do {
                return try await status(of: node)
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Waits until a node says of itself what is expected.
    func waitUntil(
        _ node: String,
        within time: Duration = .seconds(30),
        _ condition: (ClusterStatus) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + time
        var last: ClusterStatus
        repeat {
            last = try await waitForAnswer(from: node)
            if condition(last) { return }
            try await Task.sleep(for: .milliseconds(5))
        } while ContinuousClock.now < deadline
        throw LoadError(description: "\(node) is not as expected within \(time): \(last)")
    }

    /// The primary, while its backup has everything: by its own word, for one that was away may still take itself for
    /// the primary, and say so of its own time.
    func primaryWithItsBackup(within time: Duration = .seconds(30)) async throws -> String {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            let primary = try await primary()
            let status = try await status(of: primary)
            if status.state == "leader", status.degraded == false { return primary }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw LoadError(description: "no primary has its backup within \(time)")
    }

    /// Waits until the primary works with its backup, or without it, and says so; what it says.
    @discardableResult
    func waitUntil(degraded: Bool, within time: Duration = .seconds(30)) async throws -> ClusterStatus {
        let deadline = ContinuousClock.now + time
        var last: ClusterStatus?
        while ContinuousClock.now < deadline {
            let status = try await status(of: primary())
            if status.state == "leader", status.degraded == degraded { return status }
            last = status
            try await Task.sleep(for: .milliseconds(5))
        }
        throw LoadError(
            description: "degraded is not \(degraded) within \(time): \(last.map { "\($0)" } ?? "no status")"
        )
    }
}

/// One client that looks at the whole of each answer.
final class AttentiveClient: Sendable {
    /// What a write was answered.
    struct Answer {
        var status: Int
        /// What `Durability` claims; nil where the message was not stored.
        var copies: Int?
        var problem: [String: String]
        var took: Duration
    }

    private let http = HTTPClient(name: "attentive")

    deinit { http.close() }

    func send(_ content: String, to url: String, query: String = "") async throws -> Answer {
        let start = ContinuousClock.now
        let body = try JSONEncoder().encode(["sender": "attentive", "recipient": "all", "content": content])
        let response = try await http.send(
            HTTPClientRequest(
                method: .post,
                url: url + "/messages" + query,
                headers: [.contentType: "application/json"],
                body: Array(body),
                timeout: .seconds(30)
            )
        )
        let took = ContinuousClock.now - start
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any] ?? [:]
        let durability = HTTPField.Name("Durability").flatMap { response.headers[$0] }
        return Answer(
            status: response.status.code,
            copies: durability?.firstMatch(of: /copies=(\d+)/).flatMap { Int($0.1) },
            problem: response.status == .created ? [:] : object.compactMapValues { $0 as? String },
            took: took
        )
    }
}
