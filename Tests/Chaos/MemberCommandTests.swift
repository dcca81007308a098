import Foundation
import TandemClient
import TandemTesting
import XCTest

/// An operator changes the cluster from a shell: `tandem member` and `tandem transfer`.
final class MemberCommandTests: ChaosTestCase {
    func testMembersComeAndGoAndThePrimaryChangesByCommand() async throws {
        let cluster = try await startCluster(nodes: 3)
        let url = cluster.url(of: "a")
        func line(_ node: String, _ kind: String) -> String { "\(node) \(kind) \(cluster.url(of: node))\n" }
        func assertPrints(_ lines: String, _ arguments: String..., line: UInt = #line) throws {
            let result = try tandem(arguments + ["--url", url])
            XCTAssertEqual(result.status, 0, result.errors, line: line)
            XCTAssertEqual(result.output, lines, line: line)
        }
        let all = ["a", "b", "c"].map { line($0, "voter") }
        try assertPrints(all.joined(), "member")

        try assertPrints("b \(cluster.url(of: "b"))\n", "transfer", "b")
        let primary = try await cluster.primary()
        XCTAssertEqual(primary, "b")

        try assertPrints(line("c", "learner"), "member", "demote", "c")
        try assertPrints(all[0] + all[1] + line("c", "learner"), "member", "list")
        let unfit = try tandem("transfer", "c", "--url", url)
        XCTAssertEqual(unfit.status, 1, "\(unfit)")
        XCTAssertTrue(unfit.errors.contains("is a learner, not a voter"), unfit.errors)
        try assertPrints(line("c", "voter"), "member", "promote", "c")

        try assertPrints(line("c", "voter"), "member", "remove", "c")
        try assertPrints(all[0] + all[1], "member", "list")
        let unknown = try tandem("member", "remove", "c", "--url", url)
        XCTAssertEqual(unknown.status, 1, "\(unknown)")
        XCTAssertTrue(unknown.errors.contains("member"), unknown.errors)
        try await cluster.kill("c")

        let member = try await startUnaskedNode("c", of: cluster)
        defer { member.send(SIGKILL) }
        let added = try tandem("member", "add", cluster.url(of: "c"), "--url", url)
        XCTAssertEqual(added.status, 0, added.errors)
        XCTAssertTrue([line("c", "learner"), line("c", "voter")].contains(added.output), added.output)
        try await cluster.waitUntil("c") { $0.leader?.id == "b" }
        // Added again, as after an attempt that nobody knows the outcome of, it stays what it has become.
        try assertPrints(line("c", "voter"), "member", "promote", "c")
        try assertPrints(line("c", "voter"), "member", "add", cluster.url(of: "c"))
        try assertPrints(all.joined(), "member", "list")
    }

    /// Starts a node on an empty directory that asks to join where nobody listens: only an operator can add it.
    private func startUnaskedNode(_ node: String, of cluster: ThrowawayCluster) async throws -> NodeProcess {
        let directory = cluster.dataDirectory(of: node)
        try FileManager.default.removeItem(at: directory)
        let url = cluster.url(of: node)
        let process = try await NodeProcess.start(
            [
                try TandemBinary.locate(), "serve", "--id", node, "--listen", String(url.dropFirst("http://".count)),
                "--data", directory.path, "--join", "http://127.0.0.1:1",
            ],
            log: directory.path + ".log"
        )
        do {
            try await cluster.waitUntil(node) { $0.cluster.id == nil }
        } catch {
            process.send(SIGKILL)
            throw error
        }
        return process
    }
}
