import Dispatch

/// Reads old entries for peers that lag, away from the replica's thread.
enum CatchUp {
    static let queue = DispatchQueue(label: "tandem.catch-up")
}
