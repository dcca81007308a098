import CCurl

/// libcurl's multi interface over epoll, for one thread: made, used and destroyed there.
final class CurlEngine {
    /// Kept handles cost a few KiB each and save making them again.
    private static let idleHandlesMax = 128

    /// Set once in the life of the process, before the first handle.
    static let isInitialized = ccurl_initialize()

    private let pointer: OpaquePointer
    private let wake: CurlWake
    private let tls: HTTPClientTLS?
    private var idleHandles: [CurlHandle] = []

    /// Nil if the process has no memory or no descriptor left.
    init?(wake: CurlWake, idleConnectionsMax: Int, tls: HTTPClientTLS?) {
        guard Self.isInitialized, let pointer = ccurl_engine_new(wake.descriptor, idleConnectionsMax) else {
            return nil
        }
        self.pointer = pointer
        self.wake = wake
        self.tls = tls
    }

    deinit {
        ccurl_engine_free(pointer)
    }

    /// Starts a transfer. Its first bytes move in the next `runTimers`. False if there is no memory.
    func start(_ transfer: Transfer) -> Bool {
        guard let handle = idleHandles.popLast() ?? CurlHandle(tls: tls), handle.start(transfer, in: pointer) else {
            return false
        }
        transfer.phase = .running(handle)
        return true
    }

    /// Gives a running transfer up and closes its connection. Returns whether any byte of its request was sent.
    func abandon(_ handle: CurlHandle) -> Bool {
        let hasSent = handle.hasSent
        handle.stop(removeFrom: pointer)
        keep(handle)
        return hasSent
    }

    /// One transfer that libcurl is done with.
    func nextFinished() -> (Transfer, Result<HTTPClientResponse, HTTPClientError>)? {
        var result = ccurl_result()
        guard let owner = ccurl_engine_next_finished(pointer, &result) else { return nil }
        let handle = CurlHandle.from(owner: owner)
        guard let transfer = handle.transfer else { preconditionFailure("an idle handle finished") }
        let outcome = transfer.outcome(result, of: handle)
        handle.stop(removeFrom: nil)
        keep(handle)
        return (transfer, outcome)
    }

    func runTimers() {
        ccurl_engine_run_timers(pointer)
    }

    /// Sleeps until something happens, at most `timeout`; nil: for ever.
    func wait(_ timeout: Duration?) {
        let milliseconds = timeout.map { $0 > .zero ? $0.curlMilliseconds : 0 } ?? -1
        ccurl_engine_wait(pointer, Int32(milliseconds))
    }

    private func keep(_ handle: CurlHandle) {
        if idleHandles.count < Self.idleHandlesMax { idleHandles.append(handle) }
    }
}
