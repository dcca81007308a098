import Foundation

/// Runs programs and waits for them.
enum Shell {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// - Throws: `Failure`, with what the program wrote to standard error, where its status is not 0.
    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")): \(said)")
        }
    }
}
