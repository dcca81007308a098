import Foundation

/// Runs programs and waits for them.
enum Shell {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// How a program ended, and what it said: little enough that neither pipe fills up while the other is read.
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    static func result(of arguments: [String]) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let said = (
            output.fileHandleForReading.readDataToEndOfFile(), errors.fileHandleForReading.readDataToEndOfFile()
        )
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: String(decoding: said.0, as: UTF8.self),
            errors: String(decoding: said.1, as: UTF8.self)
        )
    }

    /// - Throws: `Failure`, with what the program wrote to standard error, where its status is not 0.
    static func run(_ arguments: [String]) throws {
        let result = try result(of: arguments)
        guard result.status == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")): \(result.errors)")
        }
    }
}
