import HTTPServer
import HTTPTypes

/// Leads each request to its handler, or says why there is none.
package struct Router: Sendable {
    package let routes: [Route]
    private let hosts: HostPolicy
    private let literals: [String: [Route]]
    private let templates: [(template: PathTemplate, routes: [Route])]

    package init(routes: [Route], hosts: HostPolicy) {
        self.routes = routes
        self.hosts = hosts
        let byPath = Dictionary(grouping: routes, by: \.path)
        literals = Dictionary(
            uniqueKeysWithValues: byPath.filter(\.key.isLiteral).map { ($0.key.description, $0.value) }
        )
        templates = byPath.filter { !$0.key.isLiteral }.map { (template: $0.key, routes: $0.value) }
    }

    /// Answers one request, now or later.
    package func handle(_ exchange: any Answering) {
        do throws(Problem) {
            try dispatch(exchange)
        } catch {
            exchange.refuse(error)
        }
    }

    private func dispatch(_ exchange: any Answering) throws(Problem) {
        let request = exchange.request
        let found = find(request.path)
        if found?.routes.first?.audience != .peers {
            try hosts.check(request.targetAuthority ?? request.header(.hostField))
        }
        guard let (candidates, pathValues) = found else {
            if request.path == "*", request.method == .options {
                return exchange.respond(Self.options(routes))
            }
            throw Problem(.noSuchPath, "There is nothing at \(request.path).")
        }
        if request.method == .options { return exchange.respond(Self.options(candidates)) }
        let method = request.method == .head ? .get : request.method
        guard let route = candidates.first(where: { $0.method == method }) else {
            let allowed = Self.allowed(candidates)
            throw Problem(
                .methodNotAllowed,
                "\(request.path) has no \(request.method).",
                .init(allowed: allowed),
                headers: [.allow: allowed.joined(separator: ", ")]
            )
        }
        let query = try Query(request.query, for: route)
        try route.handler(Call(exchange: exchange, pathValues: pathValues, query: query))
    }

    private func find(_ path: String) -> (routes: [Route], pathValues: [String: String])? {
        if let routes = literals[path] { return (routes, [:]) }
        for (template, routes) in templates {
            if let pathValues = template.match(path) { return (routes, pathValues) }
        }
        return nil
    }

    /// In the order of the table; GET brings HEAD, everything has OPTIONS.
    private static func allowed(_ routes: [Route]) -> [String] {
        var methods: [String] = []
        for route in routes where !methods.contains(route.method.rawValue) {
            methods.append(route.method.rawValue)
            if route.method == .get { methods.append(HTTPRequest.Method.head.rawValue) }
        }
        return methods + [HTTPRequest.Method.options.rawValue]
    }
}

// MARK: OPTIONS

extension Router {
    private static func options(_ routes: [Route]) -> Response {
        Response(status: .noContent, headers: [.allow: allowed(routes).joined(separator: ", ")])
    }
}
