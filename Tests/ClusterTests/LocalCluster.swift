import FoundationEssentials
import Glibc
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Messaging
import Raft
import SimulatedDisk
import Storage
import StorageView
import Synchronization
import XCTest

@testable import Cluster

/// Real replicas in this process: real disks in a temporary directory, real HTTP between them, no gateway.
final class LocalCluster {
    /// One node: its server keeps its port while its replica comes and goes.
    final class Node {
        let id: NodeID
        let kind: Membership.Member.Kind
        let path: String
        let server: HTTPServer
        let endpoint = Endpoint()
        var url = ""
        /// A disk that fails on demand, where there is to be one.
        var faultyDisk: FaultyDisk?
        var running: Running?
        /// Whether a test waits for the replica to stop by itself: `endpoint.failure` then says why.
        var mayFail = false

        init(id: NodeID, kind: Membership.Member.Kind, path: String) {
            self.id = id
            self.kind = kind
            self.path = path
            let endpoint = endpoint
            var configuration = HTTPServerConfiguration(peerPaths: PeerPath.all)
            configuration.writesLoops = 1
            server = HTTPServer(
                configuration: configuration,
                logger: LocalCluster.logger,
                handler: { endpoint.handle($0) },
                connectionClosed: { endpoint.connectionClosed($0) },
                refusal: { _ in Response(status: .badRequest) }
            )
        }
    }

    struct Running {
        var replica: Replica
        var directory: DataDirectory
        var view: MessageView?
        var client: HTTPClient
    }

    /// Leads requests to the replica that is there now.
    final class Endpoint: Sendable {
        private let replica = Mutex<Replica?>(nil)
        let failure = Mutex<String?>(nil)
        /// Changes the content of requests, and that of answers, on the way.
        let damage = Mutex<@Sendable ([UInt8]) -> [UInt8]>({ content in content })

        func attach(_ replica: Replica?) { self.replica.withLock { $0 = replica } }

        func handle(_ exchange: Exchange) {
            guard let replica = replica.withLock({ $0 }) else {
                return exchange.respond(Response(status: .serviceUnavailable))
            }
            let request = exchange.request
            let damage = damage.withLock { damage in damage }
            replica.handlePeerRequest(
                path: request.path,
                body: damage(request.body),
                digest: request.header(ContentDigest.fieldName)
            ) { response in
                switch response {
                case .answer(let body, let sender):
                    exchange.tagConnection(sender.rawValue)
                    let headers: HTTPFields = [ContentDigest.fieldName: ContentDigest.fieldValue(of: body)]
                    exchange.respond(Response(status: .ok, headers: headers, body: damage(body)))
                case .malformed(let reason), .foreign(let reason), .unavailable(let reason):
                    exchange.respond(Response(status: .conflict, body: Array(reason.utf8)))
                }
            }
        }

        func connectionClosed(_ tag: String) {
            replica.withLock { $0 }?.connectionEnded(with: NodeID(tag))
        }
    }

    static let logger: Logger = {
        var logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        return logger
    }()

    private(set) var nodes: [Node] = []
    /// How long each node takes to read its whole log; nil: it does not.
    var scrubInterval: Duration?
    /// Bytes left in a segment from which on a node with a full disk refuses messages.
    var lowWaterBytes = StorageSettings().lowWaterBytes
    private let root: String

    init(_ count: Int, witness: Bool = false) throws {
        root = try Self.temporaryDirectory()
        for position in 0..<count {
            let id = NodeID(String(UnicodeScalar(UInt8(ascii: "a") + UInt8(position))))
            nodes.append(Node(id: id, kind: .voter, path: "\(root)/\(id)"))
        }
        if witness { nodes.append(Node(id: "w", kind: .witness, path: "\(root)/w")) }
        for node in nodes { node.url = "http://127.0.0.1:\(try node.server.start())" }
    }

    func startAll() throws {
        for node in nodes { try start(node) }
    }

    func start(_ node: Node) throws {
        var settings = StorageSettings()
        settings.segmentBytes = 1 << 20
        settings.firstSegmentBytes = 1 << 18
        settings.reserveBytes = 1 << 16
        settings.lowWaterBytes = lowWaterBytes
        let directory = try DataDirectory.open(
            on: node.faultyDisk ?? RealDisk(path: node.path),
            node: node.id,
            incarnation: Incarnation(.random(in: 1 ... .max)),
            settings: settings
        )
        let client = HTTPClient(name: "peers-\(node.id)")
        let members = nodes.map { ListedMember(id: $0.id, kind: $0.kind, url: $0.url) }
        let view = node.kind == .witness ? nil : try directory.openView(path: node.path + "/view.db")
        let replica = Replica(
            configuration: ReplicaConfiguration(
                id: node.id,
                url: node.url,
                members: members,
                seed: .random(in: .min ... .max),
                scrubInterval: scrubInterval
            ),
            directory: directory,
            view: view,
            client: client,
            logger: Self.logger,
            onFailure: { [id = node.id, endpoint = node.endpoint, mayFail = node.mayFail] reason in
                if !mayFail { XCTFail("\(id): \(reason)") }
                endpoint.failure.withLock { $0 = reason }
            }
        )
        node.running = Running(replica: replica, directory: directory, view: view, client: client)
        node.endpoint.attach(replica)
        replica.start()
    }

    func stop(_ node: Node) throws {
        guard let running = node.running else { return }
        node.endpoint.attach(nil)
        running.replica.stop()
        running.client.close()
        try running.directory.close()
        node.running = nil
    }

    /// Ends a node whose disk takes nothing any more.
    func stopWithoutItsDisk(_ node: Node) {
        node.endpoint.attach(nil)
        node.running?.replica.stop()
        node.running?.client.close()
        node.running = nil
    }

    func stopAll() throws {
        for node in nodes { try stop(node) }
    }

    func tearDown() throws {
        try stopAll()
        for node in nodes { node.server.stop() }
        // SQLite removes files of its own once the last connection is closed, which may be while this goes on.
        try eventually("\(root) is removed") { () -> Bool? in
            try? FileManager.default.removeItem(atPath: root)
            return FileManager.default.fileExists(atPath: root) ? nil : true
        }
    }

    private static func temporaryDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/tandem-cluster-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

// What tests ask of it.
extension LocalCluster {
    struct TimedOut: Error, CustomStringConvertible {
        var description: String
    }

    var replicas: [Replica] { nodes.compactMap { $0.running?.replica } }

    /// Polls until the condition gives a value.
    @discardableResult
    func eventually<Value>(
        _ what: String,
        within time: Duration = .seconds(15),
        _ condition: () -> Value?
    ) throws -> Value {
        let end = Clocks.monotonic() + time
        while Clocks.monotonic() < end {
            if let value = condition() { return value }
            usleep(2000)
        }
        throw TimedOut(description: "\(what): \(replicas.map(\.status))")
    }

    func primary() throws -> Node {
        try eventually("a primary") {
            nodes.first { node in
                guard let status = node.running?.replica.status else { return false }
                return status.role == .leader && status.isReady
            }
        }
    }

    func send(
        _ content: String,
        to node: Node,
        recipient: String = "bob",
        copies: Int = 1,
        hold: Duration = .seconds(5)
    ) throws -> WriteOutcome {
        guard let replica = node.running?.replica else { throw TimedOut(description: "\(node.id) does not run") }
        let draft = Draft(sender: "alice", recipient: recipient, content: content)
        return try wait { done in
            replica.propose([Command.unstampedPayload(of: draft)], copies: copies, hold: hold, completion: done)
        }
    }

    func read(from node: Node, hold: Duration = .seconds(5)) throws -> ReadOutcome {
        guard let replica = node.running?.replica else { throw TimedOut(description: "\(node.id) does not run") }
        return try wait { done in replica.read(hold: hold, completion: done) }
    }

    func contents(on node: Node, recipient: String? = nil, through: UInt64) throws -> [String] {
        guard let reader = node.running?.replica.reader else { throw TimedOut(description: "\(node.id) does not run") }
        var contents: [String] = []
        var after: UInt64 = 0
        while true {
            let query = MessageQuery(recipient: recipient, after: after, through: through, limit: 7)
            let page = try wait { done in reader.page(query, completion: done) }.get()
            contents += page.messages.map(\.content)
            guard page.more else { return contents }
            after = page.scannedThrough
        }
    }

    private final class Slot<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    func wait<Value: Sendable>(
        within time: Duration = .seconds(15),
        _ start: (@escaping @Sendable (Value) -> Void) -> Void
    ) throws -> Value {
        let slot = Slot<Value>()
        start { value in slot.value.withLock { $0 = value } }
        return try eventually("an outcome", within: time) { slot.value.withLock { $0 } }
    }
}
