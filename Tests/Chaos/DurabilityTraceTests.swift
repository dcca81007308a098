import Foundation
import HTTPClient
import HTTPTypes
import TandemTesting
import XCTest

/// What a 201 promises, checked against what the kernel was asked to do: the message was written to the log and synced
/// on as many nodes as the reply claims, before the reply left.
final class DurabilityTraceTests: ChaosTestCase {
    func testB21OneNode() async throws { try await trace(nodes: 1) }

    func testB21Pair() async throws { try await trace(nodes: 2) }

    func testB21ThreeNodes() async throws { try await trace(nodes: 3) }

    func testB21PairWithAWitness() async throws { try await trace(nodes: 2, witness: true) }

    private func trace(nodes: Int, witness: Bool = false) async throws {
        let cluster = try await startCluster(nodes: nodes, witness: witness)
        let primary = try await cluster.primary()
        let watched = try cluster.nodes.map { node in
            (node, try SystemCalls(of: try XCTUnwrap(cluster.processID(of: node)), in: cluster.directory))
        }
        let claims = try await sendMessages(to: cluster.url(of: primary))
        var calls: [String: [SystemCalls.Call]] = [:]
        for (node, trace) in watched { calls[node] = try trace.stop() }

        for (content, copies) in claims {
            let reply = try XCTUnwrap(
                calls[primary]?.first { $0.text.contains("HTTP/1.1 201") && $0.text.contains(content) },
                "no reply for \(content) in the trace"
            )
            let synced = cluster.nodes.filter { node in
                Self.syncEnd(of: content, in: calls[node] ?? []).map { $0 <= reply.end } ?? false
            }
            XCTAssertGreaterThanOrEqual(
                synced.count,
                copies,
                "\(content): 201 claims \(copies) copies, synced before it on \(synced)"
            )
            XCTAssertGreaterThan(copies, nodes / 2)
            if let witness = cluster.witness {
                XCTAssertFalse(synced.contains(witness), "the witness was given \(content)")
            }
        }
    }

    /// When the log file that `content` was written to had been synced.
    private static func syncEnd(of content: String, in calls: [SystemCalls.Call]) -> Double? {
        guard
            let written = calls.firstIndex(where: { call in
                (call.text.hasPrefix("pwrite") || call.text.hasPrefix("write")) && call.text.contains("/log/")
                    && call.text.contains(content)
            }), let file = calls[written].text.firstMatch(of: /\d+<([^>]+)>/)?.1
        else { return nil }
        return calls[written...].first { call in
            call.text.hasPrefix("fdatasync(") && call.text.contains("<\(file)>") && call.text.contains(" = 0")
        }?.end
    }

    /// Sends some messages one after the other; how many copies each 201 claimed.
    private func sendMessages(to url: String) async throws -> [String: Int] {
        let http = HTTPClient(name: "trace")
        defer { http.close() }
        var claims: [String: Int] = [:]
        for number in 1...20 {
            let content = "traced-\(number)-\(UUID().uuidString)"
            let body = try JSONEncoder().encode(["sender": "tracer", "recipient": "kernel", "content": content])
            let response = try await http.send(
                HTTPClientRequest(
                    method: .post,
                    url: url + "/messages",
                    headers: [.contentType: "application/json"],
                    body: Array(body)
                )
            )
            XCTAssertEqual(response.status, .created, String(decoding: response.body, as: UTF8.self))
            let name = try XCTUnwrap(HTTPField.Name("Durability"))
            let durability = try XCTUnwrap(response.headers[name])
            let match = try XCTUnwrap(durability.firstMatch(of: /copies=(\d+)/), durability)
            claims[content] = Int(match.1)
        }
        return claims
    }
}
