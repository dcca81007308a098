/// Which sectors of a file differ from what the disk holds.
struct SectorSet: Sendable {
    private var words: [UInt64] = []
    /// No sector outside of this is in the set.
    private var bounds = 0..<0

    mutating func insert(_ sectors: ClosedRange<Int>) {
        let wordCount = sectors.upperBound / 64 + 1
        if words.count < wordCount { words += [UInt64](repeating: 0, count: wordCount - words.count) }
        for sector in sectors { words[sector / 64] |= 1 << UInt64(sector % 64) }
        bounds =
            bounds.isEmpty
            ? sectors.lowerBound..<sectors.upperBound + 1
            : min(bounds.lowerBound, sectors.lowerBound)..<max(bounds.upperBound, sectors.upperBound + 1)
    }

    /// Runs for each sector, lowest first.
    func forEach(_ body: (Int) -> Void) {
        for sector in bounds where words[sector / 64] & 1 << UInt64(sector % 64) != 0 { body(sector) }
    }

    mutating func removeAll() {
        guard !bounds.isEmpty else { return }
        for word in bounds.lowerBound / 64...(bounds.upperBound - 1) / 64 { words[word] = 0 }
        bounds = 0..<0
    }
}
