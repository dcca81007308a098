/// Why a server could not start.
package struct HTTPServerError: Error, Equatable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// Another process (or another server here) listens on this port.
        case portInUse(UInt16)
        /// The host is no address, or none of this machine's.
        case badAddress
        /// The kernel gave no socket, thread or descriptor.
        case noResources
    }

    package let code: Code
    /// What went wrong and what to do about it.
    package let message: String

    package var description: String { message }

    /// `HTTPServerError.portInUse(port)`, as tests and callers compare it.
    package static func portInUse(_ port: UInt16) -> HTTPServerError {
        HTTPServerError(
            code: .portInUse(port),
            message: "port \(port) is in use: stop what listens there, or choose another port"
        )
    }

    static func badAddress(_ host: String, reason: String) -> HTTPServerError {
        HTTPServerError(
            code: .badAddress,
            message:
                "can't listen on \"\(host)\" (\(reason)): give an IPv4 or IPv6 address of this machine, or localhost"
        )
    }

    static func noResources(_ what: String, reason: String) -> HTTPServerError {
        HTTPServerError(
            code: .noResources,
            message: "can't open \(what) (\(reason)): raise the limit of open files (ulimit -n)"
        )
    }
}
