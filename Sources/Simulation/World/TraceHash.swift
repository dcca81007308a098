/// Sums up everything that happens in a world: equal runs have equal hashes, in every build.
package struct TraceHash: Hashable, Sendable {
    package private(set) var value: UInt64 = 0x6A09_E667_F3BC_C908

    package mutating func mix(_ number: UInt64) {
        value = (value ^ number) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    package mutating func mix(_ number: Int) { mix(UInt64(bitPattern: Int64(number))) }
}
