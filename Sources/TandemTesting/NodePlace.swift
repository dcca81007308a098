/// Where a node of a throwaway cluster runs, if not on this machine's loopback address.
package struct NodePlace: Sendable {
    /// The address it listens on, reached from here and by the other nodes.
    package var host: String
    /// A program and its arguments that become the node: the node's own command follows them.
    package var launcher: [String]

    package init(host: String, launcher: [String]) {
        self.host = host
        self.launcher = launcher
    }
}
