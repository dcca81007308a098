/// A leader hands over: the receiver is to campaign at once, without asking first (dissertation §3.10).
package struct TimeoutNow: Hashable, Sendable {
    package var term: Term

    package init(term: Term) { self.term = term }

    package struct Reply: Hashable, Sendable {
        /// The receiver's term, after it began its campaign.
        package var term: Term

        package init(term: Term) { self.term = term }
    }
}
