import Raft
import Storage
import Synchronization

/// The last status the replica made, for any thread to read at once.
final class PublishedStatus: Sendable {
    private struct State {
        var status: ReplicaStatus
        var leaderContact: Instant?
    }

    private let state: Mutex<State>

    init(configuration: ReplicaConfiguration, kind: Membership.Member.Kind, incarnation: Incarnation) {
        var status = ReplicaStatus(
            nodeID: configuration.id,
            url: configuration.url,
            kind: kind,
            role: .forming
        )
        status.incarnation = incarnation
        state = Mutex(State(status: status))
    }

    var leader: Primary? { state.withLock { $0.status.leader } }

    func update(_ change: (inout ReplicaStatus) -> Void) {
        state.withLock { change(&$0.status) }
    }

    func publish(_ status: ReplicaStatus, leaderContact: Instant?) {
        state.withLock { $0 = State(status: status, leaderContact: leaderContact) }
    }

    /// The status as of now.
    func status() -> ReplicaStatus {
        var (status, leaderContact) = state.withLock { ($0.status, $0.leaderContact) }
        if status.role == .leader {
            status.sinceLeaderContactMilliseconds = 0
        } else if let leaderContact {
            let elapsed = Clocks.monotonic().since(leaderContact)
            status.sinceLeaderContactMilliseconds = Int(elapsed.wholeNanoseconds / 1_000_000)
        }
        return status
    }

    /// The status with what takes some time to find out.
    func measuredStatus(directory: DataDirectory) -> ReplicaStatus {
        var status = status()
        status.kernelClock = KernelClock.read()
        if directory.lacksReserve { status.problems.append(.noReserve) }
        status.fsyncMillisecondsP99 = directory.syncLatencies.quantile(0.99).map { Double($0.wholeNanoseconds) / 1e6 }
        return status
    }
}

extension ReplicaStatus.Problem {
    fileprivate static let noReserve = Self(
        name: .noReserve,
        detail: "The reserve file is missing, for want of room: should the disk fill up, this node may not be able to "
            + "give room back. Make room and restart it."
    )
}
