import GatewayTestSupport
import HTTPTypes
import Logging
import XCTest

@testable import Gateway
@testable import HTTPServer

/// The HTTP face of a node whose replica is a fake.
final class ContractNode {
    let replica = FakeReplica()
    let sender = FakeSender()
    let lifecycle = Lifecycle()
    var configuration = GatewayConfiguration(
        server: HTTPServerConfiguration(),
        advertisedURL: "http://127.0.0.1:12345",
        version: "1.2.3"
    )

    static let json: HTTPFields = [.contentType: "application/json"]
    static let draft = Array(#"{"sender":"alice","recipient":"bob","content":"hello"}"#.utf8)

    var router: Router {
        Gateway.router(
            configuration: configuration,
            replica: replica,
            sender: sender,
            peers: PeerHandler(replica: replica, limit: configuration.peerTimeout),
            lifecycle: lifecycle,
            logger: Logger(label: "test")
        )
    }

    /// The answer; where there is none at once, the one that comes when the time is over.
    func ask(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields = [:],
        _ body: [UInt8] = []
    ) throws -> Reply {
        let exchange = FakeExchange(try .reading(method, target, headers: headers, body: body))
        router.handle(exchange)
        if exchange.response == nil { exchange.expire() }
        let response = try XCTUnwrap(exchange.response)
        return Reply(status: response.status.code, headers: response.headers, body: response.body)
    }
}
