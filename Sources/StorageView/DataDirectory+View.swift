import Raft
package import Storage

extension DataDirectory {
    /// Opens the view that belongs to this log, or makes it anew.
    ///
    /// - Parameter path: of the database file, as the operating system knows it.
    package func openView(path: String) throws(StorageError) -> MessageView {
        try MessageView.open(path: path) { position in
            // An entry that isn't there, or can't be read, makes the view another log's: it is only derived.
            guard let (_, chain) = try? log.identity(at: position.index) else { return false }
            return chain == position.chain
        }
    }
}
