import DequeModule

/// Decides which requests may have a connection: at most `connectionsMax` an origin, the others wait in order. Pure.
struct HostQueues {
    private struct Host {
        var running = 0
        var waiting = Deque<UInt64>()
    }

    private let connectionsMax: Int
    private var hosts: [Substring: Host] = [:]

    init(connectionsMax: Int) {
        precondition(connectionsMax > 0, "connectionsMax must be positive, is \(connectionsMax)")
        self.connectionsMax = connectionsMax
    }

    /// True: the request may start now. False: it waits until `release` names it.
    mutating func admit(_ id: UInt64, to origin: Substring) -> Bool {
        admit(id, to: &hosts[origin, default: Host()])
    }

    private func admit(_ id: UInt64, to host: inout Host) -> Bool {
        guard host.running < connectionsMax else {
            host.waiting.append(id)
            return false
        }
        host.running += 1
        return true
    }

    /// A running request is over. Returns the one that takes its place.
    mutating func release(_ origin: Substring) -> UInt64? {
        if let next = hosts[origin]?.waiting.popFirst() { return next }
        guard let running = hosts[origin]?.running else { preconditionFailure("no request runs for \(origin)") }
        if running > 1 { hosts[origin]?.running = running - 1 } else { hosts[origin] = nil }
        return nil
    }

    /// A waiting request is over.
    mutating func withdraw(_ id: UInt64, from origin: Substring) {
        guard let place = hosts[origin]?.waiting.firstIndex(of: id) else {
            preconditionFailure("request \(id) does not wait for \(origin)")
        }
        hosts[origin]?.waiting.remove(at: place)
    }
}
