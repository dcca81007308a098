import Foundation

/// The files of this repository, as text.
struct SourceTree {
    /// One text file.
    struct File {
        /// Relative to the repository: `Sources/Raft/Event.swift`.
        let path: String
        let text: String

        var lines: [Substring] {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.last?.isEmpty == true ? lines.dropLast() : lines
        }

        /// The target the file belongs to: `Raft`.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files below `folder` that end in one of `extensions`; none of a build.
    static func files(in folder: String, _ extensions: String...) throws -> [File] {
        let top = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(atPath: top.path) else { return [] }
        return try walk.compactMap { $0 as? String }
            .filter { path in
                extensions.contains { path.hasSuffix(".\($0)") }
                    && !path.split(separator: "/").contains { $0.hasPrefix(".build") }
            }
            .sorted()
            .map { path in
                File(
                    path: "\(folder)/\(path)",
                    text: try String(contentsOf: top.appendingPathComponent(path), encoding: .utf8)
                )
            }
    }

    static func file(_ path: String) throws -> File {
        File(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    static func swiftSources() throws -> [File] { try files(in: "Sources", "swift") }

    static func allSwift() throws -> [File] {
        try files(in: "Sources", "swift") + files(in: "Tests", "swift") + [file("Package.swift")]
    }

    static func scripts() throws -> [File] {
        try ["deploy/run", "deploy/test", "deploy/lib.sh", ".ci/run"].map(file)
    }
}
