/// What heartbeats and votes carry to compare clocks. Times are microseconds since 1970.
package struct PeerClock: Codable, Sendable {
    /// What the sender knows besides.
    struct Note: Codable, Sendable {
        /// The sender's last exchange with the receiver, which so can measure as well.
        var exchange: ClockExchange?
        /// Of a primary: how far the clocks of the others are ahead of its own.
        var offsets: [String: Int64]?
    }

    /// When the request was sent.
    var sent: Int64
    var note: Note

    /// What answers carry.
    package struct Answer: Codable, Sendable {
        var received: Int64
        var answered: Int64
    }
}
