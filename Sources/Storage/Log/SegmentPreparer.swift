import Dispatch
import Raft
import Synchronization

/// Makes the next segment before it is needed.
///
/// Files are made and replaced on one serial queue only, and never one whose number was already taken: no late or
/// repeated request can touch a segment that is in use.
final class SegmentPreparer: Sendable {
    private enum Phase: Sendable {
        case idle
        /// Asked for; the queue has it to do. `after`: why the attempt before this one failed.
        case due(SegmentHeader, after: StorageError?)
        case ready(SegmentFile)
        case failed(StorageError, at: Instant)
    }

    private struct State: Sendable {
        var phase = Phase.idle
        /// The number of the segment last handed out.
        var taken: UInt64

        var failure: StorageError? {
            switch phase {
            case .failed(let error, _): error
            case .due(_, let error): error
            case .idle, .ready: nil
            }
        }
    }

    private let disk: any Disk
    private let settings: StorageSettings
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "tandem.storage.prepare")

    /// - Parameters:
    ///   - current: the number of the segment in use; zero before the first.
    ///   - ready: the empty segment behind it, where one was found at the start.
    init(disk: any Disk, settings: StorageSettings, current: UInt64, ready: SegmentFile?) {
        self.disk = disk
        self.settings = settings
        state = Mutex(State(phase: ready.map { .ready($0) } ?? .idle, taken: current))
    }

    /// Bytes in the segment that is ready; zero where none is.
    var readyBytes: Int {
        state.withLock { state in if case .ready(let segment) = state.phase { segment.header.capacity } else { 0 } }
    }

    /// Why the last attempt failed, until the next succeeds.
    var failure: StorageError? {
        state.withLock { $0.failure }
    }

    /// Begins to make this segment unless it is in use, there, under way, failed just now, or failed for good.
    func prepare(_ header: SegmentHeader) {
        let now = settings.now()
        let isDue = state.withLock { state in
            switch state.phase {
            case .due, .ready: return false
            // Nobody knows what is there now: the next write says so, and nothing more is tried.
            case .failed(let error, _) where error.isFinal: return false
            case .failed(_, let time) where now.since(time) < settings.retryInterval: return false
            case .idle, .failed:
                guard header.sequence > state.taken else { return false }
                state.phase = .due(header, after: state.failure)
                return true
            }
        }
        guard isDue else { return }
        if settings.preparesInBackground {
            queue.async { self.makeDue() }
        } else {
            queue.sync { makeDue() }
        }
    }

    /// The segment to go on in, of at least this size: the one made ahead, waiting for it where it is under way;
    /// otherwise one made now.
    func take(_ header: SegmentHeader) throws(StorageError) -> SegmentFile {
        let result: Result<SegmentFile, StorageError> = queue.sync {
            do throws(StorageError) {
                return .success(try takeOnQueue(header))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Takes back a segment that was not gone on in.
    func giveBack(_ segment: SegmentFile) {
        state.withLock { $0 = State(phase: .ready(segment), taken: segment.header.sequence - 1) }
    }

    /// Returns when nothing is under way.
    func wait() {
        queue.sync {}
    }

    private func takeOnQueue(_ header: SegmentHeader) throws(StorageError) -> SegmentFile {
        let ready = state.withLock { state -> SegmentFile? in
            precondition(header.sequence == state.taken + 1, "segment \(header.sequence) after \(state.taken)")
            if case .ready(let segment) = state.phase { return segment }
            // What is due and not begun is done here.
            state.phase = .idle
            return nil
        }
        var segment = ready
        if let small = ready, small.header.capacity < header.capacity {
            try disk.remove(small.path)
            state.withLock { $0.phase = .idle }
            segment = nil
        }
        do throws(StorageError) {
            let taken = if let segment { segment } else { try create(header) }
            state.withLock { $0 = State(taken: header.sequence) }
            return taken
        } catch {
            state.withLock { $0.phase = .failed(error, at: settings.now()) }
            throw error
        }
    }

    private func makeDue() {
        let header = state.withLock { state -> SegmentHeader? in
            if case .due(let header, _) = state.phase { header } else { nil }
        }
        guard let header else { return }
        do throws(StorageError) {
            let segment = try create(header)
            state.withLock { $0.phase = .ready(segment) }
        } catch {
            state.withLock { $0.phase = .failed(error, at: settings.now()) }
        }
    }

    private func create(_ header: SegmentHeader) throws(StorageError) -> SegmentFile {
        guard try disk.freeBytes() >= header.capacity else {
            throw StorageError(
                .diskFull,
                "There is no room for another log segment of \(header.capacity) bytes. Free space on the data "
                    + "directory's disk; service goes on by itself then."
            )
        }
        return try SegmentFile.create(header, on: disk)
    }
}
