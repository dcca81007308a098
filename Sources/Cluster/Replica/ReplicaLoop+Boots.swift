import Dispatch
import Logging
import Raft
import Storage

// A data directory put back from an older copy has forgotten what its node promised since. Nodes count their starts and
// note each other's counts: such a directory has a lower one than the others know of.
extension ReplicaLoop {
    /// What is to be done with what a member sent.
    enum Hearing {
        case now
        /// It comes again once this node has written down how often the member was started.
        case later
        /// With the reason.
        case never(String)
    }

    private static let notes = DispatchQueue(label: "tandem.boot-notes")

    /// - Parameters:
    ///   - boot: how often the sender says it was started; zero where it doesn't say.
    ///   - known: how often this node was started, as far as the sender knows.
    ///   - input: what it sent.
    mutating func hearing(
        of sender: MemberIdentity,
        boot: UInt64,
        known: UInt64,
        _ input: ReplicaInput
    ) -> Hearing {
        let own = directory.recovered.bootCount
        if known > own, node.membership.recognises(sender) {
            noteOutdated(Self.outdated(own: own, known: known, to: sender.id))
            return .never("this node's data directory is an older copy")
        }
        guard boot > 0, let member = node.membership[sender.id], member.identity == sender else { return .now }
        switch directory.peerNote(sender, boot: boot) {
        case .current: return .now
        case .older(let seen):
            return .never("\(sender.id) runs on an older copy of its data: start \(boot), not \(seen)")
        case nil:
            note(member, boot, thenHear: input)
            return .later
        }
    }

    /// Waits for the disk on a queue of its own.
    private func note(_ peer: Membership.Member, _ boot: UInt64, thenHear input: ReplicaInput) {
        Self.notes.async { [directory, inbox] in
            do throws(StorageError) {
                _ = try directory.notePeer(peer, boot: boot)
                inbox.send(input)
            } catch  where !error.isFinal {
                // An answer is lost, as on its way: the node asks again.
                input.giveUp("how often \(peer.id) was started can't be written down: \(error)")
            } catch {
                inbox.send(.writerReport(.failed(error.description)))
            }
        }
    }

    /// Each start counts: after enough of them nobody could tell any more, so what this one has learned is for all
    /// later ones. The last thing that this node does, so it waits for the disk.
    private mutating func noteOutdated(_ reason: String) {
        guard failure == nil else { return }
        failure = reason
        do throws(StorageError) {
            try directory.noteOutdated()
        } catch {
            logger.error("that the data is an older copy can't be written down", metadata: ["error": "\(error)"])
        }
    }

    private static func outdated(own: UInt64, known: UInt64, to peer: NodeID) -> String {
        "this data directory is older than one this node ran on before: it was started \(own) times, and \(peer) has "
            + "heard of start \(known). It has forgotten votes and messages that this node promised since, so the node "
            + "must not take part with it. Put the newest directory back. If that is lost, start it with an empty "
            + "directory and --join URL --rejoin."
    }
}

extension ReplicaInput {
    /// What a peer sent is not heard; it sends again.
    fileprivate func giveUp(_ reason: String) {
        if case .peerRequest(let request) = self { request.respond(.unavailable(reason)) }
    }
}
