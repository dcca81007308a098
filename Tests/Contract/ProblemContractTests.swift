import Cluster
import HTTPServer
import HTTPTypes
import OpenAPITestSupport
import XCTest

@testable import Gateway

/// Problems against their documentation.
final class ProblemContractTests: XCTestCase {
    func testEveryProblemTypeIsListed() throws {
        let schema = try OpenAPI().object(at: "components/schemas/ProblemType")
        XCTAssertEqual(schema["enum"] as? [String], ProblemType.allCases.map(\.path))
    }

    func testEverythingThatStatusComplainsOfIsListed() throws {
        let schema = try OpenAPI().object(at: "components/schemas/StatusProblem/properties/name")
        XCTAssertEqual(schema["enum"] as? [String], ReplicaStatus.Problem.Name.allCases.map(\.rawValue))
    }

    func testEveryProblemIsDocumentedUnderItsOwnStatus() throws {
        let document = try OpenAPI()
        var documented: Set<String> = []
        for operation in try document.operations() {
            for (status, response) in try document.responses(of: operation) {
                for name in response["x-problems"] as? [String] ?? [] {
                    let type = try XCTUnwrap(ProblemType(rawValue: name), "\(name) is not a problem")
                    XCTAssertEqual(String(type.status.code), status, "\(name) in \(operation.name)")
                    documented.insert(name)
                }
            }
        }
        for (name, status) in [("NoSuchPath", 404), ("MethodNotAllowed", 405)] {
            let response = try document.object(at: "components/responses/\(name)")
            for name in try XCTUnwrap(response["x-problems"] as? [String]) {
                XCTAssertEqual(ProblemType(rawValue: name)?.status.code, status)
                documented.insert(name)
            }
        }
        XCTAssertEqual(documented, Set(ProblemType.allCases.map(\.rawValue)))
    }

    func testAProblemWithEveryMemberFitsTheSchemaAndFillsIt() throws {
        let document = try OpenAPI()
        let problem = Problem(
            .invalidField,
            "A detail.",
            .init(
                field: "content",
                parameter: "copies",
                allowed: ["a"],
                limit: 1,
                copiesAtHand: 1,
                primary: NodeAddress(id: "a", url: "http://a:1")
            )
        )
        let body = try JSONSerialization.jsonObject(
            with: Data(problem.response(instance: "/messages", outcome: .notAccepted).body)
        )
        let schema = try document.object(at: "components/schemas/Problem")
        XCTAssertEqual(try SchemaCheck(document: document).mistakes(of: body, against: schema), [])
        XCTAssertEqual(
            Set(try XCTUnwrap(body as? OpenAPI.Object).keys),
            Set(try XCTUnwrap(schema["properties"] as? OpenAPI.Object).keys)
        )
    }

    func testAProblemWithoutMembersFitsTheSchema() throws {
        let document = try OpenAPI()
        let schema = try document.object(at: "components/schemas/Problem")
        for type in ProblemType.allCases {
            let response = Problem(type, "A detail.").response(instance: nil, outcome: nil)
            let body = try JSONSerialization.jsonObject(with: Data(response.body))
            XCTAssertEqual(try SchemaCheck(document: document).mistakes(of: body, against: schema), [], type.rawValue)
        }
    }

    func testOnly504LeavesAWriteOpen() {
        for type in ProblemType.allCases {
            let isOpen = type.status == .gatewayTimeout
            XCTAssertEqual(type.writeOutcome, isOpen ? .unknown : .notAccepted, type.rawValue)
        }
    }
}
