import Raft

/// What reaches a node before its cluster exists.
struct EarlyInputs {
    private let published: PublishedStatus
    private let heldMax: Int
    private var held: [ReplicaInput] = []

    init(published: PublishedStatus, heldMax: Int) {
        self.published = published
        self.heldMax = heldMax
    }

    /// How the waiting ends.
    enum End {
        case formed(FormedCluster)
        case stopped
        case failed(String)
    }

    /// Holds clients' requests, each for its time, and refuses peers' until the cluster exists.
    mutating func waitForCluster(_ inbox: Inbox<ReplicaInput>) -> End {
        var inputs: [ReplicaInput] = []
        while true {
            inbox.receive(into: &inputs, until: held.compactMap(\.deadline).min())
            for (position, input) in inputs.enumerated() {
                switch input {
                case .formed(let cluster):
                    held += inputs[(position + 1)...]
                    return .formed(cluster)
                case .stop:
                    for input in held + inputs[(position + 1)...] { input.refuse(.stopping) }
                    return .stopped
                case .writerReport(.failed(let reason)):
                    return .failed(reason)
                case .formationProblems(let problems):
                    published.update { $0.problems = problems }
                case .write, .read, .whenApplied, .awaitPrimary:
                    if held.count < heldMax { held.append(input) } else { input.refuse(.overloaded) }
                case .transfer, .change, .promote, .peerRequest, .peerReport, .connectionRefused, .writerReport:
                    input.refuse(.forming)
                }
            }
            inputs.removeAll(keepingCapacity: true)
            let now = Clocks.monotonic()
            held.removeAll { input in
                guard let deadline = input.deadline, deadline <= now else { return false }
                input.refuse(.forming)
                return true
            }
        }
    }

    /// What is held, and what arrived together with the news that the cluster exists.
    mutating func takeHeld() -> [ReplicaInput] {
        defer { held = [] }
        return held
    }
}

extension ReplicaInput {
    /// Until when a client wants to wait.
    fileprivate var deadline: Instant? {
        switch self {
        case .write(let write): write.holdUntil
        case .read(let read): read.holdUntil
        case .whenApplied(let waiter): waiter.until
        case .awaitPrimary(let waiter): waiter.until
        case .transfer, .change, .promote, .peerRequest, .peerReport, .connectionRefused: nil
        case .writerReport, .formed, .formationProblems, .stop: nil
        }
    }

    fileprivate func refuse(_ reason: NotAccepted) {
        switch self {
        case .write(let write): write.completion(.notAccepted(reason))
        case .read(let read): read.completion(.notAccepted(reason))
        case .whenApplied(let waiter): waiter.completion(false)
        case .awaitPrimary(let waiter): waiter.completion(nil)
        case .transfer(_, let completion): completion(.notAccepted(reason))
        case .change(_, let completion): completion(.notAccepted(reason))
        case .promote(_, let completion): completion(.notAccepted(reason))
        case .peerRequest(let request): request.respond(.unavailable("no cluster is formed here yet"))
        case .peerReport, .connectionRefused, .writerReport, .formed, .formationProblems, .stop: break
        }
    }
}
