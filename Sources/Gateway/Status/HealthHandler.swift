import Cluster
import HTTPServer
import HTTPTypes

/// `/livez` and `/readyz`, in the text form that Kubernetes made common.
struct HealthHandler: Sendable {
    let replica: any ReplicaService
    let lifecycle: Lifecycle

    private struct Check {
        var name: String
        /// Nil: it passes.
        var failure: String?
    }

    /// Whether the process answers at all; a node without a primary, or on its way down, lives.
    func live(_ call: Call) throws(Problem) {
        try respond(to: call, with: [Check(name: "process", failure: nil)])
    }

    /// Whether the node should be sent requests.
    func ready(_ call: Call) throws(Problem) {
        let status = replica.status
        try respond(
            to: call,
            with: [
                Check(name: "running", failure: lifecycle.isStopping ? "the node is shutting down" : nil),
                Check(name: "formed", failure: status.role == .forming ? "the cluster has not been formed yet" : nil),
                Check(name: "whole", failure: Self.unfitness(of: status)),
                Check(name: "leader", failure: status.leader == nil ? "no primary is known" : nil),
                Check(name: "caught-up", failure: status.isReady ? nil : "the node is behind or just elected"),
            ]
        )
    }

    private static func unfitness(of status: ReplicaStatus) -> String? {
        guard status.health.isWhole else { return "parts of the log are damaged" }
        return status.historyDiffers ? "the node's history is not known to be the others'" : nil
    }

    private func respond(to call: Call, with checks: [Check]) throws(Problem) {
        let excluded = call.query.all("exclude")
        if let unknown = excluded.first(where: { name in !checks.contains { $0.name == name } }) {
            throw Query.invalid("exclude", unknown, "one of these", checks.map(\.name))
        }
        let isVerbose = try call.query.one("verbose").map { $0 != "false" && $0 != "0" } ?? false
        let counted = checks.filter { !excluded.contains($0.name) }
        let passes = counted.allSatisfy { $0.failure == nil }
        var lines = passes ? ["ok"] : ["not ok"]
        if isVerbose || !passes {
            lines = checks.map { check in
                if excluded.contains(check.name) { return "[+]\(check.name) excluded: ok" }
                return check.failure.map { "[-]\(check.name) failed: \($0)" } ?? "[+]\(check.name) ok"
            }
        }
        call.exchange.respond(
            Response(
                status: passes ? .ok : .serviceUnavailable,
                headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
                body: Array((lines.joined(separator: "\n") + "\n").utf8)
            )
        )
    }
}
