import GatewayTestSupport
import HTTPTypes
import Logging
import OpenAPITestSupport
import XCTest

@testable import Gateway
@testable import HTTPServer

/// openapi.yaml against the table of routes, and in itself.
final class OpenAPITests: XCTestCase {
    private var routes: [Route] { ContractNode().router.routes }

    func testTheNodeServesThisFile() throws {
        XCTAssertEqual(String(decoding: PackageResources.openapi_yaml, as: UTF8.self), try OpenAPI().text)
    }

    func testEveryRouteIsDocumentedAndEveryDocumentedCallIsRouted() throws {
        let documented = try OpenAPI().operations().map(\.name)
        XCTAssertEqual(documented, routes.map { "\($0.method) \($0.path)" }.sorted())
    }

    func testParametersAreThoseOfTheRoutes() throws {
        let document = try OpenAPI()
        for operation in try document.operations() {
            let parameters = try document.parameters(of: operation)
            func names(in place: String) -> [String] {
                parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String }
            }
            let route = try XCTUnwrap(
                routes.first { "\($0.method) \($0.path)" == operation.name },
                operation.name
            )
            XCTAssertEqual(names(in: "query"), route.parameters, operation.name)
            let inTemplate = operation.path.matches(of: /{([^}]+)}/).map { String($0.output.1) }
            XCTAssertEqual(names(in: "path"), inTemplate, operation.name)
            XCTAssertEqual(Set(route.parameters).intersection(route.laterParameters), [], operation.name)
        }
    }

    func testDocumentedChecksAreThoseOfTheNode() throws {
        let document = try OpenAPI()
        for (path, name) in [("/livez", "excludeFromLivez"), ("/readyz", "excludeFromReadyz")] {
            let schema = try document.object(at: "components/parameters/\(name)/schema/items")
            let problem = try ContractNode().ask(.get, "\(path)?exclude=luck").object()
            XCTAssertEqual(schema["enum"] as? [String], problem["allowed"] as? [String], path)
        }
    }

    func testEveryCallSaysWhatItIs() throws {
        let document = try OpenAPI()
        let tags = Set(try XCTUnwrap(document.root["tags"] as? [OpenAPI.Object]).compactMap { $0["name"] as? String })
        var ids: Set<String> = []
        for operation in try document.operations() {
            let id = try XCTUnwrap(operation.object["operationId"] as? String, operation.name)
            XCTAssertTrue(ids.insert(id).inserted, "\(id) is there twice")
            XCTAssertNotNil(operation.object["summary"], operation.name)
            let tag = try XCTUnwrap((operation.object["tags"] as? [String])?.first, operation.name)
            XCTAssertTrue(tags.contains(tag), tag)
            let route = try XCTUnwrap(routes.first { "\($0.method) \($0.path)" == operation.name })
            XCTAssertEqual(tag == "internal", route.audience == .peers, operation.name)
            if route.audience == .clients {
                let description = try XCTUnwrap(operation.object["description"] as? String, operation.name)
                XCTAssertTrue(description.contains("curl -"), "\(operation.name) has no example to try")
            }
        }
    }

    func testEveryReferenceLeadsSomewhereAndEveryComponentIsUsed() throws {
        let document = try OpenAPI()
        let references = document.references()
        for reference in references { XCTAssertNoThrow(try document.resolve(["$ref": reference]), reference) }
        // Those that belong to no path, but to all that are not there.
        let general: Set = ["#/components/responses/NoSuchPath", "#/components/responses/MethodNotAllowed"]
        for (kind, components) in try document.object(at: "components") {
            for name in try document.resolve(components).keys {
                let reference = "#/components/\(kind)/\(name)"
                XCTAssertTrue(references.contains(reference) || general.contains(reference), "\(reference) is not used")
            }
        }
    }

    func testEveryExampleFitsItsSchema() throws {
        let document = try OpenAPI()
        var count = 0
        func check(_ value: Any, _ place: String) throws {
            if let object = value as? OpenAPI.Object {
                let examples = (object["examples"] as? OpenAPI.Object)?.values.map { ($0 as? OpenAPI.Object)?["value"] }
                for example in [object["example"]] + (examples ?? []) {
                    guard let example, let schema = object["schema"] else { continue }
                    count += 1
                    let mistakes = try SchemaCheck(document: document).mistakes(of: example, against: schema, at: place)
                    XCTAssertEqual(mistakes, [])
                }
                for (name, member) in object { try check(member, "\(place)/\(name)") }
            } else if let list = value as? [Any] {
                for (position, member) in list.enumerated() { try check(member, "\(place)/\(position)") }
            }
        }
        try check(document.root, "")
        XCTAssertGreaterThan(count, 15, "examples were not found")
    }

    func testTheSentExampleIsTaken() throws {
        let document = try OpenAPI()
        let operation = try XCTUnwrap(document.operations().first { $0.name == "POST /messages" })
        let content = try document.resolve(document.resolve(operation.object["requestBody"])["content"])
        let example = try XCTUnwrap(document.resolve(content["application/json"])["example"])
        let node = ContractNode()
        let body = Array(try JSONSerialization.data(withJSONObject: example))
        XCTAssertEqual(try node.ask(.post, "/messages", ContractNode.json, body).status, 201)
    }
}
