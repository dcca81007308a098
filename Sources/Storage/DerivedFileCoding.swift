import Raft

/// What files that can be made again have in common: a magic and a version first, a checksum over all last.
extension [UInt8] {
    /// Whether these are the whole bytes of a derived file of this kind.
    func isDerivedFile(magic: [UInt8], version: UInt32, fixedBytes: Int) -> Bool {
        count >= fixedBytes + 4 && Array(self[0..<8]) == magic && littleEndian(at: 8) == version
            && littleEndian(at: count - 4) == dropLast(4).checksum
    }

    mutating func append(_ id: EntryID) {
        append(littleEndian: id.index.rawValue)
        append(littleEndian: id.term.rawValue)
    }

    func entryID(at offset: Int) -> EntryID {
        EntryID(term: Term(word(at: offset + 8)), index: LogIndex(word(at: offset)))
    }

    func chain(at offset: Int) -> ChainValue { ChainValue(UInt32(truncatingIfNeeded: word(at: offset))) }
}

extension Disk {
    /// The bytes of a derived file; nil where there is none, or none that can be read: it is made again.
    func derivedContents(of path: String) throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            return try contents(of: path)
        } catch {
            guard error.isLostData else { throw error }
            return nil
        }
    }
}
