package import Raft

/// What the view keeps of one message.
package struct ViewRecord: Hashable, Sendable {
    package var id: UInt64
    package var sender: String
    package var recipient: String

    package init(id: UInt64, sender: String, recipient: String) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
    }
}

/// How far the view has come in the log.
package struct ViewPosition: Hashable, Sendable {
    /// Every message up to here is in the view.
    package var index: LogIndex
    /// The chain value of that entry: names the history the view was made from.
    package var chain: ChainValue

    package init(index: LogIndex, chain: ChainValue) {
        self.index = index
        self.chain = chain
    }

    package static let start = ViewPosition(index: .zero, chain: .empty)
}
