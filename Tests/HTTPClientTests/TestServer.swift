import Foundation
import Glibc
import Synchronization

/// A raw-socket server on a free loopback port: every connection runs `script` on a thread of its own, then is closed.
final class TestServer: Sendable {
    private struct State {
        var connections: [TestConnection] = []
        var isStopped = false
    }

    let port: UInt16
    let url: String
    private let listener: Int32
    private let state = Mutex(State())
    private let threads = DispatchGroup()

    /// - Parameter isIPv6: Listen on ::1 instead of 127.0.0.1.
    init(isIPv6: Bool = false, script: @escaping @Sendable (TestConnection) -> Void) throws {
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
    var connectionCount: Int { state.withLock(\.connections.count) }

    /// Ends all connections and waits for the scripts.
    func stop() {
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

/// The server's end of a connection.
final class TestConnection: Sendable {
    struct Request {
        var head: String
        var body: [UInt8]

        var line: String { String(head.prefix { $0 != "\r\n" }) }
    }

    private let descriptor: Mutex<Int32>
    private let received = Mutex<[UInt8]>([])

    init(_ descriptor: Int32) {
        var option: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &option, socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = Mutex(descriptor)
    }

    /// The next request with its `Content-Length` body, or nil if the client closed the connection.
    func readRequest() -> Request? {
        guard let head = readHead() else { return nil }
        let fields = head.lowercased().split(separator: "\r\n")
        let length = fields.first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        guard let body = read(count: length) else { return nil }
        return Request(head: head, body: body)
    }

    /// Up to and including the empty line.
    func readHead() -> String? {
        received.withLock { received in
            let end = Array("\r\n\r\n".utf8)
            var searched = 0
            while true {
                if let place = received.place(of: end, from: searched) {
                    defer { received.removeFirst(place + end.count) }
                    return String(decoding: received[..<(place + end.count)], as: UTF8.self)
                }
                searched = max(0, received.count - end.count)
                guard readMore(into: &received) else { return nil }
            }
        }
    }

    func read(count: Int) -> [UInt8]? {
        received.withLock { received in
            while received.count < count {
                guard readMore(into: &received) else { return nil }
            }
            defer { received.removeFirst(count) }
            return Array(received.prefix(count))
        }
    }

    /// Waits until the client closes its end. Whatever it sends before that is dropped.
    func waitForEnd() {
        received.withLock { received in
            while readMore(into: &received) { received.removeAll() }
        }
    }

    func write(_ text: String) {
        write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) {
        let descriptor = descriptor.withLock { $0 }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Answers with a body and `Content-Length`.
    func respond(_ status: String = "200 OK", headers: [String] = [], body: String = "") {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    func shutDown() {
        descriptor.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    /// Ends the connection with a reset: no orderly end, unread data is lost.
    func reset() {
        descriptor.withLock { descriptor in
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            Glibc.close(descriptor)
            descriptor = -1
        }
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    private func readMore(into bytes: inout [UInt8]) -> Bool {
        let descriptor = descriptor.withLock { $0 }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        bytes.append(contentsOf: buffer[..<count])
        return true
    }
}

extension [UInt8] {
    /// Where `pattern` begins, at or after `start`.
    fileprivate func place(of pattern: [UInt8], from start: Int) -> Int? {
        guard count >= start + pattern.count else { return nil }
        return (start...(count - pattern.count)).first { self[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
