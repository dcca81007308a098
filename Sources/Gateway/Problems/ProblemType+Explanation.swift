import HTTPTypes

extension ProblemType {
    /// A few words for `title`.
    package var title: String { text.title }

    /// What it means and what to do: the page at `path`, in Markdown.
    package var page: String { text.page(at: path, "status \(status.code)") }

    /// A title, what it means, what to do.
    struct Explanation {
        var title: String
        var meaning: String
        var remedy: String

        init(_ title: String, _ meaning: String, _ remedy: String) {
            self.title = title
            self.meaning = meaning
            self.remedy = remedy
        }

        /// In Markdown.
        func page(at path: String, _ kind: String) -> String {
            """
            # \(title)

            `\(path)`, \(kind)

            **What it means.** \(meaning)

            **What to do.** \(remedy)

            """
        }
    }

    private var text: Explanation {
        switch self {
        case .badRequest, .emptyBody, .malformedJSON, .unknownParameter, .invalidParameter, .notSupportedYet:
            unreadableText
        case .noSuchPath, .noSuchMessage, .noSuchProblem, .methodNotAllowed, .notAcceptable, .unsupportedMediaType:
            absentText
        case .requestTimeout, .lengthRequired, .bodyTooLarge, .messageTooLarge, .urlTooLong, .headersTooLarge,
            .unsupportedTransferEncoding, .unsupportedVersion, .tooManyConnections:
            limitText
        case .invalidBody, .invalidField, .tooManyCopies, .unknownHost, .foreignPeer: refusedText
        case .noSuchMember, .noSuccessor, .transferUnderWay, .transferFailed, .memberExists, .membershipRefused,
            .changeUnderWay, .memberBehind:
            administrationText
        case .primaryKnown, .otherEpoch, .notPromotable, .lossNotAccepted, .promotedApart, .promotionTooSoon:
            promotionText
        case .notPrimary, .noPrimary, .notAMember, .noQuorum, .tooFewCopies, .forming, .overwritten: clusterText
        case .overloaded, .stopping, .notCaughtUp, .peerNotReady, .repairing, .historyDiffers, .diskFull, .timedOut,
            .storageFailure:
            nodeText
        }
    }
}
