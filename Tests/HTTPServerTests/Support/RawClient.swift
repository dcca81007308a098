import Glibc
import XCTest

/// A blocking TCP client that sends exactly the bytes it is told to. Every read gives up after `patience`.
final class RawClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A reply as received.
    struct Reply: Equatable {
        var status: Int
        /// Names in lower case.
        var headers: [(name: String, value: String)]
        var body: String

        static func == (left: Reply, right: Reply) -> Bool {
            left.status == right.status && left.body == right.body && left.headers.elementsEqual(right.headers, by: ==)
        }

        subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
        var closes: Bool { self["connection"]?.lowercased() == "close" }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16, patience seconds: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: errno \(errno)") }
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let error = errno
            Glibc.close(descriptor)
            throw Failure(description: "connect to port \(port): errno \(error)")
        }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send after \(sent) bytes: errno \(errno)") }
            sent += count
        }
    }

    /// Ends our side; the peer reads an end of stream.
    func shutdownSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next reply. `toHead` says that no body follows whatever its headers say.
    func reply(toHead: Bool = false) throws -> Reply {
        let head = try take(until: "\r\n\r\n")
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: true)[...]
        let status = Int(lines.popFirst()?.split(separator: " ").dropFirst().first ?? "") ?? 0
        let headers = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (
                name: parts[0].lowercased(),
                value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            )
        }
        var reply = Reply(status: status, headers: headers, body: "")
        if toHead || status < 200 || status == 204 || status == 304 { return reply }
        if let length = reply["content-length"].flatMap(Int.init) {
            reply.body = String(decoding: try take(length), as: UTF8.self)
        } else if reply["transfer-encoding"] == "chunked" {
            while let chunk = try chunk() { reply.body += chunk }
        }
        return reply
    }

    /// The head of a reply whose body is read by ``chunk()``.
    func streamHead() throws -> String { try take(until: "\r\n\r\n") }

    /// The next chunk, nil for the last.
    func chunk() throws -> String? {
        guard let count = Int(try take(until: "\r\n").prefix { $0.isHexDigit }, radix: 16) else {
            throw Failure(description: "a chunk without size")
        }
        let chunk = String(decoding: try take(count), as: UTF8.self)
        _ = try take(2)
        return count == 0 ? nil : chunk
    }

    /// True when the server ended the connection and nothing is left to read.
    func isAtEnd() throws -> Bool {
        try received.isEmpty && fill() == 0
    }

    /// Everything until the server ends the connection (or resets it).
    func rest() throws -> String {
        while try fill() > 0 {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    private func take(until end: String) throws -> String {
        let end = Array(end.utf8)
        var searched = 0
        while true {
            if received.count >= end.count {
                for start in max(0, searched - end.count)...(received.count - end.count)
                where received[start..<start + end.count].elementsEqual(end) {
                    return String(decoding: try take(start + end.count), as: UTF8.self)
                }
            }
            searched = received.count
            guard try fill() > 0 else {
                throw Failure(description: "the server closed after \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try fill() > 0 else {
                throw Failure(description: "the server closed after \(received.count) of \(count) bytes")
            }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func fill() throws -> Int {
        var room = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &room, room.count, 0)
        if count < 0 {
            if errno == ECONNRESET { return 0 }
            throw Failure(
                description: "nothing to read: errno \(errno), have \(String(decoding: received, as: UTF8.self))"
            )
        }
        received += room[..<count]
        return count
    }
}
