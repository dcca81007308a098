import Foundation

/// Finds the `tandem` program that a throwaway cluster runs.
package enum TandemBinary {
    /// `TANDEM_BINARY`, else beside the running test program (where SwiftPM builds both), else on the `PATH`.
    package static func locate(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        if let path = environment["TANDEM_BINARY"], !path.isEmpty {
            if FileManager.default.isExecutableFile(atPath: path) { return path }
            throw ThrowawayClusterError(.binaryNotFound, "TANDEM_BINARY is \(path), which is not a program.")
        }
        let test = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        // `swift test` runs the bundle itself; other runners are given its path.
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
        let besides = ([test] + bundles).map { $0.deletingLastPathComponent().appendingPathComponent("tandem").path }
        let onPath = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/tandem" }
        if let found = (besides + onPath).first(where: FileManager.default.isExecutableFile(atPath:)) { return found }
        throw ThrowawayClusterError(
            .binaryNotFound,
            "No tandem program at \(besides.joined(separator: ", ")) or on the PATH. Build it with "
                + "`swift build --product tandem`, or name one in TANDEM_BINARY."
        )
    }
}
