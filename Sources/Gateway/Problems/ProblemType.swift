package import HTTPTypes

/// Every kind of error this server answers with. The raw value ends its `type`: `/problems/no-primary`.
package enum ProblemType: String, CaseIterable, Sendable {
    // The request can't be read.
    case badRequest = "bad-request"
    case emptyBody = "empty-body"
    case malformedJSON = "malformed-json"
    case unknownParameter = "unknown-parameter"
    case invalidParameter = "invalid-parameter"
    case notSupportedYet = "not-supported-yet"
    // There is nothing there, or not in this way.
    case noSuchPath = "no-such-path"
    case noSuchMessage = "no-such-message"
    case noSuchProblem = "no-such-problem"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case unsupportedMediaType = "unsupported-media-type"
    // A limit.
    case requestTimeout = "request-timeout"
    case lengthRequired = "length-required"
    case bodyTooLarge = "body-too-large"
    case messageTooLarge = "message-too-large"
    case urlTooLong = "url-too-long"
    case headersTooLarge = "headers-too-large"
    case unsupportedTransferEncoding = "unsupported-transfer-encoding"
    case unsupportedVersion = "unsupported-http-version"
    case tooManyConnections = "too-many-connections"
    // The request can be read, but not done.
    case invalidBody = "invalid-body"
    case invalidField = "invalid-field"
    case tooManyCopies = "too-many-copies"
    case noSuchMember = "no-such-member"
    case noSuccessor = "no-successor"
    case primaryKnown = "primary-known"
    case otherEpoch = "other-epoch"
    case notPromotable = "not-promotable"
    case lossNotAccepted = "loss-not-accepted"
    case promotedApart = "promoted-apart"
    case memberExists = "member-exists"
    case membershipRefused = "membership-refused"
    case unknownHost = "unknown-host"
    case foreignPeer = "foreign-peer"
    // The cluster can't do it now.
    case notPrimary = "not-primary"
    case noPrimary = "no-primary"
    case notAMember = "not-a-member"
    case noQuorum = "no-quorum"
    case tooFewCopies = "too-few-copies"
    case forming = "forming"
    case overwritten = "overwritten"
    case changeUnderWay = "change-under-way"
    case memberBehind = "member-behind"
    case transferUnderWay = "transfer-under-way"
    case transferFailed = "transfer-failed"
    case promotionTooSoon = "promotion-too-soon"
    case overloaded = "overloaded"
    case stopping = "stopping"
    case notCaughtUp = "not-caught-up"
    case peerNotReady = "peer-not-ready"
    case repairing = "repairing"
    case historyDiffers = "history-differs"
    case diskFull = "disk-full"
    case timedOut = "timed-out"
    case storageFailure = "storage-failure"

    /// Relative, so that it leads to the explanation on the node that answered.
    package var path: String { "/problems/\(rawValue)" }

    package var status: HTTPResponse.Status {
        switch self {
        case .badRequest, .emptyBody, .malformedJSON, .unknownParameter, .invalidParameter, .notSupportedYet:
            .badRequest
        case .noSuchPath, .noSuchMessage, .noSuchProblem, .noSuchMember: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .requestTimeout: .requestTimeout
        case .foreignPeer, .noSuccessor, .primaryKnown, .otherEpoch, .notPromotable, .lossNotAccepted, .promotedApart,
            .memberExists, .membershipRefused:
            .conflict
        case .lengthRequired: .lengthRequired
        case .bodyTooLarge, .messageTooLarge: .contentTooLarge
        case .urlTooLong: .uriTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .unknownHost, .notPrimary: .misdirectedRequest
        case .invalidBody, .invalidField, .tooManyCopies: .unprocessableContent
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .storageFailure: .internalServerError
        case .unsupportedTransferEncoding: .notImplemented
        case .noPrimary, .notAMember, .noQuorum, .tooFewCopies, .forming, .overwritten, .overloaded, .stopping,
            .notCaughtUp, .peerNotReady, .repairing, .historyDiffers, .tooManyConnections, .transferUnderWay,
            .transferFailed, .promotionTooSoon, .changeUnderWay, .memberBehind:
            .serviceUnavailable
        case .timedOut: .gatewayTimeout
        case .unsupportedVersion: .httpVersionNotSupported
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    /// After how many seconds sending again makes sense; nil: the same request will fail again.
    package var retryAfterSeconds: Int? { status == .serviceUnavailable ? 1 : nil }

    /// What an error of this kind says of a write: 504 is the only status that leaves it open.
    package var writeOutcome: Problem.Outcome { status == .gatewayTimeout ? .unknown : .notAccepted }
}
