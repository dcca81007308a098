extension UInt64 {
    /// 16 hexadecimal digits: as a JSON number it would lose some of its 64 bits in many readers.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
