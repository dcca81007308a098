import Glibc

/// What a test can do to a cluster. Each call returns when it is done.
extension ThrowawayCluster {
    /// Ends a node as `kill -9` or a power switch does: nothing it had not yet written or sent gets out.
    public func kill(_ node: String) async throws {
        try await end(node, with: SIGKILL, within: .seconds(30))
    }

    /// Asks a node to finish what it has begun and end, as an orderly shutdown does.
    ///
    /// - Returns: its exit status; 0 is right.
    @discardableResult
    public func terminate(_ node: String, within time: Duration = .seconds(30)) async throws -> Int32 {
        switch try await end(node, with: SIGTERM, within: time) {
        case .exited(let status): status
        case .killed(let signal):
            throw ThrowawayClusterError(.couldNotStart, "Node \(node) was ended by signal \(signal).\n\(logs())")
        }
    }

    /// Ends all nodes at the same moment, as a power cut does.
    public func killAll() async throws {
        let running = nodes.compactMap { self.running($0) }
        for process in running { process.send(SIGKILL) }
        let gone = try await Deadline.poll(within: .seconds(30)) { running.allSatisfy { $0.ended != nil } ? true : nil }
        if gone == nil { throw ThrowawayClusterError(.timedOut, "Not all nodes ended after SIGKILL.") }
    }

    /// Stops a node's clock, so to speak: it keeps its connections and does nothing, until `resume(_:)`.
    public func pause(_ node: String) throws {
        let process = try process(node)
        process.send(SIGSTOP)
        // The kernel takes its time with threads that run on other processors: until then the node still answers.
        let end = ContinuousClock.now + .seconds(10)
        while !process.isStopped {
            guard ContinuousClock.now < end else {
                throw ThrowawayClusterError(.timedOut, "Node \(node) goes on after SIGSTOP.")
            }
            usleep(500)
        }
    }

    /// Lets a paused node go on.
    public func resume(_ node: String) throws {
        try process(node).send(SIGCONT)
    }

    /// Starts a node that has ended, with the data it had, and waits until it serves.
    public func restart(_ node: String, within time: Duration = .seconds(30)) async throws {
        try await launch(node)
        try await waitUntilServing([node], within: time)
    }

    /// Starts all nodes that have ended, and waits until every node serves.
    public func restartAll(within time: Duration = .seconds(30)) async throws {
        for node in nodes where running(node) == nil { try await launch(node) }
        try await waitUntilServing(within: time)
    }

    /// Starts a node that has ended, without waiting for it to serve: a node without its quorum never does.
    public func relaunch(_ node: String) async throws {
        try await launch(node)
    }

    /// The name of the node that leads now, as it says itself.
    ///
    /// - Throws: `ThrowawayClusterError` where none does within `time`.
    public func primary(within time: Duration = .seconds(30)) async throws -> String {
        let primary = try await Deadline.poll(within: time) { () -> String? in
            for node in nodes where running(node) != nil {
                if let status = await probe.status(of: url(of: node)), status.state == "leader",
                    await probe.isReady(url(of: node))
                {
                    return node
                }
            }
            return nil
        }
        guard let primary else {
            throw ThrowawayClusterError(.timedOut, "No node leads within \(time).\n\(logs())")
        }
        return primary
    }

    /// Waits until nodes serve: a primary that can take messages, backups that follow it.
    ///
    /// - Parameter waited: which nodes; all of them where nil.
    public func waitUntilServing(_ waited: [String]? = nil, within time: Duration = .seconds(30)) async throws {
        for node in waited ?? nodes {
            let ready = try await Deadline.poll(within: time) { () -> Bool? in
                if let end = lastProcess(of: node)?.ended {
                    throw ThrowawayClusterError(.couldNotStart, "Node \(node) ended: \(end).\n\(logs())")
                }
                return await probe.isReady(url(of: node)) ? true : nil
            }
            if ready == nil {
                throw ThrowawayClusterError(.timedOut, "Node \(node) does not serve within \(time).\n\(logs())")
            }
        }
    }

    @discardableResult
    private func end(_ node: String, with signal: Int32, within time: Duration) async throws -> NodeProcess.End {
        let process = try process(node)
        process.send(signal)
        if let end = try await Deadline.poll(within: time, { process.ended }) { return end }
        throw ThrowawayClusterError(.timedOut, "Node \(node) does not end within \(time).\n\(logs())")
    }

    private func process(_ node: String) throws -> NodeProcess {
        guard let process = running(node) else { throw ThrowawayClusterError(.misuse, "Node \(node) does not run.") }
        return process
    }
}
