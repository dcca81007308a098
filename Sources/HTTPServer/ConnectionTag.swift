import Synchronization

/// A name given to a TCP connection, told to the server's owner when that connection ends.
final class ConnectionTag: Sendable {
    private struct State {
        var tag: String?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// False when the connection has already ended.
    func set(_ tag: String) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.tag = tag
            return true
        }
    }

    /// The connection ended: its tag, if it has one. Later calls of ``set(_:)`` fail.
    func close() -> String? {
        state.withLock { state in
            state.isClosed = true
            return state.tag
        }
    }
}
