import Messaging
package import Raft

/// Judges what clients were told by the one log that came out of it. No search is needed: the log says which order the
/// messages have.
package struct HistoryChecker {
    /// Every message of the log, in its order.
    private let log: [RecordedMessage]
    private let time: Instant
    /// Where in `log` the messages of each operation are.
    private var places: [Int: [Int]] = [:]

    package init(log: [RecordedMessage], at time: Instant = .zero) {
        self.log = log
        self.time = time
        for (place, message) in log.enumerated() { places[message.operation, default: []].append(place) }
    }

    package func violations(of history: History) -> [Violation] {
        var found = checkStamps() + checkIDs(history)
        for (number, operation) in history.operations.enumerated() {
            switch operation.kind {
            case .send(let count): found += check(number, operation, count: count)
            case .linearizableRead, .prefixRead: found += checkRead(number, operation)
            }
        }
        return found + checkOrder(history)
    }

    private func violation(_ rule: Violation.Rule, _ explanation: String) -> Violation {
        Violation(rule, at: time, explanation)
    }

    // MARK: Messages

    /// Along the log, ids and timestamps grow.
    private func checkStamps() -> [Violation] {
        zip(log, log.dropFirst()).filter { $0.stamp >= $1.stamp || $0.id >= $1.id }.map { before, after in
            violation(
                .timestampGoesBack,
                "message \(after.id) has \(after.stamp), after \(before.id) with \(before.stamp)"
            )
        }
    }

    /// No id is given to two messages.
    private func checkIDs(_ history: History) -> [Violation] {
        var owners: [UInt64: Int] = [:]
        var found: [Violation] = []
        for (number, operation) in history.operations.enumerated() {
            guard case .acknowledged(let ids, _) = operation.outcome else { continue }
            for id in ids {
                if let owner = owners[id] {
                    found.append(violation(.idGivenTwice, "operations \(owner) and \(number) were both given id \(id)"))
                }
                owners[id] = number
            }
        }
        return found
    }

    private func check(_ number: Int, _ operation: ClientOperation, count: Int) -> [Violation] {
        let messages = (places[number] ?? []).map { log[$0] }
        switch operation.outcome {
        case .acknowledged(let ids, let stamps):
            return checkAcknowledged(number, ids, stamps.map(\.rawValue), messages)
        case .notAccepted:
            guard let message = messages.first else { return [] }
            return [violation(.refusedMessageAppears, "operation \(number) was refused and is at \(message.id)")]
        case .unknown, .read:
            if messages.isEmpty { return [] }
            if messages.count > count {
                return [violation(.unknownMessageTwice, "operation \(number) is at \(messages.map(\.id))")]
            }
            return isWhole(messages, count: count) ? [] : [torn(number, messages)]
        }
    }

    private func checkAcknowledged(
        _ number: Int,
        _ ids: ClosedRange<UInt64>,
        _ stamps: [UInt64],
        _ messages: [RecordedMessage]
    ) -> [Violation] {
        let found = messages.map(\.id)
        if found.isEmpty {
            return [violation(.acknowledgedMessageMissing, "operation \(number) was given \(ids) and is nowhere")]
        }
        if found.count > ids.count {
            return [violation(.messageTwice, "operation \(number) was given \(ids) and is at \(found)")]
        }
        guard isWhole(messages, count: ids.count) else { return [torn(number, messages)] }
        if found != Array(ids) {
            return [violation(.acknowledgedMessageMoved, "operation \(number) was given \(ids) and is at \(found)")]
        }
        if messages.map(\.stamp.rawValue) != stamps {
            return [violation(.stampDiffers, "operation \(number) was told other stamps than those of \(found)")]
        }
        return []
    }

    /// All of a batch, one after the other.
    private func isWhole(_ messages: [RecordedMessage], count: Int) -> Bool {
        messages.count == count
            && messages.enumerated().allSatisfy { $1.place == $0 && $1.id == messages[0].id + UInt64($0) }
    }

    private func torn(_ number: Int, _ messages: [RecordedMessage]) -> Violation {
        violation(.batchTorn, "of operation \(number) there is \(messages.map { "\($0.place) at \($0.id)" })")
    }

    // MARK: Reads

    private func checkRead(_ number: Int, _ operation: ClientOperation) -> [Violation] {
        guard case .read(let result) = operation.outcome else { return [] }
        let expected = log.filter { $0.id > result.after && $0.id <= result.through }
        if expected != result.messages {
            return [
                violation(
                    .readIsNoPrefix,
                    "read \(number) of \(result.after)...\(result.through) gave \(result.messages.map(\.id)), "
                        + "the log has \(expected.map(\.id))"
                )
            ]
        }
        if case .prefixRead(let least) = operation.kind, result.through < least {
            return [violation(.staleRead, "read \(number) up to \(result.through) was to see \(least)")]
        }
        return []
    }

    // MARK: Time

    /// What ended before something else began is before it; and every linearizable read sees it.
    private func checkOrder(_ history: History) -> [Violation] {
        var moments: [(moment: Int, number: Int, begins: Bool)] = []
        for (number, operation) in history.operations.enumerated() {
            moments.append((operation.begun, number, true))
            if let ended = operation.ended { moments.append((ended, number, false)) }
        }
        moments.sort { $0.moment < $1.moment }
        var found: [Violation] = []
        /// The last id that somebody was told of.
        var known: UInt64 = 0
        for (_, number, begins) in moments {
            let operation = history.operations[number]
            if begins {
                found += checkBegun(number, operation, known)
            } else if case .acknowledged(let ids, _) = operation.outcome {
                known = max(known, ids.upperBound)
            } else if case .read(let result) = operation.outcome {
                known = max(known, result.through)
            }
        }
        return found
    }

    private func checkBegun(_ number: Int, _ operation: ClientOperation, _ known: UInt64) -> [Violation] {
        switch operation.kind {
        case .send:
            guard let place = places[number]?.first, log[place].id <= known else { return [] }
            return [
                violation(
                    .realTimeOrder,
                    "operation \(number) is at \(log[place].id), but began when \(known) was known"
                )
            ]
        case .linearizableRead:
            guard case .read(let result) = operation.outcome, result.through < known else { return [] }
            return [violation(.staleRead, "read \(number) saw up to \(result.through) when \(known) was known")]
        case .prefixRead: return []
        }
    }
}
