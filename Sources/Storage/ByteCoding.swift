import Raft

/// Little-endian integers in byte arrays: the byte order of every file of ours.
extension [UInt8] {
    mutating func append<Value: FixedWidthInteger & UnsignedInteger>(littleEndian value: Value) {
        for place in 0..<Value.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: value >> Value(place * 8)))
        }
    }

    /// The integer that starts at `offset`; it must end within the array.
    func littleEndian<Value: FixedWidthInteger & UnsignedInteger>(at offset: Int, as: Value.Type = Value.self) -> Value
    {
        var value: Value = 0
        for place in 0..<Value.bitWidth / 8 {
            value |= Value(truncatingIfNeeded: self[offset + place]) << Value(place * 8)
        }
        return value
    }

    /// The eight bytes at `offset` as a little-endian integer, in one load.
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    mutating func appendZeros(_ count: Int) {
        append(contentsOf: [UInt8](repeating: 0, count: count))
    }

    /// Where the last byte other than zero at or after `start` is, or nil.
    func lastNonZero(from start: Int) -> Int? {
        var position = count
        while position > start {
            if self[position - 1] != 0 { return position - 1 }
            position -= 1
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// CRC-32C over all of it.
    var checksum: UInt32 {
        var checksum = CRC32C()
        checksum.update(self)
        return checksum.value
    }
}
