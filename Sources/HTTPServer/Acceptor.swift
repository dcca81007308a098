import Logging
import Synchronization

/// Accepts connections and chooses their loop by their first request, on one thread. The library can't: a connection
/// never changes its daemon, and at its limit it lets clients hang instead of telling them.
final class Acceptor {
    struct Environment: Sendable {
        let listener: ListeningSocket
        let configuration: HTTPServerConfiguration
        let loops: [LoopHandle]
        let counters: ServerCounters
        let control: AcceptorControl
        let logger: Logger
        let refusal: @Sendable (Refusal) -> Response
    }

    /// A connection not (or no longer) served by a loop.
    private struct Pending {
        let socket: Socket
        /// It has its refusal and is only read until its end, lest a reset destroys what was sent.
        var isLingering = false
        var hasSentBytes = false
        /// Beyond the limit of connections: welcome only as a peer.
        var isSurplus = false
    }

    private static let listenerKey: UInt64 = 1 << 32
    private static let wakeKey: UInt64 = 2 << 32
    private static let acceptsATurnMax = 128
    private static let lingeringMax = 1024

    private let environment: Environment
    private let watcher: Watcher
    private var pending: [Int32: Pending] = [:]
    private var lingeringCount = 0
    private var deadlines = DeadlineHeap()
    private var peekRoom: [UInt8]
    private var spare = SpareDescriptor()
    private var pausedUntil: ContinuousClock.Instant?
    private var now = ContinuousClock.now

    private init(_ environment: Environment) throws(HTTPServerError) {
        self.environment = environment
        watcher = try Watcher()
        let configuration = environment.configuration
        peekRoom = [UInt8](repeating: 0, count: RequestPeek.bytesMax(configuration))
        guard watcher.watch(environment.control.wake, key: Self.wakeKey), watchListener() else {
            throw .noResources("an epoll entry", reason: "the kernel refused it")
        }
    }

    /// The thread's body: returns when ``AcceptorControl/stop()`` was called.
    static func run(_ environment: Environment, isReady: (HTTPServerError?) -> Void) {
        let acceptor: Acceptor
        do throws(HTTPServerError) {
            acceptor = try Acceptor(environment)
        } catch {
            return isReady(error)
        }
        isReady(nil)
        while !environment.control.isStopping { acceptor.turn() }
        acceptor.finish()
    }

    private func turn() {
        let next = [deadlines.first, pausedUntil].compactMap { $0 }.min()
        let keys = watcher.wait(milliseconds: next.map { ($0 - .now).millisecondsRoundedUp } ?? -1)
        now = .now
        for key in keys {
            switch key {
            case Self.listenerKey: acceptWaiting()
            case Self.wakeKey: environment.control.wake.clear()
            default: bytesArrived(Int32(truncatingIfNeeded: key))
            }
        }
        while let descriptor = deadlines.popDue(now) { expire(Int32(descriptor)) }
        if let pausedUntil, pausedUntil <= now {
            self.pausedUntil = watchListener() ? nil : now + .milliseconds(100)
        }
    }

    private func finish() {
        // Closing the listener resets those who still wait for it: they would not know what became of their request.
        acceptWaiting()
        environment.listener.socket.close()
        for entry in pending.values {
            if entry.isLingering || entry.isSurplus || entry.hasSentBytes {
                if !entry.isLingering { forgetWaiting() }
                if entry.hasSentBytes { entry.socket.sendLastWords(lastWords(.draining)) }
                drop(entry)
            } else {
                // Its first request may be on its way.
                release(entry)
                direct(entry, to: .writes)
            }
        }
    }

    // MARK: - Accepting

    private func watchListener() -> Bool {
        watcher.watch(environment.listener.socket, for: .readable, key: Self.listenerKey)
    }

    private func acceptWaiting() {
        for _ in 0..<Self.acceptsATurnMax {
            switch environment.listener.accept() {
            case .socket(let socket): welcome(socket)
            case .noneWaiting: return
            case .noDescriptors: return turnAwayWithoutDescriptors()
            case .failed(let reason):
                environment.logger.error("accept failed", metadata: ["reason": "\(reason)"])
                return pause()
            }
        }
    }

    private func welcome(_ socket: Socket) {
        let open = environment.counters.connections.wrappingAdd(1, ordering: .relaxed).newValue
        guard open <= environment.configuration.allConnectionsMax else {
            environment.counters.connectionEnded()
            return refuse(socket, .tooManyConnections)
        }
        environment.counters.waiting.add(1)
        examine(Pending(socket: socket, isSurplus: open > environment.configuration.connectionsMax), isNew: true)
    }

    /// No descriptor is left: the spare one lets the next connection hear of it.
    private func turnAwayWithoutDescriptors() {
        environment.counters.descriptorShortages.add(1)
        if spare.release(), case .socket(let socket) = environment.listener.accept() {
            environment.counters.refused(.tooManyConnections)
            socket.sendLastWords(lastWords(.tooManyConnections))
            socket.close()
        } else {
            pause()
        }
        spare.reclaim()
    }

    /// Leaves the others in the backlog for a moment, rather than spin on a listener that stays readable.
    private func pause() {
        environment.logger.warning("not accepting connections for 100 ms: out of file descriptors or memory")
        watcher.unwatch(environment.listener.socket)
        pausedUntil = now + .milliseconds(100)
    }

    // MARK: - Waiting for the first request

    private func bytesArrived(_ descriptor: Int32) {
        guard let entry = pending[descriptor] else { return }
        if entry.isLingering {
            if !entry.socket.discardReceived() { drop(entry) }
        } else {
            examine(entry, isNew: false)
        }
    }

    private func examine(_ entry: Pending, isNew: Bool) {
        var entry = entry
        switch entry.socket.peek(into: &peekRoom) {
        case .failed, .bytes(0):
            if isNew { entry.socket.close() } else { drop(entry) }
            forgetWaiting()
            return
        case .bytes(let count):
            entry.hasSentBytes = true
            switch RequestPeek(peekRoom[..<count], limits: environment.configuration) {
            case .incomplete: break
            case .head(let target, let accept):
                if !isNew { release(entry) }
                return direct(entry, to: kind(target: target, accept: accept))
            case .refused(let refusal):
                if !isNew { release(entry) }
                forgetWaiting()
                return refuse(entry.socket, refusal)
            }
        case .nothingYet:
            break
        }
        if isNew {
            let patience = environment.configuration.receiveTimeout
            // Those beyond the limit hold places that peers may need.
            keep(entry, for: .arrivals, until: now + (entry.isSurplus ? min(patience, .seconds(2)) : patience))
        } else {
            pending[entry.socket.descriptor] = entry
        }
    }

    private func keep(_ entry: Pending, for interest: Watcher.Interest, until deadline: ContinuousClock.Instant) {
        guard watcher.watch(entry.socket, for: interest, key: UInt64(entry.socket.descriptor)) else {
            entry.socket.close()
            if !entry.isLingering { forgetWaiting() }
            return
        }
        pending[entry.socket.descriptor] = entry
        if entry.isLingering { lingeringCount += 1 }
        deadlines.lower(Int(entry.socket.descriptor), to: deadline)
    }

    /// Ours no more, but open.
    private func release(_ entry: Pending) {
        watcher.unwatch(entry.socket)
        pending[entry.socket.descriptor] = nil
        if entry.isLingering { lingeringCount -= 1 }
        deadlines.remove(Int(entry.socket.descriptor))
    }

    private func drop(_ entry: Pending) {
        release(entry)
        entry.socket.close()
    }

    private func forgetWaiting() {
        environment.counters.waiting.subtract(1)
        environment.counters.connectionEnded()
    }

    private func expire(_ descriptor: Int32) {
        guard let entry = pending[descriptor] else { return }
        if entry.isLingering { return drop(entry) }
        forgetWaiting()
        release(entry)
        if entry.hasSentBytes { refuse(entry.socket, .requestTimeout) } else { entry.socket.close() }
    }

    // MARK: - Handing over and turning away

    private func kind(target: String, accept: String) -> HTTPServerMetrics.LoopKind {
        let configuration = environment.configuration
        if configuration.peerPaths.contains(where: { $0 == RequestPeek.path(of: target) }) { return .peers }
        return configuration.isStream(target, accept) ? .streams : .writes
    }

    private func direct(_ entry: Pending, to kind: HTTPServerMetrics.LoopKind) {
        if entry.isSurplus, kind != .peers {
            forgetWaiting()
            return refuse(entry.socket, .tooManyConnections)
        }
        environment.counters.waiting.subtract(1)
        let candidates = environment.loops.lazy.filter { $0.kind == kind }
        guard let loop = candidates.min(by: { $0.counters.connections.value < $1.counters.connections.value }) else {
            preconditionFailure("no loop of kind \(kind)")
        }
        loop.counters.connections.add(1)
        loop.counters.connectionsTotal.add(1)
        loop.inbox.post(.serve(entry.socket))
    }

    private func refuse(_ socket: Socket, _ refusal: Refusal) {
        environment.counters.refused(refusal)
        socket.sendLastWords(lastWords(refusal))
        socket.shutdownSending()
        // Closing over unread bytes would send a reset, which can overtake the refusal.
        guard lingeringCount < Self.lingeringMax, socket.discardReceived() else { return socket.close() }
        keep(Pending(socket: socket, isLingering: true), for: .arrivals, until: now + .seconds(1))
    }

    private func lastWords(_ refusal: Refusal) -> [UInt8] {
        environment.refusal(refusal).lastWords(serverName: environment.configuration.serverName)
    }
}

/// How other threads stop an acceptor.
final class AcceptorControl: Sendable {
    let wake: WakeEvent
    private let stopping = Atomic<Bool>(false)

    init() throws(HTTPServerError) {
        wake = try WakeEvent()
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        wake.raise()
    }
}

/// A loop as other threads see it.
struct LoopHandle: Sendable {
    let kind: HTTPServerMetrics.LoopKind
    let inbox: Inbox
    let counters: LoopCounters
}
