/// What the payload of a command entry asks of the replicated state machine.
package enum Command: Hashable, Sendable {
    case message(Draft, hlc: HybridTimestamp)
}

/// A payload that no version of Tandem up to this one writes.
package struct CommandCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
}
