/// The internal endpoints. Only peers call them.
package enum PeerPath {
    /// Entries and heartbeats.
    package static let replicate = "/replicate"
    /// Votes and pre-votes.
    package static let vote = "/vote"
    /// How far a read must see.
    package static let readIndex = "/read-index"
    /// The hand-over of the primary's office.
    package static let takeOver = "/take-over"
    /// The state that the primary's log begins with.
    package static let snapshot = "/snapshot"
    /// Copies of entries that the sender lost.
    package static let repair = "/repair"
    /// The forming of a new cluster.
    package static let form = "/form"

    package static let all = [replicate, vote, readIndex, takeOver, snapshot, repair, form]
}
