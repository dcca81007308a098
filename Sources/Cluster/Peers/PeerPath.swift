/// The internal endpoints. Only peers call them.
package enum PeerPath {
    /// Entries and heartbeats.
    package static let replicate = "/replicate"
    /// Votes and pre-votes.
    package static let vote = "/vote"
    /// The forming of a new cluster.
    package static let form = "/form"

    package static let all = [replicate, vote, form]
}
