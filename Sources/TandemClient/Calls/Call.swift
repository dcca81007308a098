import HTTPTypes

/// One call of the API, before it is known which node gets it.
struct Call: Hashable, Sendable {
    let method: HTTPRequest.Method
    /// Path and query.
    private(set) var target: String
    /// Whether doing it twice would store something twice.
    let isWrite: Bool
    var body: [UInt8] = []
    var idempotencyKey: String?
    private var hasQuery = false

    init(_ method: HTTPRequest.Method, _ path: String, isWrite: Bool) {
        self.method = method
        target = path
        self.isWrite = isWrite
    }

    /// Adds a query parameter, unless there is no value.
    mutating func query(_ name: String, _ value: (some CustomStringConvertible)?) {
        guard let value else { return }
        target += "\(hasQuery ? "&" : "?")\(name)=\(PercentEncoding.encode(value.description))"
        hasQuery = true
    }

    /// Says what the read may miss. The server's own default is left out.
    mutating func query(_ consistency: ReadConsistency) {
        if consistency != .linearizable { query("consistency", consistency.rawValue) }
    }

    func headers(token: String?) -> HTTPFields {
        var headers: HTTPFields = [.accept: "application/json"]
        if !body.isEmpty { headers[.contentType] = "application/json" }
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let idempotencyKey, let name = HTTPField.Name("Idempotency-Key") { headers[name] = idempotencyKey }
        return headers
    }
}
