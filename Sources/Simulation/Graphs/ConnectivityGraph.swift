/// Who can reach whom: a directed graph of a few nodes, numbered by its edges.
package struct ConnectivityGraph: Hashable, Sendable {
    package let nodes: Int
    /// A bit for each ordered pair of nodes, set where the one reaches the other.
    package let edges: UInt32

    package init(nodes: Int, edges: UInt32) {
        precondition((1...5).contains(nodes) && edges >> UInt32(nodes * (nodes - 1)) == 0, "graph \(edges) of \(nodes)")
        self.nodes = nodes
        self.edges = edges
    }

    /// All of them.
    package static func all(nodes: Int) -> [ConnectivityGraph] {
        (0..<(UInt32(1) << UInt32(nodes * (nodes - 1)))).map { ConnectivityGraph(nodes: nodes, edges: $0) }
    }

    /// One of each class of graphs that differ only in the names of the nodes.
    package static func upToRelabelling(nodes: Int) -> [ConnectivityGraph] {
        var seen = [Bool](repeating: false, count: 1 << (nodes * (nodes - 1)))
        let orders = permutations(Array(0..<nodes))
        var found: [ConnectivityGraph] = []
        for edges in seen.indices where !seen[edges] {
            let graph = ConnectivityGraph(nodes: nodes, edges: UInt32(edges))
            found.append(graph)
            for order in orders { seen[Int(graph.relabelled(order).edges)] = true }
        }
        return found
    }

    package func reaches(_ from: Int, _ to: Int) -> Bool {
        from == to || edges & Self.bit(from, to, nodes) != 0
    }

    /// The same graph with node `number` under the name `order[number]`.
    package func relabelled(_ order: [Int]) -> ConnectivityGraph {
        var edges: UInt32 = 0
        for from in 0..<nodes {
            for to in 0..<nodes where from != to && reaches(from, to) {
                edges |= Self.bit(order[from], order[to], nodes)
            }
        }
        return ConnectivityGraph(nodes: nodes, edges: edges)
    }

    /// Whether some majority of the nodes all reach each other.
    package var hasConnectedMajority: Bool {
        (0..<(1 << nodes)).contains { subset in
            let members = (0..<nodes).filter { subset >> $0 & 1 == 1 }
            return members.count > nodes / 2
                && members.allSatisfy { from in members.allSatisfy { to in reaches(from, to) } }
        }
    }

    private static func bit(_ from: Int, _ to: Int, _ nodes: Int) -> UInt32 {
        1 << UInt32(from * (nodes - 1) + (to > from ? to - 1 : to))
    }

    static func permutations(_ elements: [Int]) -> [[Int]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { place in
            var rest = elements
            let first = rest.remove(at: place)
            return permutations(rest).map { [first] + $0 }
        }
    }
}
