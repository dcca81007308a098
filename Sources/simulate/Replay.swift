import ArgumentParser
import FoundationEssentials
import Simulation

/// `simulate replay`: one scenario from a file.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run a scenario from a file.")

    @Argument(help: "The file, as `simulate` prints scenarios.")
    var file: String

    @Flag(help: "Print everything that happens.")
    var trace = false

    func run() throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let world = World(try Scenario(text: text))
        if trace { world.tracer = { print($0) } }
        let violations = world.run()
        print("\(file): trace hash \(String(world.hash.value, radix: 16))")
        for violation in violations { print("VIOLATION: \(violation)") }
        if !violations.isEmpty { throw ExitCode.failure }
    }
}
