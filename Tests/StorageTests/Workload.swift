import Raft
import SimulatedDisk

/// A fixed sequence of calls to `DataDirectory.persist`, drawn from a seed: appends of all sizes and kinds, batches,
/// cuts, votes, several parts in one call.
struct Workload {
    let calls: [[Persist]]

    /// - Parameter isWitness: whether entries come as a witness keeps them.
    init(seed: UInt64, calls count: Int, payloadBytesMax: Int = 300, isWitness: Bool = false) {
        var generator = SeededGenerator(seed: seed)
        var model = LogModel()
        var token: UInt64 = 0
        var term = Term(1)
        calls = (0..<count).map { _ in
            (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                token += 1
                var part = Persist(token: PersistToken(token))
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    term = term.next
                    let votes: [NodeID?] = [nil, "a", "b"]
                    part.hardState = HardState(term: term, vote: votes[Int.random(in: 0..<3, using: &generator)])
                }
                if !model.entries.isEmpty, Int.random(in: 0..<6, using: &generator) == 0 {
                    let back = Int.random(in: 1...min(8, model.entries.count), using: &generator)
                    part.truncateAfter = LogIndex(model.last.index.rawValue - UInt64(back))
                }
                var after = model
                after.applyLog(part)
                part.entries = Self.entries(
                    Int.random(in: 0...4, using: &generator),
                    term: term,
                    after: after,
                    payloadBytesMax: payloadBytesMax,
                    using: &generator
                )
                if isWitness { part.entries = part.entries.map(\.withoutPayload) }
                model.apply(part)
                return part
            }
        }
    }

    static func entries(
        _ count: Int,
        term: Term,
        after model: LogModel,
        payloadBytesMax: Int = 100,
        using generator: inout SeededGenerator
    ) -> [Entry] {
        var entries: [Entry] = []
        var index = model.last.index
        var chain = model.lastChain
        for place in 0..<count {
            index = index.next
            let length = Int.random(in: 0...payloadBytesMax, using: &generator)
            let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let entry = Entry(
                id: EntryID(term: term, index: index),
                kind: kind(of: payload),
                continues: place % 3 == 0 && place < count - 1,
                payload: payload,
                after: chain
            )
            entries.append(entry)
            chain = entry.chain
        }
        return entries
    }

    private static func kind(of payload: [UInt8]) -> Entry.Kind {
        if payload.isEmpty { return .noop }
        return payload.count % 8 == 1 ? .membership : .command
    }
}
