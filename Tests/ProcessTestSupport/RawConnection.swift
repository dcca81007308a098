import Glibc

/// A connection to a node, byte by byte: for what no well-behaved client would send.
package final class RawConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter url: `http://127.0.0.1:20123`
    package init(to url: String) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure(description: "no port in \(url)")
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else {
            let cause = errno
            close(descriptor)
            throw Failure(description: "connect to \(url): errno \(cause)")
        }
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    package func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // The node has hung up: what it says first is what the test looks at.
            guard count > 0 else { return }
            sent += count
        }
    }

    /// One whole reply: its head, and as much body as `Content-Length` says.
    package func reply() throws -> (head: String, body: String) {
        let end = Array("\r\n\r\n".utf8)
        var place = Self.place(of: end, in: received)
        while place == nil {
            guard try receiveMore() else {
                throw Failure(description: "ended after \(String(decoding: received, as: UTF8.self))")
            }
            place = Self.place(of: end, in: received)
        }
        let headCount = (place ?? 0) + end.count
        let head = String(decoding: received[..<headCount], as: UTF8.self)
        let field = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        let bodyCount = field.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
        while received.count < headCount + bodyCount {
            guard try receiveMore() else { throw Failure(description: "ended within the body after \(head)") }
        }
        defer { received.removeFirst(headCount + bodyCount) }
        return (head, String(decoding: received[headCount..<headCount + bodyCount], as: UTF8.self))
    }

    /// Everything up to the end of the connection, which the node must close within 30 s.
    package func rest() throws -> String {
        while try receiveMore() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// - Returns: false at the end of the connection.
    private func receiveMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 {
            guard errno == ECONNRESET else { throw Failure(description: "recv: errno \(errno)") }
            return false
        }
        received += buffer[..<count]
        return count > 0
    }

    private static func place(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
