extension ConnectionLoop {
    /// The library found a fault in a request, says not whose, and will send HTML when this returns: the client gets a
    /// refusal of ours instead if there is no doubt who it is. Otherwise the HTML stands, and nobody else is harmed.
    func libraryIsToRefuse(status: Int, isAboutChunks: Bool) {
        guard let connection = connectionAtFault(status: status, isAboutChunks: isAboutChunks) else { return }
        switch status {
        case 413: turnAway(connection, .bodyTooLarge(limit: environment.bodyBytesMax))
        case 431: turnAway(connection, .headersTooLarge)
        default:
            let part = isAboutChunks ? "The chunked body is malformed." : "Content-Length is not a number."
            turnAway(connection, .badRequest(part))
        }
    }

    private func connectionAtFault(status: Int, isAboutChunks: Bool) -> Connection? {
        let candidates = slots.all.filter { !$0.hasLastWords }
        if isAboutChunks { return candidates.filter(\.isReceiving).only }
        // A head that is whole has been given to `headArrived` in the same breath, unless the library tripped over it.
        if let whole = candidates.first(where: { $0.awaitsHead && $0.library.hasWholeHead }) { return whole }
        // Headers too large for the library's memory: of a request whose target it has reported, or after its chunks.
        // A 400 may just as well be for a request line, of which it reports nothing.
        return status == 431 ? candidates.filter { $0.awaitsHead || $0.isReceiving }.only : nil
    }
}

extension Array {
    /// The element, if there is just one.
    fileprivate var only: Element? { count == 1 ? first : nil }
}
