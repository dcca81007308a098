import Dispatch
import Raft
import Synchronization

/// Makes the next segment before it is needed.
final class SegmentPreparer: Sendable {
    private enum State: Sendable {
        case idle
        case running
        case ready(SegmentFile)
        case failed(StorageError, at: Instant)
    }

    private let disk: any Disk
    private let settings: StorageSettings
    private let state = Mutex(State.idle)
    private let queue = DispatchQueue(label: "tandem.storage.prepare")

    init(disk: any Disk, settings: StorageSettings) {
        self.disk = disk
        self.settings = settings
    }

    /// Takes an empty segment found at the start.
    func adopt(_ segment: SegmentFile) {
        state.withLock { $0 = .ready(segment) }
    }

    /// Bytes in the segment that is ready; zero where none is.
    var readyBytes: Int {
        state.withLock { state in if case .ready(let segment) = state { segment.header.capacity } else { 0 } }
    }

    /// Why the last attempt failed, until the next succeeds.
    var failure: StorageError? {
        state.withLock { state in if case .failed(let error, _) = state { error } else { nil } }
    }

    /// Begins to make this segment unless it is there, under way, or failed just now.
    func prepare(_ header: SegmentHeader) {
        let now = settings.now()
        let due = state.withLock { state in
            switch state {
            case .running, .ready: return false
            case .failed(_, let time) where now.since(time) < settings.retryInterval: return false
            case .idle, .failed: state = .running
            }
            return true
        }
        guard due else { return }
        if settings.preparesInBackground {
            queue.async { self.make(header) }
        } else {
            make(header)
        }
    }

    /// The segment to go on in, of at least this size: the one prepared, waiting for it where it is under way;
    /// otherwise one made now.
    func take(_ header: SegmentHeader) throws(StorageError) -> SegmentFile {
        // Waits for the segment under way: the queue is serial.
        if settings.preparesInBackground { queue.sync {} }
        let ready = state.withLock { state -> SegmentFile? in
            if case .ready(let segment) = state { segment } else { nil }
        }
        if let ready, ready.header.capacity >= header.capacity {
            state.withLock { $0 = .idle }
            return ready
        }
        // A prepared one that is too small is replaced by the rename that ends this.
        do throws(StorageError) {
            let segment = try create(header)
            state.withLock { $0 = .idle }
            return segment
        } catch {
            if ready == nil { state.withLock { $0 = .failed(error, at: settings.now()) } }
            throw error
        }
    }

    /// Returns when nothing is under way.
    func wait() {
        if settings.preparesInBackground { queue.sync {} }
    }

    private func make(_ header: SegmentHeader) {
        do throws(StorageError) {
            let segment = try create(header)
            state.withLock { $0 = .ready(segment) }
        } catch {
            state.withLock { $0 = .failed(error, at: settings.now()) }
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
