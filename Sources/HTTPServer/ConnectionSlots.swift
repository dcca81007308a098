/// A loop's connections by place. An id that outlived its connection finds nothing.
struct ConnectionSlots {
    private var connections: [Connection?] = []
    private var generations: [UInt32] = []
    private var free: [Int] = []
    private(set) var count = 0

    /// A place for the next connection, to be filled by ``fill(_:)``.
    mutating func reserve() -> ConnectionID {
        if let slot = free.popLast() {
            generations[slot] &+= 1
            return ConnectionID(slot: slot, generation: generations[slot])
        }
        connections.append(nil)
        generations.append(0)
        return ConnectionID(slot: connections.count - 1, generation: 0)
    }

    mutating func fill(_ connection: Connection) {
        connections[connection.id.slot] = connection
        count += 1
    }

    mutating func release(_ id: ConnectionID) {
        precondition(self[id] != nil, "connection \(id) released twice")
        connections[id.slot] = nil
        free.append(id.slot)
        count -= 1
    }

    subscript(id: ConnectionID) -> Connection? {
        guard id.slot < connections.count, generations[id.slot] == id.generation else { return nil }
        return connections[id.slot]
    }

    subscript(slot slot: Int) -> Connection? { connections[slot] }

    subscript(key key: UInt64) -> Connection? {
        self[ConnectionID(slot: Int(UInt32(truncatingIfNeeded: key)), generation: UInt32(key >> 32))]
    }

    /// All open connections at this moment.
    var all: [Connection] { connections.compactMap { $0 } }
}
