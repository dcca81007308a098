// Part of the C wall: descriptors, waiting and waking.
import CMicroHTTPD
import Glibc

/// A socket's number. Whoever holds it last closes it; the library closes those handed over to it.
struct Socket: Sendable, Equatable {
    let descriptor: Int32

    enum Peek: Equatable {
        /// So many bytes are there; 0 is the peer's end.
        case bytes(Int)
        case nothingYet
        case failed
    }

    /// Looks at what was received without taking it.
    func peek(into room: inout [UInt8]) -> Peek {
        let result = room.withUnsafeMutableBufferPointer { room in
            cmicrohttpd_peek(descriptor, room.baseAddress, room.count)
        }
        if result >= 0 { return .bytes(Int(result)) }
        return -result == EAGAIN ? .nothingYet : .failed
    }

    /// Whether bytes are there that nobody has read.
    var hasUnreadBytes: Bool {
        var byte: UInt8 = 0
        return cmicrohttpd_peek(descriptor, &byte, 1) > 0
    }

    /// Whether the peer has ended its side, or the connection, and everything it sent has been read.
    var hasEnded: Bool {
        var byte: UInt8 = 0
        let result = cmicrohttpd_peek(descriptor, &byte, 1)
        return result == 0 || (result < 0 && -result != EAGAIN)
    }

    /// Sends what fits into the kernel's buffer and forgets the rest: for short last words.
    func sendLastWords(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { bytes in
            // Nobody is left to tell: the connection ends either way.
            _ = cmicrohttpd_send(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    /// Throws away what was received. True while the peer may still send.
    func discardReceived() -> Bool { cmicrohttpd_discard(descriptor) }
    func shutdown() { cmicrohttpd_shutdown(descriptor) }
    func shutdownSending() { cmicrohttpd_shutdown_sending(descriptor) }
    func close() { cmicrohttpd_close(descriptor) }
}

/// A listening socket of our own: the library's would neither say that a port is taken nor let us choose the loop.
struct ListeningSocket: Sendable {
    let socket: Socket
    let port: UInt16

    /// Throws ``HTTPServerError``: port in use, bad address, no descriptor left.
    init(host: String, port: UInt16, backlog: Int32 = 4096) throws(HTTPServerError) {
        var boundPort: UInt16 = 0
        let result = cmicrohttpd_listen(host, port, backlog, &boundPort)
        switch -result {
        case EADDRINUSE: throw .portInUse(port)
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: throw .noResources("a listening socket", reason: errorText(-result))
        case 1...: throw .badAddress(host, reason: errorText(-result))
        default: break
        }
        socket = Socket(descriptor: result)
        self.port = boundPort
    }

    enum Accepted {
        case socket(Socket)
        case noneWaiting
        /// The process or the machine has no descriptor left.
        case noDescriptors
        case failed(String)
    }

    func accept() -> Accepted {
        let result = cmicrohttpd_accept(socket.descriptor)
        if result >= 0 { return .socket(Socket(descriptor: result)) }
        switch -result {
        case EAGAIN: return .noneWaiting
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .noDescriptors
        default: return .failed(errorText(-result))
        }
    }
}

enum DescriptorLimit {
    /// The process's limit of open files, after raising it as far as allowed.
    static func raise() -> Int { Int(clamping: cmicrohttpd_raise_descriptor_limit()) }
}

/// A descriptor held back, to be given up when none is left and a connection must be told so.
struct SpareDescriptor {
    private var descriptor = cmicrohttpd_spare_descriptor()

    /// False when there was none to give.
    mutating func release() -> Bool {
        guard descriptor >= 0 else { return false }
        cmicrohttpd_close(descriptor)
        descriptor = -1
        return true
    }

    mutating func reclaim() {
        if descriptor < 0 { descriptor = cmicrohttpd_spare_descriptor() }
    }
}

/// Wakes a thread that waits on descriptors.
final class WakeEvent: Sendable {
    let descriptor: Int32

    init() throws(HTTPServerError) {
        descriptor = cmicrohttpd_event()
        guard descriptor >= 0 else { throw .noResources("an eventfd", reason: errorText(-descriptor)) }
    }

    deinit { cmicrohttpd_close(descriptor) }

    func raise() { cmicrohttpd_event_raise(descriptor) }
    func clear() { cmicrohttpd_event_clear(descriptor) }
}

/// An epoll of our own, beside the library's.
final class Watcher {
    enum Interest {
        /// Whenever bytes arrive.
        case arrivals
        /// While readable.
        case readable
        /// Once, when the peer closes or resets.
        case hangUp
    }

    let descriptor: Int32
    private var keys = [UInt64](repeating: 0, count: 64)

    init() throws(HTTPServerError) {
        descriptor = cmicrohttpd_watcher()
        guard descriptor >= 0 else { throw .noResources("an epoll", reason: errorText(-descriptor)) }
    }

    deinit { cmicrohttpd_close(descriptor) }

    /// False when the kernel can't watch one more.
    func watch(_ socket: Socket, for interest: Interest, key: UInt64) -> Bool {
        let wanted =
            switch interest {
            case .arrivals: CMICROHTTPD_READABLE
            case .readable: CMICROHTTPD_READABLE_LEVEL
            case .hangUp: CMICROHTTPD_GONE
            }
        return cmicrohttpd_watch(descriptor, socket.descriptor, key, wanted) == 0
    }

    func watch(_ event: WakeEvent, key: UInt64) -> Bool {
        watch(Socket(descriptor: event.descriptor), for: .readable, key: key)
    }

    func unwatch(_ socket: Socket) { cmicrohttpd_unwatch(descriptor, socket.descriptor) }

    /// The keys of what happened, at most 64, waiting at most `milliseconds` (-1: for ever).
    func wait(milliseconds: Int32) -> ArraySlice<UInt64> {
        let count = keys.withUnsafeMutableBufferPointer { keys in
            cmicrohttpd_wait(descriptor, keys.baseAddress, Int32(keys.count), milliseconds)
        }
        return keys[..<Int(count)]
    }
}

enum HTTPDate {
    /// Now, as RFC 9110 §5.6.7 wants it.
    static var now: String {
        var text = [CChar](repeating: 0, count: 30)
        text.withUnsafeMutableBufferPointer { text in
            if let start = text.baseAddress { cmicrohttpd_http_date(start) }
        }
        return String(decoding: text.prefix(29).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

func errorText(_ error: Int32) -> String {
    var room = [CChar](repeating: 0, count: 128)
    return room.withUnsafeMutableBufferPointer { room in
        guard let start = room.baseAddress, let text = cmicrohttpd_error_text(error, start, room.count) else {
            return "error \(error)"
        }
        return String(cString: text)
    }
}
