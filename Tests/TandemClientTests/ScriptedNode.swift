import Foundation
import Messaging
import SocketTestSupport
import Synchronization
import TandemClient
import XCTest

/// A server that answers its n-th request as the script says, and remembers what it was asked.
final class ScriptedNode: Sendable {
    enum Answer {
        case respond(_ status: String, headers: [String] = [], body: String = "")
        /// End the connection without an answer.
        case hangUp
        /// Read, and stay silent.
        case silence
    }

    private let requests = Mutex<[TestConnection.Request]>([])
    private let server: Mutex<TestServer?> = Mutex(nil)

    /// - Parameter script: gets the number of the request, from 1, and the request.
    init(_ script: @escaping @Sendable (Int, TestConnection.Request) -> Answer) throws {
        let server = try TestServer { [self] connection in
            while let request = connection.readRequest() {
                let number = requests.withLock { requests in
                    requests.append(request)
                    return requests.count
                }
                switch script(number, request) {
                case .respond(let status, let headers, let body):
                    connection.respond(status, headers: headers, body: body)
                case .hangUp: return
                case .silence: return connection.waitForEnd()
                }
            }
        }
        self.server.withLock { $0 = server }
    }

    var url: String { server.withLock { $0?.url } ?? "" }

    /// The request lines so far.
    var lines: [String] { requests.withLock { $0.map(\.line) } }

    var lastRequest: TestConnection.Request? { requests.withLock(\.last) }

    func stop() {
        server.withLock { $0 }?.stop()
    }
}

extension ScriptedNode.Answer {
    static func json(_ body: String, status: String = "200 OK") -> Self {
        .respond(status, headers: ["Content-Type: application/json"], body: body)
    }

    static func created(_ message: Message) -> Self {
        .json(message.json, status: "201 Created")
    }

    /// Problem details as a node sends them.
    static func problem(
        _ status: Int,
        _ name: String,
        outcome: String? = nil,
        headers: [String] = [],
        members: String = ""
    )
        -> Self
    {
        let outcome = outcome.map { #","outcome":"\#($0)""# } ?? ""
        return .respond(
            "\(status) Problem",
            headers: ["Content-Type: application/problem+json"] + headers,
            body: """
                {"type":"/problems/\(name)","title":"Title of \(name)","status":\(status),"detail":"Detail."\
                ,"instance":"/messages"\(outcome)\(members)}
                """
        )
    }
}

extension Message {
    static func example(id: UInt64, content: String = "hello") -> Message {
        Message(
            id: id,
            sender: "alice",
            recipient: "bob",
            content: content,
            hlc: HybridTimestamp(rawValue: (1_795_000_000_000 + id) << 16)
        )
    }

    var json: String {
        """
        {"id":\(id),"sender":"\(sender)","recipient":"\(recipient)","content":"\(content)",\
        "timestamp":"\(timestamp)","hlc":"\(hlc)"}
        """
    }
}

/// Makes nodes and clients, and takes them away again.
class TandemClientTestCase: XCTestCase {
    private var nodes: [ScriptedNode] = []
    private var clients: [TandemClient] = []

    override func tearDown() {
        for client in clients { client.close() }
        for node in nodes { node.stop() }
        (clients, nodes) = ([], [])
    }

    func node(_ script: @escaping @Sendable (Int, TestConnection.Request) -> ScriptedNode.Answer) throws -> ScriptedNode
    {
        let node = try ScriptedNode(script)
        nodes.append(node)
        return node
    }

    func client(
        _ urls: String...,
        configure: (inout TandemClient.Configuration) -> Void = { _ in }
    ) -> TandemClient {
        var configuration = TandemClient.Configuration()
        configuration.timeout = .seconds(10)
        configuration.pollInterval = .milliseconds(1)
        configure(&configuration)
        let client = TandemClient(urls: urls, configuration: configuration)
        clients.append(client)
        return client
    }

    /// A URL on which nobody listens.
    func deadURL() throws -> String {
        let (descriptor, port) = try Socket.deadPort()
        addTeardownBlock { close(descriptor) }
        return "http://127.0.0.1:\(port)"
    }

    /// Expects a call to fail.
    func failure<Value>(
        file: StaticString = #filePath,
        line: UInt = #line,
        of call: () async throws(TandemError) -> Value
    ) async throws -> TandemError {
        do throws(TandemError) {
            _ = try await call()
        } catch {
            return error
        }
        XCTFail("the call succeeded", file: file, line: line)
        throw CancellationError()
    }
}
