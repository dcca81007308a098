import Raft

/// One file as a disk and the memory in front of it see it.
struct SimulatedFile: Sendable {
    static let sectorBytes = 512

    /// What readers see.
    private(set) var current: [UInt8] = []
    /// What a power cut leaves for sure.
    private(set) var durable: [UInt8] = []
    /// Sectors written since they last reached the disk.
    private var dirtySectors = SectorSet()
    private var isSizeDirty = false

    let isDirectory: Bool

    init(isDirectory: Bool = false) { self.isDirectory = isDirectory }

    /// A file that has been on disk for long.
    init(durable bytes: [UInt8]) {
        isDirectory = false
        current = bytes
        durable = bytes
    }

    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        if current.count < end {
            current += [UInt8](repeating: 0, count: end - current.count)
            isSizeDirty = true
        }
        current.replaceSubrange(offset..<end, with: bytes)
        dirtySectors.insert(offset / Self.sectorBytes...(end - 1) / Self.sectorBytes)
    }

    mutating func truncate(to size: Int) {
        isSizeDirty = isSizeDirty || size != current.count
        if size < current.count {
            current.removeLast(current.count - size)
        } else {
            current += [UInt8](repeating: 0, count: size - current.count)
        }
    }

    mutating func sync() {
        if isSizeDirty { resize(&durable, to: current.count) }
        forEachDirtySector { file, sector in file.copy(sector, upTo: Self.sectorBytes) }
        forgetDirty()
    }

    /// A sync that failed: readers still see what was written, but it will never reach the disk.
    mutating func loseDirty() { forgetDirty() }

    /// What a power cut leaves: the fate of each unsynced sector, and of the size, is drawn.
    mutating func loseUnsynced(_ fate: UnsyncedFate, using random: inout SplitMix64) {
        if isSizeDirty, fate == .kept || fate == .drawn && random.next(below: 2) == 0 {
            resize(&durable, to: current.count)
        }
        forEachDirtySector { file, sector in
            switch fate {
            case .lost: break
            case .kept: file.copy(sector, upTo: Self.sectorBytes)
            case .drawn:
                switch random.next(below: 3) {
                case 0: break
                case 1: file.copy(sector, upTo: Self.sectorBytes)
                default: file.copy(sector, upTo: Int(random.next(below: UInt64(Self.sectorBytes) + 1)))
                }
            }
        }
        current = durable
        forgetDirty()
    }

    mutating func flip(bit: Int, ofByte offset: Int) {
        let mask = UInt8(1) << UInt8(bit)
        current[offset] ^= mask
        if offset < durable.count { durable[offset] ^= mask }
    }

    /// The set is moved out meanwhile, so that it is never copied.
    private mutating func forEachDirtySector(_ body: (inout SimulatedFile, Int) -> Void) {
        var dirty = SectorSet()
        swap(&dirty, &dirtySectors)
        dirty.forEach { body(&self, $0) }
        swap(&dirty, &dirtySectors)
    }

    private mutating func copy(_ sector: Int, upTo count: Int) {
        let start = sector * Self.sectorBytes
        let end = min(start + count, durable.count, current.count)
        guard start < end else { return }
        durable.replaceSubrange(start..<end, with: current[start..<end])
    }

    private mutating func forgetDirty() {
        dirtySectors.removeAll()
        isSizeDirty = false
    }

    private func resize(_ bytes: inout [UInt8], to size: Int) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
        } else {
            bytes += [UInt8](repeating: 0, count: size - bytes.count)
        }
    }
}

/// What becomes of writes, and of names, that were not synced when the power failed.
package enum UnsyncedFate: Sendable {
    /// None of them reached the disk.
    case lost
    /// All of them did.
    case kept
    /// Each for itself: reached it, didn't, or in part.
    case drawn
}
