import CCurl
import HTTPTypes

/// An easy handle of libcurl and the Swift side of its callbacks. Belongs to one client's thread.
///
/// The handle owns the C transfer and lives longer: the C side holds it unretained, and calls back only while a
/// transfer
/// of ours is in its engine, during which `CurlEngine` or the transfer retains the handle.
final class CurlHandle {
    /// Bodies up to this many bytes go out in one write with the head, for one copy; larger ones are read piece by
    /// piece.
    private static let bodyBytesAtOnceMax = 16 << 10

    private var pointer: OpaquePointer?
    /// Whom the callbacks concern. Set while the handle is in its engine.
    private(set) var transfer: Transfer?

    /// Nil if there is no memory.
    init?(tls: HTTPClientTLS?) {
        var callbacks = Self.callbacks
        let owner = Unmanaged.passUnretained(self).toOpaque()
        pointer = Self.withPointer(to: tls) { ccurl_transfer_new(owner, &callbacks, $0) }
        if pointer == nil { return nil }
    }

    deinit {
        if let pointer { ccurl_transfer_free(pointer) }
    }

    static func from(owner: UnsafeMutableRawPointer) -> CurlHandle {
        Unmanaged<CurlHandle>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Makes the handle ready for a transfer's request and adds it to an engine. False if libcurl has no memory.
    func start(_ transfer: Transfer, in engine: OpaquePointer) -> Bool {
        let request = transfer.request
        let sendsBody = !request.body.isEmpty || [.post, .put, .patch].contains(request.method)
        let fields = RequestHead.lines(for: request, sendsBody: sendsBody)
        let goesAtOnce = request.body.count <= Self.bodyBytesAtOnceMax
        let prepared = request.body.withUnsafeBufferPointer { body in
            ccurl_transfer_prepare(
                pointer,
                request.url,
                request.method.rawValue,
                fields,
                fields.count,
                sendsBody,
                goesAtOnce ? body.baseAddress : nil,
                body.count,
                request.connectTimeout.curlMilliseconds,
                request.redirectsMax,
                request.isRepeatable
            )
        }
        guard prepared else { return false }
        self.transfer = transfer
        if ccurl_engine_add(engine, pointer) { return true }
        self.transfer = nil
        return false
    }

    /// The transfer left the engine, or is to leave it now.
    func stop(removeFrom engine: OpaquePointer?) {
        if let engine { ccurl_engine_remove(engine, pointer) }
        transfer = nil
    }

    /// Whether any byte of the request went to a socket.
    var hasSent: Bool { ccurl_transfer_has_sent(pointer) }

    /// libcurl's own words about what went wrong.
    var errorText: String { String(cString: ccurl_transfer_error(pointer)) }

    private static let callbacks = ccurl_callbacks(
        will_send: { owner in transfer(of: owner)?.progress() },
        upload: { owner, buffer, capacity in
            guard let buffer, let piece = transfer(of: owner)?.upload(countMax: capacity) else { return 0 }
            return piece.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(start: buffer, count: capacity).copyMemory(from: bytes)
                return bytes.count
            }
        },
        rewind: { owner in transfer(of: owner)?.rewind() },
        head_line: { owner, bytes, count in
            transfer(of: owner)?.receive(headLine: UnsafeBufferPointer(start: bytes, count: count)) ?? false
        },
        body: { owner, bytes, count in
            transfer(of: owner)?.receive(body: UnsafeRawBufferPointer(start: bytes, count: count)) ?? false
        }
    )

    private static func transfer(of owner: UnsafeMutableRawPointer?) -> Transfer? {
        owner.flatMap { from(owner: $0).transfer }
    }

    private static func withPointer<Result>(
        to tls: HTTPClientTLS?,
        _ body: (UnsafePointer<ccurl_tls>?) -> Result
    ) -> Result {
        guard let tls else { return body(nil) }
        return withOptionalCString(tls.authoritiesFile) { authorities in
            withOptionalCString(tls.certificateFile) { certificate in
                withOptionalCString(tls.keyFile) { key in
                    var files = ccurl_tls(authorities: authorities, certificate: certificate, key: key)
                    return body(&files)
                }
            }
        }
    }

    private static func withOptionalCString<Result>(
        _ string: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let string else { return body(nil) }
        return string.withCString(body)
    }
}
