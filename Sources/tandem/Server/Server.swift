import Cluster
import Dispatch
import Gateway
import HTTPClient
import HTTPServer
import Logging
import Raft
import Storage
import StorageView

/// One node: makes its parts, puts them together, runs them until it is told to stop.
struct Server {
    /// Why a server ends.
    private enum End: Sendable {
        case signal(String)
        case failure(String)
    }

    let configuration: ServerConfiguration
    private let logger = Logger(label: "tandem")

    init(configuration: ServerConfiguration) {
        self.configuration = configuration
    }

    /// Returns after a clean stop; throws `CommandFailure` where the node can't start or can't go on.
    func run() async throws {
        ProcessSettings.prepare()
        let (ends, end) = AsyncStream.makeStream(of: End.self)
        let signals = StopSignals { end.yield(.signal($0)) }
        defer { withExtendedLifetime(signals) {} }

        let parts = try start { end.yield(.failure($0)) }
        announce(parts.replica)
        for await reason in ends {
            switch reason {
            case .signal(let name): return stop(parts, because: name)
            // The disk or the log can't be trusted any more: nothing is finished, nothing is written.
            case .failure(let message): throw CommandFailure(status: .refused, message: "tandem serve: \(message)")
            }
        }
    }

    /// What runs, from the disk up.
    private struct Parts {
        var directory: DataDirectory
        /// Nil on a witness.
        var view: MessageView?
        var client: HTTPClient
        var replica: Replica
        var gateway: Gateway
    }

    private func start(onFailure: @escaping @Sendable (String) -> Void) throws -> Parts {
        do {
            let disk = try RealDisk(path: configuration.directory)
            let directory = try DataDirectory.open(
                on: disk,
                node: configuration.replica.id,
                incarnation: Incarnation(.random(in: .min ... .max)),
                settings: configuration.storage
            )
            let isWitness = configuration.replica.ownKind(in: directory) == .witness
            let view = isWitness ? nil : try directory.openView(path: "\(configuration.directory)/view.db")
            let client = HTTPClient(name: "peers")
            let replica = Replica(
                configuration: configuration.replica,
                directory: directory,
                view: view,
                client: client,
                logger: Logger(label: "replica"),
                onFailure: onFailure
            )
            let gateway = Gateway(
                configuration: configuration.gateway,
                replica: replica,
                logger: Logger(label: "http")
            )
            // Listening comes first: without its port, a node must not take part in elections.
            _ = try gateway.start()
            replica.start()
            return Parts(
                directory: directory,
                view: view,
                client: client,
                replica: replica,
                gateway: gateway
            )
        } catch let error as StorageError {
            throw CommandFailure(status: .refused, message: "tandem serve: \(error)")
        } catch let error as HTTPServerError {
            throw CommandFailure(status: .refused, message: "tandem serve: \(error)")
        }
    }

    /// Says on standard output when the node serves for the first time.
    private func announce(_ replica: Replica) {
        let (id, url, directory) = (configuration.replica.id, configuration.replica.url, configuration.directory)
        // A node whose peers are not there yet waits for them as long as it takes.
        replica.awaitPrimary(otherThan: nil, within: .seconds(365 * 86_400)) { primary in
            guard let primary else { return }
            let role = primary.id == id ? "is the primary" : "follows the primary \(primary.id)"
            print("tandem \(TandemVersion.text): node \(id) serves \(url) and \(role); data in \(directory)")
            StandardOutput.flush()
        }
    }

    /// A primary names its successor while it still serves: nobody has to notice that it is gone, and no write is left
    /// without an answer.
    private func handOver(_ replica: Replica) {
        let isOver = DispatchSemaphore(value: 0)
        replica.transferLeadership(to: nil) { [logger] outcome in
            switch outcome {
            case .transferred(let successor): logger.notice("handed over", metadata: ["to": "\(successor)"])
            case .timedOut: logger.warning("no successor took over in time")
            case .notAccepted, .noSuccessor, .alreadyUnderWay: break
            }
            isOver.signal()
        }
        // The outcome comes within an election timeout, unless this node loses its office to nobody.
        if isOver.wait(timeout: .now() + .seconds(1)) == .timedOut { logger.warning("stopping without a successor") }
    }

    private func stop(_ parts: Parts, because signal: String) {
        logger.notice("stopping", metadata: ["because": "\(signal)"])
        handOver(parts.replica)
        let drained = DispatchSemaphore(value: 0)
        DispatchQueue(label: "tandem.drain").async { [gateway = parts.gateway, grace = configuration.drainGrace] in
            gateway.drain(grace: grace)
            drained.signal()
        }
        // Requests that are here are answered within milliseconds, and on a busy machine later: what this node took as
        // the primary, it hears from its successor. But where it leads still, or again, a client that is slow to send a
        // request must not keep the other nodes waiting, for this one takes no more messages.
        var isDrained = false
        repeat {
            isDrained = drained.wait(timeout: .now() + .milliseconds(500)) == .success
        } while !isDrained && parts.replica.status.role != .leader
        parts.replica.stop()
        if !isDrained { drained.wait() }
        parts.gateway.stop()
        parts.client.close()
        do {
            try parts.view?.close()
            try parts.directory.close()
            logger.notice("stopped")
        } catch {
            // Everything acknowledged is on disk already; the next start recovers as after a crash.
            logger.error("the data directory could not be closed cleanly", metadata: ["error": "\(error)"])
        }
    }
}
