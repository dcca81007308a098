import Foundation
import Glibc
import Synchronization

/// A raw-socket server on a free loopback port: every connection runs `script` on a thread of its own, then is closed.
package final class TestServer: Sendable {
    private struct State {
        var connections: [TestConnection] = []
        var isStopped = false
    }

    package let port: UInt16
    package let url: String
    private let listener: Int32
    private let state = Mutex(State())
    private let threads = DispatchGroup()

    /// - Parameter isIPv6: Listen on ::1 instead of 127.0.0.1.
    package init(isIPv6: Bool = false, script: @escaping @Sendable (TestConnection) -> Void) throws {
        (listener, port) = try Socket.listen(isIPv6: isIPv6)
        url = "http://\(isIPv6 ? "[::1]" : "127.0.0.1"):\(port)"
        start { [listener] in
            while case let descriptor = Glibc.accept(listener, nil, nil), descriptor >= 0 {
                let connection = TestConnection(descriptor)
                guard self.adopt(connection) else { return connection.close() }
                self.start {
                    script(connection)
                    connection.close()
                }
            }
        }
    }

    /// How many connections were accepted so far.
    package var connectionCount: Int { state.withLock(\.connections.count) }

    /// Ends all connections and waits for the scripts.
    package func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { connection.shutDown() }
        threads.wait()
        Glibc.close(listener)
    }

    private func adopt(_ connection: TestConnection) -> Bool {
        state.withLock { state in
            if !state.isStopped { state.connections.append(connection) }
            return !state.isStopped
        }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        threads.enter()
        Thread.detachNewThread { [threads] in
            body()
            threads.leave()
        }
    }
}
