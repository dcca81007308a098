import GatewayTestSupport
import HTTPClient
import HTTPTypes
import Raft
import XCTest

@testable import Cluster
@testable import Gateway
@testable import HTTPServer

/// Every documented answer of every call is one that a node gives, and looks as documented.
final class StatusContractTests: XCTestCase {
    /// How to get a node to answer so. Set up, then ask.
    private typealias Way = (ContractNode) throws -> Reply

    func testEveryDocumentedStatusIsGivenAndNoOther() throws {
        let document = try OpenAPI()
        for operation in try document.operations() {
            let responses = try document.responses(of: operation)
            let ways = try ways(of: operation)
            XCTAssertEqual(Set(responses.keys), Set(ways.keys), operation.name)
            for (status, way) in ways {
                guard let response = responses[status] else { continue }
                let reply = try way(ContractNode())
                XCTAssertEqual(String(reply.status), status, "\(operation.name): \(reply.text)")
                try check(reply, against: response, of: document, "\(operation.name) \(status)")
            }
        }
    }

    // MARK: How it looks

    /// Fields that any answer may have.
    private static let generalFields: Set = ["Content-Type", "Cache-Control", "Retry-After"]

    private func check(
        _ reply: Reply,
        against response: OpenAPI.Object,
        of document: OpenAPI,
        _ place: String
    ) throws {
        let documented = Set((response["headers"] as? OpenAPI.Object ?? [:]).keys)
        let given = Set(reply.headers.map(\.name.rawName))
        XCTAssertEqual(given.subtracting(documented).subtracting(Self.generalFields), [], "\(place) fields")
        guard let content = response["content"] as? OpenAPI.Object else {
            return XCTAssertEqual(reply.body, [], place)
        }
        let type = try XCTUnwrap(reply.header("Content-Type")).split(separator: ";")[0]
        let media = try document.resolve(try XCTUnwrap(content[String(type)], "\(place) has no \(type)"))
        let isJSON = type.hasSuffix("json")
        let body: Any = isJSON ? try JSONSerialization.jsonObject(with: Data(reply.body)) : reply.text
        XCTAssertEqual(
            try SchemaCheck(document: document).mistakes(of: body, against: media["schema"], at: place),
            []
        )
        if type == "application/problem+json" {
            let name = try XCTUnwrap(reply.object()["type"] as? String).dropFirst("/problems/".count)
            let names = try XCTUnwrap(response["x-problems"] as? [String], place)
            XCTAssertTrue(names.contains(String(name)), "\(place) has \(name), documented are \(names)")
        }
    }

    // MARK: How to get there

    private func ways(of operation: OpenAPI.Operation) throws -> [String: Way] {
        switch operation.name {
        case "POST /messages": sendWays
        case "GET /messages": readWays("/messages")
        case "GET /messages/{id}": readWays("/messages/7").merging(["404": { try $0.ask(.get, "/messages/7") }]) { $1 }
        case "GET /readyz":
            documentWays("/readyz").merging([
                "503": { node in
                    node.replica.update { $0.status.leader = nil }
                    return try node.ask(.get, "/readyz")
                }
            ]) { $1 }
        case "GET /status", "GET /version":
            documentWays(operation.path).merging([
                "406": { try $0.ask(.get, operation.path, [.accept: "text/html"]) }
            ]) { $1 }
        case "GET /livez", "GET /openapi.yaml": documentWays(operation.path)
        case "GET /problems/{name}":
            documentWays("/problems/forming").merging(["404": { try $0.ask(.get, "/problems/luck") }]) { $1 }
        case "POST /replicate", "POST /vote", "POST /read-index", "POST /take-over", "POST /form":
            peerWays(operation.path)
        default: throw OpenAPI.Mistake(description: "no way is known to try \(operation.name)")
        }
    }

    private func documentWays(_ path: String) -> [String: Way] {
        [
            "200": { try $0.ask(.get, path) },
            "400": { try $0.ask(.get, "\(path)?luck=1") },
            "421": { try $0.ask(.get, path, [.hostField: "evil.example"]) },
        ]
    }

    private var sendWays: [String: Way] {
        func send(_ target: String = "/messages", _ headers: HTTPFields = ContractNode.json) -> Way {
            { try $0.ask(.post, target, headers, ContractNode.draft) }
        }
        func outcome(_ outcome: WriteOutcome, _ mode: GatewayConfiguration.NotPrimaryMode = .forward) -> Way {
            { node in
                node.configuration.notPrimaryMode = mode
                node.replica.update { $0.writeOutcomes = [outcome] }
                return try send()(node)
            }
        }
        return refusals([
            .requestTimeout, .lengthRequired, .bodyTooLarge(limit: 1), .urlTooLong, .headersTooLarge,
            .unsupportedTransferEncoding,
        ]).merging([
            "201": send(), "400": send("/messages?copies=x"),
            "406": send("/messages", [.contentType: "application/json", .accept: "text/html"]),
            "415": send("/messages", [:]), "422": send("/messages?copies=7"),
            "307": outcome(.notAccepted(.notPrimary(Self.primary)), .redirect),
            "421": outcome(.notAccepted(.notPrimary(Self.primary)), .reject),
            "503": outcome(.notAccepted(.noQuorum)), "507": outcome(.notAccepted(.diskFull)),
            "504": { node in
                node.replica.update { $0.isSilent = true }
                return try send()(node)
            },
        ]) { $1 }
    }

    private func readWays(_ path: String) -> [String: Way] {
        func outcome(_ outcome: ReadOutcome, _ mode: GatewayConfiguration.NotPrimaryMode = .forward) -> Way {
            { node in
                node.configuration.notPrimaryMode = mode
                node.replica.update { $0.readOutcomes = [outcome] }
                return try node.ask(.get, path)
            }
        }
        return refusals([.requestTimeout, .urlTooLong, .headersTooLarge]).merging([
            "200": { node in
                for _ in 1...7 { node.replica.store("hello") }
                return try node.ask(.get, path)
            },
            "400": { try $0.ask(.get, "\(path)?luck=1") },
            "406": { try $0.ask(.get, path, [.accept: "text/html"]) },
            "307": outcome(.notAccepted(.notPrimary(Self.primary)), .redirect),
            "421": outcome(.notAccepted(.notPrimary(Self.primary)), .reject),
            "500": { node in
                for _ in 1...7 { node.replica.store("hello") }
                node.replica.update { $0.readFailure = .storage("damaged") }
                return try node.ask(.get, path)
            },
            "503": outcome(.notAccepted(.noPrimary)),
            "504": { node in
                node.sender.answer(.failed(.timedOut, mayHaveBeenReceived: true))
                return try outcome(.notAccepted(.notPrimary(Self.primary)))(node)
            },
        ]) { $1 }
    }

    private func peerWays(_ path: String) -> [String: Way] {
        func answer(_ response: PeerResponse) -> Way {
            { node in
                node.replica.update { $0.peerResponse = response }
                return try node.ask(.post, path, ContractNode.json, Array("{}".utf8))
            }
        }
        return refusals([
            .requestTimeout, .lengthRequired, .bodyTooLarge(limit: 1), .headersTooLarge,
            .unsupportedTransferEncoding, .answerTimeout,
        ]).merging([
            "200": answer(.answer(Array("{}".utf8), sender: "b")), "400": answer(.malformed("no body")),
            "409": answer(.foreign("another cluster")), "503": answer(.unavailable("starting")),
            "415": { try $0.ask(.post, path, [:], Array("{}".utf8)) },
        ]) { $1 }
    }

    /// What the HTTP server refuses before a handler sees it.
    private func refusals(_ refusals: [Refusal]) -> [String: Way] {
        let ways = refusals.map { refusal in
            let problem = Problem(refusal)
            let way: Way = { _ in
                let response = problem.response(instance: nil, outcome: problem.type.writeOutcome)
                return Reply(status: response.status.code, headers: response.headers, body: response.body)
            }
            return (String(problem.type.status.code), way)
        }
        return Dictionary(uniqueKeysWithValues: ways)
    }

    private static let primary = Primary(id: "b", url: "http://127.0.0.1:12346")
}
