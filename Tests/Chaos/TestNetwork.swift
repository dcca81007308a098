import Foundation
import Glibc
import TandemTesting
import XCTest

/// A network in which every node has an address of its own and can be cut off, without a sound: what is sent to it
/// gets no answer, not even a refusal.
///
/// Linux network namespaces, each kept by a process that sleeps in it, joined by a bridge in one more. All of it is
/// gone with those processes, and they with this one.
final class TestNetwork: Sendable {
    private let subnet: String
    private let link: String
    private let bridge: NodeProcess
    private let holders: [String: NodeProcess]
    private let hosts: [String: String]

    /// - Throws: `XCTSkip` where this process may not make networks.
    static func make(for nodes: [String]) async throws -> TestNetwork {
        guard getuid() == 0 else { throw XCTSkip("cutting nodes off takes network namespaces, and those take root") }
        do {
            let network = try await TestNetwork(nodes)
            try network.connect()
            return network
        } catch let failure as Shell.Failure {
            throw XCTSkip("no network of namespaces can be made here: \(failure)")
        }
    }

    private init(_ nodes: [String]) async throws {
        subnet = "10.\(Int.random(in: 200...250)).\(Int.random(in: 0...255))"
        link = "tandem-\(Int.random(in: 1000...9999))"
        bridge = try await Self.holder()
        var holders: [String: NodeProcess] = [:]
        var hosts: [String: String] = [:]
        for (position, node) in nodes.enumerated() {
            holders[node] = try await Self.holder()
            hosts[node] = "\(subnet).\(position + 2)"
        }
        self.holders = holders
        self.hosts = hosts
    }

    /// A process with a network of its own, with nothing in it.
    private static func holder() async throws -> NodeProcess {
        let process = try await NodeProcess.start(["unshare", "--net", "sleep", "infinity"], log: "/dev/null")
        let own = try namespace(of: getpid())
        let deadline = ContinuousClock.now + .seconds(30)
        // `unshare` has yet to begin.
        while try namespace(of: process.processID) == own {
            guard process.ended == nil, ContinuousClock.now < deadline else {
                throw Shell.Failure(description: "unshare --net did not make a network")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        return process
    }

    private static func namespace(of process: pid_t) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net")
    }

    private func connect() throws {
        try inside(bridge, ["ip", "link", "add", "bridge", "type", "bridge"])
        try inside(bridge, ["ip", "link", "set", "bridge", "up"])
        try Shell.run(
            ["ip", "link", "add", link, "type", "veth", "peer", "name", "outside", "netns", "\(bridge.processID)"]
        )
        try plug("outside")
        try Shell.run(["ip", "address", "add", "\(subnet).1/24", "dev", link])
        try Shell.run(["ip", "link", "set", link, "up"])
        for (node, holder) in holders {
            try inside(
                bridge,
                ["ip", "link", "add", "to-\(node)", "type", "veth", "peer", "name", "eth0"]
                    + ["netns", "\(holder.processID)"]
            )
            try plug("to-\(node)")
            try inside(holder, ["ip", "link", "set", "lo", "up"])
            try inside(holder, ["ip", "address", "add", "\(host(of: node))/24", "dev", "eth0"])
            try inside(holder, ["ip", "link", "set", "eth0", "up"])
        }
    }

    private func plug(_ port: String) throws {
        try inside(bridge, ["ip", "link", "set", port, "master", "bridge"])
        try inside(bridge, ["ip", "link", "set", port, "up"])
    }

    private func inside(_ holder: NodeProcess, _ command: [String]) throws {
        try Shell.run(Self.entering(holder) + command)
    }

    private static func entering(_ holder: NodeProcess) -> [String] {
        ["nsenter", "--target", "\(holder.processID)", "--net", "--"]
    }

    private func host(of node: String) -> String {
        guard let host = hosts[node] else { preconditionFailure("no node \(node) in \(hosts.keys.sorted())") }
        return host
    }

    /// Where the nodes are to run.
    var places: [String: NodePlace] {
        holders.mapValues { Self.entering($0) }.reduce(into: [:]) { places, holder in
            places[holder.key] = NodePlace(host: host(of: holder.key), launcher: holder.value)
        }
    }

    /// Pulls a node's cable.
    func cutOff(_ node: String) throws { try inside(bridge, ["ip", "link", "set", "to-\(node)", "down"]) }

    func reconnect(_ node: String) throws { try inside(bridge, ["ip", "link", "set", "to-\(node)", "up"]) }

    /// Keeps two nodes from each other; everybody else still reaches both.
    func separate(_ one: String, from other: String) throws { try isolate([one, other], "on") }

    func rejoin(_ one: String, with other: String) throws { try isolate([one, other], "off") }

    private func isolate(_ nodes: [String], _ state: String) throws {
        for node in nodes { try inside(bridge, ["bridge", "link", "set", "dev", "to-\(node)", "isolated", state]) }
    }

    /// Ends it; its nodes must have ended before.
    func remove() {
        for holder in holders.values { holder.send(SIGKILL) }
        bridge.send(SIGKILL)
    }
}
