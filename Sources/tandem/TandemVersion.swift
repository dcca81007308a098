/// This program's version, as semver.org has it; openapi.yaml says the same.
enum TandemVersion {
    static let text = "0.1.0"
}
