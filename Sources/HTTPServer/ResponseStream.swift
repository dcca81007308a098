import Synchronization

/// A reply's body that goes on: event streams, endless lists. Written from any thread, sent by the connection's loop.
package final class ResponseStream: Sendable {
    package struct Options: Sendable {
        /// Sent when nothing else was for so long, to keep proxies from closing the connection and to notice clients
        /// that are gone.
        package var heartbeat: (every: Duration, bytes: [UInt8])?
        /// A client that reads more slowly than this much behind is cut off.
        package var bufferBytesMax: Int

        package init(heartbeat: (every: Duration, bytes: [UInt8])? = nil, bufferBytesMax: Int = 256 * 1024) {
            self.heartbeat = heartbeat
            self.bufferBytesMax = bufferBytesMax
        }
    }

    private struct Shared {
        var state: StreamState
        var onEnd: (@Sendable () -> Void)?
    }

    let connectionID: ConnectionID
    let heartbeat: (every: Duration, bytes: [UInt8])?
    private let inbox: Inbox
    private let shared: Mutex<Shared>

    init(first: [UInt8], connectionID: ConnectionID, inbox: Inbox, options: Options) {
        self.connectionID = connectionID
        self.inbox = inbox
        heartbeat = options.heartbeat
        shared = Mutex(Shared(state: StreamState(first: first, bufferBytesMax: options.bufferBytesMax)))
    }

    /// Sends more, soon. False when the stream is over: finished, its client gone, or so far behind that it has been
    /// cut off.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        let (action, isOpen) = shared.withLock { shared in
            let action = shared.state.write(bytes)
            return (action, shared.state.phase == .open)
        }
        if action == .tell { inbox.post(.streamChanged(self)) }
        return isOpen
    }

    /// Ends the body after what was written.
    package func finish() {
        if shared.withLock({ $0.state.finish() }) == .tell { inbox.post(.streamChanged(self)) }
    }

    /// Calls `body` once when the stream has ended for whatever reason: at once if it already has. At most one body is
    /// kept.
    package func onEnd(_ body: @escaping @Sendable () -> Void) {
        let isOver = shared.withLock { shared in
            if shared.state.phase != .over { shared.onEnd = body }
            return shared.state.phase == .over
        }
        if isOver { body() }
    }

    // MARK: - For the loop's thread only

    var isCut: Bool { shared.withLock { $0.state.phase == .cut } }

    func next(atMost count: Int) -> StreamState.Supply {
        shared.withLock { $0.state.next(atMost: count) }
    }

    /// False when the library was not waiting.
    func stopWaiting() -> Bool {
        shared.withLock { $0.state.stopWaiting() }
    }

    /// The client is gone or too slow.
    func cut() {
        shared.withLock { $0.state.cut() }
        inbox.post(.streamChanged(self))
    }

    /// The connection is done with it.
    func end() {
        let onEnd = shared.withLock { shared in
            defer { shared.onEnd = nil }
            return shared.state.end() ? shared.onEnd : nil
        }
        onEnd?()
    }
}
