/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), eight bytes a step.
package struct CRC32C: Sendable {
    private var remainder: UInt32

    /// Starts a checksum that goes on from `seed`, the value of another one, or 0 for none.
    package init(seed: UInt32 = 0) { remainder = ~seed }

    package var value: UInt32 { ~remainder }

    package mutating func update(byte: UInt8) {
        remainder = Self.tables[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8)
    }

    package mutating func update(littleEndian word: UInt64) {
        remainder = Self.advance(remainder, by: word, Self.tables)
    }

    package mutating func update(_ bytes: [UInt8]) {
        update(bytes[...])
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        let tables = Self.tables
        var position = bytes.startIndex
        while bytes.endIndex - position >= 8 {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(bytes[position + offset]) << (8 * UInt64(offset)) }
            remainder = Self.advance(remainder, by: word, tables)
            position += 8
        }
        while position < bytes.endIndex {
            update(byte: bytes[position])
            position += 1
        }
    }

    private static func advance(_ remainder: UInt32, by word: UInt64, _ tables: [UInt32]) -> UInt32 {
        let mixed = word ^ UInt64(remainder)
        var result: UInt32 = 0
        for place in 0..<8 {
            result ^= tables[(7 - place) * 256 + Int((mixed >> (8 * UInt64(place))) & 0xFF)]
        }
        return result
    }

    /// Eight tables of 256, one after the other: table n advances a byte that stands n places before the end.
    private static let tables: [UInt32] = {
        let polynomial: UInt32 = 0x82F6_3B78
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? (remainder >> 1) ^ polynomial : remainder >> 1 }
            tables[byte] = remainder
        }
        for place in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(place - 1) * 256 + byte]
                tables[place * 256 + byte] = tables[Int(before & 0xFF)] ^ (before >> 8)
            }
        }
        return tables
    }()
}
