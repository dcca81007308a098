/// At most one deadline a connection, in a binary heap that knows where each connection stands.
/// Setting a later deadline is free: the heap keeps the earlier one and the loop looks again when it passes. So a busy
/// connection costs a heap operation every few seconds, not one a request.
struct DeadlineHeap {
    private struct Entry {
        var time: ContinuousClock.Instant
        var slot: Int
    }

    private var entries: [Entry] = []
    /// By slot: the index in `entries`, or -1.
    private var positions: [Int] = []

    var count: Int { entries.count }

    /// The earliest time at which some connection must be looked at.
    var first: ContinuousClock.Instant? { entries.first?.time }

    /// Looks at `slot` no later than `time`. Keeps an earlier entry.
    mutating func lower(_ slot: Int, to time: ContinuousClock.Instant) {
        while positions.count <= slot { positions.append(-1) }
        let position = positions[slot]
        if position < 0 {
            entries.append(Entry(time: time, slot: slot))
            positions[slot] = entries.count - 1
            siftUp(entries.count - 1)
        } else if time < entries[position].time {
            entries[position].time = time
            siftUp(position)
        }
    }

    /// Removes and returns the slot with the earliest time, if that is not after `now`.
    mutating func popDue(_ now: ContinuousClock.Instant) -> Int? {
        guard let first = entries.first, first.time <= now else { return nil }
        remove(first.slot)
        return first.slot
    }

    mutating func remove(_ slot: Int) {
        guard slot < positions.count, positions[slot] >= 0 else { return }
        let position = positions[slot]
        positions[slot] = -1
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        positions[last.slot] = position
        siftUp(position)
        siftDown(positions[last.slot])
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].time < entries[parent].time else { return }
            swap(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].time < entries[least].time {
                least = child
            }
            guard least != parent else { return }
            swap(parent, least)
            parent = least
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        entries.swapAt(a, b)
        positions[entries[a].slot] = a
        positions[entries[b].slot] = b
    }
}
