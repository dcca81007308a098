// Part of the C wall: the daemon and its thunks, which unwrap and forward, nothing more.
import CMicroHTTPD
import HTTPTypes

/// A libmicrohttpd daemon driven by its ``ConnectionLoop``: one thread makes it, runs it and stops it.
final class MHDDaemon {
    private let raw: OpaquePointer

    /// nil when the library can't start. `loop` must outlive the daemon: the library holds it unretained.
    init?(loop: ConnectionLoop, connectionsMax: Int) {
        var callbacks = cmicrohttpd_callbacks()
        callbacks.loop = Unmanaged.passUnretained(loop).toOpaque()
        callbacks.connection_opened = { loop, raw, descriptor in
            guard let loop, let raw else { return nil }
            let connection = Unmanaged<ConnectionLoop>.fromOpaque(loop).takeUnretainedValue()
                .connectionOpened(MHDConnection(raw: raw), Socket(descriptor: descriptor))
            // The library's hold on it, given back by connection_closed.
            return Unmanaged.passRetained(connection).toOpaque()
        }
        callbacks.connection_closed = { context in
            guard let context else { return }
            let connection = Unmanaged<Connection>.fromOpaque(context).takeRetainedValue()
            connection.loop.connectionClosed(connection)
        }
        callbacks.request_began = { context, target, count in
            guard let context else { return }
            let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
            connection.loop.requestBegan(connection, target: UnsafeBufferPointer(start: target, count: count))
        }
        callbacks.request_continued = { context, _, method, version, piece, count in
            guard let context, let method, let version else { return false }
            let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
            if connection.awaitsHead {
                return connection.loop.headArrived(connection, MHDRequestLine(method: method, version: version))
            }
            guard count == 0 else {
                return connection.loop.bodyArrived(connection, UnsafeBufferPointer(start: piece, count: count))
            }
            return connection.loop.bodyEndedOrResumed(connection)
        }
        callbacks.request_ended = { context, completed in
            guard let context else { return }
            let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
            connection.loop.requestEnded(connection, completed: completed)
        }
        callbacks.refusal_due = { loop, status, about in
            guard let loop else { return }
            Unmanaged<ConnectionLoop>.fromOpaque(loop).takeUnretainedValue()
                .libraryIsToRefuse(status: Int(status), isAboutChunks: about == CMICROHTTPD_OWN_CHUNKS)
        }
        callbacks.log = { loop, line, count in
            guard let loop, let line else { return }
            let bytes = UnsafeRawBufferPointer(start: line, count: count)
            Unmanaged<ConnectionLoop>.fromOpaque(loop).takeUnretainedValue()
                .libraryLogged(String(decoding: bytes, as: UTF8.self))
        }
        guard let raw = cmicrohttpd_start(&callbacks, UInt32(clamping: connectionsMax)) else { return nil }
        self.raw = raw
    }

    /// Readable when there is work.
    var descriptor: Int32 { cmicrohttpd_descriptor(raw) }

    /// How long the loop may wait before ``run()``; nil is for ever.
    var timeoutMilliseconds: Int32? {
        let timeout = cmicrohttpd_timeout_ms(raw)
        return timeout < 0 ? nil : timeout
    }

    /// Serves what is ready. False when the library gave up.
    func run() -> Bool { cmicrohttpd_run(raw) }

    /// Hands over an accepted socket, which the library closes in any case. False when it could not take it.
    func add(_ socket: Socket) -> Bool { cmicrohttpd_add(raw, socket.descriptor) }

    /// The last call. `<microhttpd.h>`: "it is an API violation to call MHD_stop_daemon while having suspended
    /// connections".
    func stop() { cmicrohttpd_stop(raw) }

    /// Once a process, before the first daemon.
    static let prepareProcess: Void = cmicrohttpd_prepare_process()

    /// Waits until the daemon, the event or the watcher has something.
    func wait(event: WakeEvent, watcher: Watcher, milliseconds: Int32) -> (event: Bool, watcher: Bool) {
        let ready = cmicrohttpd_wait_three(descriptor, event.descriptor, watcher.descriptor, milliseconds)
        return (ready & 2 != 0, ready & 4 != 0)
    }
}

/// What the library read of a request line, beside the target. Valid for one callback.
struct MHDRequestLine {
    let method: UnsafePointer<CChar>
    let version: UnsafePointer<CChar>

    /// nil for what is no token.
    var parsedMethod: HTTPRequest.Method? {
        switch String(cString: method) {
        case "GET": .get
        case "POST": .post
        case let other: HTTPRequest.Method(rawValue: other)
        }
    }
}
