import GatewayTestSupport
import HTTPClient
import HTTPTypes
import OpenAPITestSupport
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
        let check = try AnswerCheck()
        let document = check.document
        for operation in try document.operations() {
            let responses = try document.responses(of: operation)
            let ways = try ways(of: operation)
            XCTAssertEqual(Set(responses.keys), Set(ways.keys), operation.name)
            for (status, way) in ways {
                guard let response = responses[status] else { continue }
                let reply = try way(ContractNode())
                XCTAssertEqual(String(reply.status), status, "\(operation.name): \(reply.text)")
                let place = "\(operation.name) \(status)"
                XCTAssertEqual(
                    try check.mistakes(of: response, headers: reply.headers, body: reply.body, place),
                    []
                )
            }
        }
    }

    // MARK: What the server answers by itself

    /// Whatever the path.
    private static let anywhere: [Refusal] = [
        .badRequest("It is not HTTP."), .requestTimeout, .bodyTooLarge(limit: 1), .urlTooLong, .headersTooLarge,
        .unsupportedTransferEncoding, .tooManyConnections, .overloaded, .draining, .unsupportedVersion,
    ]

    func testEveryCallListsWhatTheServerAnswersByItself() throws {
        let check = try AnswerCheck()
        for operation in try check.document.operations() {
            let refusals = Self.anywhere + (operation.method == "POST" ? [.lengthRequired] : [])
            for refusal in refusals {
                let problem = Problem(refusal)
                let response = problem.response(instance: nil, outcome: problem.type.writeOutcome)
                let mistakes = try check.mistakes(
                    of: operation.method,
                    operation.path,
                    status: response.status.code,
                    headers: response.headers,
                    body: response.body
                )
                XCTAssertEqual(mistakes, [], refusal.name)
            }
        }
    }

    // MARK: How to get there

    private func ways(of operation: OpenAPI.Operation) throws -> [String: Way] {
        switch operation.name {
        case "POST /messages": sendWays
        case "GET /messages": readWays("/messages")
        case "GET /messages/{id}": readWays("/messages/7").merging(["404": { try $0.ask(.get, "/messages/7") }]) { $1 }
        case "POST /leader": leaderWays
        case "POST /promote": promotionWays
        case "POST /members":
            changeWays(.post, #"{"id":"b","kind":"learner"}"#).merging([
                "201": Self.change(.post, Self.newMember("learner")),
                "202": Self.change(.post, Self.newMember("voter")),
            ]) { $1 }
        case "DELETE /members":
            changeWays(.delete, #"{"id":"b"}"#).filter { $0.key != "411" }
        case "GET /members":
            documentWays("/members").merging([
                "406": { try $0.ask(.get, "/members", [.accept: "text/html"]) }
            ]) { $1 }
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
        case "POST /replicate", "POST /vote", "POST /read-index", "POST /take-over", "POST /snapshot", "POST /repair",
            "POST /form":
            peerWays(operation.path)
        default: throw OpenAPI.Mistake(description: "no way is known to try \(operation.name)")
        }
    }

    private func documentWays(_ path: String) -> [String: Way] {
        refusals(Self.anywhere).merging([
            "200": { try $0.ask(.get, path) },
            "400": { try $0.ask(.get, "\(path)?luck=1") },
            "421": { try $0.ask(.get, path, [.hostField: "evil.example"]) },
        ]) { $1 }
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
        return refusals([.lengthRequired] + Self.anywhere).merging([
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
        return refusals(Self.anywhere).merging([
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

    private static func newMember(_ kind: String) -> String {
        #"{"id":"c","kind":"\#(kind)","url":"http://c:1","incarnation":"00000000000000ff"}"#
    }

    private static func change(
        _ method: HTTPRequest.Method,
        _ body: String,
        _ headers: HTTPFields = ContractNode.json
    ) -> Way {
        { try $0.ask(method, "/members", headers, Array(body.utf8)) }
    }

    private func changeWays(_ method: HTTPRequest.Method, _ body: String) -> [String: Way] {
        func outcome(_ outcome: MembershipOutcome) -> Way {
            { node in
                node.replica.update { $0.membershipOutcomes = [outcome] }
                return try Self.change(method, body)(node)
            }
        }
        func following(_ mode: GatewayConfiguration.NotPrimaryMode) -> Way {
            { node in
                node.configuration.notPrimaryMode = mode
                node.replica.follow(Self.primary)
                node.sender.answer(.failed(.timedOut, mayHaveBeenReceived: true))
                return try Self.change(method, body)(node)
            }
        }
        return refusals([.lengthRequired] + Self.anywhere).merging([
            "200": Self.change(method, body), "400": Self.change(method, "{"),
            "404": Self.change(method, #"{"id":"nobody"}"#),
            "406": Self.change(method, body, [.contentType: "application/json", .accept: "text/html"]),
            "409": outcome(.refused(.lastVoter)), "415": Self.change(method, body, [:]),
            "422": Self.change(method, #"{"name":"b"}"#), "307": following(.redirect), "421": following(.reject),
            "503": outcome(.refused(.unsettled)), "504": following(.forward),
        ]) { $1 }
    }

    private var leaderWays: [String: Way] {
        func transfer(_ body: String = #"{"to":"b"}"#, _ headers: HTTPFields = ContractNode.json) -> Way {
            { try $0.ask(.post, "/leader", headers, Array(body.utf8)) }
        }
        func outcome(_ outcome: TransferOutcome, to target: String = "b") -> Way {
            { node in
                node.replica.update { $0.transferOutcomes = [outcome] }
                return try transfer(#"{"to":"\#(target)"}"#)(node)
            }
        }
        func following(_ mode: GatewayConfiguration.NotPrimaryMode) -> Way {
            { node in
                node.configuration.notPrimaryMode = mode
                node.replica.follow(Self.primary)
                node.sender.answer(.failed(.timedOut, mayHaveBeenReceived: true))
                return try transfer(#"{"to":"a"}"#)(node)
            }
        }
        return refusals([.lengthRequired] + Self.anywhere).merging([
            "200": transfer(), "400": transfer("{"), "404": outcome(.noSuccessor, to: "nobody"),
            "406": transfer("{}", [.contentType: "application/json", .accept: "text/html"]),
            "409": outcome(.noSuccessor), "415": transfer("{}", [:]), "422": transfer(#"{"from":"a"}"#),
            "307": following(.redirect), "421": following(.reject), "503": outcome(.timedOut),
            "504": following(.forward),
        ]) { $1 }
    }

    private var promotionWays: [String: Way] {
        func promote(_ body: String = #"{"epoch":0}"#, _ headers: HTTPFields = ContractNode.json) -> Way {
            { try $0.ask(.post, "/promote", headers, Array(body.utf8)) }
        }
        func outcome(_ outcome: PromotionOutcome) -> Way {
            { node in
                node.replica.update { $0.promotionOutcomes = [outcome] }
                return try promote()(node)
            }
        }
        return refusals([.lengthRequired, .answerTimeout] + Self.anywhere).merging([
            "200": promote(), "400": promote("{"),
            "406": promote("{}", [.contentType: "application/json", .accept: "text/html"]),
            "409": outcome(.refused(.mayLoseMessages(after: 41))), "415": promote("{}", [:]),
            "421": promote(#"{"epoch":0}"#, [.contentType: "application/json", .hostField: "evil.example"]),
            "422": promote("{}"), "503": outcome(.refused(.tooSoon)),
        ]) { $1 }
    }

    private func peerWays(_ path: String) -> [String: Way] {
        func answer(_ response: PeerResponse) -> Way {
            { node in
                node.replica.update { $0.peerResponse = response }
                return try node.ask(.post, path, ContractNode.json, Array("{}".utf8))
            }
        }
        return refusals([.lengthRequired, .answerTimeout] + Self.anywhere).merging([
            "200": answer(.answer(Array("{}".utf8), sender: "b")), "400": answer(.malformed("no body")),
            "409": answer(.foreign("another cluster")), "503": answer(.unavailable("starting")),
            "415": { try $0.ask(.post, path, [:], Array("{}".utf8)) },
        ]) { $1 }
    }

    /// What the HTTP server refuses before a handler sees it. Of those with one status, the last.
    private func refusals(_ refusals: [Refusal]) -> [String: Way] {
        let ways = refusals.map { refusal in
            let problem = Problem(refusal)
            let way: Way = { _ in
                let response = problem.response(instance: nil, outcome: problem.type.writeOutcome)
                return Reply(status: response.status.code, headers: response.headers, body: response.body)
            }
            return (String(problem.type.status.code), way)
        }
        return Dictionary(ways) { $1 }
    }

    private static let primary = Primary(id: "b", url: "http://127.0.0.1:12346")
}
