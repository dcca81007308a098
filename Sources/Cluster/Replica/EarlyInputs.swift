import Raft

/// What reaches a node before its cluster exists, and before its log is whole.
struct EarlyInputs {
    private let published: PublishedStatus
    private let heldMax: Int
    private var held: [ReplicaInput] = []
    /// What those are told who wait in vain.
    private var reason = NotAccepted.forming

    init(published: PublishedStatus, heldMax: Int) {
        self.published = published
        self.heldMax = heldMax
    }

    /// How the waiting ends.
    enum End {
        case formed(FormedCluster)
        /// Everything in the log can be read.
        case whole
        case stopped
        case failed(String)
    }

    /// Waits until the cluster exists.
    mutating func waitForCluster(_ inbox: Inbox<ReplicaInput>) -> End { wait(inbox) }

    /// Waits until the log is whole: of one that is not, this node can't tell what it has promised, so that it takes no
    /// part in anything before.
    mutating func waitForRepair(of cluster: ClusterID, _ inbox: Inbox<ReplicaInput>) -> End {
        reason = .repairing
        published.update { status in
            status.role = .follower
            status.clusterID = cluster
        }
        return wait(inbox)
    }

    /// Holds clients' requests, each for its time, and refuses peers'.
    private mutating func wait(_ inbox: Inbox<ReplicaInput>) -> End {
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
                case .keeperReport(.health(let health)):
                    published.update { status in
                        status.health = health
                        status.problems = [health.problem].compactMap { $0 }
                    }
                    guard health.isWhole else { continue }
                    held += inputs[(position + 1)...]
                    return .whole
                case .writerReport(.failed(let reason)), .keeperReport(.failed(let reason)):
                    return .failed(reason)
                case .formationProblems(let problems):
                    published.update { $0.problems = problems }
                case .write, .read, .whenApplied, .awaitPrimary:
                    if held.count < heldMax { held.append(input) } else { input.refuse(.overloaded) }
                case .transfer, .change, .promote, .peerRequest, .peerReport, .connectionRefused, .writerReport:
                    input.refuse(reason)
                }
            }
            inputs.removeAll(keepingCapacity: true)
            let now = Clocks.monotonic()
            held.removeAll { input in
                guard let deadline = input.deadline, deadline <= now else { return false }
                input.refuse(reason)
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
        case .writerReport, .keeperReport, .formed, .formationProblems, .stop: nil
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
        case .peerRequest(let request): request.respond(.unavailable("this node takes no part yet: \(reason)"))
        case .peerReport, .connectionRefused, .writerReport, .keeperReport, .formed, .formationProblems, .stop: break
        }
    }
}
