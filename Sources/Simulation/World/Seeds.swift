import Raft

/// Draws a generator of its own for each purpose from one seed, so that taking one fault away changes as little as
/// possible of the rest.
struct Seeds {
    enum Purpose: UInt64 {
        case incarnation = 1
        case clock, disk, diskTime, turn, link, client, node, swarm, administration
    }

    let seed: UInt64

    func value(_ purpose: Purpose, _ number: Int, _ second: Int = 0) -> UInt64 {
        var mixed = SplitMix64(seed: seed ^ purpose.rawValue << 56 ^ UInt64(number) << 32 ^ UInt64(second))
        _ = mixed.next()
        return mixed.next()
    }

    func random(_ purpose: Purpose, _ number: Int, _ second: Int = 0) -> SplitMix64 {
        SplitMix64(seed: value(purpose, number, second))
    }
}

extension SplitMix64 {
    mutating func next(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next(below: UInt64(range.upperBound - range.lowerBound) + 1))
    }

    mutating func hits(permille: Int) -> Bool { permille > 0 && next(below: 1000) < UInt64(permille) }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next(below: UInt64(elements.count)))]
    }
}
