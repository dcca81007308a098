import Dispatch
import Raft
import Synchronization

/// Writes files that are made of others and can be made again, on a queue of its own: nobody waits for them.
final class DerivedFiles: Sendable {
    private let disk: any Disk
    private let isInBackground: Bool
    private let queue = DispatchQueue(label: "tandem.storage.derived")
    private let failed = Mutex<StorageError?>(nil)

    init(disk: any Disk, settings: StorageSettings) {
        self.disk = disk
        isInBackground = settings.preparesInBackground
    }

    /// Why the disk refused one of them: nothing may be written any more. Lack of room is no failure.
    var failure: StorageError? { failed.withLock { $0 } }

    /// Puts a file in place of the one at `path`, some time. Files are written and removed in the order of the calls.
    func replace(_ path: String, with content: @escaping @Sendable () -> [UInt8]) {
        run { [disk] () throws(StorageError) in
            let bytes = content()
            // What can be made again takes no room from what can't.
            guard try disk.freeBytes() >= 2 * bytes.count else { return }
            do throws(StorageError) {
                try disk.replace(path, with: bytes)
            } catch {
                if !error.isFinal { try disk.remove(disk.temporary(of: path)) }
                throw error
            }
        }
    }

    /// Removes a file, if there, some time.
    func remove(_ path: String) {
        run { [disk] () throws(StorageError) in try disk.remove(path) }
    }

    /// Returns when nothing is under way.
    func wait() {
        queue.sync {}
    }

    private func run(_ body: @escaping @Sendable () throws(StorageError) -> Void) {
        let work: @Sendable () -> Void = { [self] in
            guard failure == nil else { return }
            do throws(StorageError) {
                try body()
            } catch {
                guard error.isFinal else { return }
                failed.withLock { $0 = error }
            }
        }
        if isInBackground { queue.async(execute: work) } else { queue.sync(execute: work) }
    }
}
