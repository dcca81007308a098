package import Messaging
import Raft
import Storage
import StorageView

/// Reads messages for clients: from the log, by way of the view, if there is one, where a filter asks for one recipient
/// or sender.
/// Any thread may ask; the work is done on a few threads of its own.
package final class MessageReader: Sendable {
    private let log: SegmentedLog
    private let view: MessageView?
    private let pool: ReaderPool
    /// Told where an entry can't be read.
    private let onDamage: @Sendable () -> Void

    /// Most entries looked at for one page beside those that the view finds: only after so many may a page say that
    /// there is more, and the next one be empty.
    private static let scannedMax = 100_000
    private static let scanStep = 1024
    private static let scanStepBytes = 4 << 20
    /// Most bytes of content in one page, so that a page of large messages stays a reasonable answer.
    private static let pageBytesMax = 8 << 20

    init(
        log: SegmentedLog,
        view: MessageView?,
        threadsMax: Int,
        waitingMax: Int,
        onDamage: @escaping @Sendable () -> Void
    ) {
        self.onDamage = onDamage
        self.log = log
        self.view = view
        pool = ReaderPool(threads: threadsMax, waitingMax: waitingMax)
    }

    /// Reads one message; nil where the log holds no message with this id.
    package func message(id: UInt64, completion: @escaping @Sendable (Result<Message?, ReadFailure>) -> Void) {
        read(completion) { [self] in
            guard id > log.summary.base.index.rawValue, id <= log.summary.last.index.rawValue else { return nil }
            return try entry(at: id).flatMap(Self.message)
        }
    }

    /// Reads one page.
    package func page(
        _ query: MessageQuery,
        completion: @escaping @Sendable (Result<MessagePage, ReadFailure>) -> Void
    ) {
        read(completion) { [self] in try page(query) }
    }

    private func read<Value: Sendable>(
        _ completion: @escaping @Sendable (Result<Value, ReadFailure>) -> Void,
        _ body: @escaping @Sendable () throws -> Value
    ) {
        let isTaken = pool.run { [onDamage] in
            do {
                completion(.success(try body()))
            } catch let error as StorageError where error.isDamage {
                onDamage()
                completion(.failure(.repairing))
            } catch {
                completion(.failure(.storage("\(error)")))
            }
        }
        if !isTaken { completion(.failure(.overloaded)) }
    }

    private func page(_ query: MessageQuery) throws -> MessagePage {
        var page = PageBuilder(query: query, bytesMax: Self.pageBytesMax)
        // The view may still know ids that the log no longer has.
        page.skip(to: min(log.summary.base.index.rawValue, query.through))
        if let view, query.isFiltered { try read(view, into: &page) }
        try scanLog(into: &page)
        return page.page
    }

    /// Takes what the view knows: everything up to its position.
    private func read(_ view: MessageView, into page: inout PageBuilder) throws {
        let position = min(view.position.index.rawValue, page.query.through)
        while !page.isDone, page.scannedThrough < position {
            let wanted = page.query.limit - page.messages.count + 1
            let ids = try view.ids(
                recipient: page.query.recipient,
                sender: page.query.sender,
                after: page.scannedThrough,
                through: position,
                limit: wanted
            )
            for id in ids where !page.isDone {
                if let message = try entry(at: id).flatMap(Self.message) {
                    page.take(message)
                } else {
                    page.skip(to: id)
                }
            }
            if ids.count < wanted, !page.isDone { page.skip(to: position) }
        }
    }

    /// Takes the rest entry by entry: what is newer than the view, or everything where no filter is set.
    private func scanLog(into page: inout PageBuilder) throws {
        let first = page.scannedThrough
        while !page.isDone, page.scannedThrough < page.query.through, page.scannedThrough - first < Self.scannedMax {
            let from = LogIndex(max(page.scannedThrough, log.summary.base.index.rawValue) + 1)
            let through = min(LogIndex(page.query.through), from.advanced(by: Self.scanStep - 1))
            guard from <= through else { return page.skip(to: page.query.through) }
            for entry in try log.entries(from: from, through: through, bytesMax: Self.scanStepBytes) where !page.isDone
            {
                if let message = try Self.message(entry), page.query.matches(message) {
                    page.take(message)
                } else {
                    page.skip(to: entry.index.rawValue)
                }
            }
        }
    }

    private func entry(at id: UInt64) throws -> Entry? {
        guard id > log.summary.base.index.rawValue else { return nil }
        return try log.entries(from: LogIndex(id), through: LogIndex(id), bytesMax: 1).first
    }

    private static func message(_ entry: Entry) throws -> Message? {
        guard entry.kind == .command, !entry.payloadElsewhere else { return nil }
        switch try Command(payload: entry.payload) {
        case .message(let draft, let hlc):
            return Message(
                id: entry.index.rawValue,
                sender: draft.sender,
                recipient: draft.recipient,
                content: draft.content,
                hlc: hlc
            )
        }
    }
}
