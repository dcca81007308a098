import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import XCTest

/// A server on a free port, stopped when the test is over, that remembers what reached its handler.
final class ServerUnderTest: Sendable {
    let server: HTTPServer
    let port: UInt16
    let handled: Log<String>
    let closedTags: Log<String>

    init(
        _ test: XCTestCase,
        configure: (inout HTTPServerConfiguration) -> Void,
        handler: @escaping @Sendable (Exchange) -> Void = echo
    ) throws {
        var configuration = HTTPServerConfiguration(
            peerPaths: ["/replicate"],
            isStream: { _, accept in accept.contains("text/event-stream") }
        )
        configure(&configuration)
        let (handled, closedTags) = (Log<String>(), Log<String>())
        server = HTTPServer(
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            handler: { exchange in
                handled.append("\(exchange.request.method) \(exchange.request.path)")
                handler(exchange)
            },
            connectionClosed: { closedTags.append($0) },
            refusal: ServerUnderTest.render
        )
        (self.handled, self.closedTags) = (handled, closedTags)
        port = try server.start()
        test.addTeardownBlock { [server] in server.stop() }
    }

    /// With the default limits.
    convenience init(_ test: XCTestCase, handler: @escaping @Sendable (Exchange) -> Void = echo) throws {
        try self.init(test, configure: { _ in }, handler: handler)
    }

    func connect() throws -> RawClient { try RawClient(port: port) }

    /// Waits until a metric has the wanted value; fails the test when it does not within 20 s.
    func wait(
        for value: Int,
        of what: String,
        file: StaticString = #filePath,
        line: UInt = #line,
        _ metric: (HTTPServerMetrics) -> Int
    ) {
        let limit = ContinuousClock.now + .seconds(20)
        while metric(server.metrics) != value {
            guard ContinuousClock.now < limit else {
                return XCTFail("\(what) is \(metric(server.metrics)), not \(value)", file: file, line: line)
            }
            usleep(1000)
        }
    }

    /// Answers at once: method, path and body.
    @Sendable static func echo(_ exchange: Exchange) {
        let request = exchange.request
        let query = request.query.map { " \($0.name)=\($0.value)" }.joined()
        exchange.respond(
            .text("\(request.method) \(request.path)\(query) \(String(decoding: request.body, as: UTF8.self))")
        )
    }

    private static func render(_ refusal: Refusal) -> Response {
        let status: HTTPResponse.Status =
            switch refusal {
            case .badRequest: .badRequest
            case .headersTooLarge: .requestHeaderFieldsTooLarge
            case .urlTooLong: .uriTooLong
            case .bodyTooLarge: .contentTooLarge
            case .unsupportedTransferEncoding: .notImplemented
            case .unsupportedVersion: .httpVersionNotSupported
            case .lengthRequired: .lengthRequired
            case .requestTimeout: .requestTimeout
            case .answerTimeout: .gatewayTimeout
            case .tooManyConnections, .overloaded, .draining: .serviceUnavailable
            }
        return .text(refusal.name, status: status)
    }
}

extension Response {
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "text/plain"], body: Array(text.utf8))
    }
}

/// What happened, from any thread.
final class Log<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }

    /// Waits until there are so many; fails the test when there are not within 20 s.
    func wait(for count: Int, file: StaticString = #filePath, line: UInt = #line) {
        let limit = ContinuousClock.now + .seconds(20)
        while all.count < count {
            guard ContinuousClock.now < limit else {
                return XCTFail("\(all.count) of \(count): \(all)", file: file, line: line)
            }
            usleep(1000)
        }
    }
}

/// Streams begun by a handler, to be written by the test's own thread.
typealias Streams = Log<ResponseStream>

/// Exchanges kept by a handler, to be answered by the test's own thread.
typealias Parked = Log<Exchange>
