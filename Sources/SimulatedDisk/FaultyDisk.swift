import Raft
package import Storage
import Synchronization

/// A disk in memory that fails as disks do, and on demand. Deterministic: the same seed and the same calls give the
/// same bytes.
///
/// Every operation that changes something has a number, from 1; a fault can be put on each. After a power cut every
/// call throws, until `reboot` gives the disk as the next start finds it.
package final class FaultyDisk: Disk {
    /// What happens instead of an operation.
    package enum Fault: Hashable, Sendable {
        /// The power fails before it.
        case powerCutBefore
        /// The power fails after it, before anyone hears of it.
        case powerCutAfter
        /// The power fails in it: of a write, some part is done.
        case powerCutWithin
        /// It throws an input/output error. A sync that does so loses what it should have synced, and reports success
        /// the next time, as Linux does.
        case error
    }

    struct State: Sendable {
        var volume = SimulatedVolume()
        var random: SplitMix64
        var operations = 0
        var faults: [Int: Fault] = [:]
        /// Bytes of files that can't be read.
        var spoiled: [Int: [Range<Int>]] = [:]
        var isDead = false
        var capacityBytes: Int?
        var writeBytesLeft: Int?
    }

    let state: Mutex<State>

    package init(seed: UInt64) { state = Mutex(State(random: SplitMix64(seed: seed))) }

    private init(_ state: consuming State) { self.state = Mutex(state) }

    // MARK: Faults

    /// How many operations there were.
    package var operations: Int { state.withLock { $0.operations } }

    /// Whether the power has failed.
    package var isDead: Bool { state.withLock { $0.isDead } }

    /// Puts a fault on the operation with this number, counted from the first one of this disk.
    package func inject(_ fault: Fault, at operation: Int) {
        state.withLock { $0.faults[operation] = fault }
    }

    /// Takes back the faults that have not struck yet.
    package func removeFaults() {
        state.withLock { $0.faults = [:] }
    }

    /// Cuts the power now.
    package func cutPower() { state.withLock { $0.isDead = true } }

    /// Bytes all files together have.
    package var usedBytes: Int { state.withLock { $0.volume.usedBytes } }

    /// Bytes all files together may have; nil for no limit. Lower than what is used: nothing grows any more.
    package func setCapacity(_ bytes: Int?) { state.withLock { $0.capacityBytes = bytes } }

    /// Bytes that may still be written, also over old ones, as on a file system that never overwrites; nil: no limit.
    package func setWriteBudget(_ bytes: Int?) { state.withLock { $0.writeBytesLeft = bytes } }

    /// The disk as the next start finds it after a power cut.
    package func reboot(_ fate: UnsyncedFate = .drawn) -> FaultyDisk {
        var state = state.withLock { $0 }
        state.volume.loseUnsynced(fate, using: &state.random)
        return FaultyDisk(Self.restarted(state))
    }

    /// The disk as the next process finds it when only this one died: nothing written is lost.
    package func restartProcess() -> FaultyDisk {
        var state = state.withLock { $0 }
        state.volume.locked = []
        return FaultyDisk(Self.restarted(state))
    }

    /// An equal disk on which everything is durable.
    package func copy() -> FaultyDisk {
        let copy = restartProcess()
        copy.state.withLock { $0.volume.syncAll() }
        return copy
    }

    private static func restarted(_ state: State) -> State {
        var state = state
        state.isDead = false
        state.faults = [:]
        state.operations = 0
        return state
    }

    // MARK: What time does to a disk

    /// Lets the disk not give back these bytes of a file any more: reading any of them is an input/output error.
    package func spoil(_ range: Range<Int>, of path: String) {
        state.withLock { state in
            guard let file = state.volume.file(at: path) else { preconditionFailure("no file \(path)") }
            state.spoiled[file, default: []].append(range)
        }
    }

    /// Turns one bit of a file over.
    package func flip(bit: Int, ofByte offset: Int, in path: String) {
        state.withLock { state in
            guard let file = state.volume.file(at: path) else { preconditionFailure("no file \(path)") }
            state.volume[file].flip(bit: bit, ofByte: offset)
        }
    }

    /// The bytes of a file, or nil.
    package func bytes(of path: String) -> [UInt8]? {
        state.withLock { state in state.volume.file(at: path).map { state.volume[$0].current } }
    }

    /// Puts a file there with these bytes, or none, as if it had been so for long.
    package func plant(_ bytes: [UInt8]?, at path: String) {
        state.withLock { state in
            state.volume.remove(path)
            if let bytes { _ = state.volume.create(path, SimulatedFile(durable: bytes)) }
            state.volume.syncDirectory(SimulatedVolume.directory(of: path))
        }
    }

    // MARK: Disk

    package func open(_ path: String, creating: Bool) throws(StorageError) -> any DiskFile {
        if !creating {
            return try look { state throws(StorageError) in
                guard let file = state.volume.file(at: path) else { throw Self.missing(path) }
                return FaultyFile(path: path, disk: self, file: file)
            }
        }
        return try change { state throws(StorageError) in
            guard state.volume.hasDirectory(SimulatedVolume.directory(of: path)) else { throw Self.missing(path) }
            if let file = state.volume.file(at: path) {
                state.volume[file].truncate(to: 0)
                return FaultyFile(path: path, disk: self, file: file)
            }
            return FaultyFile(path: path, disk: self, file: state.volume.create(path, SimulatedFile()))
        }
    }

    package func list(_ path: String) throws(StorageError) -> [String] {
        try look { state throws(StorageError) in
            guard state.volume.hasDirectory(path) else { throw Self.missing(path) }
            return state.volume.list(path)
        }
    }

    package func size(_ path: String) throws(StorageError) -> Int? {
        try look { state throws(StorageError) in
            state.volume.file(at: path).map { state.volume[$0].current.count }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        try change { state throws(StorageError) in
            guard state.volume.file(at: path) != nil else { throw Self.missing(path) }
            state.volume.rename(path, to: newPath)
        }
    }

    package func remove(_ path: String) throws(StorageError) {
        try change { state throws(StorageError) in state.volume.remove(path) }
    }

    package func createDirectory(_ path: String) throws(StorageError) {
        try change { state throws(StorageError) in
            guard state.volume.file(at: path) == nil else { return }
            _ = state.volume.create(path, SimulatedFile(isDirectory: true))
        }
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        try change { state throws(StorageError) in state.volume.syncDirectory(path) }
    }

    package func freeBytes() throws(StorageError) -> Int {
        try look { state throws(StorageError) in
            let free = state.capacityBytes.map { max(0, $0 - state.volume.usedBytes) } ?? 1 << 40
            return min(free, state.writeBytesLeft ?? .max)
        }
    }

    package func lock(_ path: String) throws(StorageError) -> any DiskLock {
        try look { state throws(StorageError) in
            guard state.volume.locked.insert(path).inserted else {
                throw StorageError(.locked, "\(path) is locked by another process.")
            }
        }
        return FaultyLock(path: path, disk: self)
    }

    // MARK: Operations

    /// Runs an operation that changes nothing.
    func look<Result: Sendable>(
        _ body: (inout State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try state.withLock { state throws(StorageError) in
            guard !state.isDead else { throw Self.powerCut }
            return try body(&state)
        }
    }

    /// Runs an operation that changes something, with the fault that is put on it.
    ///
    /// - Parameter part: what of it is done where the power fails within it.
    func change<Result: Sendable>(
        orPart part: (inout State) -> Void = { _ in },
        orFailing failing: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try look { state throws(StorageError) in
            state.operations += 1
            guard let fault = state.faults[state.operations] else { return try body(&state) }
            switch fault {
            case .powerCutBefore: break
            case .powerCutAfter: _ = try body(&state)
            case .powerCutWithin: part(&state)
            case .error:
                failing(&state)
                throw StorageError(.ioError, "The disk reports an error at operation \(state.operations).", cause: 5)
            }
            state.isDead = true
            throw Self.powerCut
        }
    }

    private static let powerCut = StorageError(.ioError, "The power has failed.")

    private static func missing(_ path: String) -> StorageError {
        StorageError(.notFound, "\(path) does not exist.", cause: 2)
    }
}
