// Part of the C wall: what a loop does to one connection of the library.
import CMicroHTTPD
import HTTPTypes

/// The library's connection. Valid from `connectionOpened` to `connectionClosed`, on the loop's thread only.
struct MHDConnection {
    let raw: OpaquePointer

    /// Only from within the access handler; then the library neither reads, times out nor notices the peer's end.
    func suspend() { cmicrohttpd_suspend(raw) }

    /// Exactly once for each ``suspend()``: a surplus one silently cancels the next suspension. Takes effect in the
    /// next run.
    func resume() { cmicrohttpd_resume(raw) }

    var remoteAddress: String {
        var room = [CChar](repeating: 0, count: 64)
        let count = room.withUnsafeMutableBufferPointer { room in
            cmicrohttpd_remote_address(raw, room.baseAddress, room.count)
        }
        return String(decoding: room.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether all headers of its request are in.
    var hasWholeHead: Bool { cmicrohttpd_has_whole_head(raw) }

    /// Checks and copies the request's headers in one pass. `scratch` is the loop's, at least `headerBytesMax` long.
    func inspectHead(
        of line: MHDRequestLine,
        headersMax: Int,
        headerBytesMax: Int,
        scratch: inout [UInt8]
    ) -> InspectedHead {
        var head = cmicrohttpd_head()
        scratch.withUnsafeMutableBufferPointer { room in
            let (method, version) = (line.method, line.version)
            cmicrohttpd_inspect(
                raw,
                method,
                version,
                headersMax,
                headerBytesMax,
                room.baseAddress,
                room.count,
                &head
            )
        }
        return InspectedHead(
            refusal: InspectedHead.refusal(forViolations: Int32(bitPattern: head.violations)),
            announcedBytes: head.has_length ? Int(clamping: head.content_length) : nil,
            isChunked: head.is_chunked,
            packed: Array(scratch[..<head.packed_bytes])
        )
    }

    /// Queues a reply, from within the access handler only. False when the library takes none: the connection must be
    /// closed.
    func queue(_ response: Response, serverName: String, closes: Bool) -> Bool {
        let reply = response.body.withUnsafeBufferPointer { body in
            cmicrohttpd_reply(body.baseAddress, response.mayHaveBody ? body.count : 0)
        }
        guard let reply else { return false }
        addHeaders(of: response, to: reply, serverName: serverName, closes: closes)
        return cmicrohttpd_queue(raw, UInt32(response.status.code), reply)
    }

    /// Queues a reply whose body the library asks `connection`'s loop for. False when it takes none.
    func queueStream(_ head: Response, serverName: String, closes: Bool, of connection: Connection) -> Bool {
        // The library's second hold on it, given back by stream_released, which may come after connection_closed.
        let context = Unmanaged.passRetained(connection)
        guard let reply = cmicrohttpd_streamed_reply(context.toOpaque(), readStream, releaseStream) else {
            context.release()
            return false
        }
        addHeaders(of: head, to: reply, serverName: serverName, closes: closes)
        return cmicrohttpd_queue(raw, UInt32(head.status.code), reply)
    }

    private func addHeaders(of response: Response, to reply: OpaquePointer, serverName: String, closes: Bool) {
        for field in response.headers where !Response.framing.contains(field.name) {
            // Refused only for line breaks, which HTTPField has already turned into spaces.
            _ = cmicrohttpd_add_header(reply, field.name.rawName, field.value)
        }
        if !serverName.isEmpty { _ = cmicrohttpd_add_header(reply, "Server", serverName) }
        if closes { _ = cmicrohttpd_add_header(reply, "Connection", "close") }
    }
}

/// The library asks for more of a stream's body.
private let readStream: cmicrohttpd_stream_read = { context, room, count in
    guard let context, let room else { return Int64(CMICROHTTPD_STREAM_ABORT) }
    let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    switch connection.loop.streamNeeds(connection, atMost: count) {
    case .bytes(let bytes):
        _ = UnsafeMutableBufferPointer(start: room, count: count).update(fromContentsOf: bytes)
        return Int64(bytes.count)
    case .wait: return 0
    case .end: return Int64(CMICROHTTPD_STREAM_END)
    case .abort: return Int64(CMICROHTTPD_STREAM_ABORT)
    }
}

private let releaseStream: cmicrohttpd_stream_released = { context in
    guard let context else { return }
    Unmanaged<Connection>.fromOpaque(context).release()
}

/// What one pass over a request's headers found.
struct InspectedHead {
    /// Why the request must not reach a handler.
    let refusal: Refusal?
    let announcedBytes: Int?
    let isChunked: Bool
    let packed: [UInt8]

    private static let badRequests: [(violation: Int32, sentence: String)] = [
        (CMICROHTTPD_BAD_NAME, HeaderLine.nameRule),
        (CMICROHTTPD_BAD_VALUE, "A header's value holds a control character."),
        (CMICROHTTPD_REPEATED_LENGTH, "There is more than one Content-Length."),
        (CMICROHTTPD_BAD_LENGTH, "Content-Length is not a number."),
        (CMICROHTTPD_LENGTH_AND_ENCODING, "Content-Length and Transfer-Encoding exclude each other."),
        (CMICROHTTPD_ENCODING_BEFORE_1_1, "HTTP/1.0 has no Transfer-Encoding."),
        (CMICROHTTPD_MISSING_HOST, "There is no Host header."),
        (CMICROHTTPD_REPEATED_HOST, "There is more than one Host header."),
        (CMICROHTTPD_LOST_BYTES, "A header is folded over more than one line, holds a NUL or has no name."),
        (CMICROHTTPD_REPEATED_TYPE, "There is more than one Content-Type."),
    ]

    static func refusal(forViolations violations: Int32) -> Refusal? {
        if violations == 0 { return nil }
        if let bad = badRequests.first(where: { violations & $0.violation != 0 }) { return .badRequest(bad.sentence) }
        return violations & CMICROHTTPD_UNSUPPORTED_ENCODING != 0 ? .unsupportedTransferEncoding : .headersTooLarge
    }
}
