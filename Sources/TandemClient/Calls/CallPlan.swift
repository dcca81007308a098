import HTTPClient
import HTTPTypes

/// Decides what follows each attempt at a call: whether it is over, and else where and when it goes next. Pure.
///
/// What was or may have been stored is never sent again. What was not is sent to the next node at once, and after a
/// whole round without success only after a pause.
struct CallPlan {
    enum Step {
        case deliver(HTTPClientResponse)
        case fail(TandemError)
        /// Go on there after a pause; `because` is what to say if there is no time for it.
        case attempt(url: String, after: Duration, because: TandemError)
    }

    /// Pauses double from the first to the last.
    static let firstPause: Duration = .milliseconds(50)
    static let lastPause: Duration = .seconds(1)

    private let call: Call
    private let nodes: [String]
    private var place = 0
    private var pause = Self.firstPause
    /// The longest wait that a node of this round asked for.
    private var askedPause: Duration = .zero
    /// The last answer sent us to another node; a second such answer in a row means that they do not agree.
    private var isRedirected = false

    init(_ call: Call, nodes: [String]) {
        precondition(!nodes.isEmpty, "a call needs a node")
        self.call = call
        self.nodes = nodes
    }

    var firstURL: String { nodes[0] + call.target }

    mutating func step(after result: Result<HTTPClientResponse, HTTPClientError>, from url: String) -> Step {
        switch result {
        case .success(let response): step(after: response, from: url)
        case .failure(let error): step(after: error)
        }
    }

    private mutating func step(after response: HTTPClientResponse, from url: String) -> Step {
        if response.status.kind == .successful { return .deliver(response) }
        let error = TandemError(response, to: call, from: url)
        if let target = redirection(in: response, problem: error.problem, from: url), !isRedirected {
            isRedirected = true
            return .attempt(url: target, after: .zero, because: error)
        }
        // A full disk does not empty itself within the time of a call.
        guard error.code == .unavailable, response.status.code != 507 else { return .fail(error) }
        askedPause = max(askedPause, Self.retryAfter(response))
        return next(because: error)
    }

    private mutating func step(after failure: HTTPClientError) -> Step {
        let error = TandemError(failure, of: call)
        return error.code == .unavailable ? next(because: error) : .fail(error)
    }

    private mutating func next(because error: TandemError) -> Step {
        isRedirected = false
        place += 1
        guard place == nodes.count else {
            return .attempt(url: nodes[place] + call.target, after: .zero, because: error)
        }
        let wait = max(pause, askedPause)
        place = 0
        pause = min(pause * 2, Self.lastPause)
        askedPause = .zero
        return .attempt(url: firstURL, after: wait, because: error)
    }

    /// Where a node that is not the primary says to go, if it says so.
    private func redirection(in response: HTTPClientResponse, problem: ProblemDetails?, from url: String) -> String? {
        var target: String?
        if response.status.isRedirection {
            target = response.headers[.location].map { $0.hasPrefix("/") ? Nodes.base(of: url) + $0 : $0 }
        } else if response.status == .misdirectedRequest {
            target = problem?.primary.map { Nodes.base(of: $0.url) + call.target }
        }
        guard let target, target.hasPrefix("http://") || target.hasPrefix("https://") else { return nil }
        // A token that was meant for an encrypted connection must not leave it.
        return url.hasPrefix("https://") && !target.hasPrefix("https://") ? nil : target
    }

    private static func retryAfter(_ response: HTTPClientResponse) -> Duration {
        response.headers[.retryAfter].flatMap { UInt32($0) }.map { .seconds(Int64($0)) } ?? .zero
    }
}

extension HTTPResponse.Status {
    /// Says where the resource is to be found with the same method (RFC 9110 §15.4).
    fileprivate var isRedirection: Bool { self == .temporaryRedirect || self == .permanentRedirect }
}
