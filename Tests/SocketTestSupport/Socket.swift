import Glibc

/// What the tests need of Berkeley sockets.
package enum Socket {
    package struct Failure: Error {
        let call: String
        let code = errno
    }

    /// Listens on a free loopback port.
    package static func listen(isIPv6: Bool = false, backlog: Int32 = 128) throws -> (descriptor: Int32, port: UInt16) {
        let family = isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        let bound = isIPv6 ? bindIPv6(descriptor) : bindIPv4(descriptor)
        guard bound, Glibc.listen(descriptor, backlog) == 0 else {
            defer { close(descriptor) }
            throw Failure(call: "bind")
        }
        return (descriptor, try port(of: descriptor))
    }

    /// A port on which nobody listens: bound here, but not listening. Close the descriptor after use.
    package static func deadPort() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, bindIPv4(descriptor) else { throw Failure(call: "bind") }
        return (descriptor, try port(of: descriptor))
    }

    private static func bindIPv4(_ descriptor: Int32) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func bindIPv6(_ descriptor: Int32) -> Bool {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }

    private static func port(of descriptor: Int32) throws -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let known = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard known else { throw Failure(call: "getsockname") }
        // The port stands at the same place for both families.
        return UInt16(bigEndian: storage.sin6_port)
    }
}
