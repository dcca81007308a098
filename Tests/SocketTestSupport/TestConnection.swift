import Glibc
import Synchronization

/// The server's end of a connection.
package final class TestConnection: Sendable {
    package struct Request {
        package var head: String
        package var body: [UInt8]

        /// The request line.
        package var line: String { String(head.prefix { $0 != "\r\n" }) }
    }

    private let descriptor: Mutex<Int32>
    private let received = Mutex<[UInt8]>([])

    package init(_ descriptor: Int32) {
        var option: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &option, socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = Mutex(descriptor)
    }

    /// The next request with its `Content-Length` body, or nil if the client closed the connection.
    package func readRequest() -> Request? {
        guard let head = readHead() else { return nil }
        let fields = head.lowercased().split(separator: "\r\n")
        let length = fields.first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        guard let body = read(count: length) else { return nil }
        return Request(head: head, body: body)
    }

    /// Up to and including the empty line.
    package func readHead() -> String? {
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

    package func read(count: Int) -> [UInt8]? {
        received.withLock { received in
            while received.count < count {
                guard readMore(into: &received) else { return nil }
            }
            defer { received.removeFirst(count) }
            return Array(received.prefix(count))
        }
    }

    /// Waits until the client closes its end. Whatever it sends before that is dropped.
    package func waitForEnd() {
        received.withLock { received in
            while readMore(into: &received) { received.removeAll() }
        }
    }

    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    package func write(_ bytes: [UInt8]) {
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
    package func respond(_ status: String = "200 OK", headers: [String] = [], body: String = "") {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    package func shutDown() {
        descriptor.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    /// Ends the connection with a reset: no orderly end, unread data is lost.
    package func reset() {
        descriptor.withLock { descriptor in
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            Glibc.close(descriptor)
            descriptor = -1
        }
    }

    package func close() {
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
