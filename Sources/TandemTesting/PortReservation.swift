import Foundation
import Glibc

/// Ports of this machine that no other throwaway cluster uses while this value is kept, in this or another process.
///
/// Locks on files hold them, so that a node that is killed and started again finds its port still its own. They are
/// below the range that outgoing connections take theirs from.
final class PortReservation: Sendable {
    let ports: [UInt16]
    private let locks: [Int32]

    init(count: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-testing-ports-\(getuid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var ports: [UInt16] = []
        var locks: [Int32] = []
        for port in Array(UInt16(20_000)..<30_000).shuffled() where ports.count < count {
            let lock = open(folder.appendingPathComponent("\(port)").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard lock >= 0 else { break }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 && Self.isFree(port) {
                ports.append(port)
                locks.append(lock)
            } else {
                close(lock)
            }
        }
        guard ports.count == count else {
            locks.forEach { close($0) }
            throw ThrowawayClusterError(.couldNotStart, "Of \(count) free ports, only \(ports.count) were found.")
        }
        self.ports = ports
        self.locks = locks
    }

    deinit {
        locks.forEach { close($0) }
    }

    /// Whether nobody listens on the port: binding it works.
    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
