import FoundationEssentials
import HTTPClient
import HTTPTypes

extension TandemError {
    /// What an answer other than success means for a call.
    init(_ response: HTTPClientResponse, to call: Call, from url: String) {
        let problem = ProblemDetails(response)
        let status = response.status.code
        let text = problem.map { "\($0.title): \($0.detail ?? "")" } ?? "status \(status)"
        self.init(Self.code(status, problem, call), "\(call.method.rawValue) \(url): \(text)", problem: problem)
    }

    private static func code(_ status: Int, _ problem: ProblemDetails?, _ call: Call) -> Code {
        switch status {
        case _ where call.isWrite && problem?.outcome == .unknown: .outcomeUnknown
        case 307, 308: .unavailable
        case 300..<400: .invalidResponse
        case 421 where problem?.name == "not-primary": .unavailable
        case 429: .unavailable
        case 400..<500: .rejected
        // Only the cluster's own word counts: a proxy's 503 says nothing about what was stored.
        case _ where call.isWrite: problem?.outcome == .notAccepted ? .unavailable : .outcomeUnknown
        default: .unavailable
        }
    }

    /// What it means for a call that no answer came.
    init(_ failure: HTTPClientError, of call: Call) {
        let code: Code =
            switch failure.code {
            case .invalidURL: .rejected
            case .closed where !(call.isWrite && failure.mayHaveBeenReceived): .closed
            case .cancelled where !(call.isWrite && failure.mayHaveBeenReceived): .cancelled
            case _ where call.isWrite && failure.mayHaveBeenReceived: .outcomeUnknown
            case .responseTooLarge: .invalidResponse
            default: .unavailable
            }
        self.init(code, failure.message)
    }
}

extension ProblemDetails {
    /// Reads the body of an answer; nil if it holds no problem details.
    fileprivate init?(_ response: HTTPClientResponse) {
        guard let type = response.headers[.contentType], type.hasPrefix("application/problem+json"),
            let problem = try? JSONDecoder().decode(ProblemDetails.self, from: Data(response.body))
        else { return nil }
        self = problem
    }
}
