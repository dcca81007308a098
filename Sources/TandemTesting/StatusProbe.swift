import Foundation
import HTTPClient
import HTTPTypes

/// Asks nodes how they are.
struct StatusProbe: Sendable {
    /// What a test cluster needs of `GET /status`.
    struct Status: Decodable, Sendable {
        struct Node: Decodable, Sendable {
            var id: String
        }

        var state: String
        var leader: Node?
    }

    private let client = HTTPClient(name: "testing")

    /// The node's own view of itself; nil where it does not answer.
    func status(of url: String) async -> Status? {
        guard let response = await get(url + "/status"), response.status == .ok else { return nil }
        return try? JSONDecoder().decode(Status.self, from: Data(response.body))
    }

    /// Whether the node serves: a primary that can commit, or a backup that follows one.
    func isReady(_ url: String) async -> Bool {
        await get(url + "/readyz")?.status == .ok
    }

    func close() { client.close() }

    private func get(_ url: String) async -> HTTPClientResponse? {
        // No answer is an answer here: the node is down, paused or not yet listening.
        try? await client.send(
            HTTPClientRequest(url: url, timeout: .seconds(1), connectTimeout: .milliseconds(500))
        )
    }
}
