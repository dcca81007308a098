import Raft

/// What is to happen, in the order of its time; of two at one time, the one that was noted first.
struct Agenda {
    private struct Item {
        var time: UInt64
        var sequence: UInt64
        var slot: Int

        func isBefore(_ other: Item) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    /// A binary heap: each item before its two children.
    private var heap: [Item] = []
    /// What happens then, kept apart so that the heap moves only small things.
    private var slots: [Happening?] = []
    private var freeSlots: [Int] = []
    private var sequence: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func add(_ happening: Happening, at time: Instant) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = happening
        } else {
            slot = slots.count
            slots.append(happening)
        }
        sequence += 1
        heap.append(Item(time: time.nanoseconds, sequence: sequence, slot: slot))
        rise(from: heap.count - 1)
    }

    mutating func next() -> (time: Instant, happening: Happening)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        guard let happening = slots[first.slot] else { preconditionFailure("slot \(first.slot) is empty") }
        slots[first.slot] = nil
        freeSlots.append(first.slot)
        return (Instant(nanoseconds: first.time), happening)
    }

    private mutating func rise(from place: Int) {
        var place = place
        let item = heap[place]
        while place > 0, item.isBefore(heap[(place - 1) / 2]) {
            heap[place] = heap[(place - 1) / 2]
            place = (place - 1) / 2
        }
        heap[place] = item
    }

    private mutating func sink() {
        var place = 0
        let item = heap[0]
        while 2 * place + 1 < heap.count {
            var child = 2 * place + 1
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(item) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = item
    }
}
