import CCurl
import Glibc

/// Asks a machine whether anybody listens on a port.
package enum PortProbe {
    package enum Answer: Hashable, Sendable {
        /// A connection stood, and was closed again.
        case connected
        /// Every address of the host answered that nobody listens there.
        case refused
        /// No answer in time, an unknown name, no route: nothing is known.
        case unknown
    }

    /// Blocks until there is an answer, at most `timeout`, with name resolution. Any thread.
    ///
    /// - Parameter host: A name or an IP address; IPv6 with or without brackets.
    package static func probe(host: String, port: UInt16, timeout: Duration) -> Answer {
        let isBareIPv6 = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
        return probe(url: "http://\(isBareIPv6 ? "[\(host)]" : host):\(port)", timeout: timeout)
    }

    /// The same for the machine and port of an `http` or `https` URL; its path does not matter.
    package static func probe(url: String, timeout: Duration) -> Answer {
        guard CurlEngine.isInitialized else { return .unknown }
        switch ccurl_probe(url, timeout.curlMilliseconds) {
        case 0: return .connected
        case ECONNREFUSED: return .refused
        default: return .unknown
        }
    }
}
