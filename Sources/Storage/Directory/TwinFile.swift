import Raft

/// What is kept as a file and a copy of it.
protocol TwinFileContent: Hashable, Sendable {
    static var path: String { get }
    /// Of two contents the one with the higher number counts.
    var number: UInt64 { get }

    func encoded() -> [UInt8]

    /// Throws `.damaged` where the bytes are not what was written, `.foreign` or `.unsupported` where they are not ours
    /// to read.
    static func decode(_ bytes: [UInt8]) throws(StorageError) -> Self
}

/// A small file that nothing else on this disk could replace, and a copy of it beside it, each replaced as a whole. A
/// content counts once both hold it: whatever a crash leaves, one holds the last that counted, or a newer one, and
/// damage to one of them costs nothing.
struct TwinFile<Content: TwinFileContent> {
    let disk: any Disk

    private var paths: [String] { [Content.path, Content.path + ".copy"] }

    /// The newer of the contents that can be read, made good in both places; nil where neither file was ever made.
    ///
    /// - Parameter damage: takes in what couldn't be read.
    func open(noting damage: inout [Damage]) throws(StorageError) -> Content? {
        var found: [Content] = []
        var broken: [Damage] = []
        for path in paths {
            guard let bytes = try disk.contents(of: path) else { continue }
            do throws(StorageError) {
                found.append(try Content.decode(bytes))
            } catch {
                guard case .damaged(let place) = error.code else { throw error }
                broken.append(Damage(file: path, offset: place.offset))
            }
        }
        guard let content = found.max(by: { $0.number < $1.number }) else {
            guard let first = broken.first else { return nil }
            throw .damaged(first.file, at: first.offset, "neither it nor its copy can be read")
        }
        damage += broken
        if found != [content, content] { try restore(content) }
        return content
    }

    /// Bytes that must be free to replace a content by one like it.
    static func bytesNeeded(for content: Content) -> Int { 2 * content.encoded().count }

    /// Puts this content in place of the one before. Durable on return.
    ///
    /// Throws with all as it was where the error isn't final: what needs room comes first, and one copy of two that is
    /// new can't be taken back.
    func write(_ content: Content) throws(StorageError) {
        let bytes = content.encoded()
        do throws(StorageError) {
            for path in paths { try disk.writeTemporary(for: path, bytes) }
        } catch {
            if !error.isFinal { for path in paths { try disk.remove(disk.temporary(of: path)) } }
            throw error
        }
        do throws(StorageError) {
            for path in paths { try disk.rename(disk.temporary(of: path), to: path) }
            try disk.syncDirectory("")
        } catch {
            throw StorageError(.ioError, error.message, cause: error.cause)
        }
    }

    /// Without room one readable file will do until the next start.
    private func restore(_ content: Content) throws(StorageError) {
        do throws(StorageError) {
            try write(content)
        } catch {
            guard error.code == .diskFull else { throw error }
        }
    }
}
