import ArgumentParser

/// `tandem version`
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version of this program.")

    func run() {
        print("tandem \(TandemVersion.text)")
    }
}
