import TandemClient

/// What one node said of itself, or why it said nothing.
struct NodeReport: Encodable, Sendable {
    var url: String
    var status: ClusterStatus?
    var error: String?
}

/// Asks all nodes of a cluster, those known and those that they name.
struct ClusterSurvey {
    let urls: [String]
    /// For each node.
    let timeout: Duration

    /// In the order of the URLs; nodes only named by others follow.
    func reports() async -> [NodeReport] {
        let known = await ask(urls)
        let named = known.flatMap { $0.status?.members.map(\.url) ?? [] }
        // A node may be asked under another URL than the one it tells others.
        let answered = Set(known.compactMap { $0.status?.node.url })
        var others: [String] = []
        for url in named where !urls.contains(url) && !answered.contains(url) && !others.contains(url) {
            others.append(url)
        }
        let isDefaultGuess = { (report: NodeReport) in
            report.status == nil && !named.isEmpty && !named.contains(report.url)
        }
        return known.filter { !isDefaultGuess($0) } + (await ask(others))
    }

    private func ask(_ urls: [String]) async -> [NodeReport] {
        await withTaskGroup(of: (Int, NodeReport).self) { group in
            for (place, url) in urls.enumerated() {
                group.addTask { (place, await ask(url)) }
            }
            var reports = [NodeReport?](repeating: nil, count: urls.count)
            for await (place, report) in group { reports[place] = report }
            return reports.compactMap { $0 }
        }
    }

    private func ask(_ url: String) async -> NodeReport {
        var configuration = TandemClient.Configuration()
        configuration.timeout = timeout
        configuration.connectTimeout = timeout
        // One attempt: whether this node answers now is the question.
        configuration.attemptTimeout = timeout
        let client = TandemClient(urls: [url], configuration: configuration)
        defer { client.close() }
        do {
            return NodeReport(url: url, status: try await client.status())
        } catch {
            return NodeReport(url: url, error: error.message)
        }
    }
}
