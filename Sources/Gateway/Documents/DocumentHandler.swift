import Cluster
import HTTPServer
import HTTPTypes

/// What never changes while a node runs: its version, its description, its explanations.
struct DocumentHandler: Sendable {
    let version: String

    func version(_ call: Call) throws(Problem) {
        try MediaType.requireAcceptsJSON(call.exchange.request)
        call.exchange.respond(.json(VersionReport(version: version)))
    }

    func openAPI(_ call: Call) throws(Problem) {
        call.exchange.respond(
            Response(
                status: .ok,
                headers: [.contentType: "application/yaml", .cacheControl: "no-cache"],
                body: PackageResources.openapi_yaml
            )
        )
    }

    func problem(_ call: Call) throws(Problem) {
        let name = call.pathValues["name"] ?? ""
        guard let page = ProblemType(rawValue: name)?.page ?? ReplicaStatus.Problem.Name(rawValue: name)?.page else {
            throw Problem(
                .noSuchProblem,
                "There is no problem \(name).",
                .init(allowed: ProblemType.allCases.map(\.rawValue))
            )
        }
        call.exchange.respond(
            Response(
                status: .ok,
                headers: [.contentType: "text/markdown; charset=utf-8", .cacheControl: "no-cache"],
                body: Array(page.utf8)
            )
        )
    }
}

/// The body of `/version`.
package struct VersionReport: Encodable, Sendable {
    package var name = "tandem"
    package var version: String
}

extension Response {
    /// A report on how things stand at this moment.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: MediaType.json, .cacheControl: "no-store"],
            body: JSONText.bytes(of: value)
        )
    }
}
