import Foundation
import HTTPClient
import HTTPTypes
import Synchronization

/// Clients that send one message after the other until told to stop.
///
/// Each sends a message again, to the next node, as long as it is told that it was not accepted or could not send it.
/// One that may have been stored is left at that: sending it again could store it twice.
final class Load: Sendable {
    let ledger = Ledger()
    private let urls: Mutex<[String]>
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
        self.urls = Mutex(urls)
        self.patience = patience
        let tasks = (0..<count).map { number in Task { try await send(as: number) } }
        clients.withLock { $0 = tasks }
    }

    /// Lets the clients use one more node.
    func add(_ url: String) {
        urls.withLock { $0.append(url) }
    }

    /// Lets every client finish its message. One that nobody has accepted by then ends as refused.
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

    /// How often each answer was given, and how long the slowest message took with all its attempts.
    var summary: String {
        let entries = ledger.entries
        let answers = entries.answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return answers.joined(separator: ", ") + "; slowest \(entries.slowest.inMilliseconds) ms, "
            + "\(entries.refused.count) failed, \(entries.unknown.count) unknown"
    }

    private func send(as number: Int) async throws {
        var node = number
        var sequence = 0
        while !isStopped.load(ordering: .acquiring) {
            sequence += 1
            let draft = Draft(sender: "client-\(number)", recipient: "all", content: "\(run)-\(number)-\(sequence)")
            try await send(draft, beginningAt: &node)
        }
    }

    /// Sends a message until its outcome is known to be one, or can't be known.
    private func send(_ draft: Draft, beginningAt node: inout Int) async throws {
        let start = ContinuousClock.now
        while true {
            let url = urls.withLock { $0[node % $0.count] }
            let answer = try await deliver(draft, to: url)
            switch answer {
            case .acknowledged(let receipt): return ledger.acknowledge(receipt, after: ContinuousClock.now - start)
            case .unknown(let said): ledger.leaveUnknown(draft.content, answer: said, from: url)
            case .refused(let said): ledger.refuse(draft.content, answer: said)
            }
            node += 1
            // A refusal comes at once; without a breath the clients would only measure how fast.
            try await Task.sleep(for: .milliseconds(2))
            guard case .refused = answer else { return }
            if isStopped.load(ordering: .acquiring), ContinuousClock.now - start > patience { return }
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

    private enum Answer {
        case acknowledged(Ledger.Receipt)
        case refused(String)
        case unknown(String)
    }

    /// Sends once.
    private func deliver(_ draft: Draft, to url: String) async throws -> Answer {
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
            return error.mayHaveBeenReceived ? .unknown("\(error.code)") : .refused("\(error.code), not sent")
        }
        if response.status == .created {
            return .acknowledged(try JSONDecoder().decode(Ledger.Receipt.self, from: Data(response.body)))
        }
        let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body))
        let answer = "\(response.status.code) \(problem.type.split(separator: "/").last ?? "")"
        switch problem.outcome {
        case "not-accepted": return .refused(answer)
        case "unknown": return .unknown(answer)
        default:
            throw LoadError(
                description: "a write's problem without an outcome: \(String(decoding: response.body, as: UTF8.self))"
            )
        }
    }
}

struct LoadError: Error, CustomStringConvertible {
    var description: String
}
