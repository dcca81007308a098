import CCurl
import Glibc

/// A descriptor that ends the sleep of a client's thread. Closed with its last reference, so that a thread which
/// decided
/// to signal it never meets another file under its number.
final class CurlWake: Sendable {
    let descriptor: Int32

    /// Nil if the process has no descriptor left.
    init?() {
        descriptor = ccurl_wake_open()
        guard descriptor >= 0 else { return nil }
    }

    func signal() {
        ccurl_wake(descriptor)
    }

    deinit {
        if descriptor >= 0 { ccurl_wake_close(descriptor) }
    }
}
