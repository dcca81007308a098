import Foundation
import HTTPClient
import HTTPTypes
import Synchronization

/// Clients that send one message after the other, each trying the next node when one fails it, until told to stop.
final class Load: Sendable {
    let ledger = Ledger()
    private let urls: [String]
    private let http = HTTPClient(name: "load", connectionsPerHostMax: 1024)
    private let isStopped = Atomic(false)
    private let clients: Mutex<[Task<Void, any Error>]> = Mutex([])
    private let run = UUID().uuidString.prefix(8)
    private let patience: Duration

    /// - Parameters:
    ///   - urls: the nodes, in the order in which each client tries them; clients begin at different ones.
    ///   - count: how many clients.
    ///   - patience: how long a client waits for one answer.
    init(on urls: [String], clients count: Int = 8, patience: Duration = .seconds(8)) {
        self.urls = urls
        self.patience = patience
        let tasks = (0..<count).map { number in Task { try await send(as: number) } }
        clients.withLock { $0 = tasks }
    }

    /// Lets every client finish its request.
    func stop() async throws {
        isStopped.store(true, ordering: .releasing)
        for client in clients.withLock({ $0 }) { try await client.value }
        http.close()
    }

    /// Waits until `count` messages sent from now on are acknowledged.
    func waitForAcknowledgements(_ count: Int = 50, within time: Duration = .seconds(30)) async throws {
        let start = ContinuousClock.now
        while !ledger.hasAcknowledgements(after: start, count: count) {
            guard ContinuousClock.now < start + time else {
                throw LoadError(description: "\(count) messages were not acknowledged within \(time): \(summary)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// How often each answer was given.
    var summary: String {
        ledger.entries.answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }

    private func send(as number: Int) async throws {
        var node = number % urls.count
        var sequence = 0
        while !isStopped.load(ordering: .acquiring) {
            sequence += 1
            let draft = Draft(sender: "client-\(number)", recipient: "all", content: "\(run)-\(number)-\(sequence)")
            if try await !deliver(draft, to: urls[node]) {
                node = (node + 1) % urls.count
                // A refusal comes at once; without a breath the clients would only measure how fast.
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private struct Draft: Encodable {
        var sender: String
        var recipient: String
        var content: String
    }

    private struct Problem: Decodable {
        var type: String
        var outcome: String?
    }

    /// Sends once and books the answer; whether it was a 201.
    private func deliver(_ draft: Draft, to url: String) async throws -> Bool {
        let request = HTTPClientRequest(
            method: .post,
            url: url + "/messages",
            headers: [.contentType: "application/json"],
            body: Array(try JSONEncoder().encode(draft)),
            timeout: patience,
            connectTimeout: .seconds(1)
        )
        let response: HTTPClientResponse
        do {
            response = try await http.send(request)
        } catch {
            if error.mayHaveBeenReceived {
                ledger.leaveUnknown(draft.content, answer: "\(error.code)")
            } else {
                ledger.refuse(draft.content, answer: "\(error.code), not sent")
            }
            return false
        }
        if response.status == .created {
            ledger.acknowledge(try JSONDecoder().decode(Ledger.Receipt.self, from: Data(response.body)))
            return true
        }
        let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body))
        let answer = "\(response.status.code) \(problem.type.split(separator: "/").last ?? "")"
        switch problem.outcome {
        case "not-accepted": ledger.refuse(draft.content, answer: answer)
        case "unknown": ledger.leaveUnknown(draft.content, answer: answer)
        default:
            throw LoadError(
                description: "a write's problem without an outcome: \(String(decoding: response.body, as: UTF8.self))"
            )
        }
        return false
    }
}

struct LoadError: Error, CustomStringConvertible {
    var description: String
}
