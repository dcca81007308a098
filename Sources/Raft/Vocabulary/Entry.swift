/// One entry of the replicated log.
package struct Entry: Hashable, Sendable {
    /// What an entry is for. Raw values are part of the disk and wire formats.
    package enum Kind: UInt8, Sendable {
        /// Appended by a new leader so that it can commit (Raft §8).
        case noop = 0
        /// Payload is a coded `Membership`.
        case membership = 1
        /// Payload belongs to the replicated state machine; Raft never looks inside.
        case command = 2
    }

    package var id: EntryID
    package var kind: Kind
    /// Another entry of the same batch follows: this one is never appended, sent or kept without it.
    package var continues: Bool
    package var payload: [UInt8]
    /// This copy stands without its payload, as a witness keeps it: its chain value is the one it was given with.
    package var payloadElsewhere = false
    /// Identifies this entry and its whole history: equal chain values mean equal logs up to here.
    package var chain: ChainValue

    package init(id: EntryID, kind: Kind, continues: Bool = false, payload: [UInt8], chain: ChainValue) {
        self.id = id
        self.kind = kind
        self.continues = continues
        self.payload = payload
        self.chain = chain
    }

    /// Makes the entry that stands directly after one with chain value `previous`.
    package init(id: EntryID, kind: Kind, continues: Bool = false, payload: [UInt8], after previous: ChainValue) {
        self.init(
            id: id,
            kind: kind,
            continues: continues,
            payload: payload,
            chain: previous.extended(id: id, kind: kind, continues: continues, payload: payload)
        )
    }

    package var index: LogIndex { id.index }
    package var term: Term { id.term }

    /// The same entry as a witness keeps it: of a command only its place in the order, of everything else all.
    package var withoutPayload: Entry {
        guard kind == .command else { return self }
        var entry = self
        entry.payload = []
        entry.payloadElsewhere = true
        return entry
    }

    /// Whether the chain value is the one this entry has after `previous`. Without the payload nobody can tell.
    package func follows(_ previous: ChainValue) -> Bool {
        payloadElsewhere
            || chain == previous.extended(id: id, kind: kind, continues: continues, payload: payload)
    }
}
