import Raft
import Storage
import Synchronization

/// An open file of a `FaultyDisk`.
final class FaultyFile: DiskFile {
    let path: String
    private let disk: FaultyDisk
    private let file: Int

    init(path: String, disk: FaultyDisk, file: Int) {
        self.path = path
        self.disk = disk
        self.file = file
    }

    func size() throws(StorageError) -> Int {
        try disk.look { state throws(StorageError) in state.volume[file].current.count }
    }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        try disk.look { state throws(StorageError) in
            let bytes = state.volume[file].current
            let wanted = offset..<max(offset, min(offset + count, bytes.count))
            guard state.spoiled[file]?.contains(where: { $0.overlaps(wanted) }) != true else {
                throw StorageError(.ioError, "The disk can't read \(path) at byte \(offset).", cause: 5)
            }
            return Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try disk.change(orPart: { state in self.writePart(of: bytes, at: offset, &state) }) {
            state throws(StorageError) in
            let fitting = min(bytes.count, self.room(at: offset, in: state))
            state.volume[file].write(bytes[..<fitting], at: offset)
            state.writeBytesLeft = state.writeBytesLeft.map { $0 - fitting }
            guard fitting == bytes.count else {
                throw StorageError(.diskFull, "There is no room to write \(path).", cause: 28)
            }
        }
    }

    func sync() throws(StorageError) {
        try disk.change(orFailing: { state in state.volume[self.file].loseDirty() }) { state throws(StorageError) in
            state.volume[file].sync()
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        try disk.change { state throws(StorageError) in
            guard size - state.volume[file].current.count <= self.room(at: state.volume[file].current.count, in: state)
            else { throw StorageError(.diskFull, "There is no room to extend \(path).", cause: 28) }
            state.volume[file].truncate(to: size)
        }
    }

    func close() {}

    /// Bytes that can be written at `offset`.
    private func room(at offset: Int, in state: FaultyDisk.State) -> Int {
        let growth = state.capacityBytes.map { max(0, $0 - state.volume.usedBytes) } ?? Int.max / 2
        let overwritten = max(0, state.volume[file].current.count - offset)
        return min(overwritten + growth, state.writeBytesLeft ?? .max)
    }

    /// A write cut short: a prefix of it, or some of its sectors and not others.
    private func writePart(of bytes: [UInt8], at offset: Int, _ state: inout FaultyDisk.State) {
        if state.random.next(below: 2) == 0 {
            let count = Int(state.random.next(below: UInt64(bytes.count) + 1))
            state.volume[file].write(bytes[..<count], at: offset)
            return
        }
        var start = 0
        while start < bytes.count {
            let sectorEnd = ((offset + start) / SimulatedFile.sectorBytes + 1) * SimulatedFile.sectorBytes
            let end = min(bytes.count, sectorEnd - offset)
            if state.random.next(below: 2) == 0 { state.volume[file].write(bytes[start..<end], at: offset + start) }
            start = end
        }
    }
}

/// A lock on a `FaultyDisk`.
final class FaultyLock: DiskLock {
    private let path: String
    private let disk: FaultyDisk

    init(path: String, disk: FaultyDisk) {
        self.path = path
        self.disk = disk
    }

    func release() { disk.state.withLock { _ = $0.volume.locked.remove(path) } }
}
