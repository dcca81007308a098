import Raft
import SimulatedDisk
import Storage

/// A fixed sequence of calls that write, trim, and replace the log, drawn from a seed.
struct BaseWorkload {
    enum Step {
        case persist([Persist])
        case trim(BaseState)
        case install(BaseState)
        case seal

        func run(on directory: DataDirectory) throws(StorageError) {
            switch self {
            case .persist(let batch): try directory.persist(batch)
            case .trim(let base): try directory.trim(to: base)
            case .install(let base): try directory.install(base)
            case .seal: try directory.seal()
            }
        }

        func apply(to model: inout LogModel) {
            switch self {
            case .persist(let batch): for part in batch { model.apply(part) }
            case .trim(let base): model.trim(to: base)
            case .install(let base): model.install(base)
            case .seal: break
            }
        }

        /// Every state the disk may hold after a crash within it.
        func states(from model: LogModel) -> [LogModel] {
            if case .persist(let batch) = self { return model.states(within: batch) }
            var after = model
            apply(to: &after)
            return [model, after]
        }
    }

    let steps: [Step]

    init(seed: UInt64, steps count: Int, payloadBytesMax: Int = 200) {
        var generator = SeededGenerator(seed: seed)
        var model = LogModel()
        var term = Term(1)
        steps = (1...count).map { token in
            let step: Step
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: step = .install(Self.installed(over: model, &term, using: &generator))
            case 1 where !model.entries.isEmpty: step = .trim(Self.trimmed(model, using: &generator))
            case 2: step = .seal
            default:
                step = .persist([
                    Self.part(token, &term, after: model, payloadBytesMax: payloadBytesMax, using: &generator)
                ])
            }
            step.apply(to: &model)
            return step
        }
    }

    private static func part(
        _ token: Int,
        _ term: inout Term,
        after model: LogModel,
        payloadBytesMax: Int,
        using generator: inout SeededGenerator
    ) -> Persist {
        var part = Persist(token: PersistToken(UInt64(token)))
        if !model.entries.isEmpty, Int.random(in: 0..<5, using: &generator) == 0 {
            term = term.next
            part.hardState = HardState(term: term, vote: "b")
            let back = Int.random(in: 0...min(6, model.entries.count), using: &generator)
            part.truncateAfter = model.last.index.advanced(by: -back)
        }
        var after = model
        after.applyLog(part)
        part.entries = Workload.entries(
            Int.random(in: 1...5, using: &generator),
            term: term,
            after: after,
            payloadBytesMax: payloadBytesMax,
            using: &generator
        )
        return part
    }

    static func trimmed(_ model: LogModel, using generator: inout SeededGenerator) -> BaseState {
        let entry = model.entries[Int.random(in: model.entries.indices, using: &generator)]
        return BaseState(
            entry: entry.id,
            chain: entry.chain,
            membership: [1, 2],
            state: (0..<Int.random(in: 0...80, using: &generator)).map { UInt8($0) }
        )
    }

    /// A base of another history, ahead of the log or not.
    private static func installed(
        over model: LogModel,
        _ term: inout Term,
        using generator: inout SeededGenerator
    ) -> BaseState {
        term = term.next
        let lowest = (model.base?.entry.index ?? 0).rawValue + 1
        let index = UInt64.random(in: lowest...lowest + 30, using: &generator)
        return BaseState(
            entry: EntryID(term: term, index: LogIndex(index)),
            chain: ChainValue(UInt32.random(in: 1 ... .max, using: &generator)),
            membership: [3],
            state: [UInt8](repeating: 9, count: Int.random(in: 0...80, using: &generator))
        )
    }
}
